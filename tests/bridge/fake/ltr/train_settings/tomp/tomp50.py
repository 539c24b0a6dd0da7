import ltr.actors.tracking as actors
from ltr import MultiGPU
from ltr.models.loss import LBHinge
from ltr.models.loss.bbr_loss import GIoULoss
from ltr.models.tracking import tompnet
from ltr.train_settings import common
from ltr.trainers import LTRTrainer


def run(settings):
    settings.batch_size = 2
    settings.num_workers = 0
    settings.multi_gpu = True
    made = common.loaders(settings, "LTRBDenseRegressionProcessing", train_frames=2)
    net = tompnet.tompnet50(backbone_pretrained=True)
    if settings.multi_gpu:
        net = MultiGPU(net, dim=1)
    objective = {"giou": GIoULoss(), "test_clf": LBHinge(threshold=0.05)}
    actor = actors.ToMPActor(net=net, objective=objective, loss_weight={"giou": 1.0, "test_clf": 100.0})
    optimizer, scheduler = common.optimizer(net)
    trainer = LTRTrainer(actor, made, optimizer, settings, scheduler, freeze_backbone_bn_layers=True)
    trainer.train(2, load_latest=True, fail_safe=True)
