import importlib
import os

import torch
from lib.models.artrack import build_artrack
from lib.models.mixformer_vit import build_mixformer_vit
from lib.models.odtrack import build_odtrack
from lib.models.ostrack import build_ostrack
from lib.models.stark import build_stark
from lib.train.actors import (
    ARTrackActor,
    ARTrackSeqActor,
    MixFormerActor,
    ODTrackActor,
    OSTrackActor,
    STARKSActor,
    STARKSTActor,
)
from lib.train.trainers import LTRSeqTrainer, LTRTrainer
from lib.utils.box_ops import ciou_loss, giou_loss
from torch.nn import BCEWithLogitsLoss
from torch.nn.functional import l1_loss
from torch.nn.parallel import DistributedDataParallel as DDP

from .base_functions import build_dataloaders, get_optimizer_scheduler, update_settings

BUILD = {
    "ostrack": build_ostrack,
    "stark_st1": build_stark,
    "stark_st2": build_stark,
    "mixformer_vit": build_mixformer_vit,
    "mixformer_vit_online": build_mixformer_vit,
    "artrack": build_artrack,
    "artrack_seq": build_artrack,
    "odtrack": build_odtrack,
}


def run(settings):
    settings.description = "Training script"
    config_module = importlib.import_module(f"lib.config.{settings.script_name}.config")
    cfg = config_module.cfg
    config_module.update_config_from_file(settings.cfg_file)
    update_settings(settings, cfg)
    log_dir = os.path.join(settings.save_dir, "logs")
    if settings.local_rank in [-1, 0] and not os.path.exists(log_dir):
        os.makedirs(log_dir)
    settings.log_file = os.path.join(log_dir, f"{settings.script_name}-{settings.config_name}.log")
    loader_train, loader_val = build_dataloaders(cfg, settings)
    net = BUILD[settings.script_name](cfg)
    net.cuda()
    if settings.local_rank != -1:
        net = DDP(net, device_ids=[settings.local_rank], find_unused_parameters=True)
        settings.device = torch.device(f"cuda:{settings.local_rank}")
    else:
        settings.device = torch.device("cuda:0")
    actor = make_actor(net, settings, cfg)
    optimizer, lr_scheduler = get_optimizer_scheduler(net, cfg)
    loaders = [loader_train, loader_val]
    if settings.script_name == "artrack_seq":
        trainer = LTRSeqTrainer(actor, loaders, optimizer, settings, lr_scheduler)
    else:
        trainer = LTRTrainer(actor, loaders, optimizer, settings, lr_scheduler, use_amp=cfg.TRAIN.AMP)
    if settings.script_name == "stark_st2":
        trainer.train(cfg.TRAIN.EPOCH, load_latest=True, fail_safe=True, load_previous_ckpt=True)
    else:
        trainer.train(cfg.TRAIN.EPOCH, load_latest=True, fail_safe=True)


def make_actor(net, settings, cfg):
    script = settings.script_name
    weight = {"giou": cfg.TRAIN.GIOU_WEIGHT, "l1": cfg.TRAIN.L1_WEIGHT}
    if script == "stark_st2":
        return STARKSTActor(net, {"cls": BCEWithLogitsLoss()}, {"cls": 1.0}, settings)
    if script.startswith("mixformer"):
        objective = {"ciou": ciou_loss, "l1": l1_loss}
        if script.endswith("online"):
            objective["score"] = BCEWithLogitsLoss()
        weight = {"ciou": cfg.TRAIN.IOU_WEIGHT, "l1": cfg.TRAIN.L1_WEIGHT, "score": 1.0}
        return MixFormerActor(net, objective, weight, settings, run_score_head=script.endswith("online"))
    objective = {"giou": giou_loss, "l1": l1_loss}
    if script == "ostrack":
        objective["focal"] = BCEWithLogitsLoss()
        return OSTrackActor(net, objective, {**weight, "focal": 1.0}, settings, cfg)
    kind = {"stark_st1": STARKSActor, "artrack": ARTrackActor, "artrack_seq": ARTrackSeqActor, "odtrack": ODTrackActor}
    return kind[script](net, objective, weight, settings)
