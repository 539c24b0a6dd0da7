"""The link of a README that is about a file of weights."""

from __future__ import annotations

import pytest

from siou_tracking.bridge.standins.weights.origins import find_origin


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Get [MAE](https://h/x/mae.pth), see [paper](https://h/paper)", "from https://h/x/mae.pth"),
        ("| base | 'mae.pth' | [download](https://drive/123) |", "from https://drive/123"),
        (
            "The pre-trained backbone is [here](https://drive/f?usp=sharing).",
            "its README names https://drive/f?usp=sharing",
        ),
        ("Pretrained weights: https://h/all.", "its README names https://h/all."),
        ("[code](https://h/code)", None),
        ("We use pretrained weights.", None),
        ("", None),
    ],
)
def test_the_best_link_is_found(tmp_path, text, expected):
    (tmp_path / "README.md").write_text(f"# Tracker\n[project](https://h/project)\n\n{text}\n")
    assert find_origin(tmp_path, "mae.pth") == expected


def test_without_a_readme_there_is_none(tmp_path):
    assert find_origin(tmp_path, "mae.pth") is None
