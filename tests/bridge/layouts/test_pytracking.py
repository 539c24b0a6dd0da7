"""The layout of visionml/pytracking: what its files are known by, and how its settings are loaded."""

from __future__ import annotations

import pytest

from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.settings_search import find_checkout_settings
from siou_tracking.errors import InputError
from siou_tracking.retrain.request import NO_OPTIONS


def load_run(checkout, settings_file):
    return checkout.layout.run(checkout.root, settings_file, NO_OPTIONS)


def test_own_files_are_imported_under_the_name_that_others_import_them_by(fake_checkout):
    with checkout_session(fake_checkout, pretrained=False, announce=False):
        run = load_run(fake_checkout, find_checkout_settings(fake_checkout, "dimp", "dimp18"))
    assert run.__module__ == "ltr.train_settings.dimp.dimp18"


def test_own_files_that_cannot_be_used_are_named(fake_checkout):
    folder = fake_checkout.root / "ltr/train_settings/dimp"
    (folder / "broken.py").write_text("def run(settings:\n")
    (folder / "empty.py").write_text("")
    with checkout_session(fake_checkout, pretrained=False, announce=False):
        for name, message in (("broken", r"broken\.py: line 1: "), ("empty", r"empty\.py: has no function run")):
            with pytest.raises(InputError, match=message):
                load_run(fake_checkout, find_checkout_settings(fake_checkout, "dimp", name))
