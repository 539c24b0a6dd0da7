from torch import nn

from ltr import actors
from ltr.models.bbreg import atom as atom_models
from ltr.train_settings import common
from ltr.trainers import LTRTrainer


def run(settings):
    settings.description = "ATOM IoUNet"
    settings.batch_size = 2
    settings.num_workers = 0
    made = common.loaders(settings, "ATOMProcessing", proposal_params={"boxes_per_frame": 8, "min_iou": 0.1})
    net = atom_models.atom_resnet18(backbone_pretrained=True)
    actor = actors.AtomActor(net=net, objective=nn.MSELoss())
    optimizer, scheduler = common.optimizer(net)
    trainer = LTRTrainer(actor, made, optimizer, settings, scheduler)
    trainer.train(2, load_latest=True, fail_safe=True)
