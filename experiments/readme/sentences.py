"""Numbers in sentences of the READMEs, each with the file it comes from, and phrases that measure nothing."""

from __future__ import annotations

from experiments.readme.documents import At, Sentence

README, PAGE = "README.md", "experiments/README.md"
LOSSES, MANY, BENCHMARKS = "docs/losses.md", "docs/many_objects.md", "docs/benchmarks.md"
JOURNEYS = "docs/journeys.md"
_DIM = ("summary", "difference_to_off", "both")

SENTENCES = (
    Sentence(LOSSES, "lists {} box losses in families", (At("box_regression/results.json", ("losses",)),)),
    Sentence(
        MANY,
        "tracks {} held-out crowds of other people twice",
        (At("mot_quickstart/seed0.json", ("plan", "heldout_sequences")),),
    ),
    Sentence(
        MANY,
        "by overlap alone ({} s with seed 0 on 2 cores",
        (At("mot_quickstart/seed0.json", ("seconds",), ".0f"),),
    ),
    Sentence(
        MANY,
        "The DIM loss, measured over {} paired seeds",
        (At("dim/results.json", (*_DIM, "seeds")),),
    ),
    Sentence(
        MANY,
        "HOTA {} [{}, {}] with both terms",
        tuple(At("dim/results.json", (*_DIM, "hota", key), "+.2f", 100) for key in ("mean", "low", "high")),
    ),
    Sentence(
        README,
        "of {} epochs of {} generated pairs",
        tuple(At("quickstart/seeds.json", ("plan", key)) for key in ("epochs", "samples_per_epoch")),
    ),
    Sentence(README, "Held-out: {} generated sequences", (At("quickstart/seeds.json", ("plan", "heldout_sequences")),)),
)

NOT_MEASURED = (
    # versions, papers, licences
    "Python 3.11",
    "arXiv:2205.12740",
    "Acta Automatica Sinica 49(2), 2023",
    "(doi 10.16383/j.aas.c210525)",
    "ICIP 2022",
    "Apache-2.0",
    # promises; test_documents.py holds the measured seconds against the first
    "under 10 minutes on 2 cores",
    "2-minute taste",
    "2-core CPU",
    "on 2 cores",
    # what the commands and the benchmarks are
    "exit code 1",
    "exit code is 1",
    "(i from 1)",
    "count pixels from 1",
    "boxes from 0",
    "is written from 1",
    "up to 15 repetitions, 3 when they are equal",
    "a value at 20 pixels",
    "(180 sequences)",
    "TrackingNet (511)",
    "(60)",
    "is not 100: success counts IoU > t at 21 thresholds, nothing is greater than 1, so 20/21 = 95.24 is the most",
    "seed 0",
    # the defaults, which test_plan.py of the study holds against its results
    "is 256 as a loss (ToMP), 32 as a score (ATOM, DiMP), 4 as a density",
)
"""No number of a result may join this list: it belongs to a file, and to `SENTENCES` or to a block."""
