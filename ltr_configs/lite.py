"""What the CPU-size settings share: numbers, data in GOT-10k's layout, and loaders of what a frozen backbone makes."""

from pathlib import Path

from siou_tracking.errors import InputError


def set_input(settings):
    """Sizes, in pixels of the network's input unless said.

    The search region is 4 target sides on 224 pixels instead of 5 on 288: the target is as large in it.
    """
    settings.batch_size = 16
    settings.num_workers = 0
    settings.normalize_mean = [0.485, 0.456, 0.406]
    settings.normalize_std = [0.229, 0.224, 0.225]
    settings.search_area_factor = 4.0  # side of the search region over sqrt(w h) of the target
    settings.feature_sz = 14  # cells of the feature map, one per 16 pixels
    settings.output_sz = settings.feature_sz * 16


def open_got10k(train):
    """The training and the validation set, for the path of the folder `train`; every fifth is held out without val/."""
    from ltr.dataset import Got10k

    val = train.parent / "val"
    if train.name == "train" and (val / "list.txt").is_file():
        return Got10k(str(train)), Got10k(str(val))
    everything = range(Got10k(str(train)).get_num_sequences())
    held_out = list(everything[::5])
    rest = [number for number in everything if number % 5] or held_out
    return Got10k(str(train), seq_ids=rest), Got10k(str(train), seq_ids=held_out)


def mix_coco(settings, dataset):
    """The data sets to train on and their shares: `dataset`, and COCO's objects where its folder was given.

    A third of the samples are of COCO, or `settings.coco_share`, from the latest year in the folder; all frames of such
    a sample are of one picture.

    Raises:
        InputError: a share that is none, or no such folder.
    """
    from ltr.dataset import MSCOCOSeq

    share = getattr(settings, "coco_share", 1 / 3 if hasattr(settings.env, "coco_dir") else 0)
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share < 1:
        raise InputError(f"coco_share: got {share!r}, allowed are numbers from 0 to below 1")
    if not share:
        return [dataset], [1]
    folder = settings.env.coco_dir
    years = [path.stem[-4:] for path in Path(folder).glob("annotations/instances_train20*.json")]
    return [dataset, MSCOCOSeq(folder, version=max(years, default="2014"))], [1 - share, share]


def make_loaders(settings, net, processing, draw, flip=False, **options):
    """The loaders of training and validation, 1024 and 256 samples; training samples have altered colors.

    Args:
        net: whose backbone's maps are stored, of `settings.stored_pairs` samples; of none where that is 0 or missing.
        processing: the processing class.
        draw: called with data sets, their shares, samples_per_epoch and processing: the sampler.
        flip: mirror half of the samples; `settings.flip`, where it is set, overrides it.
        options: more for the processing.
    """
    import ltr.data.transforms as tfm
    from ltr.data import LTRLoader, stored_features

    normalize = tfm.Normalize(mean=settings.normalize_mean, std=settings.normalize_std)
    flip = getattr(settings, "flip", flip)
    if not isinstance(flip, bool):
        raise InputError(f"flip: got {flip!r}, allowed are True and False")
    mirror = [tfm.RandomHorizontalFlip(probability=0.5)] if flip else []
    stored, loaders = getattr(settings, "stored_pairs", 0), []
    sets = open_got10k(Path(settings.env.got10k_dir))
    for name, dataset, count in zip(("train", "val"), sets, (1024, 256), strict=True):
        training = name == "train"
        to_tensor = tfm.ToTensorAndJitter(0.2) if training else tfm.ToTensor()
        prepare = processing(
            search_area_factor=settings.search_area_factor,
            output_sz=settings.output_sz,
            center_jitter_factor=settings.center_jitter_factor,
            scale_jitter_factor=settings.scale_jitter_factor,
            mode="sequence",
            transform=tfm.Transform(to_tensor, normalize),
            joint_transform=tfm.Transform(tfm.ToGrayscale(probability=0.05), *mirror),
            **options,
        )
        mixed, shares = mix_coco(settings, dataset) if training else ([dataset], [1])
        samples = draw(mixed, shares, samples_per_epoch=count, processing=prepare)
        if stored:
            kept = stored if training else min(count, 1 + stored // 4)
            samples = stored_features.keep_features(samples, net, kept, settings)
        loader = LTRLoader(
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
        loaders.append(loader)
    return loaders
