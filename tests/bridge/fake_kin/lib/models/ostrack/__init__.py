import os

import torch
from lib.models.tiny import Pair
from torch import nn


class OSTrack(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = Pair()
        self.box_head = nn.Linear(16, 5)

    def forward(self, template, search):
        out = self.box_head(self.backbone(template, search))
        return {"pred_boxes": out[:, None, :4].sigmoid(), "score_map": out[:, 4:]}


def build_ostrack(cfg, training=True):
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../pretrained_models")
    net = OSTrack()
    if cfg.MODEL.PRETRAIN_FILE and training:
        file = os.path.join(folder, cfg.MODEL.PRETRAIN_FILE)
        content = torch.load(file, map_location="cpu")
        net.backbone.load_state_dict(content["model"], strict=False)
        print(f"Load pretrained model from: {cfg.MODEL.PRETRAIN_FILE}")
    return net
