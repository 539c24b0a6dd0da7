"""ATOM's box head with a ResNet-18 backbone, at full size (Danelljan et al., CVPR 2019, arXiv:1811.07628).

    siou-tracking train bbreg atom --box-loss smooth_iou --data lasot=DIR --data got10k=DIR --data trackingnet=DIR \
        --data coco=DIR

The numbers are those of PyTracking's setting of the same name: 50 epochs of 64,000 pairs from four data sets in equal
parts, only the head trains. Runs on the embedded engine and in a PyTracking checkout.
"""

import ltr.data.transforms as tfm
import ltr.models.bbreg.atom as atom_models
from ltr import actors
from ltr.data import LTRLoader, processing, sampler
from ltr.dataset import Got10k, Lasot, MSCOCOSeq, TrackingNet
from ltr.trainers import LTRTrainer
from torch import nn, optim


def run(settings):
    """Build everything from `settings.env` and train."""
    set_numbers(settings)
    train_sets = [
        Lasot(settings.env.lasot_dir, split="train"),
        Got10k(settings.env.got10k_dir, split="vottrain"),
        TrackingNet(settings.env.trackingnet_dir, set_ids=list(range(4))),
        MSCOCOSeq(settings.env.coco_dir),
    ]
    val_sets = [Got10k(settings.env.got10k_dir, split="votval")]
    loaders = [
        make_loader(settings, "train", train_sets, batches=1000),
        make_loader(settings, "val", val_sets, batches=500),
    ]
    net = atom_models.atom_resnet18(backbone_pretrained=True)
    actor = actors.AtomActor(net=net, objective=nn.MSELoss())
    optimizer = optim.Adam(actor.net.bb_regressor.parameters(), lr=1e-3)
    lr_scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=15, gamma=0.2)
    trainer = LTRTrainer(actor, loaders, optimizer, settings, lr_scheduler)
    trainer.train(50, load_latest=True, fail_safe=True)


def set_numbers(settings):
    """Sizes, in pixels of the network's input unless said, and the amounts of augmentation."""
    settings.description = "ATOM box head, ResNet-18, four data sets"
    settings.batch_size = 64
    settings.num_workers = 8
    settings.print_interval = 1
    settings.normalize_mean = [0.485, 0.456, 0.406]
    settings.normalize_std = [0.229, 0.224, 0.225]
    settings.search_area_factor = 5.0  # side of the search region over sqrt(w h) of the target
    settings.feature_sz = 18  # cells of the feature map, one per 16 pixels
    settings.output_sz = settings.feature_sz * 16
    settings.center_jitter_factor = {"train": 0, "test": 4.5}
    settings.scale_jitter_factor = {"train": 0, "test": 0.5}
    settings.proposal_params = {"min_iou": 0.1, "boxes_per_frame": 16, "sigma_factor": [0.01, 0.05, 0.1, 0.2, 0.3]}


def make_loader(settings, name, datasets, batches):
    """A loader of `batches` batches per epoch, drawn from the data sets in equal parts."""
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
    pairs = sampler.ATOMSampler(
        datasets,
        [1] * len(datasets),
        samples_per_epoch=batches * settings.batch_size,
        max_gap=50,
        processing=prepare,
    )
    return LTRLoader(
        name,
        pairs,
        training=training,
        batch_size=settings.batch_size,
        num_workers=settings.num_workers,
        shuffle=training,
        drop_last=True,
        epoch_interval=1 if training else 5,
        stack_dim=1,
    )
