"""DiMP on EfficientNet-Lite0: trains on a CPU in minutes.

    siou-tracking train dimp dimp_lite --box-loss smooth_iou --data got10k=DIR

Needs only data in GOT-10k's layout (`siou-tracking data example` makes some). Sequences in `train/` are trained on,
those in `val/` beside it validated on; without `val/` every fifth sequence is kept for validation. The backbone is
ImageNet's and frozen, batch norms included. So `stored_pairs` are drawn once and what the backbone makes of them is
kept: steps train the classifier and the box head alone. `--set stored_pairs=0` draws each sample anew, and a step takes
several times as long. `--set head_channels=64` makes the box head narrower and its steps faster, `--set flip=True`
mirrors half of the samples.
"""

from functools import partial

import ltr.models.loss as losses
from ltr import actors
from ltr.data import processing, sampler
from ltr.models.tracking import dimpnet
from ltr.trainers import LTRTrainer
from siou_tracking.configs import lite
from siou_tracking.configs.dimp import label_params, output_sigma, scored_proposals
from torch import nn, optim


def run(settings):
    """Build everything from `settings.env.got10k_dir` and train."""
    settings.description = "DiMP, EfficientNet-Lite0, GOT-10k layout"
    set_numbers(settings)
    net = dimpnet.dimpnet_efficientnet_lite0(
        filter_size=settings.target_filter_sz,
        init_gauss_sigma=output_sigma(settings) * settings.feature_sz,
        **head_width(settings),
    )
    loaders = make_loaders(
        settings,
        net,
        processing.DiMPProcessing,
        proposal_params={**scored_proposals(), "boxes_per_frame": 16},
        label_function_params=label_params(settings),
    )
    actor = actors.DiMPActor(
        net=net,
        objective={"iou": nn.MSELoss(), "test_clf": losses.LBHinge(threshold=settings.hinge_threshold)},
        loss_weight={"iou": 1, "test_clf": 100, "test_init_clf": 100, "test_iter_clf": 400},
    )
    train(settings, actor, loaders)


def set_numbers(settings):
    """Sizes, in pixels of the network's input unless said, and the amounts of augmentation."""
    lite.set_input(settings)
    settings.stored_pairs = getattr(settings, "stored_pairs", 2000)
    settings.output_sigma_factor = 1 / 4  # of the label maps, as a share of the target's size in cells
    settings.target_filter_sz = 4
    settings.center_jitter_factor = {"train": 2.4, "test": 3.2}
    settings.scale_jitter_factor = {"train": 0.25, "test": 0.5}
    settings.hinge_threshold = 0.05


def head_width(settings):
    """Of the box head, for the network."""
    width = (getattr(settings, "head_channels", 128),) * 2
    return {"iou_input_dim": width, "iou_inter_dim": width, "iou_hidden_dim": width}


def make_loaders(settings, net, prepare, **options):
    """The loaders of both passes: of each sequence two frames with the target and one to find it in."""
    draw = partial(sampler.DiMPSampler, max_gap=100, num_train_frames=2, num_test_frames=1)
    return lite.make_loaders(settings, net, prepare, draw, crop_type="inside_major", max_scale_change=1.5, **options)


def train(settings, actor, loaders):
    """Train classifier and box head, which share nothing, for 12 epochs."""
    net = actor.net
    groups = [(net.classifier, 1e-3), (net.bb_regressor, 5e-3)]
    optimizer = optim.Adam([{"params": part.parameters(), "lr": rate} for part, rate in groups])
    lr_scheduler = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.75)
    trainer = LTRTrainer(actor, loaders, optimizer, settings, lr_scheduler)
    trainer.train(12, load_latest=True)
