import torch
from lib.train.data import LTRLoader, opencv_loader, processing, sampler
from lib.train.dataset import Got10k, Lasot
from torch.utils.data.distributed import DistributedSampler


def update_settings(settings, cfg):
    settings.print_interval = cfg.TRAIN.PRINT_INTERVAL
    settings.output_sz = {"template": cfg.DATA.TEMPLATE.SIZE, "search": cfg.DATA.SEARCH.SIZE}
    settings.grad_clip_norm = cfg.TRAIN.GRAD_CLIP_NORM
    settings.print_stats = None
    settings.batchsize = cfg.TRAIN.BATCH_SIZE
    settings.scheduler_type = cfg.TRAIN.SCHEDULER.TYPE


def names2datasets(name_list, settings, image_loader):
    datasets = []
    for name in name_list:
        assert name in ["LASOT", "GOT10K_vottrain", "GOT10K_votval", "GOT10K_official_val"]
        if name == "LASOT":
            datasets.append(Lasot(settings.env.lasot_dir, image_loader=image_loader))
        if name == "GOT10K_vottrain":
            datasets.append(Got10k(settings.env.got10k_dir, split="vottrain", image_loader=image_loader))
        if name == "GOT10K_votval":
            datasets.append(Got10k(settings.env.got10k_dir, split="votval", image_loader=image_loader))
        if name == "GOT10K_official_val":
            datasets.append(Got10k(settings.env.got10k_val_dir, split=None, image_loader=image_loader))
    return datasets


def _loader(name, part, cfg, settings, training):
    dataset = sampler.TrackingSampler(
        datasets=names2datasets(part.DATASETS_NAME, settings, opencv_loader),
        p_datasets=part.DATASETS_RATIO,
        samples_per_epoch=part.SAMPLE_PER_EPOCH,
        max_gap=cfg.DATA.MAX_SAMPLE_INTERVAL,
        num_search_frames=cfg.DATA.SEARCH.NUMBER,
        num_template_frames=cfg.DATA.TEMPLATE.NUMBER,
        processing=processing.STARKProcessing(settings.output_sz, settings=settings),
    )
    split = DistributedSampler(dataset) if settings.local_rank != -1 else None
    return LTRLoader(
        name,
        dataset,
        training=training,
        batch_size=cfg.TRAIN.BATCH_SIZE,
        shuffle=training and split is None,
        num_workers=cfg.TRAIN.NUM_WORKER,
        drop_last=True,
        stack_dim=1,
        sampler=split,
        epoch_interval=1 if training else cfg.TRAIN.VAL_EPOCH_INTERVAL,
    )


def build_dataloaders(cfg, settings):
    settings.num_search = cfg.DATA.SEARCH.NUMBER
    train = _loader("train", cfg.DATA.TRAIN, cfg, settings, True)
    return train, _loader("val", cfg.DATA.VAL, cfg, settings, False)


def get_optimizer_scheduler(net, cfg):
    params = [{"params": [one for one in net.parameters() if one.requires_grad]}]
    optimizer = torch.optim.AdamW(params, lr=cfg.TRAIN.LR, weight_decay=cfg.TRAIN.WEIGHT_DECAY)
    return optimizer, torch.optim.lr_scheduler.StepLR(optimizer, cfg.TRAIN.LR_DROP_EPOCH)
