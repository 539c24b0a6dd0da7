import torch


class TensorList(list):
    def __mul__(self, other):
        other = other if isinstance(other, list) else [other] * len(self)
        return TensorList([a * b for a, b in zip(self, other, strict=True)])

    def concat(self, other):
        return TensorList([*self, *other])

    def __getattr__(self, name):
        if not hasattr(torch.Tensor, name):
            raise AttributeError(name)
        return lambda *args, **kwargs: TensorList([getattr(e, name)(*args, **kwargs) for e in self])
