"""ToMP's head: whom a token sees, what the filters of tracking are predicted from, and which shapes come out."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from siou_tracking.errors import InputError
from siou_tracking.ltr.models.transformer.filter_predictor import MLP, FilterPredictor
from siou_tracking.ltr.models.transformer.heads import DenseBoxRegressor, Head, LinearFilterClassifier
from siou_tracking.ltr.models.transformer.transformer import Transformer

C, H, W = 16, 3, 4


@pytest.fixture
def head() -> Head:
    torch.manual_seed(0)
    transformer = Transformer(C, 2, 1, 1, 24)
    return Head(FilterPredictor(transformer, 4), None, LinearFilterClassifier(C), DenseBoxRegressor(C)).double().eval()


def draw(frames: int, sequences: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Train and test features, labels, box distances."""
    shapes = ((frames, sequences, C), (1, sequences, C), (frames, sequences), (frames, sequences, 4))
    train, test, label, ltrb = (torch.randn(*shape, H, W, dtype=torch.float64) for shape in shapes)
    return train, test, label, ltrb


@pytest.mark.parametrize("frames", [1, 2, 3])
@pytest.mark.parametrize("sequences", [1, 2, 3])
def test_sequences_do_not_see_each_other(head: Head, frames: int, sequences: int) -> None:
    train, test, label, ltrb = draw(frames, sequences)
    boxes = torch.zeros(frames, sequences, 4)
    scores, distances = head(train, test, boxes, train_label=label, train_ltrb_target=ltrb)
    assert scores.shape == (1, sequences, H, W) and distances.shape == (1, sequences, 4, H, W)
    assert (distances > 0).all()
    for i in range(sequences):
        one = slice(i, i + 1)
        alone = head(train[:, one], test[:, one], boxes[:, one], label[:, one], ltrb[:, one])
        torch.testing.assert_close(alone[0], scores[:, one])
        torch.testing.assert_close(alone[1], distances[:, one])


@pytest.mark.parametrize("sequences", [1, 2])
def test_the_filter_for_boxes_comes_from_the_true_frames_alone(head: Head, sequences: int) -> None:
    train, test, label, ltrb = draw(3, sequences)
    find, box, find_feat, box_feat = head.get_filter_and_features_in_parallel(train, test, label, 2, ltrb)
    for got, of_feat, frames in ((find, find_feat, 3), (box, box_feat, 2)):
        own = head.get_filter_and_features(train[:frames], test, label[:frames], ltrb[:frames])
        assert got.shape == (sequences, C, 1, 1) and of_feat.shape == (1, sequences, C, H, W)
        torch.testing.assert_close(got, own[0])
        torch.testing.assert_close(of_feat, own[2])
    both = head.get_filter_and_features_in_parallel(train, test, label, num_gth_frames=3, train_ltrb_target=ltrb)
    assert both[0] is both[1]  # nothing to leave out: computed once


def test_one_sequence_may_come_without_its_dimension(head: Head) -> None:
    train, test, label, ltrb = draw(2, 1)
    whole = head.filter_predictor(train, test, label, ltrb)
    flat = head.filter_predictor(train[:, 0], test[:, 0], label, ltrb[:, 0])
    assert all(torch.equal(one, other) for one, other in zip(whole, flat, strict=True))


def test_the_maps_of_a_test_frame_may_have_another_size(head: Head) -> None:
    train, _, label, ltrb = draw(1, 1)
    weights, encoded = head.filter_predictor(train, torch.randn(1, 1, C, 5, 2).double(), label, ltrb)
    assert weights.shape == (1, C, 1, 1) and encoded.shape == (1, 1, C, 5, 2)


def test_scores_are_the_projected_filter_at_every_cell(head: Head) -> None:
    classifier, feat, weights = head.classifier, draw(1, 2)[1], torch.randn(2, C, 1, 1).double()
    projected = weights[:, :, 0, 0] @ classifier.linear.weight.T + classifier.linear.bias
    torch.testing.assert_close(classifier(feat, weights), torch.einsum("sc,nschw->nshw", projected, feat))
    plain = LinearFilterClassifier(C, project_filter=False)
    torch.testing.assert_close(plain(feat, weights), torch.einsum("sc,nschw->nshw", weights[:, :, 0, 0], feat))


def test_boxes_keep_full_precision_where_the_rest_computes_in_half(head: Head) -> None:
    regressor = head.bb_regressor.float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert regressor(torch.randn(1, 1, C, H, W), torch.randn(1, C, 1, 1)).dtype == torch.float32


def test_box_codes_are_upstreams_layers() -> None:
    kinds = (nn.Conv1d, nn.BatchNorm1d, nn.ReLU, nn.Conv1d, nn.BatchNorm1d, nn.ReLU, nn.Conv1d)
    assert tuple(map(type, MLP([4, 5, 6, 7]))) == kinds
    assert [type(layer) for layer in MLP([4, 5], do_bn=False)] == [nn.Conv1d]


def test_wrong_shapes_are_one_line(head: Head) -> None:
    train, test, label, ltrb = draw(2, 2)
    with pytest.raises(InputError, match=r"boxes: Head: got \(2, 4\), allowed: \(images, sequences, 4\)"):
        head(train, test, torch.zeros(2, 4), label, ltrb)
    with pytest.raises(InputError, match="test frames: FilterPredictor: got 2 at once, allowed: 1"):
        head(train, test.repeat(2, 1, 1, 1, 1), torch.zeros(2, 2, 4), label, ltrb)
