from lib.models.tiny import Pair
from torch import nn


class MixFormer(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = Pair()
        self.box_head = nn.Linear(16, 4)
        self.score_head = nn.Linear(16, 1)

    def forward(self, template, search, run_score_head=False):
        features = self.backbone(template, search)
        out = {"pred_boxes": self.box_head(features)[:, None].sigmoid()}
        if run_score_head:
            out["pred_scores"] = self.score_head(features)
        return out


def build_mixformer_vit(cfg):
    return MixFormer()
