from torch import nn

from ltr import model_constructor
from ltr.models import backbone as backbones
from ltr.models.bbreg.atom import AtomIoUNet


class DiMPnet(nn.Module):
    def __init__(self, feature_extractor, classifier, bb_regressor):
        super().__init__()
        self.feature_extractor = feature_extractor
        self.classifier = classifier
        self.bb_regressor = bb_regressor

    def forward(self, train_imgs, test_imgs, train_bb, test_proposals, *args, train_label=None, **kwargs):
        train, test = (self.feature_extractor(images.flatten(0, 1)) for images in (train_imgs, test_imgs))
        scores = self.classifier(test)[:, 0]
        maps = scores.view(*test_imgs.shape[:2], *scores.shape[1:])
        return [maps, maps], self.bb_regressor(train, test, train_bb, test_proposals)


@model_constructor
def dimpnet18(filter_size=4, optim_iter=5, backbone_pretrained=True, frozen_backbone_layers=()):
    net = backbones.resnet18(pretrained=backbone_pretrained)
    return DiMPnet(net, nn.Conv2d(64, 1, 3, padding=1), AtomIoUNet())
