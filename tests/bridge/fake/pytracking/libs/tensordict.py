from collections import OrderedDict

import torch


class TensorDict(OrderedDict):
    def concat(self, other):
        return TensorDict(self, **other)

    def __getattr__(self, name):
        if not hasattr(torch.Tensor, name):
            raise AttributeError(name)

        def mapped(*args, **kwargs):
            return TensorDict(
                {n: getattr(e, name)(*args, **kwargs) if hasattr(e, name) else e for n, e in self.items()}
            )

        return mapped
