"""The page shows what the study's file holds, whatever came out."""

from __future__ import annotations

from experiments.readme.sharpness import sharpness, sharpness_lines


def test_sharpness_says_what_the_rule_says() -> None:
    assert sharpness({"verdicts": {}}) == "Not measured yet: no ground has been run.\n"
    span = {"mean": 0.1, "low": -0.2, "high": 0.4}
    asked = {"question": "sharpness", "before": "log_kl_4", "best": "log_kl_8", "difference": span, "on_test": span}
    told = {"stopped_by": [], "decides": True, "barred": False, "changes": False}
    answers = [
        {**asked, **told, "changes": True},
        {**asked, **told},
        {**asked, **told, "stopped_by": ["atom_lite"]},
        {**asked, **told, "best": "log_kl_4"},
        {**asked, **told, "barred": True},
        {**asked, **told, "decides": False},
    ]
    lines = sharpness({"verdicts": {"loss": {"ltrb head": answers}}}).splitlines()[2:]
    same = "| loss | sharpness | log kl 4 | "
    numbers = f"{same}log kl 8 | +0.100 [-0.200, +0.400] | +0.100 [-0.200, +0.400] | "
    assert lines == [
        f"{numbers}**is the default now** |",
        f"{numbers}stays: may be chance |",
        f"{numbers}stays: atom_lite |",
        f"{same}the same |  |  | stays |",
    ]


def test_a_line_stands_at_the_sharpness_that_validation_targets_want() -> None:
    def table(role: str, **members: tuple[float, float]) -> dict[str, object]:
        rows = {name: {"val": [val], "test": [test - 0.1, test + 0.1]} for name, (val, test) in members.items()}
        return {"role": role, "measure": "IoU", "decides": True, "members": rows}

    score = table("score", log_kl_4=(0.3, 0.8), log_kl_8=(0.4, 0.7), exp_kl_4=(0.5, 0.5))
    loss = table("loss", log_kl_0p5=(0.7, 0.3), log_bhattacharyya_32=(0.6, 0.4))
    lines = sharpness_lines({"tables": {"score head": score, "ltrb head": loss, "atom_lite": score}}).splitlines()
    assert lines == [
        "|  | score head | ltrb head |",
        "| --- | --- | --- |",
        "| *old default* |  | 32: 0.400 ± 1.271 |",
        "| log kl | 8: 0.700 ± 1.271 | 0.5: 0.300 ± 1.271 |",
        "| exp kl | 4: 0.500 ± 1.271 |  |",
        "| log bhattacharyya |  | 32: 0.400 ± 1.271 |",
    ]
