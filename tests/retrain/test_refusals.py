"""Trackers without a box term are known from the text of their settings file."""

from __future__ import annotations

from pathlib import Path

import pytest

from siou_tracking.errors import InputError
from siou_tracking.retrain import BoxLossChoice
from siou_tracking.retrain.refusals import refuse_by_text

FLAG = BoxLossChoice("smooth_iou")


def refuse(tmp_path: Path, text: str, flag: BoxLossChoice | None = FLAG, **others: str) -> None:
    for name, other in others.items():
        (tmp_path / f"{name}.py").write_text(other)
    (tmp_path / "mine.py").write_text(text)
    known = {f"ltr.train_settings.x.{name}": tmp_path / f"{name}.py" for name in (*others, "mine")}
    refuse_by_text(tmp_path / "mine.py", flag, known.get)


@pytest.mark.parametrize(
    ("actor", "message"),
    [
        ("KYSActor", "retrain dimp dimp50"),
        ("TargetCandiateMatchingActor", "retrain dimp super_dimp"),
        ("LWLActor", "learns masks"),
        ("LWLBoxActor", "learns masks"),
        ("RTSActor", "learns masks"),
    ],
)
@pytest.mark.parametrize("use", ["actors.{0}(net)", "{0}(net)"])
def test_the_actor_and_what_to_retrain_instead_are_named(tmp_path: Path, actor: str, message: str, use: str):
    with pytest.raises(InputError, match=f"box loss smooth_iou: {actor}: .*{message}"):
        refuse(tmp_path, f"def run(settings):\n    {use.format(actor)}\n")


@pytest.mark.parametrize(
    "text",
    [
        "from ltr.train_settings.x.kys import run\n",
        "from ltr.train_settings.x import kys\n",
        "import ltr.train_settings.x.kys as k\n",
        "from ltr.train_settings.x import mine, kys\n",  # itself as well
    ],
)
def test_a_variant_of_a_settings_file_is_as_its_original(tmp_path: Path, text: str):
    with pytest.raises(InputError, match="KYSActor"):
        refuse(tmp_path, text, kys="from ltr.actors import KYSActor\n")


def test_maximum_likelihood_is_known_from_its_objective(tmp_path: Path):
    with pytest.raises(InputError, match="AtomBBKLActor: trained by maximum likelihood"):
        refuse(tmp_path, "bbreg.AtomBBKLActor(net, kl.MLRegression())\n")


def test_a_settings_file_may_ask_itself(tmp_path: Path):
    text = "from siou_tracking import use_box_loss\nimport a\na.RTSActor\n"
    with pytest.raises(InputError, match="box loss of the settings file: RTSActor"):
        refuse(tmp_path, text, flag=None)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("a.KYSActor()\n", None),
        ("a.AtomBBKLActor(), a.KLRegression()\n", FLAG),
        ("# KYSActor\na.DiMPActor()\n", FLAG),
        ("a.DiMPActor() or a.KYSActor()\n", FLAG),
        ("def broken(:\n", FLAG),
        ("MineActor()\n", FLAG),
    ],
)
def test_what_cannot_be_told_from_the_text_is_left_to_the_trainer(tmp_path: Path, text: str, flag):
    refuse(tmp_path, text, flag)


@pytest.mark.parametrize(
    ("actor", "loss", "message"),
    [
        ("DiMPActor", "piou", "take piou_v1"),
        ("ToMPActor", "nwd", "its boxes are in shares of the crop"),
        ("KLDiMPActor", "piou", "piou"),
    ],
)
def test_a_loss_that_the_actor_cannot_learn_is_known_before_data_are_read(
    tmp_path: Path, actor: str, loss: str, message: str
):
    text = f"actors.{actor}(net=net)\n"
    with pytest.raises(InputError, match=f"box loss {loss}.*{message}"):
        refuse(tmp_path, text, BoxLossChoice(loss))
    refuse(tmp_path, text)
    refuse(tmp_path, f"{text}actors.OneStageMOTActor\n", BoxLossChoice(loss))  # which one trains the text does not say
