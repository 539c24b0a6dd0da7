import torch
from torch import nn

from ltr import model_constructor
from ltr.external.PreciseRoIPooling.pytorch.prroi_pool import PrRoIPool2D
from ltr.models import backbone as backbones


class AtomIoUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = PrRoIPool2D(3, 3, 1 / 8)
        self.iou_predictor = nn.Linear(64 * 9, 1)

    def _pool(self, features, boxes):
        """(B, 64, H, W) and (B, P, 4) xywh to (B, P, 576)."""
        corners = torch.cat([boxes[..., :2], boxes[..., :2] + boxes[..., 2:]], -1).reshape(-1, 4)
        image = torch.arange(len(boxes), dtype=boxes.dtype).repeat_interleave(boxes.shape[1])[:, None]
        return self.pool(features, torch.cat([image.to(boxes.device), corners], 1)).reshape(*boxes.shape[:2], -1)

    def forward(self, train, test, train_bb, proposals):
        """Features (nf*ns, 64, H, W), boxes (nf, ns, 4), proposals (nf, ns, P, 4) to scores (nf, ns, P)."""
        frames, sequences, count = proposals.shape[:3]
        modulation = self._pool(train[:sequences], train_bb[0][:, None]).repeat(frames, 1, 1)
        pooled = self._pool(test, proposals.reshape(-1, count, 4))
        return self.iou_predictor(pooled * modulation).view(frames, sequences, count)


class ATOMnet(nn.Module):
    def __init__(self, feature_extractor, bb_regressor):
        super().__init__()
        self.feature_extractor = feature_extractor
        self.bb_regressor = bb_regressor
        for parameter in feature_extractor.parameters():
            parameter.requires_grad_(False)

    def forward(self, train_imgs, test_imgs, train_bb, test_proposals):
        train, test = (self.feature_extractor(images.flatten(0, 1)) for images in (train_imgs, test_imgs))
        return self.bb_regressor(train, test, train_bb, test_proposals)


@model_constructor
def atom_resnet18(iou_input_dim=(256, 256), iou_inter_dim=(256, 256), backbone_pretrained=True):
    return ATOMnet(backbones.resnet18(pretrained=backbone_pretrained), AtomIoUNet())
