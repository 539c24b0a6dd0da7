"""Weights of another training: what is taken over, and what belongs to that training alone."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.loading import read_checkpoint
from siou_tracking.ltr.trainers.checkpoints import write_checkpoint
from siou_tracking.mot.models import mot_net
from siou_tracking.mot.training.starting import start_from_weights


def make(identities: int, feature_channels: int = 8, seed: int = 0):
    torch.manual_seed(seed)
    return mot_net("small", feature_channels, 8, 8, identities, (64, 32))


@pytest.fixture
def weights(tmp_path):
    net = make(5, seed=1)
    net.margins += 0.5
    path = tmp_path / "MOTNet_ep0001.pth.tar"
    write_checkpoint(path, {"net": net.state_dict(), "net_type": "MOTNet", "constructor": net.constructor})
    return SimpleNamespace(start_weights=str(path))


@pytest.mark.parametrize("identities", [5, 9])
def test_everything_is_taken_but_the_margins_and_a_classifier_of_other_persons(weights, identities):
    net, other = make(identities), make(5, seed=1)
    own = {name: value.clone() for name, value in net.state_dict().items()}
    start_from_weights(net, weights)
    for name, value in net.state_dict().items():
        from_own = name == "margins" or (identities != 5 and name.startswith("classifier."))
        assert torch.equal(value, own[name] if from_own else other.state_dict()[name]), name


def test_without_weights_the_network_stays_as_it_was(weights):
    net = make(5)
    own = {name: value.clone() for name, value in net.state_dict().items()}
    start_from_weights(net, SimpleNamespace())
    assert all(torch.equal(value, own[name]) for name, value in net.state_dict().items())


def test_weights_that_are_not_finite_are_refused(weights):
    content = read_checkpoint(weights.start_weights)
    content["net"]["heads.hidden.bias"][0] = float("inf")
    write_checkpoint(Path(weights.start_weights), content)
    with pytest.raises(InputError, match=r"1 of \d+ tensors hold NaN or infinity: heads\.hidden\.bias"):
        start_from_weights(make(5), weights)


def test_weights_of_another_network_are_refused(weights):
    with pytest.raises(InputError, match="keys differ"):
        start_from_weights(make(5, feature_channels=12), weights)
