"""Search regions to backbone features, in the layout and the portions that suit the device."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from siou_tracking.trackers.online.network import BackboneNetwork, Features
from siou_tracking.trackers.online.params import InputParams

_IMAGES_IN_CACHE = 4


class FeatureReader:
    """The backbone of a network as a function of raw pixels.

    Args:
        net: moved to the device, set to evaluation mode and frozen.
        layers: what to read, by name.
        params: mean and deviation of the pixels.
        device: where to compute.
    """

    def __init__(self, net: BackboneNetwork, layers: Sequence[str], params: InputParams, device: torch.device) -> None:
        net.to(device)
        net.eval()
        net.requires_grad_(False)
        self._on_cpu = device.type == "cpu"
        self._layout = torch.channels_last if self._on_cpu else torch.contiguous_format
        for weight in net.parameters():
            if weight.dim() == 4:
                weight.data = weight.data.contiguous(memory_format=self._layout)  # else every convolution copies them
        self._extract = self._extract_one = net.extract_backbone_features
        self._layers = list(layers)
        self._device = device
        # Patches hold 0 to 255, ImageNet's numbers are for 0 to 1.
        self._mean = torch.tensor(params.mean, device=device).reshape(1, 3, 1, 1) * 255
        self._std = torch.tensor(params.std, device=device).reshape(1, 3, 1, 1) * 255

    def __call__(self, pixels: torch.Tensor) -> Features:
        """Features of images (N, 3, S, S), 0..255: on a CPU in its faster layout, and in parts that stay in its cache.

        A ResNet gains a sixth by the layout and a tenth by the parts.
        """
        images = (pixels - self._mean) / self._std
        images = images.contiguous(memory_format=self._layout)
        parts = images.split(_IMAGES_IN_CACHE if self._on_cpu else len(images))
        features = [(self._extract_one if len(part) == 1 else self._extract)(part, self._layers) for part in parts]
        return {name: torch.cat([part[name] for part in features]).float() for name in self._layers}

    def hasten(self, amp: str | None, compiled: bool) -> None:
        """Let the backbone compute in half precision, or compiled; all that reads its features stays as it is.

        Args:
            amp: "bf16" or "fp16"; None leaves the precision.
            compiled: by `torch.compile`, for one image at a time: the many copies of a first frame are not worth it.

        Raises:
            InputError: the device has not this precision, or torch cannot compile for it here.
        """
        from siou_tracking.ltr.trainers.step.network import DTYPES, check_compiler, check_precision

        if compiled:
            check_compiler(self._device)
            self._extract_one = torch.compile(self._extract, dynamic=False)
        if amp is not None:
            check_precision(amp, self._device)
            half = torch.autocast(self._device.type, DTYPES[amp])
            self._extract, self._extract_one = half(self._extract), half(self._extract_one)
