"""What every registered benchmark promises, and what a new one has to bring."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from siou_tracking.benchmarks import BENCHMARKS, load_sequences, registry, score
from siou_tracking.benchmarks.base import Benchmark
from siou_tracking.benchmarks.comparing.scoreboard import make_scoreboard
from siou_tracking.benchmarks.one_pass.benchmark import OnePassBenchmark
from siou_tracking.benchmarks.protocol import PROTOCOLS, Protocol
from siou_tracking.benchmarks.registry import available_benchmarks, get_benchmark, register_benchmark
from siou_tracking.benchmarks.running.run import run_benchmark
from siou_tracking.benchmarks.running.settings import RunSettings
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.errors import InputError
from siou_tracking.report.explain import explain_ceiling, rule_rows
from siou_tracking.report.table import format_text
from tests.benchmarks.running.scripted import lab, write_images

__all__ = ["lab"]

EVERY = pytest.mark.parametrize("name", BENCHMARKS)


def settings(name: str, folder: Path, repetitions: int = 1) -> RunSettings:
    return RunSettings(benchmark=get_benchmark(name), folder=folder, tracker="static", repetitions=repetitions)


@EVERY
def test_a_name_gives_one_object_that_reaches_other_processes(name: str) -> None:
    found = get_benchmark(name)
    assert isinstance(found, Benchmark) and found.name == name and found.title
    assert get_benchmark(name) is found
    assert type(pickle.loads(pickle.dumps(found))) is type(found)


@EVERY
def test_official_sequences_are_named_once_and_their_lengths_belong_to_them(name: str) -> None:
    found = get_benchmark(name)
    assert len(found.official_names) == len(set(found.official_names)) >= 50
    assert set(found.official_lengths) <= set(found.official_names)
    assert len(found.test_names) == len(set(found.test_names))


@EVERY
def test_the_whole_set_is_known_by_its_names_and_lengths(name: str) -> None:
    found = get_benchmark(name)
    whole = [AnnotatedSequence(one, np.ones((found.official_lengths.get(one, 2), 4))) for one in found.official_names]
    identity = found.identify(whole)
    assert (len(identity.sequences), identity.expected, identity.notes) == (len(whole), len(whole), [])
    other = [AnnotatedSequence(f"other {number}", np.ones((2, 4))) for number in range(len(whole))]
    assert found.identify(other).expected == 0


@EVERY
def test_rules_are_named_sourced_and_told_in_words(name: str) -> None:
    found = get_benchmark(name)
    assert found.get_protocol().name == found.get_protocol("toolkit").name == next(iter(found.protocols)) == "official"
    for key, rules in found.protocols.items():
        assert rules.name == key and rules.source
        rows = found.describe_rules(rules)
        assert len(dict(rows)) == len(rows) > 3 and all(map(all, rows))
        assert found.explain_ceiling(rules, {}).endswith(".")
    with pytest.raises(InputError, match=f"unknown {name} protocol 'officious'.*did you mean 'official'"):
        found.get_protocol("officious")


@EVERY
def test_splits_are_found_in_any_case_and_others_are_refused(name: str, tmp_path: Path) -> None:
    found = get_benchmark(name)
    assert [found.find_split(split.swapcase()) for split in found.splits] == list(found.splits)
    assert found.test_split is None or found.test_split in found.splits
    with pytest.raises(InputError, match=rf"{name}: split 'other': allowed are \w+"):
        found.find_split("other")
    if not found.splits:
        with pytest.raises(InputError, match=f"{name} has none; allowed for got10k and trackingnet"):
            load_sequences(name, tmp_path, "val")


@EVERY
def test_what_is_not_there_is_an_input_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        load_sequences(name, tmp_path / "nothing")
    with pytest.raises(InputError):
        get_benchmark(name).load_results(tmp_path, [AnnotatedSequence("a", np.ones((2, 4)))])


@EVERY
def test_a_run_has_a_file_a_repetition(name: str, tmp_path: Path) -> None:
    found = get_benchmark(name)
    assert next(iter(found.experiments)) == "baseline" and all(count >= 1 for count in found.experiments.values())
    assert found.repeatable or set(found.experiments.values()) == {1}
    times = 3 if found.repeatable else 1
    files = found.result_files("seq", settings(name, tmp_path, times))
    assert len(files) == len(set(files)) == times and all(tmp_path in file.parents for file in files)
    assert not found.needs_no_more(files)


def test_a_vot_sequence_with_a_gap_in_its_runs_is_not_finished(tmp_path: Path) -> None:
    found = get_benchmark("vot2018")
    files = found.result_files("seq", settings("vot2018", tmp_path, 15))
    files[0].parent.mkdir(parents=True)
    for file in files[1:4]:
        file.write_text("1\n")
    assert not found.needs_no_more(files)
    files[0].write_text("1\n")
    assert found.needs_no_more(files)


class Toy(OnePassBenchmark):
    """`<sequence>/truth.txt` beside its images."""

    name = "toy"
    title = "Toy"
    official_names = ("one", "two", "three")
    official_lengths: ClassVar[dict[str, int]] = {"one": 4}

    def read_sequences(self, path: Path, split: str | None) -> list[AnnotatedSequence]:
        folders = sorted(file.parent for file in path.glob("*/truth.txt"))
        return [AnnotatedSequence(folder.name, np.loadtxt(folder / "truth.txt"), folder) for folder in folders]


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> str:
    """A benchmark of one class and one row of rules, known to the registry for the time of a test."""
    monkeypatch.setattr(registry, "_MAKERS", dict(registry._MAKERS))
    monkeypatch.setitem(PROTOCOLS, ("toy", "official"), Protocol(benchmark="toy", name="official", source="this test"))
    register_benchmark("toy", Toy)
    yield "toy"
    registry._made.cache_clear()


def test_a_new_benchmark_is_one_class_and_one_row_of_rules(lab: Path, toy: str) -> None:
    for number, (name, length) in enumerate({"one": 4, "two": 5}.items(), 1):
        write_images(lab / "data" / name, length, number)
        (lab / "data" / name / "truth.txt").write_text("".join(f"{5 + at} 11 10 10\n" for at in range(length)))
    run = run_benchmark("my_trackers:Scripted", toy, lab / "data", lab / "out")
    assert sorted(run.run) == ["one", "two"] and not run.failed
    again = run_benchmark("my_trackers:Scripted", toy, lab / "data", lab / "out")
    assert sorted(again.found) == ["one", "two"] and not again.run
    found = score(toy, lab / "out", load_sequences(toy, lab / "data"))["my_trackers.Scripted"]
    assert found.metrics["precision"] == 1.0 and found.coverage() == "ONLY 2 of 3 sequences"
    result = make_scoreboard(toy, lab / "data", [lab / "out"]).to_json()
    assert format_text(result).startswith("Toy, official protocol (this test), ONLY 2 of 3 sequences, 9 frames\n")
    assert "20/21 = 95.24" in explain_ceiling(result) and dict(rule_rows(result))["mean over"] == "sequences"


def test_a_name_is_given_once(toy: str) -> None:
    assert available_benchmarks() == (*BENCHMARKS, "toy")
    with pytest.raises(ValueError, match="benchmark 'toy': got a second one"):
        register_benchmark("toy", Toy)
