"""DiMP with a ResNet-50 backbone, at full size (Bhat et al., ICCV 2019, arXiv:1904.07220).

    siou-tracking train dimp dimp50 --box-loss smooth_iou --data lasot=DIR --data got10k=DIR \
        --data trackingnet=DIR --data coco=DIR

As `dimp18`, with smaller batches and learning rates. Runs on the embedded engine and in a PyTracking checkout.
"""

from siou_tracking.configs.dimp import (
    for_all_gpus,
    label_params,
    make_loaders,
    output_sigma,
    scored_proposals,
    set_numbers,
    train,
)


def run(settings):
    """Build everything from `settings.env` and train."""
    import ltr.models.loss as losses
    from ltr import actors
    from ltr.data import processing
    from ltr.models.tracking import dimpnet
    from torch import nn

    settings.description = "DiMP, ResNet-50, four data sets"
    settings.batch_size = 10
    set_numbers(settings)
    loaders = make_loaders(
        settings,
        processing.DiMPProcessing,
        samples=(26000, 5000),
        max_gap=30,
        proposal_params=scored_proposals(),
        label_function_params=label_params(settings),
    )
    net = dimpnet.dimpnet50(
        filter_size=settings.target_filter_sz,
        backbone_pretrained=True,
        optim_iter=5,
        clf_feat_norm=True,
        clf_feat_blocks=0,
        out_feature_dim=512,
        final_conv=True,
        optim_init_step=0.9,
        optim_init_reg=0.1,
        init_gauss_sigma=output_sigma(settings) * settings.feature_sz,
        num_dist_bins=100,
        bin_displacement=0.1,
        mask_init_factor=3.0,
        target_mask_act="sigmoid",
        score_act="relu",
    )
    net = for_all_gpus(settings, net)
    actor = actors.DiMPActor(
        net=net,
        objective={"iou": nn.MSELoss(), "test_clf": losses.LBHinge(threshold=settings.hinge_threshold)},
        loss_weight={"iou": 1, "test_clf": 100, "test_init_clf": 100, "test_iter_clf": 400},
    )
    groups = [
        (net.classifier.filter_initializer, 5e-5),
        (net.classifier.filter_optimizer, 5e-4),
        (net.classifier.feature_extractor, 5e-5),
        (net.bb_regressor, 2e-4),
        (net.feature_extractor, 2e-5),
    ]
    train(settings, actor, loaders, groups)
