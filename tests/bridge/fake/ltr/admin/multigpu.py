from torch import nn


def is_multi_gpu(net):
    return isinstance(net, MultiGPU)


class MultiGPU(nn.DataParallel):
    def __getattr__(self, item):
        try:
            return super().__getattr__(item)
        except AttributeError:
            return getattr(self.module, item)
