"""What nobody who trains can act on is not said, and what it is about works as before."""

from __future__ import annotations

import warnings

import torch

from siou_tracking.bridge.known_warnings import hide_known_warnings


def test_collating_in_a_worker_as_checkouts_do_is_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hide_known_warnings()
        assert len(torch.zeros(3).storage()) == 3
