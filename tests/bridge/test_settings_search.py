"""Which settings a name means: a file, then the checkout's own, then the package's."""

from __future__ import annotations

import pytest

from siou_tracking.bridge.settings_search import find_checkout_settings, settings_in
from siou_tracking.errors import InputError
from siou_tracking.ltr.settings_files import available_settings, find_settings


def test_the_checkouts_own_settings_are_listed(fake_checkout):
    assert {"bbreg atom", "dimp dimp18", "tomp tomp50", "kys kys"} <= set(settings_in(fake_checkout))
    assert not any("__init__" in name for name in settings_in(fake_checkout))


def test_the_checkouts_own_come_before_the_packages(fake_checkout):
    assert "bbreg atom" in available_settings()
    own = find_checkout_settings(fake_checkout, "bbreg", "atom")
    assert own.path == fake_checkout.root / "ltr/train_settings/bbreg/atom.py"
    ours = find_checkout_settings(fake_checkout, "bbreg", "atom_lite")
    assert ours == find_settings("bbreg", "atom_lite")


def test_a_file_comes_first_and_takes_no_name(fake_checkout, tmp_path):
    (tmp_path / "atom.py").write_text("def run(settings): pass\n")
    assert find_checkout_settings(fake_checkout, tmp_path / "atom.py").path == tmp_path / "atom.py"
    with pytest.raises(InputError, match="takes no NAME beside it"):
        find_checkout_settings(fake_checkout, tmp_path / "atom.py", "atom")


@pytest.mark.parametrize(
    ("module", "name", "near"),
    [("dimp", "dimp81", "dimp dimp18"), ("dinp", "dimp18", "dimp dimp18"), ("tomp", None, "")],
)
def test_what_is_nowhere_is_answered_with_both_lists_and_the_nearest(fake_checkout, module, name, near):
    with pytest.raises(InputError, match="not found: allowed are") as caught:
        find_checkout_settings(fake_checkout, module, name)
    assert "bbreg atom_lite" in str(caught.value) and "kys kys" in str(caught.value)
    assert near in str(caught.value)
