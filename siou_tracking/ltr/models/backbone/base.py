"""What all backbones share: named outputs in depth order, and layers that do not train."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence

from torch import Tensor, nn

from siou_tracking.errors import unknown_name


class Backbone(nn.Module):
    """A network whose layers are asked for by name.

    Args:
        output_layers: names returned when `forward` is given none; by default the last, the class scores.
        frozen_layers: names of child modules that stay in evaluation mode and get no gradient from the first
            `train()` on; 'all' for every one, 'none' or () for none.
    """

    layer_names: tuple[str, ...] = ("conv1", "layer1", "layer2", "layer3", "layer4", "fc")

    def __init__(self, output_layers: Iterable[str] | None = None, frozen_layers: str | Iterable[str] = ()) -> None:
        super().__init__()
        self.output_layers = [self.layer_names[-1]] if output_layers is None else list(output_layers)
        named: dict[str, list[str] | None] = {"none": [], "all": None}
        if isinstance(frozen_layers, str):
            if frozen_layers not in named:
                raise unknown_name("frozen layers", frozen_layers, named)
            self.frozen_layers = named[frozen_layers]
        else:
            self.frozen_layers = list(frozen_layers)

    def train(self, mode: bool = True) -> Backbone:
        super().train(mode)
        for module in self._frozen_modules():
            module.eval().requires_grad_(False)
        return self

    def forward(self, x: Tensor, output_layers: Sequence[str] | None = None) -> OrderedDict[str, Tensor]:
        """Outputs of the named layers, in depth order; nothing beyond the deepest one is computed.

        Args:
            x: (N, 3, H, W) RGB, scaled to [0, 1] and normalized by ImageNet's mean and standard deviation.
            output_layers: names out of `layer_names`.

        Raises:
            InputError: a name that this network does not have.
        """
        wanted = set(self.output_layers if output_layers is None else output_layers)
        for name in sorted(wanted.difference(self.layer_names)):
            raise unknown_name(f"layer of {type(self).__name__}", name, self.layer_names)
        outputs: OrderedDict[str, Tensor] = OrderedDict()
        for name, features in self.stages(x):
            if name in wanted:
                outputs[name] = features
            if len(outputs) == len(wanted):
                break
        return outputs

    def stages(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Name and output of each layer in `layer_names` order, computed as they are asked for."""
        raise NotImplementedError

    def _frozen_modules(self) -> list[nn.Module]:
        if self.frozen_layers is None:
            return list(self.children())
        children = dict(self.named_children())
        for name in self.frozen_layers:
            if name not in children:
                raise unknown_name(f"frozen layer of {type(self).__name__}", name, children)
        return [children[name] for name in self.frozen_layers]
