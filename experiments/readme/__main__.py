"""Write the numbers of the READMEs anew from the result files: python -m experiments.readme [--check]

README.md, experiments/README.md, some pages of docs and of studies have blocks between `<!-- numbers: NAME -->` and
`<!-- end -->`, and sentences with numbers in them. Both are filled from the files under experiments/. --check writes
nothing, says which document would change and which number comes from no file, and exits with 1.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from experiments.readme.documents import render, uncovered
from experiments.readme.sentences import BENCHMARKS, JOURNEYS, LOSSES, MANY, NOT_MEASURED, PAGE, README, SENTENCES
from experiments.readme.tables import TABLES
from siou_tracking.errors import InputError
from siou_tracking.files import write_text

ROOT = Path(__file__).resolve().parents[2]
WATCHED = (README, PAGE, LOSSES, MANY, BENCHMARKS, JOURNEYS)
"""Documents of which every number must come from a file."""
STUDIES = ("box_regression", "full_size", "head_ablation", "loss_ablation", "loss_speed", "quickstart", "sharpness")
"""Whose page has such a block."""
DOCUMENTS = (
    *WATCHED,
    "docs/reliability.md",
    "experiments/head_ablation/rows.md",
    *(f"experiments/{study}/README.md" for study in STUDIES),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    try:
        return write_documents(check)
    except InputError as error:
        print(f"experiments.readme: {error}", file=sys.stderr)
        return 2


def write_documents(check: bool) -> int:
    """Write, or with `check` tell of, every document that differs; 1 where anything was told."""
    wrong = 0
    for document in DOCUMENTS:
        path = ROOT / document
        text = path.read_text("utf-8")
        filled = render(text, TABLES, SENTENCES, document)
        if filled != text and check:
            print(f"{document}: its numbers are not the files': run python -m experiments.readme")
            wrong += 1
        elif filled != text:
            print(f"wrote {write_text(path, filled)}")
        for number in uncovered(filled, SENTENCES, NOT_MEASURED, document) if document in WATCHED else ():
            print(f"{document}: {number}: from no file: give it to SENTENCES, a block, or NOT_MEASURED")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
