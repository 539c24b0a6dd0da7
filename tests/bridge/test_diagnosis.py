"""The doctor's table of a checkout: which one, its user's files, everything that is supplied, each with its hint."""

from __future__ import annotations

import shutil

import pytest

from siou_tracking.bridge.checkout import HOME_VARIABLE
from siou_tracking.bridge.standins import plan
from siou_tracking.cli import doctor
from siou_tracking.errors import InputError
from tests.bridge.fake_checkout import COMMIT, files_of


@pytest.fixture(autouse=True)
def _no_checkout_by_default(monkeypatch):
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    monkeypatch.setattr(doctor, "_own_rows", lambda: [doctor.Row("torchvision", "absent", "not needed")])


def rows(path=None):
    return {row.component: row for row in doctor.diagnose(path)}


def test_the_checkout_with_its_commit_and_all_that_is_supplied_are_listed(fake_checkout):
    before = files_of(fake_checkout.root)
    found = rows(fake_checkout.root)
    assert str(fake_checkout.root) in found["PyTracking"].state and COMMIT[:12] in found["PyTracking"].state
    for stand_in in plan(fake_checkout):
        row = found[stand_in.component]
        assert (row.state, row.consequence, row.hint) == (stand_in.state, stand_in.consequence, stand_in.hint)
    assert files_of(fake_checkout.root) == before


def test_a_component_has_one_row(fake_checkout):
    components = [row.component for row in doctor.diagnose(fake_checkout.root)]
    assert len(components) == len(set(components))


def test_a_checkout_of_the_kin_tells_its_settings_box_terms_and_trackers(fake_kin):
    before = files_of(fake_kin.root)
    found = rows(fake_kin.root)
    assert str(fake_kin.root) in found["PyTracking's kin"].state and COMMIT[:12] in found["PyTracking's kin"].state
    assert found["settings"].state == (
        "9 of artrack, artrack_seq, mixformer_vit, mixformer_vit_online, odtrack, ostrack, stark_st1, stark_st2"
    )
    assert found["settings"].hint == (
        f"siou-tracking train artrack artrack_256 --checkout {fake_kin.root} --box-loss smooth_iou"
    )
    term = found["box term"]
    assert "giou of OSTrackActor" in term.state and "SIoU_loss() of ARTrackActor" in term.state
    assert term.state.endswith("none of STARKSTActor")
    assert term.consequence == "what --box-loss exchanges, refused where there is none"
    assert "ostrack" in found["trackers"].state
    assert files_of(fake_kin.root) == before


def test_weights_that_settings_name_are_looked_for_where_the_checkout_looks(fake_kin):
    place = fake_kin.root / "pretrained_models" / "mae_tiny.pth"
    row = rows(fake_kin.root)["mae_tiny.pth"]
    assert (row.state, row.hint) == (
        "not there",
        f"put it at {place}, or give --pretrained FILE, or --no-pretrained",
    )
    (fake_kin.root / "README.md").write_text("Get [MAE weights](https://example.org/mae_tiny.pth).\n")
    assert f"{place} (from https://example.org/mae_tiny.pth), or give" in rows(fake_kin.root)["mae_tiny.pth"].hint
    place.parent.mkdir()
    place.touch()
    assert rows(fake_kin.root)["mae_tiny.pth"].state == f"found at {place}"


def test_weights_on_their_authors_disk_are_told_by_the_files_name(fake_kin):
    (fake_kin.root / "experiments/ostrack/mine.yaml").write_text("MODEL:\n  PRETRAINED_PATH: '/YOUR/DIR/vit.pth'\n")
    row = rows(fake_kin.root)["vit.pth"]
    assert (row.state, row.hint) == ("not at /YOUR/DIR", "give --pretrained FILE, or --no-pretrained")


def test_a_checkout_that_was_published_without_a_file_is_told_which(fake_kin):
    data = fake_kin.root / "lib" / "train" / "data"
    data.rename(data.with_name("kept"))
    assert "lib/train/data.py" in rows(fake_kin.root)
    data.with_name("kept").rename(data)
    (fake_kin.root / "lib" / "train" / "actors" / "odtrack.py").unlink()
    row = rows(fake_kin.root)["lib/train/actors/odtrack.py"]
    assert row.state.startswith("missing: lib/train/actors/__init__.py imports it in line ")


def test_a_committed_file_of_folders_is_its_authors(fake_kin, monkeypatch):
    (fake_kin.root / "lib" / "train" / "admin" / "local.py").write_text("class EnvironmentSettings: pass\n")
    monkeypatch.setattr("siou_tracking.bridge.diagnosis.is_as_committed", lambda path: True)
    row = rows(fake_kin.root)["lib/train/admin/local.py"]
    assert row.state == "its author's, as committed" and row.consequence.startswith("not used")


def test_a_checkout_within_a_checkout_is_pointed_at(fake_kin):
    inner = fake_kin.root / "SGLATrackV2"
    shutil.copytree(fake_kin.root / "lib", inner / "lib")
    assert rows(fake_kin.root)["PyTracking's kin"].hint == f"another checkout in it: {inner}"


def test_a_checkout_without_box_terms_is_not_offered_the_flag(fake_kin):
    script = fake_kin.root / "lib" / "train" / "train_script.py"
    script.write_text("objective = {'ce': 1}\nactor = SeqTrackActor(net, objective)\n")
    actor = "class SeqTrackActor:\n    def __call__(self, data):\n        return self.objective['ce'](data)\n"
    (fake_kin.root / "lib" / "train" / "actors" / "seqtrack.py").write_text(actor)
    found = rows(fake_kin.root)
    assert (found["box term"].state, found["box term"].consequence) == (
        "none of SeqTrackActor",
        "--box-loss is refused",
    )
    assert found["settings"].hint.endswith(f"--checkout {fake_kin.root}")


def test_files_of_folders_are_absent_found_or_broken_and_are_not_run(fake_checkout):
    file, name = fake_checkout.root / "ltr" / "admin" / "local.py", "ltr/admin/local.py"
    assert rows(fake_checkout.root)[name].state == "none"
    file.write_text("raise SystemExit")
    assert rows(fake_checkout.root)[name].state == "found"
    file.write_text("class EnvironmentSettings")
    assert rows(fake_checkout.root)[name].state.startswith("broken: ")
    assert rows(fake_checkout.root)[name].hint == "correct or remove it"


def test_the_variable_names_a_checkout_to_look_at(fake_checkout, monkeypatch):
    monkeypatch.setenv(HOME_VARIABLE, str(fake_checkout.root))
    assert str(fake_checkout.root) in rows()["PyTracking"].state


def test_without_a_checkout_the_embedded_engine_is_named(tmp_path, monkeypatch):
    assert rows()["PyTracking"].state == "none given"
    assert "torchvision" in rows()
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    row = rows()["PyTracking"]
    assert row.state == f"{HOME_VARIABLE}={tmp_path} is no checkout"
    assert row.hint.startswith("an empty folder, allowed are a clone")


def test_a_path_that_is_no_checkout_is_an_error(tmp_path):
    with pytest.raises(InputError, match="an empty folder"):
        doctor.diagnose(tmp_path)


def test_no_hint_installs_what_brings_another_torch(fake_checkout):
    for row in doctor.diagnose(fake_checkout.root):
        assert not {"torchvision", "timm"} & set(row.hint.split()) or row.hint.startswith("not needed"), row
