"""What people type for a benchmark."""

from __future__ import annotations

import pytest

from siou_tracking.benchmarks.registry import available_benchmarks, find_benchmark, get_benchmark
from siou_tracking.errors import InputError
from tests.cli.calling import call


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("OTB100", "otb2015"),
        ("otb-2015", "otb2015"),
        ("TB-100", "otb2015"),
        ("OTB50", "otb50"),
        ("TB50", "otb50"),
        ("CVPR13", "otb2013"),
        ("LaSOT", "lasot"),
        ("LASOT", "lasot"),
        ("LaSOT_ext", "lasot_ext"),
        ("lasot_extension_subset", "lasot_ext"),
        ("GOT-10k", "got10k"),
        ("got10k_val", "got10k"),
        ("TrackingNet", "trackingnet"),
        ("NFS", "nfs"),
        ("NfS30", "nfs"),
        ("NFS-240", "nfs240"),
        ("UAV123", "uav123"),
        ("uav", "uav123"),
        ("TNL2K", "tnl2k"),
        ("VOT2016", "vot2016"),
        ("VOT2017", "vot2018"),
        ("VOT-ST2019", "vot2019"),
    ],
)
def test_names_are_known_in_any_spelling(typed: str, meant: str) -> None:
    assert find_benchmark(typed, "pysot") == (meant, "pysot")
    assert get_benchmark(typed) is get_benchmark(meant)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("vot2018-lt", "long-term challenge is scored by precision and recall"),
        ("VOTLT2019", "long-term"),
        ("vots2023", "masks of several targets"),
        ("vot2015", "not built in"),
        ("UAV20L", "--benchmark custom --protocol uav123"),
        ("otb", "did you mean 'otb2015' .its 100 targets., 'otb50' or 'otb2013'"),
        ("VOT", "a challenge a year; did you mean 'vot2016'"),
        ("otb2012", "did you mean 'otb201"),
        ("imagenet", "unknown benchmark 'imagenet': allowed are custom, got10k, lasot,"),
    ],
)
def test_what_is_not_scored_here_is_said_with_the_reason(typed: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        get_benchmark(typed)


@pytest.mark.parametrize("verb", ["score", "run"])
def test_help_lists_every_name(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        call(capsys, verb, "--help")
    text = " ".join(capsys.readouterr().out.split())
    assert ", ".join((*available_benchmarks(), "custom")) in text


def test_pack_says_which_have_a_submission(capsys: pytest.CaptureFixture[str]) -> None:
    for typed, name in (("OTB100", "otb2015"), ("nfs", "nfs"), ("vot2019", "vot2019"), ("custom", "custom")):
        code, _, err = call(capsys, f"pack --benchmark {typed} --results x --out y.zip")
        assert code == 2 and f"'{name}' has no submission" in err and "got10k, trackingnet, vot2018" in err
    code, _, err = call(capsys, "pack --benchmark GOT-10k --results nowhere --out y.zip")
    assert code == 2 and "nowhere" in err
