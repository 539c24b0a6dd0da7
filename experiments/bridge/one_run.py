"""A few training iterations in a process of their own: `one_run.py MODE MODULE NAME CONFIG.json OUT.json`.

own: the checkout's `run_training`, with nothing but the stand-ins of a session and its numbers made small here.
plain: `siou-tracking train` without a box loss. flagged: with Smooth-IoU, and what the loss was given written down.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import kin_run
import pytracking_run
import torch
from small_run import Job, plain

from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.errors import InputError


def main() -> None:
    mode, module, name, config, out = sys.argv[1:]
    options = json.loads(Path(config).read_text())
    torch.set_num_threads(1)
    start = time.perf_counter()
    try:
        checkout = find_checkout(options["checkout"])
        job = Job(checkout, module, name, options["data"], f"{options['workspace']}/{mode}", **options["size"])
        own = pytracking_run.own if checkout.layout.training == "ltr" else kin_run.own
        flagged = kin_run.flagged if options["kin"] else pytracking_run.flagged
        row = {"own": own, "plain": plain, "flagged": flagged}[mode](job)
    except InputError as error:
        row = {"refused": str(error)}
    Path(out).write_text(json.dumps({**row, "seconds": round(time.perf_counter() - start, 1)}))


if __name__ == "__main__":
    main()
