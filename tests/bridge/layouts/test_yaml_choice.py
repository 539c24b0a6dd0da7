"""A yaml file of a checkout may ask for a box loss in its section TRAIN, and the checkout never sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from siou_tracking.bridge.layouts.yaml_choice import read_choice, reading_without_choice, with_yaml_choice
from siou_tracking.bridge.training import train_checkout
from siou_tracking.errors import InputError
from siou_tracking.retrain import BoxLossChoice, TrainRequest
from tests.train_options import train_request

TRAIN = "MODEL:\n  TYPE: x\nTRAIN:\n  EPOCH: 2\n{line}  SCHEDULER:\n    TYPE: step\n"


@pytest.fixture
def yaml(tmp_path):
    def write(line):
        (tmp_path / "a.yaml").write_text(TRAIN.format(line=line))
        return tmp_path / "a.yaml"

    return write


@pytest.mark.parametrize(
    ("line", "choice"),
    [
        ("", None),
        ("  # BOX_LOSS: smooth_iou\n", None),
        ("  BOX_LOSS: smooth_iou\n", BoxLossChoice("smooth_iou")),
        ("  BOX_LOSS : 'giou'   # as before\n", BoxLossChoice("giou")),
        (
            "  BOX_LOSS: smooth_iou\n\n  BOX_LOSS_SHARPNESS: 8\n  BOX_LOSS_DIVERGENCE: kl\n  BOX_LOSS_WEIGHT: 2.5\n",
            BoxLossChoice("smooth_iou", {"sharpness": 8.0, "divergence": "kl"}, 2.5),
        ),
    ],
)
def test_the_names_under_train_are_the_choice(yaml, line, choice):
    assert read_choice(yaml(line)) == choice


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("  BOX_LOSS: smoth_iou\n", "did you mean 'smooth_iou'"),
        ("  BOX_LOSS:\n", "box loss"),
        ("  BOX_LOSS_WEIGHT: 2\n", "BOX_LOSS_WEIGHT: has no meaning without BOX_LOSS"),
        ("  BOX_LOSS: giou\n  BOX_LOSS_SHARP: 2\n", "BOX_LOSS_SHARP.*did you mean 'BOX_LOSS_SHARPNESS'"),
        ("  BOX_LOSS: giou\n  BOX_LOSS_WEIGHT: much\n", "BOX_LOSS_WEIGHT: got 'much', allowed are numbers"),
        ("  BOX_LOSS: smooth_iou\n  BOX_LOSS_WEIGHT: -1\n", "weight: got -1.0, allowed are positive"),
        ("  L1:\n    BOX_LOSS: giou\n", "line 6: BOX_LOSS belongs into the section TRAIN"),
        ("BOX_LOSS: giou\n", "line 5: BOX_LOSS belongs into the section TRAIN"),
    ],
)
def test_what_is_no_choice_is_refused_with_the_file(yaml, line, said):
    path = yaml(line)
    with pytest.raises(InputError, match=f"settings file {path}: .*{said}"):
        read_choice(path)


def test_the_checkout_reads_the_rest_to_the_letter(yaml, tmp_path):
    seen = []
    read = reading_without_choice(lambda name, base=None: seen.append((name, Path(name).read_text(), base)))
    plain = yaml("")
    text = plain.read_text()
    read(str(plain))
    path = yaml("  BOX_LOSS: smooth_iou  # ours\n  BOX_LOSS_WEIGHT: 2\n")
    read(str(path), base={})
    assert seen[0] == (str(plain), text, None)
    assert seen[1][1:] == (text, {}) and seen[1][0] != str(path)
    assert "BOX_LOSS" in path.read_text()


def test_the_flag_wins_and_other_settings_files_are_not_looked_at(yaml, tmp_path):
    path, flag = yaml("  BOX_LOSS: giou\n"), BoxLossChoice("smooth_iou")
    assert with_yaml_choice(TrainRequest("a", "b"), path).box_loss == BoxLossChoice("giou")
    assert with_yaml_choice(TrainRequest("a", "b", box_loss=flag), path).box_loss == flag
    assert with_yaml_choice(TrainRequest("a", "b"), path.with_name("a.py")).box_loss is None


def test_a_training_with_the_key_is_the_training_with_the_flag(fake_kin, tiny_got10k, tmp_path):
    path = fake_kin.root / "experiments" / "ostrack" / "vitb_256.yaml"
    options = {"data": {"got10k": tiny_got10k}, "quiet": True, "pretrained": False}
    flag = train_request("ostrack", "vitb_256", workspace=tmp_path / "flag", box_loss="smooth_iou", **options)
    wanted = train_checkout(fake_kin, flag)
    path.write_text(path.read_text().replace("TRAIN:\n", "TRAIN:\n  BOX_LOSS: smooth_iou\n"))
    result = train_checkout(fake_kin, train_request("ostrack", "vitb_256", workspace=tmp_path / "key", **options))
    assert result.project_path == "train/ostrack/vitb_256_smooth_iou"
    assert result.stats == wanted.stats


def test_a_name_of_the_checkouts_own_is_left_to_it(fake_kin):
    path = fake_kin.root / "experiments" / "ostrack" / "vitb_256.yaml"
    path.write_text(path.read_text().replace("TRAIN:\n", "TRAIN:\n  BOX_LOSS: giou\n  BOX_LOSS_WEIGHT: 2\n"))
    assert read_choice(path) == BoxLossChoice("giou", weight=2.0)
    own = fake_kin.root / "lib" / "train" / "losses.py"
    own.write_text("def make(cfg):\n    return {'giou': 1, 'wiou': 2}[cfg.TRAIN.BOX_LOSS], cfg.TRAIN.BOX_LOSS_WEIGHT\n")
    assert read_choice(path) is None
    seen = []
    reading_without_choice(lambda name: seen.append(Path(name)))(str(path))
    assert seen == [path]
