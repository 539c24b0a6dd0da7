from lib.models.tiny import Pair
from torch import nn


class STARK(nn.Module):
    """Corners without order: boxes may be reversed."""

    def __init__(self):
        super().__init__()
        self.backbone = Pair()
        self.box_head = nn.Linear(16, 4)
        self.cls_head = nn.Linear(16, 1)

    def forward(self, template, search):
        features = self.backbone(template, search)
        return {"pred_boxes": self.box_head(features)[:, None], "pred_logits": self.cls_head(features)}


def build_stark(cfg):
    return STARK()
