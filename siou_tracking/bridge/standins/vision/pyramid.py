"""Feature pyramid (Lin et al., "Feature Pyramid Networks for Object Detection", 2017) with torchvision's names."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any  # the rest of what torch passes to the method overridden

from torch import Tensor, nn
from torch.nn import functional

from siou_tracking.errors import InputError


class FeaturePyramidNetwork(nn.Module):
    """Maps of falling resolution to maps of equal channels, each with the context of all coarser ones.

    Parameters are called `inner_blocks.<i>.0` (1x1) and `layer_blocks.<i>.0` (3x3); state dicts from before
    torchvision 0.14, without the `.0`, load as well.

    Args:
        in_channels_list: channels of the maps, finest first.
        out_channels: channels of every result.
        extra_blocks, norm_layer: only None.

    Raises:
        InputError: extra_blocks or norm_layer are given.
    """

    def __init__(
        self,
        in_channels_list: Sequence[int],
        out_channels: int,
        extra_blocks: nn.Module | None = None,
        norm_layer: object = None,
    ) -> None:
        super().__init__()
        if extra_blocks is not None or norm_layer is not None:
            raise InputError(
                "FeaturePyramidNetwork: got extra_blocks or norm_layer, allowed are None: pip install torchvision"
            )
        self.inner_blocks = nn.ModuleList()
        self.layer_blocks = nn.ModuleList()
        for channels in in_channels_list:
            self.inner_blocks.append(nn.Sequential(nn.Conv2d(channels, out_channels, 1)))
            self.layer_blocks.append(nn.Sequential(nn.Conv2d(out_channels, out_channels, 3, padding=1)))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_uniform_(module.weight, a=1)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, x: Mapping[str, Tensor]) -> OrderedDict[str, Tensor]:
        """Maps (N, C_i, H_i, W_i) by name, finest first, to maps (N, out_channels, H_i, W_i) under the same names."""
        names, maps = list(x), list(x.values())
        merged = self.inner_blocks[-1](maps[-1])
        results = [self.layer_blocks[-1](merged)]
        for index in range(len(maps) - 2, -1, -1):
            lateral = self.inner_blocks[index](maps[index])
            merged = lateral + functional.interpolate(merged, size=lateral.shape[-2:], mode="nearest")
            results.insert(0, self.layer_blocks[index](merged))
        return OrderedDict(zip(names, results, strict=True))

    # Private, but what torch's own modules override to read keys of earlier versions.
    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *args: Any) -> None:
        for block in ("inner_blocks", "layer_blocks"):
            for index in range(len(self.inner_blocks)):
                for kind in ("weight", "bias"):
                    old = f"{prefix}{block}.{index}.{kind}"
                    if old in state_dict:
                        state_dict[f"{prefix}{block}.{index}.0.{kind}"] = state_dict.pop(old)
        super()._load_from_state_dict(state_dict, prefix, *args)
