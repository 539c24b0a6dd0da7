"""FairMOT's training (Zhang et al., IJCV 2021) on ResNet-18, with the DIM loss on the shared feature.

    torchrun --nproc_per_node=2 -m siou_tracking mot train fairmot_dim --data MOT17/train --batch-size 6

FairMOT's numbers: 1088x608 pixels, batches of 12 (each process has its own, here halves), Adam from 1e-4, a tenth of
it after epoch 20 of 30, 128 channels of embedding, learned weights of the two tasks. Not FairMOT's: the backbone, which
is DLA-34 there, the data beside MOT17, and its rotations and shears of the training frames. `settings.dim` is "both"
unless given; margins are measured after the first epoch unless given.
"""

from ltr.data import LTRLoader
from ltr.trainers import LTRTrainer
from torch import optim

from siou_tracking.mot.data.dataset import MOTFrames, collate_frames
from siou_tracking.mot.data.processing import Augmentation, MOTProcessing
from siou_tracking.mot.models import mot_net
from siou_tracking.mot.training.actor import OneStageMOTActor
from siou_tracking.mot.training.margins import dim_mode
from siou_tracking.mot.training.starting import start_from_weights


def run(settings):
    """Build everything from `settings.env.mot_dir` and train."""
    settings.description = "FairMOT's training, ResNet-18, DIM loss, MOTChallenge layout"
    settings.input_size = (1088, 608)
    settings.batch_size = 12
    settings.num_workers = 8
    settings.dim = dim_mode(settings, "both")
    if settings.dim != "both":
        settings.project_path += f"_{settings.dim}"
    augmentation = Augmentation(flip=0.5, scale=(0.5, 1.2), shift=0.1, color=0.5)
    frames = MOTFrames(settings.env.mot_dir, MOTProcessing(*settings.input_size, augmentation))
    loader = LTRLoader(
        "train",
        frames,
        batch_size=settings.batch_size,
        num_workers=settings.num_workers,
        pin_memory=True,
        drop_last=True,
        collate_fn=collate_frames,
    )
    net = mot_net(
        "resnet18",
        feature_channels=64,
        head_channels=256,
        embedding_dim=128,
        identities=frames.identities,
        input_size=settings.input_size,
        dim_weight=getattr(settings, "dim_weight", 10.0),
        backbone_pretrained=True,
    )
    start_from_weights(net, settings)
    actor = OneStageMOTActor(net, dim=settings.dim, margins=getattr(settings, "margins", None), dim_warmup=1)
    optimizer = optim.Adam(net.parameters(), lr=1e-4)
    lr_scheduler = optim.lr_scheduler.MultiStepLR(optimizer, milestones=[20], gamma=0.1)
    trainer = LTRTrainer(actor, [loader], optimizer, settings, lr_scheduler)
    trainer.train(30, load_latest=True)
