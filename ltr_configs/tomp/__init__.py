"""ToMP at full size: what the settings of its two backbones share.

The numbers are those of PyTracking's settings of the same names. `ltr` is imported where it is used: it means the
embedded engine or a checkout, whichever trains.
"""


def set_numbers(settings):
    """Sizes, in pixels of the network's input unless said, the amounts of augmentation, and the weights of losses."""
    settings.multi_gpu = True  # of one process; under torchrun each process has its own
    settings.print_interval = 1
    settings.normalize_mean = [0.485, 0.456, 0.406]
    settings.normalize_std = [0.229, 0.224, 0.225]
    settings.num_epochs = 300
    settings.train_samples_per_epoch = 40000
    settings.val_samples_per_epoch = 10000
    settings.val_epoch_interval = 5
    settings.num_train_frames = 2
    settings.num_test_frames = 1
    settings.max_gap = 200  # frames
    settings.search_area_factor = 5.0  # side of the search region over sqrt(w h) of the target
    settings.feature_sz = 18  # cells of the feature map, one per 16 pixels
    settings.output_sz = settings.feature_sz * 16
    settings.crop_type = "inside_major"  # a region larger than the picture shrinks, at most by
    settings.max_scale_change = 1.5
    settings.center_jitter_factor = {"train": 0.0, "test": 4.5}
    settings.scale_jitter_factor = {"train": 0.0, "test": 0.5}
    settings.target_filter_sz = 1
    settings.output_sigma_factor = 1 / 4  # of the label, in target sizes
    settings.hinge_threshold = 0.05
    settings.normalized_bbreg_coords = True
    settings.center_sampling_radius = 1.0  # cells around the center that learn the box
    settings.weight_giou = 1.0
    settings.weight_clf = 100.0
    settings.frozen_backbone_layers = ["conv1", "bn1", "layer1", "layer2"]
    settings.freeze_backbone_bn_layers = True
    settings.use_test_frame_encoding = False  # the paper's True trains less steadily


def train(settings, make_network):
    """Train for 300 epochs, with a fifth of the learning rate after 150 and after 250.

    Args:
        make_network: `tompnet50` or `tompnet101`.
    """
    import ltr.actors.tracking as actors
    import ltr.models.loss as losses
    from ltr import MultiGPU
    from ltr.dataset import Got10k, Lasot, MSCOCOSeq, TrackingNet
    from ltr.models.loss.bbr_loss import GIoULoss
    from ltr.trainers import LTRTrainer
    from torch import optim

    train_sets = [
        Lasot(settings.env.lasot_dir, split="train"),
        Got10k(settings.env.got10k_dir, split="vottrain"),
        TrackingNet(settings.env.trackingnet_dir, set_ids=list(range(4))),
        MSCOCOSeq(settings.env.coco_dir),
    ]
    val_sets = [Got10k(settings.env.got10k_dir, split="votval")]
    loaders = [make_loader(settings, "train", train_sets), make_loader(settings, "val", val_sets)]
    net = make_network(
        filter_size=settings.target_filter_sz,
        backbone_pretrained=True,
        out_feature_dim=256,
        feature_sz=settings.feature_sz,
        frozen_backbone_layers=settings.frozen_backbone_layers,
        use_test_frame_encoding=settings.use_test_frame_encoding,
    )
    actor = actors.ToMPActor(
        net=MultiGPU(net, dim=1) if settings.multi_gpu else net,
        objective={"giou": GIoULoss(), "test_clf": losses.LBHinge(threshold=settings.hinge_threshold)},
        loss_weight={"giou": settings.weight_giou, "test_clf": settings.weight_clf},
    )
    groups = [
        {"params": net.head.parameters(), "lr": 1e-4},
        {"params": net.feature_extractor.layer3.parameters(), "lr": 2e-5},
    ]
    optimizer = optim.AdamW(groups, lr=2e-4, weight_decay=1e-4)
    lr_scheduler = optim.lr_scheduler.MultiStepLR(optimizer, milestones=[150, 250], gamma=0.2)
    trainer = LTRTrainer(
        actor,
        loaders,
        optimizer,
        settings,
        lr_scheduler,
        freeze_backbone_bn_layers=settings.freeze_backbone_bn_layers,
    )
    trainer.train(settings.num_epochs, load_latest=True, fail_safe=True)


def make_loader(settings, name, datasets):
    """A loader of two frames with the target and one to find it in, drawn from the data sets in equal parts."""
    import ltr.data.transforms as tfm
    from ltr.data import LTRLoader, processing, sampler

    training = name == "train"
    flip = tfm.RandomHorizontalFlip(probability=0.5)
    normalize = tfm.Normalize(mean=settings.normalize_mean, std=settings.normalize_std)
    per_crop = [tfm.ToTensorAndJitter(0.2), flip, normalize] if training else [tfm.ToTensor(), normalize]
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
        use_normalized_coords=settings.normalized_bbreg_coords,
        transform=tfm.Transform(*per_crop),
        joint_transform=tfm.Transform(tfm.ToGrayscale(probability=0.05), tfm.RandomHorizontalFlip(probability=0.5)),
    )
    samples = sampler.DiMPSampler(
        datasets,
        [1] * len(datasets),
        samples_per_epoch=settings.train_samples_per_epoch if training else settings.val_samples_per_epoch,
        max_gap=settings.max_gap,
        num_test_frames=settings.num_test_frames,
        num_train_frames=settings.num_train_frames,
        processing=prepare,
    )
    return LTRLoader(
        name,
        samples,
        training=training,
        batch_size=settings.batch_size,
        num_workers=settings.num_workers,
        shuffle=training,
        drop_last=True,
        epoch_interval=1 if training else settings.val_epoch_interval,
        stack_dim=1,
    )
