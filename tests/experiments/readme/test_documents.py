"""Every number of the READMEs comes from a file, and the check of it can fail."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from experiments.readme.__main__ import DOCUMENTS, ROOT, WATCHED
from experiments.readme.documents import At, Sentence, read_file, read_number, render, uncovered, unused
from experiments.readme.sentences import NOT_MEASURED, README, SENTENCES
from experiments.readme.tables import TABLES
from siou_tracking.errors import InputError

TEXTS = {document: (ROOT / document).read_text("utf-8") for document in DOCUMENTS}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_numbers_of_a_document_are_its_files(document: str) -> None:
    filled = render(TEXTS[document], TABLES, SENTENCES, document)
    assert filled == TEXTS[document], "run python -m experiments.readme"


@pytest.mark.parametrize("document", WATCHED)
def test_no_number_of_a_document_comes_from_nowhere(document: str) -> None:
    assert uncovered(TEXTS[document], SENTENCES, NOT_MEASURED, document) == []


def test_the_list_of_what_is_not_measured_has_no_dead_phrase_and_no_result() -> None:
    assert unused([TEXTS[document] for document in WATCHED], NOT_MEASURED) == []
    decimals = [phrase for phrase in NOT_MEASURED if re.search(r"\d\.\d", phrase)]
    assert [phrase.split()[0] for phrase in decimals] == [
        "Python",
        "arXiv:2205.12740",
        "(doi",
        "Apache-2.0",
        "is",  # the most that success can be, by its definition
    ]


def test_the_main_job_keeps_its_promise() -> None:
    assert all(seconds < 600 for seconds in read_file("quickstart/seeds.json")["seconds"].values())


@pytest.mark.parametrize(
    ("change", "was"),
    [
        (("| 0.717, 0.020 |", "| 0.727, 0.020 |"), "a table"),
        (("HOTA -0.35 [", "HOTA +0.35 ["), "a sentence"),
        (("Held-out: 16 generated", "Held-out: 17 generated"), "a count"),
        (("66.68 [63.4", "67.68 [63.4"), "what a command prints"),
    ],
)
def test_a_changed_number_is_found(change: tuple[str, str], was: str) -> None:
    (document,) = [one for one in WATCHED[:1] + WATCHED[2:] if change[0] in TEXTS[one]]
    text = TEXTS[document].replace(*change)
    assert text != TEXTS[document], was
    assert render(text, TABLES, SENTENCES, document) == TEXTS[document]


@pytest.mark.parametrize(
    "claim",
    ["AO of 0.612", "in 326s", "12 % better", "6.7x", "p = 1e-3", "-0.4", "three of 16", "1,000 boxes", "AUC-0.5"],
)
def test_a_number_from_nowhere_is_found(claim: str) -> None:
    text = f"{TEXTS[README]}\nIt reached\n{claim} there.\n"
    last = len(text.splitlines())
    assert [line.split(":")[0] for line in uncovered(text, SENTENCES, NOT_MEASURED, README)] == [f"line {last}"]


@pytest.mark.parametrize(
    "words", ["ResNet-18", "DiMP-18/50 and VOT2018", "float32", "`0.5`", "[a](x/1.md)", "GOT-10k's", "1. first"]
)
def test_names_code_and_links_are_no_measurements(words: str) -> None:
    assert uncovered(f"{words}\n", (), (), README) == []


def tables(**blocks: str) -> dict[str, Callable[[], str]]:
    return {name: (lambda text=text: text) for name, text in blocks.items()}


def test_blocks_are_filled_and_an_unknown_one_is_refused() -> None:
    text = "a\n<!-- numbers: one -->\nold\n<!-- end -->\nb\n"
    assert render(text, tables(one="new\n"), (), "X.md") == text.replace("old", "new")
    with pytest.raises(InputError, match=r"X\.md: numbers: got 'one', allowed are two"):
        render(text, tables(two=""), (), "X.md")


def test_a_sentence_is_filled_across_lines_and_a_missing_one_is_refused() -> None:
    cases = Sentence("X.md", "took {} steps of {} boxes", (At("a", ()), At("b", ())))
    pattern = cases.pattern()
    assert pattern.search("took 12\nsteps of 1,000 boxes")
    dim = Sentence("X.md", "over {} seeds, HOTA {}", SENTENCES[3].numbers + SENTENCES[4].numbers[:1])
    text = "measured over 44\nseeds, HOTA 0.1 here"
    assert render(text, {}, (dim,), "X.md") == "measured over 5\nseeds, HOTA -0.35 here"
    with pytest.raises(InputError, match=r"X\.md: no sentence 'over \{\} seeds"):
        render("measured over five seeds", {}, (dim,), "X.md")


@pytest.mark.parametrize("path", [("summary", "no"), ("version",), ("plan", "seed", "deeper")])
def test_a_number_that_is_not_there_is_refused_by_its_place(path: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match=rf"experiments/dim/results\.json: {re.escape('.'.join(path))}: got "):
        read_number(At("dim/results.json", path, ".2f"))
    with pytest.raises(InputError, match=r"experiments/dim/absent\.json: no such file"):
        read_number(At("dim/absent.json", ("x",)))
