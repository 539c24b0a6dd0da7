import torch

from ltr import actors
from ltr.models.tracking import dimpnet
from ltr.train_settings import common
from ltr.trainers import LTRTrainer


def run(settings):
    settings.batch_size = 2
    settings.num_workers = 0
    settings.device = torch.device("cpu")
    made = common.loaders(settings, "BaseProcessing", train_frames=3, test_frames=3)
    net = dimpnet.dimpnet18(backbone_pretrained=True)
    actor = actors.KYSActor(net=net, objective={"test_clf": None}, loss_weight={"test_clf": 500})
    optimizer, scheduler = common.optimizer(net)
    LTRTrainer(actor, made, optimizer, settings, scheduler).train(2, load_latest=True, fail_safe=True)
