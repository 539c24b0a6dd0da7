import ltr.actors.tracking as tracking_actors
import ltr.models.loss.kl_regression as klreg_losses
from ltr.models.tracking import dimpnet
from ltr.train_settings import common
from ltr.trainers import LTRTrainer


def run(settings):
    settings.batch_size = 2
    settings.num_workers = 0
    proposals = {"boxes_per_frame": 8, "gt_sigma": (0.05, 0.05), "proposal_sigma": [(0.05, 0.05), (0.5, 0.5)]}
    made = common.loaders(settings, "KLDiMPProcessing", train_frames=3, test_frames=3, proposal_params=proposals)
    net = dimpnet.dimpnet18(backbone_pretrained=True)
    objective = {"bb_ce": klreg_losses.KLRegression()}
    actor = tracking_actors.KLDiMPActor(net=net, objective=objective, loss_weight={"bb_ce": 0.0025})
    optimizer, scheduler = common.optimizer(net)
    LTRTrainer(actor, made, optimizer, settings, scheduler).train(2, load_latest=True, fail_safe=True)
