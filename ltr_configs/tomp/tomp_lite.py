"""ToMP with a small transformer on EfficientNet-Lite0: trains on a CPU in minutes.

    siou-tracking train tomp tomp_lite --box-loss smooth_iou --data got10k=DIR

Needs only data in GOT-10k's layout (`siou-tracking data example` makes some). Sequences in `train/` are trained on,
those in `val/` beside it validated on; without `val/` every fifth sequence is kept for validation. The backbone is
ImageNet's and frozen, batch norms included. So `stored_pairs` are drawn once and what the backbone makes of them is
kept: steps train the head alone. `--set stored_pairs=0` draws each sample anew, and a step takes several times as
long. Half of the samples are mirrored; `--set flip=False` mirrors none. The search region is 4 target sides on 224
pixels instead of 5 on 288: the target is as large in it.
"""

from functools import partial

import ltr.models.loss as losses
from ltr.actors import tracking as actors
from ltr.data import processing, sampler
from ltr.models.loss.bbr_loss import GIoULoss
from ltr.models.tracking import tompnet
from ltr.trainers import LTRTrainer
from siou_tracking.configs import lite
from torch import optim


def run(settings):
    """Build everything from `settings.env.got10k_dir` and train."""
    set_numbers(settings)
    net = tompnet.tompnet_efficientnet_lite0(backbone_pretrained=True, feature_sz=settings.feature_sz)
    loaders = make_loaders(settings, net)
    actor = actors.ToMPActor(
        net=net,
        objective={"giou": GIoULoss(), "test_clf": losses.LBHinge(threshold=settings.hinge_threshold)},
        loss_weight={"giou": settings.weight_giou, "test_clf": settings.weight_clf},
    )
    # A step of the whole network's size would move a score, a sum over all pairs of channels, by more than its range.
    readers = [net.head.classifier.linear, net.head.bb_regressor.linear]
    slow = [parameter for reader in readers for parameter in reader.parameters()]
    rest = [parameter for parameter in net.head.parameters() if all(parameter is not one for one in slow)]
    optimizer = optim.AdamW([{"params": rest}, {"params": slow, "lr": 2.5e-5}], lr=5e-4, weight_decay=1e-4)
    lr_scheduler = optim.lr_scheduler.MultiStepLR(optimizer, milestones=[10, 14], gamma=0.2)
    trainer = LTRTrainer(actor, loaders, optimizer, settings, lr_scheduler)
    trainer.train(16, load_latest=True)


def set_numbers(settings):
    """Sizes, in pixels of the network's input unless said, the amounts of augmentation, and the weights of losses."""
    lite.set_input(settings)
    settings.description = "ToMP with a small transformer, EfficientNet-Lite0, GOT-10k layout"
    settings.stored_pairs = getattr(settings, "stored_pairs", 2000)
    settings.grad_clip_max_norm = 1.0
    settings.num_train_frames = 2
    settings.num_test_frames = 1
    settings.max_gap = 100  # frames
    settings.crop_type = "inside_major"  # a region larger than the picture shrinks, at most by
    settings.max_scale_change = 1.5
    settings.center_jitter_factor = {"train": 0.0, "test": 3.2}
    settings.scale_jitter_factor = {"train": 0.0, "test": 0.4}
    settings.target_filter_sz = 1
    settings.output_sigma_factor = 1 / 4  # of the label, in target sizes
    settings.hinge_threshold = 0.05
    settings.center_sampling_radius = 1.0  # cells around the center that learn the box
    settings.weight_giou = 1.0
    settings.weight_clf = 100.0


def make_loaders(settings, net):
    """The loaders of both passes: frames with the target and one to find it in."""
    draw = partial(
        sampler.DiMPSampler,
        max_gap=settings.max_gap,
        num_test_frames=settings.num_test_frames,
        num_train_frames=settings.num_train_frames,
    )
    return lite.make_loaders(
        settings,
        net,
        processing.LTRBDenseRegressionProcessing,
        draw,
        flip=True,
        crop_type=settings.crop_type,
        max_scale_change=settings.max_scale_change,
        label_function_params={
            "feature_sz": settings.feature_sz,
            "sigma_factor": settings.output_sigma_factor / settings.search_area_factor,
            "kernel_sz": settings.target_filter_sz,
        },
        center_sampling_radius=settings.center_sampling_radius,
    )
