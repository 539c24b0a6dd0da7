from ltr.actors.segmentation import LWLActor
from ltr.models.tracking import dimpnet
from ltr.train_settings import common
from ltr.trainers import LTRTrainer


def run(settings):
    settings.batch_size = 2
    settings.num_workers = 0
    made = common.loaders(settings, "BaseProcessing")
    net = dimpnet.dimpnet18(backbone_pretrained=True)
    actor = LWLActor(net=net, objective={"segm": None})
    optimizer, scheduler = common.optimizer(net)
    LTRTrainer(actor, made, optimizer, settings, scheduler).train(2, load_latest=True, fail_safe=True)
