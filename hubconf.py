"""For torch.hub, from a clone: `torch.hub.load("path/to/siou-tracking", "tracker", "FILE", source="local")`."""

dependencies = ["torch", "numpy", "cv2", "tqdm"]


def tracker(weights, device=None, seed=0):
    """A single-object tracker from a file of weights, or its name; see `siou_tracking.trackers.load_tracker`."""
    from siou_tracking.trackers import load_tracker

    return load_tracker(weights, device, seed)


def box_loss(name="smooth_iou", **params):
    """A box loss by name; see `siou_tracking.losses.build_box_loss`."""
    from siou_tracking.losses import build_box_loss

    return build_box_loss(name, **params)
