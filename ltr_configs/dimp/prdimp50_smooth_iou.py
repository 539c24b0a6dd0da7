"""PyTracking's dimp prdimp50, whose box head learns a density made of Smooth-IoU instead of a Gaussian."""

import ltr.train_settings.dimp.prdimp50 as original

from siou_tracking import use_box_loss


def run(settings):
    """Train as the original does, with another box loss and in a folder of its own."""
    use_box_loss(settings, "smooth_iou")
    original.run(settings)
