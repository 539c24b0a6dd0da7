"""torchvision where it is missing or does not load beside this torch, and what newer versions of it have removed."""

from __future__ import annotations

import importlib
from types import ModuleType

import torch

from siou_tracking.bridge.standins.vision import blocks, pyramid, transforms
from siou_tracking.bridge.supply.component import Factory, StandIn, import_failure, module_of
from siou_tracking.bridge.supply.patches import Patches

_WEIGHTS = "https://download.pytorch.org/models"
MODEL_URLS = {
    "resnet18": f"{_WEIGHTS}/resnet18-f37072fd.pth",
    "resnet34": f"{_WEIGHTS}/resnet34-b627a593.pth",
    "resnet50": f"{_WEIGHTS}/resnet50-0676ba61.pth",
    "resnet101": f"{_WEIGHTS}/resnet101-63fe2227.pth",
    "resnet152": f"{_WEIGHTS}/resnet152-394f9c45.pth",
}
"""Addresses of torchvision's ImageNet weights of 2015, the ones that the published trackers start from."""


def torchvision() -> StandIn | None:
    """The blocks, transforms and operators that checkouts use."""
    state = import_failure("torchvision")
    if state is None:
        return None
    consequence = "our residual blocks, feature pyramid and transforms under its names"
    hint = "not needed; else the build of torchvision that belongs to this torch"
    return StandIn("torchvision", state, consequence, hint, _make_modules())


def _make_modules() -> dict[str, Factory]:
    classes = {name: getattr(transforms, name) for name in ("Compose", "Normalize", "ToTensor")}
    functions = {name: getattr(transforms, name) for name in ("normalize", "to_tensor")}
    residual = {name: getattr(blocks, name) for name in ("BasicBlock", "Bottleneck")}
    return {
        "torchvision": _make_package("models", "ops", "transforms"),
        "torchvision.models": _make_package("resnet"),
        "torchvision.models.resnet": _make_package(model_urls=dict(MODEL_URLS), **residual),
        "torchvision.ops": _make_package(FeaturePyramidNetwork=pyramid.FeaturePyramidNetwork),
        "torchvision.transforms": _make_package("functional", **classes),
        "torchvision.transforms.functional": _make_package(**functions),
    }


def _make_package(*parts: str, **content: object) -> Factory:
    """A factory of a package whose parts need not be imported to be used, as torchvision's need not."""

    def make(name: str) -> ModuleType:
        module = module_of(**content)(name)

        def part(attribute: str) -> ModuleType:
            if attribute in parts:
                return importlib.import_module(f"{name}.{attribute}")
            raise AttributeError(
                f"the stand-in for '{name}' has no '{attribute}': install the build of torchvision that belongs to "
                f"torch {torch.__version__}"
            )

        vars(module)["__getattr__"] = part  # Python asks it for names that the module lacks (PEP 562)
        return module

    return make


def model_urls() -> StandIn | None:
    """Addresses of ImageNet weights, which torchvision 0.13 removed from its module."""
    if import_failure("torchvision") is not None:
        return None  # the stand-in has them
    resnet = importlib.import_module("torchvision.models.resnet")
    if hasattr(resnet, "model_urls"):
        return None

    def apply(patches: Patches) -> None:
        patches.set(resnet, "model_urls", dict(MODEL_URLS))

    state = "removed in torchvision 0.13"
    return StandIn("torchvision model_urls", state, "the same addresses", "", apply=apply)
