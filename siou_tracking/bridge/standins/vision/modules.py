"""torchvision where it is missing or does not load beside this torch, and what newer versions of it have removed."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

import torch
from torch.nn import functional

from siou_tracking.bridge.standins.packages.inert import make_lazy
from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.standins.vision import blocks, operators, pyramid, transforms
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
_VERSION = "0.28.0"  # the one whose results these are checked against
_OLD_OPERATORS: dict[str, dict[str, object]] = {
    "torchvision.ops": {"_new_empty_tensor": operators.new_empty_tensor},
    "torchvision.ops.misc": {"_output_size": operators.output_size, "interpolate": functional.interpolate},
}
"""Imported by code that takes the first three characters of torchvision's version for a number below 0.7."""


_HINT = "the build of torchvision that belongs to this torch"


def torchvision(sources: Sources) -> StandIn | None:
    """The blocks, transforms and operators that checkouts use."""
    state = import_failure("torchvision")
    if state is None:
        return None
    consequence = "our residual blocks, feature pyramid, transforms and box areas under its names"
    modules = _make_modules()
    if not sources.is_original:  # whose few parts are known: anything else is missed when it is imported
        unknown = [name for name in sources.parts_of("torchvision") if name not in modules]
        modules |= dict.fromkeys(unknown, make_lazy(f"install {_HINT}"))
    return StandIn("torchvision", state, consequence, f"not needed; else {_HINT}", modules)


def _make_modules() -> dict[str, Factory]:
    classes = {name: getattr(transforms, name) for name in ("Compose", "Normalize", "ToTensor")}
    functions = {name: getattr(transforms, name) for name in ("normalize", "to_tensor")}
    residual = {name: getattr(blocks, name) for name in ("BasicBlock", "Bottleneck", "conv1x1", "conv3x3")}
    return {
        "torchvision": _make_package("models", "ops", "transforms", __version__=_VERSION),
        "torchvision.models": _make_package("resnet", "utils", "_utils"),
        "torchvision.models.resnet": _make_package(model_urls=dict(MODEL_URLS), **residual),
        "torchvision.models.utils": _make_url_loader,
        "torchvision.models._utils": _make_package(IntermediateLayerGetter=operators.IntermediateLayerGetter),
        "torchvision.ops": _make_package(
            *("boxes", "misc"),
            FeaturePyramidNetwork=pyramid.FeaturePyramidNetwork,
            StochasticDepth=operators.StochasticDepth,
            **_OLD_OPERATORS["torchvision.ops"],
        ),
        "torchvision.ops.boxes": _make_package(box_area=operators.box_area),
        "torchvision.ops.misc": _make_package(**_OLD_OPERATORS["torchvision.ops.misc"]),
        "torchvision.transforms": _make_package("functional", **classes),
        "torchvision.transforms.functional": _make_package(**functions),
    }


def _make_url_loader(name: str) -> ModuleType:
    """The module of torchvision < 0.13 that downloads weights, by torch's function as it is when it is imported."""
    return module_of(load_state_dict_from_url=torch.hub.load_state_dict_from_url)(name)


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


def old_operators(sources: Sources) -> StandIn | None:
    """Private names of torchvision that it has removed, where the checkout imports the modules they were in."""
    if import_failure("torchvision") is not None:
        return None  # the stand-in has them
    asked = [name for name in sources.parts_of("torchvision") if name in (*_OLD_OPERATORS, "torchvision.models.utils")]
    missing = [(name, label) for name in asked for label in _OLD_OPERATORS.get(name, {}) if not _has(name, label)]
    modules: dict[str, Factory] = {}
    if "torchvision.models.utils" in asked and importlib.util.find_spec("torchvision.models.utils") is None:
        modules["torchvision.models.utils"] = _make_url_loader
    if not missing and not modules:
        return None

    def apply(patches: Patches) -> None:
        for name, label in missing:
            patches.set(importlib.import_module(name), label, _OLD_OPERATORS[name][label])

    names = ", ".join([*(label for _, label in missing), *modules])
    state = f"not in torchvision {importlib.import_module('torchvision').__version__}"
    return StandIn("torchvision's old names", state, names, "", modules, apply=apply)


def _has(module: str, name: str) -> bool:
    return hasattr(importlib.import_module(module), name)
