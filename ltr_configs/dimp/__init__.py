"""DiMP, PrDiMP and SuperDiMP at full size: what their settings share.

Each file beside this one says its network, its losses and its learning rates. The numbers are those of PyTracking's
settings of the same names. `ltr` is imported where it is used: it means the embedded engine or a checkout, whichever
trains.
"""


def set_numbers(settings, search_area_factor=5.0, feature_sz=18, center_jitter=4.5):
    """Sizes, in pixels of the network's input unless said, and the amounts of augmentation."""
    settings.num_workers = 8
    settings.multi_gpu = False
    settings.print_interval = 1
    settings.normalize_mean = [0.485, 0.456, 0.406]
    settings.normalize_std = [0.229, 0.224, 0.225]
    settings.search_area_factor = search_area_factor  # side of the search region over sqrt(w h) of the target
    settings.output_sigma_factor = 1 / 4  # of the label maps, as a share of the target's size in cells
    settings.target_filter_sz = 4
    settings.feature_sz = feature_sz  # cells of the feature map, one per 16 pixels
    settings.output_sz = feature_sz * 16
    settings.center_jitter_factor = {"train": 3, "test": center_jitter}
    settings.scale_jitter_factor = {"train": 0.25, "test": 0.5}
    settings.hinge_threshold = 0.05


def output_sigma(settings):
    """Standard deviation of the label maps, as a share of the map's side."""
    return settings.output_sigma_factor / settings.search_area_factor


def label_params(settings):
    """Of the label maps, for the processing."""
    return {
        "feature_sz": settings.feature_sz,
        "sigma_factor": output_sigma(settings),
        "kernel_sz": settings.target_filter_sz,
    }


def scored_proposals():
    """DiMP's: noisy boxes, of which the head predicts the IoU."""
    return {"min_iou": 0.1, "boxes_per_frame": 8, "sigma_factor": [0.01, 0.05, 0.1, 0.2, 0.3]}


def density_proposals():
    """PrDiMP's: boxes from a mixture of Gaussians, over which the head learns a density."""
    return {"boxes_per_frame": 128, "gt_sigma": (0.05, 0.05), "proposal_sigma": [(0.05, 0.05), (0.5, 0.5)]}


def make_loaders(settings, processing, samples, max_gap, weights=(0.25, 1, 1, 1), flip=False, **options):
    """The loaders of both passes, which draw three training frames and three test frames from each sequence.

    Args:
        processing: the processing class.
        samples: in an epoch of each pass.
        max_gap: frames between those of a sample at most.
        weights: of LaSOT, GOT-10k, TrackingNet and COCO.
        flip: mirror half of the training sequences, and half of the training frames once more.
        options: more for the processing.
    """
    from ltr.data import LTRLoader, sampler
    from ltr.dataset import Got10k, Lasot, MSCOCOSeq, TrackingNet

    train_sets = [
        Lasot(settings.env.lasot_dir, split="train"),
        Got10k(settings.env.got10k_dir, split="vottrain"),
        TrackingNet(settings.env.trackingnet_dir, set_ids=list(range(4))),
        MSCOCOSeq(settings.env.coco_dir),
    ]
    val_sets = [Got10k(settings.env.got10k_dir, split="votval")]
    loaders = []
    for name, sets, shares, count in zip(
        ("train", "val"), (train_sets, val_sets), (list(weights), [1]), samples, strict=True
    ):
        training = name == "train"
        prepare = processing(
            search_area_factor=settings.search_area_factor,
            output_sz=settings.output_sz,
            center_jitter_factor=settings.center_jitter_factor,
            scale_jitter_factor=settings.scale_jitter_factor,
            mode="sequence",
            **transforms(settings, training, flip),
            **options,
        )
        sequences = sampler.DiMPSampler(
            sets,
            shares,
            samples_per_epoch=count,
            max_gap=max_gap,
            num_test_frames=3,
            num_train_frames=3,
            processing=prepare,
        )
        loader = LTRLoader(
            name,
            sequences,
            training=training,
            batch_size=settings.batch_size,
            num_workers=settings.num_workers,
            shuffle=training,
            drop_last=True,
            epoch_interval=1 if training else 5,
            stack_dim=1,
        )
        loaders.append(loader)
    return loaders


def transforms(settings, training, flip):
    """Of whole sequences, and of their cropped frames, whose colors alter in training."""
    import ltr.data.transforms as tfm

    mirror = [tfm.RandomHorizontalFlip(probability=0.5)] if flip else []
    normalize = tfm.Normalize(mean=settings.normalize_mean, std=settings.normalize_std)
    frame = [tfm.ToTensorAndJitter(0.2), *mirror, normalize] if training else [tfm.ToTensor(), normalize]
    return {
        "transform": tfm.Transform(*frame),
        "joint_transform": tfm.Transform(tfm.ToGrayscale(probability=0.05), *mirror),
    }


def train(settings, actor, loaders, groups):
    """Train for 50 epochs, with a fifth of the learning rate after every 15.

    Args:
        groups: of parameters, with the learning rate of each.
    """
    from ltr.trainers import LTRTrainer
    from torch import optim

    optimizer = optim.Adam([{"params": part.parameters(), "lr": rate} for part, rate in groups], lr=2e-4)
    lr_scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=15, gamma=0.2)
    trainer = LTRTrainer(actor, loaders, optimizer, settings, lr_scheduler)
    trainer.train(50, load_latest=True, fail_safe=True)


def for_all_gpus(settings, net):
    """The network, on all GPUs of this process if the settings say so; `torchrun` needs nothing here."""
    from ltr import MultiGPU

    return MultiGPU(net, dim=1) if settings.multi_gpu else net
