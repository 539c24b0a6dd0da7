import torch


class TensorDict(dict):
    def to(self, *args):
        return TensorDict({name: one.to(*args) if isinstance(one, torch.Tensor) else one for name, one in self.items()})
