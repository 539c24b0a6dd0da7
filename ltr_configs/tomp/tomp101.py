"""ToMP with a ResNet-101 backbone, at full size (Mayer et al., CVPR 2022, arXiv:2203.11192).

    siou-tracking train tomp tomp101 --box-loss smooth_iou --data lasot=DIR --data got10k=DIR --data trackingnet=DIR \
        --data coco=DIR

300 epochs of 40,000 samples from four data sets in equal parts; of the backbone only layer3 trains, its batch norms do
not. Runs on the embedded engine and in a PyTracking checkout.
"""

from siou_tracking.configs.tomp import set_numbers, train


def run(settings):
    """Build everything from `settings.env` and train."""
    from ltr.models.tracking import tompnet

    settings.description = "ToMP101"
    settings.batch_size = 24
    settings.num_workers = 12
    set_numbers(settings)
    train(settings, tompnet.tompnet101)
