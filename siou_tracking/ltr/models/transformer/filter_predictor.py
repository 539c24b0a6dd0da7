"""ToMP's model predictor (Mayer et al., "Transforming Model Prediction for Tracking", 2022): a transformer reads frames
in which the target is known and the frame in which it is sought, and gives the filter that finds it there."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.models.transformer.position_encoding import PositionEmbeddingSine
from siou_tracking.ltr.models.transformer.transformer import Transformer


def MLP(channels: Sequence[int], do_bn: bool = True) -> nn.Sequential:  # upstream's name
    """Linear layers along the last axis of (N, channels[0], L), with batch norm and ReLU between them."""
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(channels[:-1]):
        layers += [nn.Conv1d(before, after, 1), *([nn.BatchNorm1d(after)] if do_bn else []), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv1d(channels[-2], channels[-1], 1))


class Tokens(NamedTuple):
    """What the transformer sees of frames, by frame, row and column."""

    codes: Tensor
    """(tokens, sequences, C)."""
    places: Tensor
    """(tokens, 1, C), the codes of their places."""


class FilterPredictor(nn.Module):
    """The transformer and the codes of its tokens.

    A token is a cell of a feature map. Those of train frames get the foreground code times the label, which says where
    the target is, and the code of the distances from the cell to the target's box.

    Args:
        transformer: of `d_model` channels.
        feature_sz: rows (and columns) of the feature maps, for the positions' frequencies; maps of other sizes work.
        use_test_frame_encoding: tokens of the test frame get a code as well.
    """

    def __init__(self, transformer: Transformer, feature_sz: int, use_test_frame_encoding: bool = True) -> None:
        super().__init__()
        channels = transformer.d_model
        self.transformer = transformer
        self.feature_sz = feature_sz
        self.use_test_frame_encoding = use_test_frame_encoding
        self.box_encoding = MLP([4, channels // 4, channels, channels])
        self.query_embed_fg = nn.Embedding(1, channels)
        if use_test_frame_encoding:
            self.query_embed_test = nn.Embedding(1, channels)
        self.query_embed_fg_decoder = self.query_embed_fg  # one parameter under two names, in state dicts too
        self.pos_encoding = PositionEmbeddingSine(
            num_pos_feats=channels // 2, sine_type="lin_sine", avoid_aliazing=True, max_spatial_resolution=feature_sz
        )

    def forward(
        self, train_feat: Tensor, test_feat: Tensor, train_label: Tensor, train_ltrb_target: Tensor
    ) -> tuple[Tensor, Tensor]:
        """See `predict_filter`."""
        return self.predict_filter(train_feat, test_feat, train_label, train_ltrb_target)

    def predict_filter(
        self, train_feat: Tensor, test_feat: Tensor, train_label: Tensor, train_ltrb_target: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The target's filter, and the test frame's features after the encoder.

        Args:
            train_feat: (images, sequences, C, H, W), or (images, C, H, W) of one sequence.
            test_feat: (1, sequences, C, h, w), or (1, C, h, w).
            train_label: (images, sequences, H, W) in [0, 1], 1 at the target's center.
            train_ltrb_target: (images, sequences, 4, H, W), or (images, 4, H, W): distances from each cell to the box's
                left, top, right and bottom edge, in parts of the image.

        Returns:
            (sequences, C, 1, 1) and (1, sequences, C, h, w).

        Raises:
            InputError: more than one test frame: they would see each other.
        """
        train = self.train_tokens(train_feat, train_label, train_ltrb_target)
        return self.read(train, self.test_tokens(test_feat), test_feat.shape[-2:])

    def predict_cls_bbreg_filters_parallel(
        self,
        train_feat: Tensor,
        test_feat: Tensor,
        train_label: Tensor,
        num_gth_frames: int,
        train_ltrb_target: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """What tracking uses: a filter to find the target, from all frames, and one for its box, from the true ones.

        Args:
            num_gth_frames: this many train frames, the first, have boxes that were given, not predicted.
            others: as `predict_filter`.

        Returns:
            Both filters, (sequences, C, 1, 1), and the test frame's features for each, (1, sequences, C, h, w).

        Raises:
            InputError: as `predict_filter`.
        """
        train, test = self.train_tokens(train_feat, train_label, train_ltrb_target), self.test_tokens(test_feat)
        cells = num_gth_frames * train_feat.shape[-2] * train_feat.shape[-1]
        return self.read_both(train, cells, test, test_feat.shape[-2:])

    def train_tokens(self, train_feat: Tensor, train_label: Tensor, train_ltrb_target: Tensor) -> Tokens:
        """Tokens of train frames, in evaluation the same whatever frames are beside them; see `predict_filter`."""
        ltrb = train_ltrb_target.unsqueeze(1) if train_ltrb_target.dim() == 4 else train_ltrb_target
        edges = self.box_encoding(ltrb.permute(1, 2, 0, 3, 4).flatten(2))  # (sequences, C, tokens)
        label = train_label.permute(0, 2, 3, 1).flatten(0, 2).unsqueeze(2)  # (tokens, sequences, 1)
        codes = _to_sequence(train_feat) + label * self.query_embed_fg.weight + edges.permute(2, 0, 1)
        return Tokens(codes, self._places(train_feat))

    def test_tokens(self, test_feat: Tensor) -> Tokens:
        """Tokens of a test frame.

        Raises:
            InputError: more than one: they would see each other.
        """
        if len(test_feat) != 1:
            raise InputError(f"test frames: FilterPredictor: got {len(test_feat)} at once, allowed: 1")
        codes = _to_sequence(test_feat)
        if self.use_test_frame_encoding:
            codes = codes + self.query_embed_test.weight
        return Tokens(codes, self._places(test_feat))

    def read_both(
        self, train: Tokens, given: int, test: Tokens, size: Sequence[int]
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """`predict_cls_bbreg_filters_parallel` of tokens, of which the first `given` have boxes that were given."""
        find, find_feat = self.read(train, test, size)
        if given >= len(train.codes):
            return find, find, find_feat, find_feat
        # Upstream hides the other frames behind a mask; leaving them out gives the same numbers in less time.
        box, box_feat = self.read(Tokens(train.codes[:given], train.places[:given]), test, size)
        return find, box, find_feat, box_feat

    def read(self, train: Tokens, test: Tokens, size: Sequence[int]) -> tuple[Tensor, Tensor]:
        """`predict_filter` of tokens; `size` is the test frame's rows and columns."""
        read, encoded = self.transformer(
            torch.cat([train.codes, test.codes]),
            None,
            self.query_embed_fg_decoder.weight,
            torch.cat([train.places, test.places]),
        )
        channels_last = encoded[-len(test.codes) :].permute(1, 2, 0)  # (sequences, C, h * w)
        return read[-1].transpose(1, 2).unsqueeze(-1), channels_last.unflatten(2, tuple(size)).unsqueeze(0)

    def _places(self, feat: Tensor) -> Tensor:
        """Codes of the tokens' places, (frames * rows * columns, 1, C)."""
        nothing_padded = torch.zeros((1, *feat.shape[-2:]), dtype=torch.bool, device=feat.device)
        of_frame = self.pos_encoding(nothing_padded).flatten(2).permute(2, 0, 1)
        return of_frame.to(feat.dtype).repeat(len(feat), 1, 1)


def _to_sequence(feat: Tensor) -> Tensor:
    """(frames, sequences, C, H, W), or without sequences -> (frames * H * W, sequences, C)."""
    feat = feat.unsqueeze(1) if feat.dim() == 4 else feat
    return feat.permute(0, 3, 4, 1, 2).flatten(0, 2)
