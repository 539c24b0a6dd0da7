"""The doctor's table of a checkout: which one, its user's files, everything that is supplied, each with its hint."""

from __future__ import annotations

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
