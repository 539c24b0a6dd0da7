"""PrDiMP with a ResNet-18 backbone, at full size (Danelljan et al., CVPR 2020, arXiv:2003.12565).

    siou-tracking train dimp prdimp18 --box-loss smooth_iou --data lasot=DIR --data got10k=DIR \
        --data trackingnet=DIR --data coco=DIR

Classifier and box head both learn densities, without learned weights of the classifier's own loss. 50 epochs of 26,000
sequences from four data sets; everything trains. Runs on the embedded engine and in a PyTracking checkout.
"""

from siou_tracking.configs.dimp import (
    density_proposals,
    for_all_gpus,
    label_params,
    make_loaders,
    output_sigma,
    set_numbers,
    train,
)


def run(settings):
    """Build everything from `settings.env` and train."""
    import ltr.actors.tracking as actors
    import ltr.models.loss.kl_regression as losses
    from ltr.data import processing
    from ltr.models.tracking import dimpnet

    settings.description = "PrDiMP, ResNet-18, four data sets"
    settings.batch_size = 26
    set_numbers(settings)
    settings.print_stats = ["Loss/total", "Loss/bb_ce", "ClfTrain/clf_ce"]
    loaders = make_loaders(
        settings,
        processing.KLDiMPProcessing,
        samples=(26000, 5000),
        max_gap=200,
        proposal_params=density_proposals(),
        label_function_params=label_params(settings),
        label_density_params={**label_params(settings), "normalize": True},
    )
    net = dimpnet.klcedimpnet18(
        filter_size=settings.target_filter_sz,
        backbone_pretrained=True,
        optim_iter=5,
        clf_feat_norm=True,
        final_conv=True,
        optim_init_step=1.0,
        optim_init_reg=0.05,
        optim_min_reg=0.05,
        gauss_sigma=output_sigma(settings) * settings.feature_sz,
        alpha_eps=0.05,
        normalize_label=True,
        init_initializer="zero",
    )
    net = for_all_gpus(settings, net)
    actor = actors.KLDiMPActor(
        net=net,
        objective={"bb_ce": losses.KLRegression(), "clf_ce": losses.KLRegressionGrid()},
        loss_weight={"bb_ce": 0.0025, "clf_ce": 0.25, "clf_ce_init": 0.25, "clf_ce_iter": 1.0},
    )
    groups = [(net.classifier, 1e-3), (net.bb_regressor, 1e-3), (net.feature_extractor, 2e-4)]
    train(settings, actor, loaders, groups)
