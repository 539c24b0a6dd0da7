from torch import nn


def is_multi_gpu(net):
    return isinstance(net, nn.DataParallel | nn.parallel.DistributedDataParallel)
