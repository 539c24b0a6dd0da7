"""What a checkout needs and this machine lacks, supplied in memory and only while a session is open.

One file holds one idea; each component is looked for, and a stand-in is made only where it is absent or broken.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.bridge.standins import (
    checkpoints,
    containers,
    data_sets,
    images,
    inert,
    loader_workers,
    old_python,
    old_torch,
    pooling,
    tables,
    timm_layers,
)
from siou_tracking.bridge.standins.pretrained import backbone_weights
from siou_tracking.bridge.standins.vision import modules as vision
from siou_tracking.bridge.supply.component import StandIn

__all__ = ["plan"]

_LOOK = (
    vision.torchvision,
    vision.model_urls,
    tables.pandas,
    inert.visdom,
    inert.tikzplotlib,
    inert.pycocotools,
    inert.lvis,
    timm_layers.timm,
    inert.correlation_sampler,
    inert.tensorboard,
    old_torch.fourier,
    old_python.collection_classes,
    old_python.numpy_names,
    containers.containers,
    loader_workers.loader_workers,
)
_LOOK_IN: dict[str, tuple[Callable[[Path], StandIn | None], ...]] = {"ltr": (pooling.precise_roi_pooling,)}
"""By training package: what only checkouts of one layout need."""


def plan(checkout: Checkout, *, pretrained: bool = True) -> list[StandIn]:
    """What a session with a checkout supplies on this machine; nothing is changed.

    Args:
        checkout: that the session imports from.
        pretrained: False leaves out ImageNet weights, see `checkout_session`.
    """
    root, training = checkout.root, checkout.layout.training
    found = [look() for look in _LOOK]
    found += [
        images.jpeg4py(training),
        checkpoints.checkpoint_loading(training),
        data_sets.data_sets(training),
        old_torch.torch_six(root.joinpath(*training.split("."))),
        *(look(root) for look in _LOOK_IN.get(training, ())),
        backbone_weights(pretrained),
    ]
    return [stand_in for stand_in in found if stand_in is not None]
