"""A one-stage multi-object tracker that trains on a CPU in minutes: a small network from nothing, 256x160 pixels.

    siou-tracking mot train mot_lite --data DIR

DIR is a folder of MOTChallenge sequences. `settings.dim`, `dim_weight` and `margins` choose the DIM loss.
"""

from ltr.admin import overrides
from ltr.data import LTRLoader
from ltr.trainers import LTRTrainer
from torch import optim

from siou_tracking.mot.actor import OneStageMOTActor
from siou_tracking.mot.dataset import MOTFrames, collate_frames
from siou_tracking.mot.models import mot_net
from siou_tracking.mot.processing import Augmentation, MOTProcessing
from siou_tracking.mot.starting import start_from_weights


def run(settings):
    """Build everything from `settings.env.mot_dir` and train."""
    settings.description = "One-stage multi-object tracker, small network, MOTChallenge layout"
    settings.input_size = (256, 160)
    settings.batch_size = 8
    settings.dim = getattr(settings, "dim", "off")
    if settings.dim != "off":
        settings.project_path += f"_dim_{settings.dim}"
    augmentation = Augmentation(flip=0.5, scale=(0.8, 1.25), shift=0.1, color=0.3)
    frames = MOTFrames(
        settings.env.mot_dir,
        MOTProcessing(*settings.input_size, augmentation),
        samples_per_epoch=64 * settings.batch_size,
        smallest_visibility=0.1,
    )
    loader = LTRLoader(
        "train", frames, batch_size=settings.batch_size, num_workers=0, drop_last=True, collate_fn=collate_frames
    )
    net = mot_net(
        "small",
        feature_channels=32,
        head_channels=32,
        embedding_dim=64,
        identities=frames.identities,
        input_size=settings.input_size,
        dim_weight=getattr(settings, "dim_weight", 10.0),
    )
    start_from_weights(net, settings)
    actor = OneStageMOTActor(net, dim=settings.dim, margins=getattr(settings, "margins", None), dim_warmup=2)
    epochs = overrides.current().epochs or 16
    optimizer = optim.Adam(net.parameters(), lr=2e-3)
    lr_scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs, eta_min=1e-5)
    trainer = LTRTrainer(actor, [loader], optimizer, settings, lr_scheduler)
    trainer.train(epochs, load_latest=True)
