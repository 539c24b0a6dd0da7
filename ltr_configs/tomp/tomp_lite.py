"""ToMP with a small transformer on EfficientNet-Lite0: trains on a CPU in minutes.

    siou-tracking train tomp tomp_lite --box-loss smooth_iou --data got10k=DIR

Needs only data in GOT-10k's layout (`siou-tracking data example` makes some). Sequences in `train/` are trained on,
those in `val/` beside it validated on; without `val/` every fifth sequence is kept for validation. The backbone is
ImageNet's and frozen, batch norms included. So `stored_pairs` are drawn once and what the backbone makes of them is
kept: steps train the head alone. `--set stored_pairs=0` draws each sample anew, and a step takes several times as
long. The search region is 4 target sides on 224 pixels instead of 5 on 288: the target is as large in it.
"""

from pathlib import Path

import ltr.data.transforms as tfm
import ltr.models.loss as losses
from ltr.actors import tracking as actors
from ltr.data import LTRLoader, processing, sampler, stored_features
from ltr.dataset import Got10k
from ltr.models.loss.bbr_loss import GIoULoss
from ltr.models.tracking import tompnet
from ltr.trainers import LTRTrainer
from torch import optim


def run(settings):
    """Build everything from `settings.env.got10k_dir` and train."""
    set_numbers(settings)
    train_set, val_set = open_got10k(Path(settings.env.got10k_dir))
    net = tompnet.tompnet_efficientnet_lite0(backbone_pretrained=True, feature_sz=settings.feature_sz)
    loaders = [make_loader(settings, "train", train_set, 1024, net), make_loader(settings, "val", val_set, 256, net)]
    actor = actors.ToMPActor(
        net=net,
        objective={"giou": GIoULoss(), "test_clf": losses.LBHinge(threshold=settings.hinge_threshold)},
        loss_weight={"giou": settings.weight_giou, "test_clf": settings.weight_clf},
    )
    optimizer = optim.AdamW(net.head.parameters(), lr=5e-4, weight_decay=1e-4)
    lr_scheduler = optim.lr_scheduler.MultiStepLR(optimizer, milestones=[10, 14], gamma=0.2)
    trainer = LTRTrainer(actor, loaders, optimizer, settings, lr_scheduler)
    trainer.train(16, load_latest=True)


def set_numbers(settings):
    """Sizes, in pixels of the network's input unless said, the amounts of augmentation, and the weights of losses."""
    settings.description = "ToMP with a small transformer, EfficientNet-Lite0, GOT-10k layout"
    settings.batch_size = 16
    settings.num_workers = 0
    settings.stored_pairs = getattr(settings, "stored_pairs", 2000)
    settings.grad_clip_max_norm = 1.0
    settings.normalize_mean = [0.485, 0.456, 0.406]
    settings.normalize_std = [0.229, 0.224, 0.225]
    settings.num_train_frames = 2
    settings.num_test_frames = 1
    settings.max_gap = 100  # frames
    settings.search_area_factor = 4.0  # side of the search region over sqrt(w h) of the target
    settings.feature_sz = 14  # cells of the feature map, one per 16 pixels
    settings.output_sz = settings.feature_sz * 16
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
    """A loader of frames with the target and one to find it in; of what `net`'s backbone makes of them, if stored."""
    training = name == "train"
    normalize = tfm.Normalize(mean=settings.normalize_mean, std=settings.normalize_std)
    to_tensor = tfm.ToTensorAndJitter(0.2) if training else tfm.ToTensor()
    prepare = processing.LTRBDenseRegressionProcessing(
        search_area_factor=settings.search_area_factor,
        output_sz=settings.output_sz,
        center_jitter_factor=settings.center_jitter_factor,
        scale_jitter_factor=settings.scale_jitter_factor,
        crop_type=settings.crop_type,
        max_scale_change=settings.max_scale_change,
        mode="sequence",
        label_function_params={
            "feature_sz": settings.feature_sz,
            "sigma_factor": settings.output_sigma_factor / settings.search_area_factor,
            "kernel_sz": settings.target_filter_sz,
        },
        center_sampling_radius=settings.center_sampling_radius,
        transform=tfm.Transform(to_tensor, normalize),
        joint_transform=tfm.Transform(tfm.ToGrayscale(probability=0.05), tfm.RandomHorizontalFlip(probability=0.5)),
    )
    samples = sampler.DiMPSampler(
        [dataset],
        [1],
        samples_per_epoch=samples_per_epoch,
        max_gap=settings.max_gap,
        num_test_frames=settings.num_test_frames,
        num_train_frames=settings.num_train_frames,
        processing=prepare,
    )
    if stored := settings.stored_pairs:
        samples = stored_features.keep_features(
            samples, net, stored if training else min(samples_per_epoch, 1 + stored // 4), settings
        )
    return LTRLoader(
        name,
        samples,
        training=training,
        epoch_interval=1 if training else 4,
        batch_size=settings.batch_size,
        num_workers=settings.num_workers,
        shuffle=training,
        drop_last=True,
        stack_dim=1,
    )
