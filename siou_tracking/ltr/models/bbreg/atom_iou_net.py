"""The IoU prediction head of ATOM (Danelljan et al., "ATOM: Accurate Tracking by Overlap Maximization", 2019).

A reference branch turns the target in the first frame into two modulation vectors. A test branch computes features of
the current frame. For each proposed box, pooled test features times the modulation vectors predict the box's overlap
with the target. Names of parameters and methods are upstream's.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from siou_tracking.boxes import convert
from siou_tracking.errors import InputError
from siou_tracking.ltr.models.layers.blocks import ConvBlock, LinearBlock
from siou_tracking.ops import PrRoIPool2D


class AtomIoUNet(nn.Module):
    """IoU prediction from two backbone layers, at strides 8 and 16.

    Args:
        input_dim: channels of the two backbone layers.
        pred_input_dim: channels of the test features (and of the modulation vectors).
        pred_inter_dim: features per layer before the last linear layer.
        hidden_dim: channels of the first reference convolution at stride 8, and of every other first convolution.
            Upstream's networks have (128, 256); a smaller head for a CPU takes less.

    Raises:
        InputError: a number of channels that is none.
    """

    def __init__(
        self,
        input_dim: tuple[int, int] = (128, 256),
        pred_input_dim: tuple[int, int] = (256, 256),
        pred_inter_dim: tuple[int, int] = (256, 256),
        hidden_dim: tuple[int, int] = (128, 256),
    ) -> None:
        super().__init__()
        for channels in (*input_dim, *pred_input_dim, *pred_inter_dim, *hidden_dim):
            if not isinstance(channels, int) or channels < 1:
                raise InputError(f"channels: AtomIoUNet: got {channels!r}, allowed are whole numbers from 1")
        narrow, wide = hidden_dim
        # Suffix r: reference branch, t: test branch; 3 and 4: the layers at strides 8 and 16.
        self.conv3_1r = ConvBlock(input_dim[0], narrow, 3)
        self.conv3_1t = ConvBlock(input_dim[0], wide, 3)
        self.conv3_2t = ConvBlock(wide, pred_input_dim[0], 3)
        self.prroi_pool3r = PrRoIPool2D(3, 3, 1 / 8)
        self.prroi_pool3t = PrRoIPool2D(5, 5, 1 / 8)
        self.fc3_1r = ConvBlock(narrow, wide, 3, padding=0)
        self.conv4_1r = ConvBlock(input_dim[1], wide, 3)
        self.conv4_1t = ConvBlock(input_dim[1], wide, 3)
        self.conv4_2t = ConvBlock(wide, pred_input_dim[1], 3)
        self.prroi_pool4r = PrRoIPool2D(1, 1, 1 / 16)
        self.prroi_pool4t = PrRoIPool2D(3, 3, 1 / 16)
        self.fc34_3r = ConvBlock(2 * wide, pred_input_dim[0], 1)
        self.fc34_4r = ConvBlock(2 * wide, pred_input_dim[1], 1)
        self.fc3_rt = LinearBlock(pred_input_dim[0], pred_inter_dim[0], 5)
        self.fc4_rt = LinearBlock(pred_input_dim[1], pred_inter_dim[1], 3)
        self.iou_predictor = nn.Linear(sum(pred_inter_dim), 1)
        self.apply(_initialize_layer)

    def forward(self, feat1: Sequence[Tensor], feat2: Sequence[Tensor], bb1: Tensor, proposals2: Tensor) -> Tensor:
        """Predict overlaps in training.

        Args:
            feat1: reference features of both layers, (images * sequences, C, H, W) or (images, sequences, C, H, W).
                Only the first image of each sequence is used.
            feat2: test features of both layers, likewise.
            bb1: (images, sequences, 4) target boxes in the reference images, xywh in pixels.
            proposals2: (test images, sequences, P, 4) xywh in pixels.

        Returns:
            (test images, sequences, P) scores, unbounded; trained towards 2 IoU - 1.

        Raises:
            InputError: boxes of other dimensions, or one sequence in training mode (batch norm needs two).
        """
        if bb1.dim() != 3 or proposals2.dim() != 4:
            got = f"{tuple(bb1.shape)} and {tuple(proposals2.shape)}"
            raise InputError(
                f"boxes: AtomIoUNet: got {got}, allowed: (images, sequences, 4), (images, sequences, P, 4)"
            )
        images, sequences = proposals2.shape[:2]
        if self.training and sequences < 2:
            raise InputError(f"batch size: AtomIoUNet: got {sequences} in training, allowed: at least 2 (batch norm)")
        first = [f[0] if f.dim() == 5 else f[:sequences] for f in feat1]
        modulation = [vector.repeat(images, 1, 1, 1) for vector in self.get_modulation(first, bb1[0])]
        predicted = self.predict_iou(modulation, self.get_iou_feat(feat2), proposals2.flatten(0, 1))
        return predicted.view(images, sequences, -1)

    def get_modulation(self, feat: Sequence[Tensor], bb: Tensor) -> tuple[Tensor, Tensor]:
        """Modulation vectors of the targets.

        Args:
            feat: reference features of both layers, (B, C, H, W).
            bb: (B, 4) target boxes, xywh in pixels.

        Returns:
            Two vectors, (B, pred_input_dim[i], 1, 1).
        """
        boxes = convert(bb, "xywh", "xyxy").unsqueeze(1)
        pooled3 = self.prroi_pool3r.grouped(self.conv3_1r(feat[0]), boxes)[:, 0]
        pooled4 = self.prroi_pool4r.grouped(self.conv4_1r(feat[1]), boxes)[:, 0]
        target = torch.cat([self.fc3_1r(pooled3), pooled4], dim=1)
        return self.fc34_3r(target), self.fc34_4r(target)

    def get_iou_feat(self, feat2: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Test features of both layers, (N, pred_input_dim[i], H, W), from 4 or 5 dimensional backbone features."""
        feat3, feat4 = (f.flatten(0, 1) if f.dim() == 5 else f for f in feat2)
        (first3, second3), (first4, second4) = self.test_blocks
        return second3(first3(feat3)), second4(first4(feat4))

    @property
    def test_blocks(self) -> tuple[tuple[ConvBlock, ConvBlock], tuple[ConvBlock, ConvBlock]]:
        """Of each layer, the two blocks that make its test features."""
        return (self.conv3_1t, self.conv3_2t), (self.conv4_1t, self.conv4_2t)

    def predict_iou(self, modulation: Sequence[Tensor], feat: Sequence[Tensor], proposals: Tensor) -> Tensor:
        """Predicted overlaps, differentiable in the proposals.

        Args:
            modulation: two vectors, (B, C) or (B, C, 1, 1).
            feat: test features of both layers, (B, C, H, W).
            proposals: (B, P, 4) xywh in pixels.

        Returns:
            (B, P) scores.
        """
        boxes = convert(proposals, "xywh", "xyxy")
        batch, count = boxes.shape[:2]
        # Pooling is linear in each channel, so the few pooled values are modulated instead of the whole maps.
        vector3, vector4 = (vector.reshape(batch, 1, -1, 1, 1) for vector in modulation)
        pooled3 = self.prroi_pool3t.grouped(feat[0], boxes) * vector3
        pooled4 = self.prroi_pool4t.grouped(feat[1], boxes) * vector4
        features = torch.cat([self.fc3_rt(pooled3.flatten(0, 1)), self.fc4_rt(pooled4.flatten(0, 1))], dim=1)
        with torch.autocast(features.device.type, enabled=False):  # eight bits would not tell good boxes apart
            return self.iou_predictor(features.to(self.iou_predictor.weight.dtype)).view(batch, count)


def _initialize_layer(module: nn.Module) -> None:
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        nn.init.kaiming_normal_(module.weight, mode="fan_in")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.uniform_(module.weight)
        nn.init.zeros_(module.bias)
