"""A session changes the process only while it is open, and the checkout never."""

from __future__ import annotations

import collections
import contextlib
import importlib
import os
import sys
import types
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.bridge.session import checkout_session
from siou_tracking.bridge.standins.packages import inert
from siou_tracking.errors import InputError
from siou_tracking.ltr.admin.aliases import engine_imports
from siou_tracking.ltr.admin.name_owners import is_owned
from tests.bridge.fake_checkout import files_of, make_fake_checkout

SUPPLIED = ("jpeg4py", "visdom", "pandas", "torchvision", "lvis", "tikzplotlib", "timm", "dlframework")


def process_state() -> dict[str, object]:
    """Everything that a session changes, as objects to compare by identity or value."""
    names = [name for name in sys.modules if is_owned(name) or name.partition(".")[0] in SUPPLIED]
    attributes = {
        f"{owner.__name__}.{name}": vars(owner).get(name, "missing")
        for owner, listed in {
            collections: ("Mapping", "Sequence", "Iterable"),
            np: ("int", "float", "object", "NaN"),
            torch: ("load", "rfft", "irfft"),
            torch.utils.model_zoo: ("load_url",),
        }.items()
        for name in listed
    }
    return {
        "modules": sorted(names),
        "path": list(sys.path),
        "finders": [finder for finder in sys.meta_path if type(finder).__module__.startswith("siou_tracking")],
        "folder": Path.cwd(),
        "bytecode": sys.dont_write_bytecode,
        "gradients": torch.is_grad_enabled(),
        "cudnn": torch.backends.cudnn.benchmark,
        "warnings": list(warnings.filters),
        **attributes,
    }


def use_everything(folder: Path) -> None:
    """Import most of the checkout, and change what its own code changes."""
    for name in ("ltr.run_training", "pytracking", "ltr.train_settings.dimp.dimp18", "pytracking.utils.loading"):
        importlib.import_module(name)
    torch.set_grad_enabled(False)
    torch.backends.cudnn.benchmark = True
    os.chdir(folder)


@pytest.mark.parametrize("fails", [False, True])
def test_everything_is_put_back_also_after_an_error(fake_checkout, tmp_path, monkeypatch, fails):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    before, files = process_state(), files_of(fake_checkout.root)
    with contextlib.suppress(ZeroDivisionError), checkout_session(fake_checkout, announce=False):
        use_everything(tmp_path)
        assert process_state() != before
        if fails:
            raise ZeroDivisionError
    assert process_state() == before
    assert files_of(fake_checkout.root) == files


def test_no_bytecode_and_no_template_is_written_into_the_checkout(fake_checkout, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.chdir(tmp_path)
    before = files_of(tmp_path)
    with checkout_session(fake_checkout, announce=False):
        importlib.import_module("ltr.admin.settings").Settings()
        importlib.import_module("pytracking.evaluation.environment").env_settings()
    assert files_of(tmp_path) == before


def test_pythons_remarks_on_the_checkouts_source_are_not_shown(fake_checkout, recwarn):
    (fake_checkout.root / "ltr" / "old_text.py").write_text("pattern = '\\i'\n")
    with checkout_session(fake_checkout, announce=False):
        importlib.import_module("ltr.old_text")
    assert not list(recwarn)


def test_modules_are_the_checkouts_whatever_else_is_on_the_path(fake_checkout, tmp_path, monkeypatch):
    other = tmp_path / "other"
    for name in ("ltr", "pytracking"):
        (other / name).mkdir(parents=True)
        (other / name / "__init__.py").write_text("")
        (other / name / "extra.py").write_text("")
    monkeypatch.syspath_prepend(other)
    with checkout_session(fake_checkout, announce=False):
        sys.path.insert(0, str(other))
        assert Path(importlib.import_module("ltr").__file__).is_relative_to(fake_checkout.root)
        with pytest.raises(ModuleNotFoundError, match="in the checkout"):
            importlib.import_module("ltr.extra")
        sys.path.remove(str(other))


def test_modules_of_the_same_name_that_were_there_before_come_back(fake_checkout, monkeypatch):
    foreign = types.ModuleType("ltr")
    monkeypatch.setitem(sys.modules, "ltr", foreign)
    with checkout_session(fake_checkout, announce=False):
        assert importlib.import_module("ltr") is not foreign
    assert sys.modules["ltr"] is foreign


def test_modules_that_a_stand_in_hides_come_back(fake_checkout, monkeypatch):
    hidden = types.ModuleType("lvis")
    monkeypatch.setitem(sys.modules, "lvis", hidden)
    monkeypatch.setattr(inert, "import_failure", lambda module: "broken: no library")
    with checkout_session(fake_checkout, announce=False):
        assert importlib.import_module("lvis") is not hidden
    assert sys.modules["lvis"] is hidden


def test_nested_sessions_share_modules_and_the_last_one_to_end_puts_back(fake_checkout):
    before = process_state()
    first, second = contextlib.ExitStack(), contextlib.ExitStack()
    first.enter_context(checkout_session(fake_checkout, announce=False))
    settings = importlib.import_module("ltr.admin.settings")
    second.enter_context(checkout_session(fake_checkout, announce=False))
    assert importlib.import_module("ltr.admin.settings") is settings
    first.close()  # not the order in which they began
    assert importlib.import_module("ltr.admin.settings") is settings
    assert hasattr(torch, "rfft")
    second.close()
    assert process_state() == before


def test_an_inner_session_may_give_other_folders(fake_checkout):
    with checkout_session(fake_checkout, {"lasot_dir": "/outer"}, announce=False):
        settings = importlib.import_module("ltr.admin.settings").Settings
        with checkout_session(fake_checkout, {"lasot_dir": "/inner"}, announce=False):
            assert settings().env.lasot_dir == "/inner"
            with checkout_session(fake_checkout, announce=False):
                assert settings().env.lasot_dir == "/inner"
        assert settings().env.lasot_dir == "/outer"


def test_a_second_checkout_at_the_same_time_is_refused_and_the_first_goes_on(fake_checkout, tmp_path):
    other = find_checkout(make_fake_checkout(tmp_path / "other"))
    with checkout_session(fake_checkout, announce=False):
        with pytest.raises(InputError, match="one at a time"), checkout_session(other):
            pass
        with pytest.raises(InputError, match="pretrained"), checkout_session(fake_checkout, pretrained=False):
            pass
        assert Path(importlib.import_module("ltr").__file__).is_relative_to(fake_checkout.root)


def test_a_session_that_cannot_start_leaves_nothing(fake_checkout):
    before = process_state()
    with (
        pytest.raises(InputError, match="environment: got workers = 3"),
        checkout_session(fake_checkout, {"workers": 3}),
    ):
        pass
    assert process_state() == before


def test_engine_and_checkout_take_turns_and_keep_their_modules(fake_checkout):
    before = process_state()
    with engine_imports():
        engine = importlib.import_module("ltr.admin.settings")
        with checkout_session(fake_checkout, announce=False):
            theirs = importlib.import_module("ltr.admin.settings")
            assert theirs is not engine
            with engine_imports():
                assert importlib.import_module("ltr.admin.settings") is engine
                with checkout_session(fake_checkout, announce=False):
                    assert importlib.import_module("ltr.admin.settings") is theirs
            assert importlib.import_module("ltr.admin.settings") is theirs
        assert importlib.import_module("ltr.admin.settings") is engine
    assert process_state() == before


def test_checkpoints_of_either_are_loaded_by_either_while_a_session_is_open(fake_checkout, tmp_path):
    from siou_tracking.ltr.admin.environment import EnvironmentSettings
    from siou_tracking.ltr.admin.loading import read_checkpoint
    from siou_tracking.ltr.admin.settings import Settings

    with checkout_session(fake_checkout, {"workspace_dir": str(tmp_path)}, announce=False):
        theirs = importlib.import_module("ltr.admin.settings").Settings()
        torch.save({"net": {}, "settings": theirs}, tmp_path / "theirs.pth")
        ours = Settings(EnvironmentSettings())
        with engine_imports():
            torch.save({"net": {}, "settings": ours}, tmp_path / "ours.pth")
        for name in ("theirs", "ours"):
            loaded = torch.load(tmp_path / f"{name}.pth")["settings"]
            assert type(loaded) is type(theirs)
            assert type(read_checkpoint(tmp_path / f"{name}.pth")["settings"]) is Settings
        assert torch.load(tmp_path / "theirs.pth")["settings"].env.workspace_dir == str(tmp_path)


def test_what_is_supplied_is_said_once_and_not_by_inner_sessions(fake_checkout, capsys):
    with checkout_session(fake_checkout) as session, checkout_session(fake_checkout):
        pass
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert str(fake_checkout.root) in lines[0]
    assert all(stand_in.component in lines[1] for stand_in in session.supplied)
