from torch import nn
from torch.nn import functional
from torch.utils import model_zoo
from torchvision.models.resnet import model_urls


class Stem(nn.Module):
    """The first layer of a ResNet, pooled to a stride of 8."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)

    def forward(self, images):
        return functional.max_pool2d(functional.relu(self.bn1(self.conv1(images))), 4)


def resnet18(output_layers=None, pretrained=False, **kwargs):
    model = Stem()
    if pretrained:
        model.load_state_dict(model_zoo.load_url(model_urls["resnet18"]), strict=False)
    return model
