import torch
from torch import nn


class GIoULoss(nn.Module):
    def forward(self, pred, target, weights=None):
        pred, target = (x.unsqueeze(0) if x.dim() == 4 else x for x in (pred, target))
        pred, target = (x.permute(0, 1, 3, 4, 2).reshape(-1, 4) for x in (pred, target))
        areas = [(x[:, 0] + x[:, 2]) * (x[:, 1] + x[:, 3]) for x in (pred, target)]
        small, large = torch.minimum(pred, target), torch.maximum(pred, target)
        common = (small[:, 0] + small[:, 2]) * (small[:, 1] + small[:, 3])
        hull = (large[:, 0] + large[:, 2]) * (large[:, 1] + large[:, 3])
        union = areas[0] + areas[1] - common
        ious = common / (union + 1e-7)
        losses = 1 - ious + (hull - union) / hull
        if weights is not None and weights.sum() > 0:
            kept = weights.reshape(-1) > 0
            return losses[kept].mean(), ious[kept]
        return losses.mean(), ious
