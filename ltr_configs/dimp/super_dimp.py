"""SuperDiMP, ResNet-50, at full size (Danelljan et al., CVPR 2020, arXiv:2003.12565).

    siou-tracking train dimp super_dimp --box-loss smooth_iou --data lasot=DIR --data got10k=DIR \
        --data trackingnet=DIR --data coco=DIR

DiMP's classifier and PrDiMP's box head, on larger crops that keep to the image, with mirrored pictures. 50 epochs of
40,000 sequences from four data sets in equal parts; of the backbone only the last layer trains. Runs on the embedded
engine and in a PyTracking checkout.
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
    import ltr.models.loss as losses
    import ltr.models.loss.kl_regression as densities
    from ltr.data import processing
    from ltr.models.tracking import dimpnet

    settings.description = "SuperDiMP, ResNet-50, four data sets"
    settings.batch_size = 20
    set_numbers(settings, search_area_factor=6.0, feature_sz=22, center_jitter=5.5)
    loaders = make_loaders(
        settings,
        processing.KLDiMPProcessing,
        samples=(40000, 10000),
        max_gap=200,
        weights=(1, 1, 1, 1),
        flip=True,
        crop_type="inside_major",
        max_scale_change=1.5,
        proposal_params=density_proposals(),
        label_function_params=label_params(settings),
        label_density_params=label_params(settings),
    )
    net = dimpnet.dimpnet50(
        filter_size=settings.target_filter_sz,
        backbone_pretrained=True,
        optim_iter=5,
        clf_feat_norm=True,
        clf_feat_blocks=0,
        final_conv=True,
        out_feature_dim=512,
        optim_init_step=0.9,
        optim_init_reg=0.1,
        init_gauss_sigma=output_sigma(settings) * settings.feature_sz,
        num_dist_bins=100,
        bin_displacement=0.1,
        mask_init_factor=3.0,
        target_mask_act="sigmoid",
        score_act="relu",
        frozen_backbone_layers=["conv1", "bn1", "layer1", "layer2"],
    )
    net = for_all_gpus(settings, net)
    actor = actors.KLDiMPActor(
        net=net,
        objective={
            "bb_ce": densities.KLRegression(),
            "test_clf": losses.LBHinge(threshold=settings.hinge_threshold),
        },
        loss_weight={"bb_ce": 0.01, "test_clf": 100, "test_init_clf": 100, "test_iter_clf": 400},
    )
    groups = [
        (net.classifier.filter_initializer, 5e-5),
        (net.classifier.filter_optimizer, 5e-4),
        (net.classifier.feature_extractor, 5e-5),
        (net.bb_regressor, 1e-3),
        (net.feature_extractor.layer3, 2e-5),
    ]
    train(settings, actor, loaders, groups)
