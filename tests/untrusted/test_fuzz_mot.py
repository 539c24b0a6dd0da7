"""Files of MOTChallenge, whatever is in them, are read or refused in one line."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from siou_tracking.mot.data.motchallenge import format_results, parse_results, parse_truth, truth_variant
from siou_tracking.mot.data.sequences import read_sequence
from siou_tracking.mot.scoring.truths import read_truth_file, scored_truth
from tests.untrusted.fuzzing import CONTENT, fuzz, refuses

ROWS = st.lists(
    st.lists(
        st.sampled_from(["1", "2", "0", "-1", "9.5", "1e9", "nan", "12", "99999999", ""]), min_size=6, max_size=11
    ),
    max_size=4,
).map(lambda rows: "\n".join(",".join(row) for row in rows).encode())
LINES = st.sampled_from(
    [
        *(
            "[Sequence]",
            "[sequence]",
            "[Other]",
            "name=A",
            "imDir=img1",
            "imDir=../..",
            "imDir=" + "0" * 400,
            "frameRate=10",
            "frameRate=nan",
        ),
        *(
            "seqLength=20",
            "seqLength=100000000",
            "seqLength=1" + "0" * 5000,
            "imWidth=640",
            "imHeight=480",
            "imExt=.jpg",
        ),
        *("imWidth=inf", "imHeight=-1", "=", "%(x)s", "[", "\x00", " a", "seqLength=\u0663"),
    ]
)


@given(CONTENT | ROWS, st.sampled_from(["auto", "mot15", "mot16"]), st.booleans())
@fuzz
def test_fuzz_mot_rows(data: bytes, variant: str, tracked: bool) -> None:
    def read() -> None:
        tracks = parse_results(data, "a", 20, tracked)
        if tracked:
            again = parse_results(format_results(tracks).encode(), "again", 20)
            assert len(again) == len(tracks)

    refuses(read)
    refuses(lambda: parse_truth(data, "a", 20, variant))
    truth_variant(data)


@given(st.lists(LINES, max_size=10).map("\n".join), CONTENT | ROWS)
@fuzz
def test_fuzz_mot_sequences(info: str, truth: bytes) -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "A"
        (folder / "gt").mkdir(parents=True)
        (folder / "seqinfo.ini").write_text(info)
        (folder / "gt" / "gt.txt").write_bytes(truth)
        refuses(lambda: read_sequence(folder))
        refuses(lambda: scored_truth(read_truth_file("A", folder), "auto", None))
