"""What nobody who trains can act on is not said, and what it is about works as before."""

from __future__ import annotations

import warnings

import pytest
import torch

from siou_tracking.bridge.held_session import session_for_tracking
from siou_tracking.bridge.process.known_warnings import known_warnings_hidden
from siou_tracking.bridge.session import checkout_session


def test_collating_in_a_worker_as_checkouts_do_is_silent(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with known_warnings_hidden(tmp_path):
            assert len(torch.zeros(3).storage()) == 3


@pytest.mark.parametrize("open_session", [session_for_tracking, checkout_session])
def test_the_filters_of_a_session_end_with_it(fake_checkout, open_session):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="TypedStorage is deprecated")  # the user's own stays
        before = list(warnings.filters)
        with open_session(fake_checkout):
            assert len(warnings.filters) > len(before)
        assert set(warnings.filters) == set(before)
