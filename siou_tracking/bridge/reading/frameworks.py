"""Other people's frameworks that are given for a checkout: known by their packages, refused with what to do instead."""

from __future__ import annotations

import dataclasses
from pathlib import Path

BY_HAND = 'siou_tracking.losses.build_box_loss("smooth_iou", box_format="xyxy", reduction="none")'
"""The loss for a criterion that calls it with matched boxes `(n, 4)` and takes `(n,)`."""


@dataclasses.dataclass(frozen=True)
class Framework:
    """One framework that trains or scores by other means than actors and trainers."""

    name: str
    parts: tuple[str, ...]
    """Files and folders that only it has together."""
    advice: str
    """Why no box loss is exchanged in it, and what to do instead."""


_DETECTOR = f"its losses are named in its configs: register {BY_HAND} there by hand"
_MULTI_OBJECT = "no actor and no trainer; siou-tracking mot trains a multi-object tracker"
_TOOLKIT = "it scores trackers and trains none: siou-tracking score does without it"
FRAMEWORKS = (
    Framework(
        "LoRAT's and SPMTrack's framework trackit",
        ("trackit/criteria", "trackit/runners"),
        f"no actor and no trainer: its criterion calls bbox_reg_loss(pred, gt) with xyxy (n, 4) for (n,): where its "
        f"builder makes it, write bbox_reg_loss = {BY_HAND}",
    ),
    Framework(
        "SwinTrack's framework",
        ("core", "criterion", "runners"),
        f"no actor and no trainer: its criterion calls a loss of boxes with xyxy (n, 4) for (n,): where criterion/ "
        f"builds that, return {BY_HAND}",
    ),
    Framework("mmtracking", ("mmtrack",), _DETECTOR),
    Framework("mmdetection", ("mmdet",), _DETECTOR),
    Framework("detectron2", ("detectron2",), f"no actor and no trainer: put {BY_HAND} where its losses are summed"),
    Framework("video_analyst", ("videoanalyst",), f"its losses are named in its configs: register {BY_HAND} by hand"),
    Framework(
        "pysot",
        ("pysot/core", "pysot/models"),
        "no actor and no trainer: its losses are called in its models, SiamRPN's of offsets, which are no boxes",
    ),
    Framework("OpenMixup", ("openmixup",), "it classifies images and has no boxes"),
    Framework("YOLOX", ("yolox",), _MULTI_OBJECT),
    Framework("FairMOT's framework", ("src/lib/trains", "src/lib/opts.py"), _MULTI_OBJECT),
    Framework("SAM 2", ("sam2/sam2_video_predictor.py",), "it segments, and its training learns masks, not boxes"),
    Framework("the got10k toolkit", ("got10k/experiments",), _TOOLKIT),
    Framework("TrackEval", ("trackeval",), "it scores trackers and trains none: siou-tracking mot score uses it"),
    Framework("the VOT toolkit", ("vot/tracker", "vot/experiment"), _TOOLKIT),
)


def find_framework(folder: Path) -> Framework | None:
    """The framework whose top `folder` is, if it is one of those known."""
    for framework in FRAMEWORKS:
        if all((folder / part).exists() for part in framework.parts):
            return framework
    return None
