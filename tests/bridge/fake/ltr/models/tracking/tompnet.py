from torch import nn
from torchvision.models.resnet import BasicBlock

from ltr import model_constructor
from ltr.models import backbone as backbones


class ToMPnet(nn.Module):
    def __init__(self, feature_extractor):
        super().__init__()
        self.feature_extractor = feature_extractor
        self.head = nn.Sequential(BasicBlock(64, 64), nn.Conv2d(64, 5, 1))

    def forward(self, train_imgs, test_imgs, train_bb, *args, **kwargs):
        maps = self.head(self.feature_extractor(test_imgs[0]))[None]
        return maps[:, :, 0], maps[:, :, 1:].exp() / 4


@model_constructor
def tompnet50(filter_size=1, head_layer="layer3", backbone_pretrained=True, **kwargs):
    return ToMPnet(backbones.resnet18(pretrained=backbone_pretrained))
