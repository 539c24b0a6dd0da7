"""PrDiMP on EfficientNet-Lite0: trains on a CPU in minutes.

    siou-tracking train dimp prdimp_lite --box-loss smooth_iou --data got10k=DIR

As `dimp dimp_lite`, with classifier and box head that learn densities.
"""

import ltr.actors.tracking as actors
import ltr.models.loss.kl_regression as losses
from ltr.data import processing
from ltr.models.tracking import dimpnet
from siou_tracking.configs.dimp import density_proposals, label_params, output_sigma
from siou_tracking.configs.dimp.dimp_lite import head_width, make_loaders, set_numbers, train


def run(settings):
    """Build everything from `settings.env.got10k_dir` and train."""
    settings.description = "PrDiMP, EfficientNet-Lite0, GOT-10k layout"
    set_numbers(settings)
    settings.print_stats = ["Loss/total", "Loss/bb_ce", "ClfTrain/clf_ce"]
    net = dimpnet.klcedimpnet_efficientnet_lite0(
        filter_size=settings.target_filter_sz,
        gauss_sigma=output_sigma(settings) * settings.feature_sz,
        **head_width(settings),
    )
    loaders = make_loaders(
        settings,
        net,
        processing.KLDiMPProcessing,
        proposal_params={**density_proposals(), "boxes_per_frame": 32},
        label_density_params={**label_params(settings), "normalize": True},
    )
    actor = actors.KLDiMPActor(
        net=net,
        objective={"bb_ce": losses.KLRegression(), "clf_ce": losses.KLRegressionGrid()},
        loss_weight={"bb_ce": 0.0025, "clf_ce": 0.25, "clf_ce_init": 0.25, "clf_ce_iter": 1.0},
    )
    train(settings, actor, loaders)
