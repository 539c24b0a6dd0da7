from torch import nn

from ltr import actors
from ltr.models.loss import LBHinge
from ltr.models.tracking import dimpnet
from ltr.train_settings import common
from ltr.trainers import LTRTrainer


def run(settings):
    settings.batch_size = 2
    settings.num_workers = 0
    proposals = {"boxes_per_frame": 8, "min_iou": 0.1}
    made = common.loaders(settings, "DiMPProcessing", train_frames=3, test_frames=3, proposal_params=proposals)
    net = dimpnet.dimpnet18(backbone_pretrained=True)
    objective = {"iou": nn.MSELoss(), "test_clf": LBHinge(threshold=0.05)}
    actor = actors.DiMPActor(net=net, objective=objective, loss_weight={"iou": 1, "test_clf": 100})
    optimizer, scheduler = common.optimizer(net)
    LTRTrainer(actor, made, optimizer, settings, scheduler).train(2, load_latest=True, fail_safe=True)
