import math

import torch
from torch import nn


class KLRegression(nn.Module):
    def __init__(self, eps=0.0):
        super().__init__()
        self.eps = eps

    def forward(self, scores, sample_density, gt_density, mc_dim=-1):
        density = sample_density + self.eps
        partition = torch.logsumexp(scores - density.log(), mc_dim) - math.log(scores.shape[mc_dim])
        return (partition - (scores * gt_density / density).mean(mc_dim)).mean()


class MLRegression(nn.Module):
    def __init__(self, eps=0.0):
        super().__init__()
        self.eps = eps

    def forward(self, scores, sample_density, gt_density=None, mc_dim=1):
        weighted = scores[:, 1:] - (sample_density[:, 1:] + self.eps).log()
        return (torch.logsumexp(weighted, 1) - math.log(weighted.shape[1]) - scores[:, 0]).mean()
