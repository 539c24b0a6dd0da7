"""ATOM's box head on EfficientNet-Lite0: trains on a CPU in minutes.

    siou-tracking train bbreg atom_lite --box-loss smooth_iou --data got10k=DIR

Needs only data in GOT-10k's layout (`siou-tracking data example` makes some). Sequences in `train/` are trained on,
those in `val/` beside it validated on; without `val/` every fifth sequence is kept for validation. The backbone is
ImageNet's and frozen, batch norms included. The search region is 4 target sides on 224 pixels instead of 5 on 288: the
target is as large in it, and a step takes half the time.

With `--set stored_pairs=2000` that many pairs are drawn once, and what the backbone makes of them is kept: all later
steps train the head alone, several times as fast. `--set head_channels=64` makes the head narrower, and a step of it
two and a half times as fast. `--set flip=True` mirrors half of the pairs.
"""

from functools import partial

import ltr.models.bbreg.atom as atom_models
from ltr import actors
from ltr.data import processing, sampler
from ltr.trainers import LTRTrainer
from siou_tracking.configs import lite
from torch import nn, optim


def run(settings):
    """Build everything from `settings.env.got10k_dir` and train."""
    set_numbers(settings)
    width = (getattr(settings, "head_channels", 128),) * 2
    net = atom_models.atom_efficientnet_lite0(
        iou_input_dim=width, iou_inter_dim=width, iou_hidden_dim=width, backbone_pretrained=True
    )
    pairs = partial(sampler.ATOMSampler, max_gap=50)
    loaders = lite.make_loaders(
        settings, net, processing.ATOMProcessing, pairs, proposal_params=settings.proposal_params
    )
    actor = actors.AtomActor(net=net, objective=nn.MSELoss())
    optimizer = optim.Adam(actor.net.bb_regressor.parameters(), lr=5e-3)
    lr_scheduler = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.75)
    trainer = LTRTrainer(actor, loaders, optimizer, settings, lr_scheduler)
    trainer.train(12, load_latest=True)


def set_numbers(settings):
    """Sizes, in pixels of the network's input unless said, and the amounts of augmentation."""
    lite.set_input(settings)
    settings.description = "ATOM box head, EfficientNet-Lite0, GOT-10k layout"
    settings.center_jitter_factor = {"train": 0, "test": 3.2}
    settings.scale_jitter_factor = {"train": 0, "test": 0.5}
    settings.proposal_params = {"min_iou": 0.1, "boxes_per_frame": 16, "sigma_factor": [0.01, 0.05, 0.1, 0.2, 0.3]}
