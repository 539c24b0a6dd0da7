"""PyTracking's dimp dimp50, whose box head learns each proposal's Smooth-IoU instead of its IoU."""

import ltr.train_settings.dimp.dimp50 as original

from siou_tracking import use_box_loss


def run(settings):
    """Train as the original does, with another box loss and in a folder of its own."""
    use_box_loss(settings, "smooth_iou")
    original.run(settings)
