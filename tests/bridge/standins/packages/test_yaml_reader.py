"""Experiments are read as PyYAML reads them, or refused with the line."""

from __future__ import annotations

import math

import pytest

from siou_tracking.bridge.standins.packages import yaml_reader
from siou_tracking.errors import InputError

EXPERIMENT = """
# of a tracker
DATA:
  MAX_SAMPLE_INTERVAL: 200
  MEAN:
  - 0.485
  - 0.456   # per channel
  SEARCH: {SIZE: 256, FACTOR: 4.0, NAMES: [a, 'b c']}
  TRAIN:
    DATASETS_NAME:
    - LASOT
    - GOT10K_vottrain
    DATASETS_RATIO: [1, 1.5,
      -2]
    EMPTY:
MODEL:
  PRETRAIN_FILE: "mae_pretrain_vit_base.pth"
  URL: https://host/a#b
  PRETRAINED: ''
  RETURN_STAGES:
    -
      - 1
    - - 2
      - 3
    - NAME: x
      SIZE: 7
TRAIN: {}
"""


def test_an_experiment_is_read():
    assert yaml_reader.safe_load(EXPERIMENT) == {
        "DATA": {
            "MAX_SAMPLE_INTERVAL": 200,
            "MEAN": [0.485, 0.456],
            "SEARCH": {"SIZE": 256, "FACTOR": 4.0, "NAMES": ["a", "b c"]},
            "TRAIN": {"DATASETS_NAME": ["LASOT", "GOT10K_vottrain"], "DATASETS_RATIO": [1, 1.5, -2], "EMPTY": None},
        },
        "MODEL": {
            "PRETRAIN_FILE": "mae_pretrain_vit_base.pth",
            "URL": "https://host/a#b",
            "PRETRAINED": "",
            "RETURN_STAGES": [[1], [2, 3], {"NAME": "x", "SIZE": 7}],
        },
        "TRAIN": {},
    }


VALUES = [
    ("1e-4", "1e-4"),  # PyYAML wants a point, and a sign in the exponent
    ("1.0e-4", 1e-4),
    ("1.e5", "1.e5"),
    ("5.", 5.0),
    (".5", 0.5),
    ("-12", -12),
    ("+1_000", 1000),
    ("010", 8),
    ("08", "08"),
    ("0x1F", 31),
    ("0b101", 5),
    ("0", 0),
    (".inf", math.inf),
    ("-.INF", -math.inf),
    ("~", None),
    ("Null", None),
    ("yes", True),
    ("Off", False),
    ("TRUE", True),
    ("tRUE", "tRUE"),
    ("y", "y"),
    ("'it''s'", "it's"),
    (r'"a\tb\"c"', 'a\tb"c'),
    ("a b  # c", "a b"),
    ("a#b", "a#b"),
    ("a:b", "a:b"),
    ("-a", "-a"),
    ("[]", []),
    ("[[1, 2], [3,4]]", [[1, 2], [3, 4]]),
    ("[a b, c:d, 'x, y']", ["a b", "c:d", "x, y"]),
    ("{a: 1, b: [x], c: }", {"a": 1, "b": ["x"], "c": None}),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_values_are_those_of_yaml(text, value):
    assert yaml_reader.safe_load(f"key: {text}\n") == {"key": value}


@pytest.mark.parametrize("text", [EXPERIMENT, *(f"key: {text}" for text, _ in VALUES)])
def test_pyyaml_itself_agrees(text):
    theirs = pytest.importorskip("yaml").safe_load(text)
    assert repr(yaml_reader.safe_load(text)) == repr(theirs)


@pytest.mark.parametrize("text", ["", "\n# nothing\n", "---\n"])
def test_an_empty_document_is_none(text):
    assert yaml_reader.safe_load(text) is None


@pytest.mark.parametrize("text", ["a: 1\r\nb:\r\n- 2\r\n", "\ufeffa: 1\nb: [2]\n", "---\na: 1\nb:\n  - 2\n"])
def test_line_ends_marks_and_indents_do_not_matter(text):
    assert yaml_reader.safe_load(text) == yaml_reader.safe_load(text.encode()) == {"a": 1, "b": [2]}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a: &x 1", "'&' of YAML's larger language"),
        ("a: *x", "'*' of YAML's larger language"),
        ("a: !!python/object:os.system x", "'!'"),
        ("a: |", "'|'"),
        ("<<: {b: 1}", "'<'"),
        ("a: 2001-01-01", "a time or a date"),
        ("a: 12:30", "a time or a date"),
        ("a: 'no end", "does not end on its line"),
        (r'a: "\q"', "the escape"),
        ("a: [1, 2", "not closed"),
        ("a: [1 2]]", "after a list"),
        ("a: b: c", "'b: c'"),
        ("a: 1\n   b: 2", "indent"),
        ("a:\n    b: 1\n  c: 2", "indent"),
        ("a: word\n  goes on", "several lines"),
        ("\ta: 1", "a tab"),
        ("a: 1\n--- \nb: 1", "not KEY: VALUE"),
        ("? a", "?"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_line(tmp_path, line, reason):
    path = tmp_path / "baseline.yaml"
    path.write_text(f"first: 1\n{line}\n")
    with path.open() as file, pytest.raises(InputError) as caught:
        yaml_reader.safe_load(file)
    text = str(caught.value)
    assert reason in text and "baseline.yaml: line " in text and "pip install pyyaml" in text and "\n" not in text
