from torch import nn
from torch.nn import functional


class LBHinge(nn.Module):
    def __init__(self, error_metric=None, threshold=0.05, clip=None):
        super().__init__()
        self.error_metric = error_metric or nn.MSELoss()
        self.threshold = threshold

    def forward(self, prediction, label, target_bb=None):
        above = (label > self.threshold).float()
        return self.error_metric(above * prediction + (1 - above) * functional.relu(prediction), above * label)
