import collections

import torch
from lib.utils import TensorDict
from torch._six import string_classes
from torch.utils.data import DataLoader


def ltr_collate_stack1(batch):
    first = batch[0]
    if isinstance(first, torch.Tensor):
        out = None
        if torch.utils.data.get_worker_info() is not None:
            storage = first.untyped_storage()._new_shared(sum(one.numel() for one in batch) * first.element_size())
            out = first.new(storage).resize_(0)
        return torch.stack(batch, 1 if first.dim() else 0, out=out)
    if isinstance(first, TensorDict):
        return TensorDict({name: ltr_collate_stack1([item[name] for item in batch]) for name in first})
    if isinstance(first, bool | int | float):
        return torch.tensor(batch)
    if isinstance(first, string_classes) or first is None:
        return batch
    if isinstance(first, collections.Sequence):
        return [ltr_collate_stack1(list(items)) for items in zip(*batch, strict=True)]
    raise TypeError(f"batch of {type(first)}")


class LTRLoader(DataLoader):
    def __init__(
        self,
        name,
        dataset,
        training=True,
        batch_size=1,
        shuffle=False,
        sampler=None,
        batch_sampler=None,
        num_workers=0,
        epoch_interval=1,
        collate_fn=None,
        stack_dim=0,
        pin_memory=False,
        drop_last=False,
        timeout=0,
        worker_init_fn=None,
    ):
        collate_fn = collate_fn or ltr_collate_stack1
        super().__init__(
            dataset,
            batch_size,
            shuffle,
            sampler,
            batch_sampler,
            num_workers,
            collate_fn,
            pin_memory,
            drop_last,
            timeout,
            worker_init_fn,
        )
        self.name = name
        self.training = training
        self.epoch_interval = epoch_interval
        self.stack_dim = stack_dim
