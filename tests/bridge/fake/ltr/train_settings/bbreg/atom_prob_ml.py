import ltr.actors.bbreg as bbreg_actors
from ltr.models.bbreg import atom as atom_models
from ltr.models.loss.kl_regression import MLRegression
from ltr.train_settings import common
from ltr.trainers import LTRTrainer


def run(settings):
    settings.batch_size = 2
    settings.num_workers = 0
    proposals = {"boxes_per_frame": 8, "gt_sigma": (0, 0), "proposal_sigma": [(0.05, 0.05), (0.5, 0.5)]}
    made = common.loaders(settings, "KLBBregProcessing", proposal_params=proposals)
    net = atom_models.atom_resnet18(backbone_pretrained=True)
    actor = bbreg_actors.AtomBBKLActor(net=net, objective=MLRegression())
    optimizer, scheduler = common.optimizer(net)
    LTRTrainer(actor, made, optimizer, settings, scheduler).train(2, load_latest=True, fail_safe=True)
