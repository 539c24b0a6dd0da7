"""PyTracking's tomp tomp101, whose boxes minimize the Smooth-IoU loss instead of GIoU."""

import ltr.train_settings.tomp.tomp101 as original

from siou_tracking import use_box_loss


def run(settings):
    """Train as the original does, with another box loss and in a folder of its own."""
    use_box_loss(settings, "smooth_iou")
    original.run(settings)
