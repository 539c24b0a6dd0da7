import numpy as np
import pytest
from PIL import Image

from siou_tracking.trackers.adapters.external import load_class
from siou_tracking.trackers.adapters.got10k import Got10kTracker
from siou_tracking.trackers.adapters.static import StaticTracker

got10k = pytest.importorskip("got10k.experiments")


@pytest.fixture()
def got10k_root(tmp_path, square_sequence):
    """Two validation sequences in GOT-10k's layout."""
    frames, truth = square_sequence
    names = ["GOT-10k_Val_000001", "GOT-10k_Val_000002"]
    for name in names:
        folder = tmp_path / "val" / name
        folder.mkdir(parents=True)
        for index, frame in enumerate(frames[:5], start=1):
            Image.fromarray(frame).save(folder / f"{index:08d}.jpg")
        np.savetxt(folder / "groundtruth.txt", truth[:5], fmt="%.4f", delimiter=",")
        for label in ("absence", "cut_by_image", "cover"):
            (folder / f"{label}.label").write_text("8\n" * 5)
        (folder / "meta_info.ini").write_text("[METAINFO]\nresolution: (200, 160)\n")
    (tmp_path / "val" / "list.txt").write_text("\n".join(names) + "\n")
    return tmp_path


def test_got10k_experiment_runs_and_records_a_tracker_of_ours(got10k_root, tmp_path, square_sequence):
    experiment = got10k.ExperimentGOT10k(str(got10k_root), subset="val", result_dir=str(tmp_path / "results"))
    experiment.run(Got10kTracker(StaticTracker(), "ours"))
    record = tmp_path / "results/GOT-10k/ours/GOT-10k_Val_000002/GOT-10k_Val_000002_001.txt"
    boxes = np.loadtxt(record, delimiter=",")
    assert boxes.shape == (5, 4) and (boxes == square_sequence[1][0]).all()
    assert not record.with_name("GOT-10k_Val_000002_002.txt").exists()  # deterministic: one repetition


def test_pil_images_of_any_mode_and_arrays_are_taken(square_sequence):
    frames, truth = square_sequence
    for image in (Image.fromarray(frames[0]), Image.fromarray(frames[0]).convert("L"), frames[0]):
        tracker = Got10kTracker(StaticTracker(), "ours")
        tracker.init(image, truth[0])
        assert tracker.update(image).tolist() == truth[0].tolist()


def test_the_former_place_holds_the_same_class() -> None:
    assert load_class("siou_tracking.trackers.got10k_adapter:Got10kTracker") is Got10kTracker
