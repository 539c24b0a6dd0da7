"""What a checkout needs and this machine lacks, supplied in memory and only while a session is open.

One file holds one idea; each component is looked for, and a stand-in is made only where it is absent or broken.
"""

from __future__ import annotations

from collections.abc import Iterator

from siou_tracking.bridge.checkout import Checkout
from siou_tracking.bridge.standins import (
    checkpoints,
    containers,
    data_sets,
    loader_workers,
    old_python,
    old_torch,
    one_process,
    pooling,
)
from siou_tracking.bridge.standins.cuda import absent as cuda
from siou_tracking.bridge.standins.packages import (
    easydict,
    einops,
    images,
    inert,
    tables,
    timm,
    unused,
    yaml_reader,
)
from siou_tracking.bridge.standins.sources import Sources, read_sources
from siou_tracking.bridge.standins.vision import modules as vision
from siou_tracking.bridge.standins.weights.files import weight_files
from siou_tracking.bridge.standins.weights.pretrained import backbone_weights
from siou_tracking.bridge.supply.component import StandIn

__all__ = ["plan"]


def plan(checkout: Checkout, *, pretrained: bool = True) -> list[StandIn]:
    """What a session with a checkout supplies on this machine; nothing is changed.

    Packages are supplied that some file of the checkout imports; to PyTracking's own, whose users' settings may import
    others, all that are known.

    Args:
        checkout: that the session imports from.
        pretrained: False leaves out pretrained weights, see `checkout_session`.
    """
    sources = read_sources(checkout.root, checkout.layout)
    found = [*_find_packages(sources), *_find_changes(sources, pretrained)]
    return [stand_in for stand_in in found if stand_in is not None]


def _find_packages(sources: Sources) -> Iterator[StandIn | None]:
    """Stand-ins for Python packages."""
    looks = (inert.visdom, inert.tikzplotlib, inert.pycocotools, inert.lvis, inert.correlation_sampler)
    found = [
        images.jpeg4py(sources),
        vision.torchvision(sources),
        vision.model_urls(),
        vision.old_operators(sources),
        tables.pandas(),
        *(look() for look in looks),
        inert.matlab_files(sources),
        timm.timm(sources),
        inert.tensorboard(),
        easydict.easydict(sources),
        easydict.yacs(sources),
        einops.einops(sources),
        yaml_reader.yaml(sources),
        old_torch.torch_six(sources),
        old_python.imp_module(sources),
        old_python.resources(sources),
        *([] if sources.is_original else unused.unused(sources)),
    ]
    for stand_in in found:
        if stand_in is not None and _is_wanted(stand_in, sources):
            yield stand_in


def _is_wanted(stand_in: StandIn, sources: Sources) -> bool:
    if sources.is_original or not stand_in.modules:
        return True
    return any(sources.parts_of(name.partition(".")[0]) for name in stand_in.modules)


def _find_changes(sources: Sources, pretrained: bool) -> Iterator[StandIn | None]:
    """Stand-ins that change what is there."""
    if sources.folder(sources.layout.tracking).joinpath("libs").is_dir():  # correlation filters, in ATOM and DiMP
        yield old_torch.fourier()
        yield containers.containers(sources)
    yield cuda.no_gpu(sources)
    yield checkpoints.checkpoint_loading(sources.layout.training)
    yield old_python.collection_classes()
    yield old_python.numpy_names()
    yield data_sets.data_sets(sources.layout)
    yield loader_workers.loader_workers()
    yield loader_workers.unshared_batches(sources)
    yield pooling.precise_roi_pooling(sources)
    yield one_process.one_process(sources)
    yield backbone_weights(pretrained) if sources.is_original else weight_files(sources, pretrained)
