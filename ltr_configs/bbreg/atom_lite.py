"""ATOM's box head on EfficientNet-Lite0: trains on a CPU in minutes.

    siou-tracking train bbreg atom_lite --box-loss smooth_iou --data got10k=DIR

Needs only data in GOT-10k's layout (`siou-tracking data example` makes some). Sequences in `train/` are trained on,
those in `val/` beside it validated on; without `val/` every fifth sequence is kept for validation. The backbone is
ImageNet's and frozen, batch norms included. The search region is 4 target sides on 224 pixels instead of 5 on 288: the
target is as large in it, and a step takes half the time.

With `--set stored_pairs=2000` that many pairs are drawn once, and what the backbone makes of them is kept: all later
steps train the head alone, several times as fast. `--set head_channels=64` makes the head narrower, and a step of it
two and a half times as fast.
"""

from pathlib import Path

import ltr.data.transforms as tfm
import ltr.models.bbreg.atom as atom_models
from ltr import actors
from ltr.data import LTRLoader, processing, sampler, stored_features
from ltr.dataset import Got10k
from ltr.trainers import LTRTrainer
from torch import nn, optim


def run(settings):
    """Build everything from `settings.env.got10k_dir` and train."""
    set_numbers(settings)
    train_set, val_set = open_got10k(Path(settings.env.got10k_dir))
    width = (getattr(settings, "head_channels", 128),) * 2
    net = atom_models.atom_efficientnet_lite0(
        iou_input_dim=width, iou_inter_dim=width, iou_hidden_dim=width, backbone_pretrained=True
    )
    loaders = [make_loader(settings, "train", train_set, 1024, net), make_loader(settings, "val", val_set, 256, net)]
    actor = actors.AtomActor(net=net, objective=nn.MSELoss())
    optimizer = optim.Adam(actor.net.bb_regressor.parameters(), lr=5e-3)
    lr_scheduler = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.75)
    trainer = LTRTrainer(actor, loaders, optimizer, settings, lr_scheduler)
    trainer.train(12, load_latest=True)


def set_numbers(settings):
    """Sizes, in pixels of the network's input unless said, and the amounts of augmentation."""
    settings.description = "ATOM box head, EfficientNet-Lite0, GOT-10k layout"
    settings.batch_size = 16
    settings.num_workers = 0
    settings.normalize_mean = [0.485, 0.456, 0.406]
    settings.normalize_std = [0.229, 0.224, 0.225]
    settings.search_area_factor = 4.0  # side of the search region over sqrt(w h) of the target
    settings.feature_sz = 14  # cells of the feature map, one per 16 pixels
    settings.output_sz = settings.feature_sz * 16
    settings.center_jitter_factor = {"train": 0, "test": 3.2}
    settings.scale_jitter_factor = {"train": 0, "test": 0.5}
    settings.proposal_params = {"min_iou": 0.1, "boxes_per_frame": 16, "sigma_factor": [0.01, 0.05, 0.1, 0.2, 0.3]}


def open_got10k(train):
    """The training and the validation set, for the path of the folder `train`."""
    val = train.parent / "val"
    if train.name == "train" and (val / "list.txt").is_file():
        return Got10k(str(train)), Got10k(str(val))
    everything = range(Got10k(str(train)).get_num_sequences())
    held_out = list(everything[::5])
    rest = [number for number in everything if number % 5] or held_out
    return Got10k(str(train), seq_ids=rest), Got10k(str(train), seq_ids=held_out)


def make_loader(settings, name, dataset, samples_per_epoch, net):
    """A loader of image pairs, training pairs with altered colors; of what `net`'s backbone makes of them, if asked."""
    training = name == "train"
    normalize = tfm.Normalize(mean=settings.normalize_mean, std=settings.normalize_std)
    to_tensor = tfm.ToTensorAndJitter(0.2) if training else tfm.ToTensor()
    prepare = processing.ATOMProcessing(
        search_area_factor=settings.search_area_factor,
        output_sz=settings.output_sz,
        center_jitter_factor=settings.center_jitter_factor,
        scale_jitter_factor=settings.scale_jitter_factor,
        mode="sequence",
        proposal_params=settings.proposal_params,
        transform=tfm.Transform(to_tensor, normalize),
        joint_transform=tfm.Transform(tfm.ToGrayscale(probability=0.05)),
    )
    pairs = sampler.ATOMSampler([dataset], [1], samples_per_epoch=samples_per_epoch, max_gap=50, processing=prepare)
    if stored := getattr(settings, "stored_pairs", None):
        pairs = stored_features.keep_features(
            pairs, net, stored if training else min(samples_per_epoch, 1 + stored // 4), settings
        )
    return LTRLoader(
        name,
        pairs,
        training=training,
        epoch_interval=1 if training else 4,
        batch_size=settings.batch_size,
        num_workers=settings.num_workers,
        shuffle=training,
        drop_last=True,
        stack_dim=1,
    )
