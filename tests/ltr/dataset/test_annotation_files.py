"""Annotation files: every delimiter in use reads alike, and every fault is named with file and line."""

import numpy as np
import pytest

from siou_tracking.errors import InputError
from siou_tracking.ltr.dataset.annotation_files import read_boxes, read_flags


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "groundtruth.txt"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.mark.parametrize(
    "content",
    ["1,2,3,4\n5,6,7.5,8\n", "1\t2\t3\t4\n5\t6\t7.5\t8", "1 2 3 4\r\n5 6 7.5 8\r\n", "1, 2, 3, 4\n 5 6 7.50,8\n\n\n"],
)
def test_every_delimiter_in_use_reads_as_stats_type(file, content):
    boxes = read_boxes(file(content))
    assert boxes.dtype == np.float32
    assert boxes.tolist() == [[1, 2, 3, 4], [5, 6, 7.5, 8]]


def test_boxes_without_area_are_legal(file):
    assert read_boxes(file("0,0,0,0\n-5,3,10,-11\n")).tolist() == [[0, 0, 0, 0], [-5, 3, 10, -11]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1,2,3,4\nNaN,NaN,NaN,NaN\n", "line 2: got 'NaN,NaN"),
        ("1,2,3,4\n1,2,3,inf\n", "line 2: got '1,2,3,inf'"),
        ("1,2,3\n1,2,3,4\n", "line 1: got '1,2,3'"),
        ("1,2,3,4,5\n", "line 1: got '1,2,3,4,5'"),
        ("1,2,3,4\n\n1,2,3,4\n", "line 2: got ''"),  # a blank line would shift all frames after it
        ("1,2,3,4\nx,2,3,4\n", "line 2: got 'x,2,3,4'"),
        ("1,2,3,1e39\n", "line 1"),  # beyond float32
        ("", "empty file"),
        ("\n\n", "empty file"),
        (b"\xff\xfe\x00", "no text"),
    ],
)
def test_faults_are_named_with_file_and_line(file, content, message):
    with pytest.raises(InputError, match=r"groundtruth\.txt") as caught:
        read_boxes(file(content))
    assert message in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.txt: No such file"):
        read_boxes(tmp_path / "nowhere.txt")


@pytest.mark.parametrize("content", ["0,1,0,8", "0\n1\n0\n8\n", "0 1 0 8\r\n"])
def test_labels_may_stand_in_one_line_or_in_many(file, content):
    assert read_flags(file(content), 4).tolist() == [0, 1, 0, 8]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("0,1,0", "got 3 values, allowed are 4"),
        ("", "got 0 values, allowed are 4"),
        ("0,1,nan,0", "value 3: got 'nan'"),
        ("0,1,x,0", "value 3: got 'x'"),
        ("0,-1,0,0", "value 2: got '-1'"),
        ("0,1,0,300", "value 4: got '300'"),
        ("0,0.5,0,0", "value 2: got '0.5'"),
    ],
)
def test_label_faults_are_named(file, content, message):
    with pytest.raises(InputError, match=r"groundtruth\.txt") as caught:
        read_flags(file(content), 4)
    assert message in str(caught.value)
