import pytest
import torch
import torch.nn.functional as F

from siou_tracking.trackers.atom.correlation import correlate, filter_adjoint

KERNELS = [1, 2, 3, 4, 5]


def problem(kernel):
    features = torch.randn(3, 4, 7, 9, dtype=torch.float64)
    return features, torch.randn(4, kernel, kernel, dtype=torch.float64), torch.randn(3, 7, 9, dtype=torch.float64)


@pytest.mark.parametrize("kernel", KERNELS)
def test_scores_equal_a_zero_padded_convolution_cut_to_the_map(kernel):
    features, filt, _ = problem(kernel)
    expected = F.conv2d(features, filt[None], padding=kernel // 2)[:, 0, :7, :9]
    torch.testing.assert_close(correlate(features, filt), expected)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_adjoint_satisfies_the_inner_product_identity(kernel):
    features, filt, scores = problem(kernel)
    forward = (correlate(features, filt) * scores).sum()
    torch.testing.assert_close((filter_adjoint(features, scores, kernel) * filt).sum(), forward)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_adjoint_equals_autograd(kernel):
    features, filt, scores = problem(kernel)
    (to_filter,) = torch.autograd.grad((correlate(features, filt.requires_grad_()) * scores).sum(), filt)
    torch.testing.assert_close(filter_adjoint(features, scores, kernel), to_filter)


def test_an_even_filter_answers_to_the_middle_of_the_map_half_a_cell_later():
    features = torch.zeros(1, 1, 18, 18)
    features[0, 0, 8:10, 8:10] = 1
    filt = torch.zeros(1, 4, 4)
    filt[0, 1:3, 1:3] = 1
    assert divmod(int(correlate(features, filt).argmax()), 18) == (9, 9)
