"""A loss with a state goes on where a checkpoint was made, and takes no other state."""

from __future__ import annotations

import pytest
import torch

from siou_tracking.errors import InputError
from siou_tracking.losses import build_box_loss, registered_box_losses
from siou_tracking.losses.box.running import restore_running_means, running_means
from siou_tracking.ltr.actors.tracking import ToMPActor
from siou_tracking.retrain import BoxLossChoice, retarget
from tests.losses.box.pairs import random_pairs


@pytest.mark.parametrize("name", ["wiou_v3", "giou+2*wiou_v3"])
def test_a_loss_that_goes_on_costs_what_it_would_have(name: str) -> None:
    whole, first, second = (build_box_loss(name, reduction="none") for _ in range(3))
    batches = [random_pairs(8, seed=seed) for seed in range(3)]
    expected = [whole(pred.clone().requires_grad_(), target).detach() for pred, target in batches]
    for pred, target in batches[:2]:
        first(pred.clone().requires_grad_(), target)
    (state,) = running_means([first, None])
    restore_running_means([None, second], [state])
    pred, target = batches[2]
    assert torch.equal(second(pred.clone().requires_grad_(), target), expected[2])
    assert not torch.equal(build_box_loss(name, reduction="none")(pred.clone().requires_grad_(), target), expected[2])
    assert not torch.equal(running_means([second])[0], state)  # a copy


def test_an_actor_carries_the_state_of_its_loss() -> None:
    actor = ToMPActor(torch.nn.Linear(1, 1), {"giou": torch.nn.Identity(), "test_clf": torch.nn.Identity()})
    assert actor.resume_state() == {}
    settings = type("Settings", (), {"project_path": "ltr/tomp/x"})()
    _, ours = retarget(actor, settings, flag=BoxLossChoice("wiou_v3"))
    ours.restore_state({"running_means": [torch.tensor([0.25, 0.5])]})
    assert ours.resume_state()["running_means"][0].tolist() == [0.25, 0.5]


@pytest.mark.parametrize("name", [name for name in registered_box_losses() if name != "wiou_v3"])
def test_other_losses_have_none(name: str) -> None:
    assert running_means([build_box_loss(name)]) == []


@pytest.mark.parametrize(
    "means",
    [
        [torch.zeros(2), torch.zeros(2)],
        [torch.zeros(3)],
        [torch.tensor([float("nan"), 1.0])],
        [torch.tensor([-1.0, 1.0])],
        [torch.tensor([1, 1])],
        [torch.zeros(2, device="meta")],
        [1.0],
    ],
)
def test_what_is_no_state_of_it_is_refused(means: list) -> None:
    loss = build_box_loss("wiou_v3")
    with pytest.raises(InputError, match="checkpoint: running mean"):
        restore_running_means([loss], means)
    restore_running_means([loss], [])
    assert running_means([loss])[0].tolist() == [0.0, 0.0]
