from lib.models.tiny import Pair
from torch import nn


class ARTrack(nn.Module):
    def __init__(self, bins=20):
        super().__init__()
        self.backbone = Pair()
        self.decoder = nn.Linear(16, 4 * bins)

    def forward(self, template, search):
        return {"seq": self.decoder(self.backbone(template, search)).view(len(search), 4, -1)}


def build_artrack(cfg):
    return ARTrack()
