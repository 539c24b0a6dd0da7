"""A loss that stops being finite is noticed without waiting for the device at every step."""

from __future__ import annotations

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.trainers.divergence import LossGuard, check_network

FINE, BAD = torch.tensor(1.0), torch.tensor(float("nan"))


def test_on_a_gpu_the_losses_are_looked_at_only_when_a_line_is_printed():
    guard = LossGuard("train", 3, torch.device("cuda"), latest=None)
    guard.add(FINE, {}, 1, look=False)
    guard.add(FINE, {}, 2, look=True)
    guard.add(BAD, {}, 3, look=False)
    guard.add(FINE, {}, 4, look=False)
    with pytest.raises(InputError, match=r"epoch 3, loader 'train', iteration 3 to 5: .*no checkpoint was written"):
        guard.add(FINE, {}, 5, look=True)


def test_on_the_cpu_the_very_step_and_the_term_are_named():
    guard = LossGuard("train", 3, torch.device("cpu"), latest=None)
    guard.add(FINE, {}, 1, look=False)
    with pytest.raises(InputError, match="iteration 2: the loss is inf, Loss/giou is inf: "):
        guard.add(torch.tensor(float("inf")), {"Loss/giou": float("inf"), "Loss/clf": FINE, "x": BAD}, 2, look=False)


def test_a_network_with_integers_only_or_finite_numbers_passes():
    net = torch.nn.BatchNorm1d(3)
    check_network(net, 1, None)
    net.running_var[1] = float("inf")
    with pytest.raises(InputError, match="1 of 4 tensors of the network are not finite, first running_var"):
        check_network(net, 1, None)
