"""What a loaded set is: names and lengths decide, never the number of sequences."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from siou_tracking.benchmarks import load_sequences, score_otb
from siou_tracking.benchmarks.comparing.scoreboard import make_scoreboard
from siou_tracking.benchmarks.identity import Identity, are_official, refuse_other
from siou_tracking.benchmarks.official_names import official_lengths, official_names, official_sizes
from siou_tracking.benchmarks.registry import available_benchmarks, get_benchmark
from siou_tracking.benchmarks.sequence import AnnotatedSequence
from siou_tracking.errors import InputError
from siou_tracking.report.results import read_result
from siou_tracking.report.table import format_text, heading, published_lines
from tests.reference_data import reference_file


def otb(build, lengths: dict[str, int], tracker: str = "ATOM") -> tuple[Path, Path]:
    """Annotations of that many frames each, and equal results of a tracker with published numbers."""
    boxes = {name: np.tile([10, 10, 20, 20], (frames, 1)) for name, frames in lengths.items()}
    file = build.write("data.json", json.dumps({name: {"gt_rect": rows.tolist()} for name, rows in boxes.items()}))
    for name, rows in boxes.items():
        build.result(name, rows, tracker)
    return file, build.root / tracker


def told(build, lengths: dict[str, int]) -> str:
    file, results = otb(build, lengths)
    return format_text(make_scoreboard("otb2015", file, [results]).to_json())


def identity(lengths: dict[str, int], benchmark: str = "otb2015") -> Identity[AnnotatedSequence]:
    sequences = [AnnotatedSequence(name, np.ones((frames, 4))) for name, frames in lengths.items()]
    return get_benchmark(benchmark).identify(sequences)


def test_as_many_foreign_sequences_are_no_benchmark(build) -> None:
    text = told(build, {f"s{number:02d}": 3 for number in range(100)})
    assert text.startswith("own data, OTB2015's protocol (official: OTB MATLAB toolkit")
    assert "100 sequences, 300 frames" in text
    assert "all 100" not in text and "ONLY" not in text and "published" not in text


def test_official_names_of_other_lengths_are_no_benchmark(build) -> None:
    text = told(build, dict.fromkeys(official_names("otb2015"), 3))
    assert text.startswith("own data, OTB2015's protocol") and "published" not in text
    assert "named as OTB2015's, but of another length: Basketball (3 frames, not 725)" in text


def test_all_official_sequences_are_the_benchmark(build) -> None:
    text = told(build, official_lengths("otb2015"))
    assert text.startswith("OTB2015, official protocol") and "all 100 sequences, 59,035 frames" in text
    assert "published for ATOM" in text


def test_nothing_is_cut_from_a_foreign_sequence_of_an_official_name(build) -> None:
    file, results = otb(build, {"Dog": 1030})
    ours = score_otb(results, file)
    assert (ours.frames, ours.expected) == (1030, 0)
    assert ours.notes == ["named as OTB2015's, but of another length: Dog (1030 frames, not 127)"]


@pytest.mark.parametrize(
    ("name", "rows", "first_kept"),
    [
        ("Tiger1", 349, 1),
        ("Tiger1", 354, 6),  # from image 1 on, the official start is image 6
        ("David", 471, 1),
        ("David", 770, 300),
        ("BlurCar1", 988, 247),
        ("Football1", 74, 1),
        ("Football1", 81, 1),  # seven images after the official end
    ],
)
def test_known_forms_of_an_official_annotation_are_cut_to_the_official_frames(name, rows, first_kept, build) -> None:
    boxes = np.column_stack((np.arange(1, rows + 1), np.full((rows, 3), 9)))
    build.write(f"data/{name}/groundtruth_rect.txt", build.rows(boxes))
    (sequence,) = load_sequences("otb2015", build.root / "data")
    assert len(sequence) == official_lengths("otb2015")[name] and sequence.ground_truth[0, 0] == first_kept
    ours = score_otb(build.result(name, boxes), build.root / "data")
    assert ours.metrics["precision"] == 1 and ours.expected == 100


def test_the_strangers_of_a_mixed_set_are_named_and_left_out(build) -> None:
    lengths = {"Deer": 71, "Skiing": 81, "MyCat": 5, "Dog": 30}
    file, results = otb(build, lengths)
    (results / "MyCat.txt").unlink()  # no result of a stranger is asked for
    board = make_scoreboard("otb2015", file, [results])
    text = format_text(board.to_json())
    assert "ONLY 2 of 100 sequences, 152 frames" in text
    assert "not OTB2015's and left out: Dog (30 frames, not 127), MyCat" in text
    assert set(board.scores["ATOM"].per_sequence) == {"Deer", "Skiing"}


def test_nothing_is_asked_of_a_stranger(build) -> None:
    """Its truth has no cover labels, which the protocol needs of every sequence that counts."""
    boxes = np.tile([10, 10, 20, 20], (60, 1))
    build.got10k("GOT-10k_Val_000001", boxes, [8] * 60)
    build.write("data/val/mine/groundtruth.txt", build.rows(boxes))
    build.result("GOT-10k_Val_000001", boxes)
    board = make_scoreboard("got10k", build.root / "data", [build.root / "tracker"])
    assert board.scores["tracker"].notes == ["not GOT-10k's and left out: mine"]
    assert board.ceiling["ao"] == board.intervals["tracker"]["ao"].mean == 1


def test_a_mostly_foreign_set_is_own_data_and_all_of_it_scored(build) -> None:
    file, results = otb(build, {"Deer": 71, "MyCat": 5, "MyDog": 5})
    ours = score_otb(results, file)
    assert (ours.sequences, ours.expected) == (3, 0) and ours.notes == [
        "only 1 of 3 sequences are OTB2015's: Deer; not OTB2015's: MyCat, MyDog"
    ]


@pytest.mark.parametrize("spelling", ["jogging_1", "Jogging.1", "JOGGING-1", "Jogging-1"])
def test_a_name_is_official_in_every_toolkit_s_spelling(spelling: str) -> None:
    assert identity({spelling: 307}).expected == 100


def test_a_sequence_that_is_there_twice_counts_once() -> None:
    found = identity({"Jogging-1": 307, "jogging_1": 307})
    assert [one.name for one in found.sequences] == ["Jogging-1"]
    assert found.notes == ["not OTB2015's and left out: jogging_1 (there twice)"]


@pytest.mark.parametrize("benchmark", available_benchmarks())
def test_every_benchmark_knows_its_own_and_no_other(benchmark: str) -> None:
    names, lengths = official_names(benchmark), official_lengths(benchmark)
    whole = identity({name: lengths.get(name, 2) for name in names}, benchmark)
    assert (len(whole.sequences), whole.expected, whole.notes) == (len(names), len(names), [])
    foreign = identity({f"s{number}": 2 for number in range(len(names))}, benchmark)
    assert (len(foreign.sequences), foreign.expected, foreign.notes) == (len(names), 0, [])
    if lengths:
        assert identity({name: lengths[name] + 1 for name in names}, benchmark).expected == 0


def test_a_stored_result_is_known_by_its_names(tmp_path: Path) -> None:
    """Versions before this one wrote "100 of 100" for any hundred sequences, and published numbers beside it."""

    def stored(names: list[str]) -> dict:
        published = [{"tracker": "ATOM", "metric": "success_auc", "value": 0.66, "source": "somewhere"}]
        content = {
            **{"benchmark": "otb2015", "protocol": "official", "sequences": 100, "expected_sequences": 100},
            "trackers": {"ATOM": {"success_auc": 0.5}},
            "per_sequence": {"ATOM": {name: {"success_auc": 0.5} for name in names}},
            **{"notes": {"ATOM": []}, "published": {"ATOM": published}},
        }
        (tmp_path / "s.json").write_text(json.dumps(content))
        return read_result(tmp_path / "s.json")

    own = stored([f"s{number:02d}" for number in range(100)])
    assert heading(own).startswith("own data, OTB2015's protocol (official), 100 sequences")
    assert published_lines(own) == []
    official = stored(list(official_names("otb2015")))
    assert "all 100 sequences" in heading(official) and published_lines(official)


def test_training_sequences_are_not_called_the_test_set(build) -> None:
    build.got10k("GOT-10k_Train_000001", np.ones((4, 4)), [8] * 4)
    build.result("GOT-10k_Train_000001", np.ones((4, 4)))
    board = make_scoreboard("got10k", build.root / "data", [build.root / "tracker"])
    assert format_text(board.to_json()).startswith("training or own data, GOT-10k's protocol (official: got10k")


def test_a_lasot_folder_names_strangers_and_passes_over_the_training_sequences(build) -> None:
    for name, frames in (("airplane-1", 2788), ("airplane-2", 5), ("dinghy-1", 5)):
        folder = f"data/{name.split('-')[0]}/{name}"
        build.write(f"{folder}/groundtruth.txt", "1,1,9,9\n" * frames)
        for label in ("full_occlusion", "out_of_view"):
            build.write(f"{folder}/{label}.txt", ",".join("0" * frames))
    found = get_benchmark("lasot").identify(load_sequences("lasot", build.root / "data"))
    assert [one.name for one in found.sequences] == ["airplane-1"]
    assert found.notes == ["not LaSOT's and left out: dinghy-1"]


def vot(folder: Path, names: list[str]) -> Path:
    file = folder / "VOT.json"
    file.write_text(json.dumps({name: {"gt": [[1, 1, 9, 9]] * 2, "width": 20, "height": 20} for name in names}))
    return file


@pytest.mark.parametrize(
    ("year", "mend"),
    [
        ("vot2016", r"60 of its 60 sequences are VOT2016's, 50 are VOT2018's: use --benchmark vot2016.* 108 to 371"),
        ("vot2019", r"60 of its 60 sequences are VOT2019's, 48 are VOT2018's: use --benchmark vot2019.* 46 to 291"),
        ("vot2020", r"60 of its 60 sequences are VOT2020's.*vot toolkit"),
    ],
)
def test_another_year_of_vot_is_refused_with_where_it_is_scored(year: str, mend: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=mend):
        load_sequences("vot2018", vot(tmp_path, list(official_names(year))))


def test_masks_of_another_year_are_named_before_they_are_read(build) -> None:
    for name in ("agility", "hand02"):
        build.write(f"data/{name}/groundtruth.txt", "m3,4,5,6,1,2\n")
    with pytest.raises(InputError, match="2 of its 2 sequences are VOT2020's, 0 are VOT2018's"):
        load_sequences("vot2018", build.root / "data")


def test_what_two_years_share_and_own_data_are_not_refused(tmp_path: Path) -> None:
    assert len(load_sequences("vot2018", vot(tmp_path, ["bag", "ball1", "mine"]))) == 3
    mine = load_sequences("vot2018", vot(tmp_path, ["mine", "yours", "octopus"]))  # one name of VOT2016's
    assert get_benchmark("vot2018").identify(mine).expected == 0


def test_lists_are_compared_in_every_spelling() -> None:
    with pytest.raises(InputError, match="1 of its 1 sequences are VOT2016's"):
        refuse_other("VOT2018", "vot2018", {"vot2016": "there"}, ["Octopus"], "here")
    assert are_official(["jogging.1"], official_names("otb2015")) and not are_official(["a"], ["b"])


def test_sizes_and_lengths_of_vot_are_the_annotations_own() -> None:
    stored = json.loads(reference_file("data/vot2018/vot2018_annotations.json").read_bytes())
    assert official_sizes("vot2018") == {name: (one["width"], one["height"]) for name, one in stored.items()}
    assert set(official_sizes("otb2015")) == set(official_sizes("lasot")) == set()


@pytest.mark.parametrize("shift", [0, 1])
def test_a_sequence_found_twice_counts_once_or_is_refused(shift: int, build) -> None:
    truth = np.tile([10, 10, 20, 20], (3, 1))
    for folder, boxes in (("cat/cat-1", truth), ("cat-1", truth + shift)):
        build.write(f"data/{folder}/groundtruth.txt", build.rows(boxes))
        for label in ("full_occlusion", "out_of_view"):
            build.write(f"data/{folder}/{label}.txt", "0,0,0")
    for folder, boxes in (("a", truth), ("b", truth + shift)):
        build.write(f"truth/{folder}/video.txt", build.rows(boxes))
    for benchmark, folder in (("lasot", "data"), ("trackingnet", "truth")):
        if shift:
            with pytest.raises(InputError, match=rf"{benchmark}: .*{folder}: .* is there twice with different boxes"):
                load_sequences(benchmark, build.root / folder)
        else:
            assert len(load_sequences(benchmark, build.root / folder)) == 1
