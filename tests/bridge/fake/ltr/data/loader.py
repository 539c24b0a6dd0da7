import collections

import torch
from pytracking import TensorDict, TensorList
from torch.utils.data import DataLoader


def ltr_collate(batch, dim=0):
    first = batch[0]
    if isinstance(first, torch.Tensor):
        return torch.stack(batch, dim)
    if isinstance(first, TensorDict):
        return TensorDict({name: ltr_collate([item[name] for item in batch], dim) for name in first})
    if isinstance(first, TensorList):
        return TensorList([ltr_collate(list(items), dim) for items in zip(*batch, strict=True)])
    if isinstance(first, str):
        return batch
    if isinstance(first, (int, float)):
        return torch.tensor(batch)
    if isinstance(first, collections.Mapping):
        return {name: ltr_collate([item[name] for item in batch], dim) for name in first}
    if isinstance(first, collections.Sequence):
        return [ltr_collate(list(items), dim) for items in zip(*batch, strict=True)]
    if first is None:
        return batch
    raise TypeError(f"batch of {type(first)}")


def ltr_collate_stack1(batch):
    return ltr_collate(batch, 1)


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
        if collate_fn is None:
            collate_fn = ltr_collate_stack1 if stack_dim == 1 else ltr_collate
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
