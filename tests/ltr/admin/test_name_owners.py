"""The newest open block's owner answers for the names; every other owner's modules are kept for its next turn."""

from __future__ import annotations

import contextlib
import sys
import types

import pytest

from siou_tracking.ltr.admin.name_owners import NameOwner, is_owned, own_names


def put(text: str) -> None:
    sys.modules["ltr"] = types.ModuleType(text)


def seen() -> str | None:
    return sys.modules["ltr"].__name__ if "ltr" in sys.modules else None


def test_only_the_two_packages_and_their_parts_are_owned():
    assert all(is_owned(name) for name in ("ltr", "ltr.admin", "pytracking.libs.tensorlist"))
    assert not any(is_owned(name) for name in ("ltr_configs", "siou_tracking.ltr", "pytracking_extra"))


def test_each_owner_sees_its_own_modules_again():
    first, second = NameOwner(None), NameOwner(None)
    with own_names(first):
        put("first")
        with own_names(second):
            assert seen() is None
            put("second")
            with own_names(first):
                assert seen() == "first"
                with own_names(second):
                    assert seen() == "second"
            assert seen() == "second"
        assert seen() == "first"
    assert seen() is None


def test_blocks_may_end_in_the_order_they_began():
    owners = [NameOwner(None), NameOwner(None)]
    stacks = [contextlib.ExitStack(), contextlib.ExitStack()]
    for owner, stack, name in zip(owners, stacks, ("first", "second"), strict=True):
        stack.enter_context(own_names(owner))
        put(name)
    stacks[0].close()
    assert seen() == "second"
    stacks[1].close()
    assert seen() is None


def test_modules_are_forgotten_with_the_owners_last_block():
    owner = NameOwner(None)
    with own_names(owner):
        put("first")
    with own_names(owner):
        assert seen() is None


def test_a_finder_is_asked_only_while_its_owner_is_seen():
    class Finder:
        def find_spec(self, name, path=None, target=None):
            return None

    outer, inner = NameOwner(Finder()), NameOwner(Finder())
    with own_names(outer), contextlib.suppress(ZeroDivisionError):
        assert sys.meta_path[0] is outer.finder
        with own_names(inner):
            assert sys.meta_path[0] is inner.finder and outer.finder not in sys.meta_path
            raise ZeroDivisionError
    assert not {outer.finder, inner.finder} & set(sys.meta_path)


@pytest.fixture(autouse=True)
def _names_are_free():
    yield
    assert seen() is None
