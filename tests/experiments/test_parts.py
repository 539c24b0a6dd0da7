"""A study goes on from what it has kept, and only from what was made from the same."""

from __future__ import annotations

from pathlib import Path

from experiments.parts import Unit, loss_defaults, run_units


def make(log: Path, number: int) -> dict[str, int]:
    with log.open("a") as file:
        file.write(f"{number} ")
    return {"square": number * number}


def test_a_part_is_made_once_and_anew_for_something_else(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def squares(*numbers: int, rule: object = (1, 2)) -> list[int]:
        units = [Unit(tmp_path / f"below/{one}.json", {"rule": rule}, (log, one)) for one in numbers]
        return [part["square"] for part in run_units(make, units, 1, "squares")]

    assert squares(3, 1) == [9, 1]
    assert squares(2, 3, 1) == [4, 9, 1]
    assert log.read_text().split() == ["3", "1", "2"]
    assert squares(3, rule=(1, 3)) == [9]
    assert log.read_text().split() == ["3", "1", "2", "3"]


def test_what_a_losss_name_stands_for() -> None:
    for name, key in (("smooth_iou", "sharpness"), ("giou+smooth_iou", "smooth_iou.sharpness")):
        assert [loss_defaults(name, role)[key] for role in ("loss", "score", "density")] == [256.0, 32.0, 4.0]
    assert loss_defaults("iou", "loss") == {}
