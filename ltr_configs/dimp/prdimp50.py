"""PrDiMP with a ResNet-50 backbone, at full size (Danelljan et al., CVPR 2020, arXiv:2003.12565).

    siou-tracking train dimp prdimp50 --box-loss smooth_iou --data lasot=DIR --data got10k=DIR \
        --data trackingnet=DIR --data coco=DIR

As `prdimp18`, with smaller batches and a smaller learning rate of the backbone. Runs on the embedded engine and in a
PyTracking checkout.
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

    settings.description = "PrDiMP, ResNet-50, four data sets"
    settings.batch_size = 10
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
    net = dimpnet.klcedimpnet50(
        filter_size=settings.target_filter_sz,
        backbone_pretrained=True,
        optim_iter=5,
        clf_feat_norm=True,
        clf_feat_blocks=0,
        out_feature_dim=512,
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
    groups = [(net.classifier, 1e-3), (net.bb_regressor, 1e-3), (net.feature_extractor, 2e-5)]
    train(settings, actor, loaders, groups)
