"""timm under the names that its versions since 0.4 have for its parts."""

from __future__ import annotations

from siou_tracking.bridge.standins.packages import timm_layers, timm_vit
from siou_tracking.bridge.standins.packages.inert import make_lazy
from siou_tracking.bridge.standins.sources import Sources
from siou_tracking.bridge.supply.component import StandIn, import_failure

_NAMES = (
    *("DropPath", "Mlp", "drop_path", "lecun_normal_", "make_divisible", "named_apply", "register_model"),
    *("to_1tuple", "to_2tuple", "to_3tuple", "to_4tuple", "to_ntuple", "trunc_normal_"),
    *("IMAGENET_DEFAULT_MEAN", "IMAGENET_DEFAULT_STD", "IMAGENET_INCEPTION_MEAN", "IMAGENET_INCEPTION_STD"),
)
_TRANSFORMER = ("Attention", "Block", "PatchEmbed", "VisionTransformer", "_cfg")
_OF_MODELS = ("helpers", "layers", "registry", "vision_transformer", "_builder", "_manipulate", "_registry")
_MODULES = ("timm", "timm.data", "timm.layers", "timm.models", *(f"timm.models.{name}" for name in _OF_MODELS))


def timm(sources: Sources) -> StandIn | None:
    """Layers of transformers; whatever else is imported from it refuses to be used."""
    state = import_failure("timm.models.layers")
    if state is None:
        return None
    content = {name: getattr(timm_layers, name) for name in _NAMES}
    content |= {name: getattr(timm_vit, name) for name in _TRANSFORMER}
    make = make_lazy("pip install timm, and the build of torchvision that belongs to this torch", **content)
    modules = dict.fromkeys([*_MODULES, *sources.parts_of("timm")], make)
    return StandIn("timm", state, "our layers of transformers under its names", "not needed", modules)
