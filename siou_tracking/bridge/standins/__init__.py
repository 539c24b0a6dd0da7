"""What a checkout needs and this machine lacks, supplied in memory and only while a session is open.

One file holds one idea; each component is looked for, and a stand-in is made only where it is absent or broken.
"""

from __future__ import annotations

from pathlib import Path

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
    images.jpeg4py,
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
    checkpoints.checkpoint_loading,
    old_python.collection_classes,
    old_python.numpy_names,
    containers.containers,
    data_sets.data_sets,
    loader_workers.loader_workers,
)


def plan(root: Path, *, pretrained: bool = True) -> list[StandIn]:
    """What a session with a checkout supplies on this machine; nothing is changed.

    Args:
        root: folder of the checkout, where the session imports from.
        pretrained: False leaves out ImageNet weights, see `checkout_session`.
    """
    found = [look() for look in _LOOK]
    found += [
        old_torch.torch_six(root),
        pooling.precise_roi_pooling(root),
        backbone_weights(pretrained),
    ]
    return [stand_in for stand_in in found if stand_in is not None]
