"""Each step of a checkout's own DiMP beside ours; skipped where there is no checkout."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from siou_tracking.bridge.checkout import find_checkout
from siou_tracking.bridge.session import checkout_session
from siou_tracking.trackers.dimp.augmentation import augment
from siou_tracking.trackers.dimp.params import PRESETS
from siou_tracking.trackers.dimp.places import hann_window, region_size
from siou_tracking.trackers.online.cropping import crop
from siou_tracking.trackers.online.localization import localize
from siou_tracking.trackers.online.memory import SampleMemory
from tests.reference_data import reference_checkout


@pytest.fixture(scope="module")
def checkout() -> Iterator[None]:
    with checkout_session(find_checkout(reference_checkout()), pretrained=False, announce=False):
        yield


def theirs(checkout: None, module: str) -> SimpleNamespace:
    return importlib.import_module(f"pytracking.{module}")


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def parameters(checkout: None, name: str) -> SimpleNamespace:
    tracker = "dimp_simple" if name == "super_dimp_simple" else "dimp"
    return importlib.import_module(f"pytracking.parameter.{tracker}.{name}").parameters()


@pytest.mark.parametrize("max_shrink", [None, 1.5])
def test_crops_are_the_same_pixels_at_the_same_place(checkout, max_shrink):
    preprocessing = theirs(checkout, "features.preprocessing")
    image = picture(90, 140)
    tensor = preprocessing.numpy_to_torch(image)
    rng = np.random.default_rng(1)
    sizes = [*rng.uniform(8, 400, 40), 240.0, 90.0, 140.0, 135.0, 64.0, 99.0]
    for side in sizes:
        if max_shrink is not None and max(image.shape) < side < max_shrink * max(image.shape):
            continue  # where theirs may lack a row and a column
        x, y = np.float32(rng.uniform([-10, -10], [150, 100])).tolist()
        if rng.random() < 0.3:
            x, y = round(x) + 0.0, round(y) + 0.5
        pixels, place = preprocessing.sample_patch(
            tensor,
            torch.tensor([y, x]),
            torch.tensor([side, side], dtype=torch.float32),
            torch.tensor([64.0, 64.0]),
            mode="replicate" if max_shrink is None else "inside_major",
            max_scale_change=max_shrink,
        )
        patch = crop(image, (x, y), float(np.float32(side)), 64, max_shrink=max_shrink)
        middle = 0.5 * (place[0, :2] + place[0, 2:] - 1)
        scale = float(((place[0, 2:] - place[0, :2]) / 64).prod().sqrt())
        assert patch.center == pytest.approx(middle.flip(0).tolist(), abs=1e-4), side
        assert patch.scale == pytest.approx(scale, rel=1e-6), side
        torch.testing.assert_close(patch.pixels, pixels, rtol=0, atol=0.01)


@pytest.mark.parametrize("name", ["dimp18", "dimp18_vot18", "dimp50_vot19"])
def test_copies_are_the_same(checkout, name):
    augmentation = theirs(checkout, "features.augmentation")
    size, ours = 192, PRESETS[name]  # with half of it no blur of the smallest region would be within it
    params = parameters(checkout, name)
    region = region_size(size, params.augmentation_expansion_factor)
    smooth = torch.nn.functional.avg_pool2d(torch.rand(1, 3, region + 8, region + 8) * 255, 9, 1)
    table, output = params.augmentation, [size, size]
    torch.manual_seed(4)

    def drawn():
        return ((torch.rand(2) - 0.5) * size * params.random_shift_factor).long().tolist()

    transforms = [augmentation.Identity(output, [0, 0])]
    for shift in table["relativeshift"]:
        pixels = (torch.tensor(shift) * size / 2).long().tolist()
        transforms.append(augmentation.Translation(pixels, output, [0, 0]))
    transforms.append(augmentation.FlipHorizontal(output, drawn()))
    transforms += [augmentation.Blur(sigma, output, drawn()) for sigma in table["blur"]]
    transforms += [augmentation.Rotate(angle, output, drawn()) for angle in table["rotate"]]
    expected = torch.cat([transform(smooth) for transform in transforms])
    generator = torch.Generator().manual_seed(4)
    copies, shifts = augment(smooth, size, ours.augmentations, generator)
    assert shifts.flip(1).tolist() == [list(transform.shift) for transform in transforms]
    exact = len(copies) - len(table["rotate"])
    torch.testing.assert_close(copies[:exact], expected[:exact], rtol=0, atol=1e-3)
    # Theirs rounds where a rotated copy is sampled to a 32nd of a pixel.
    torch.testing.assert_close(copies[exact:], expected[exact:], rtol=0, atol=2.0)
    assert (copies[exact:] - expected[exact:]).abs().mean() < 0.2
    assert torch.rand(3, generator=generator).tolist() == torch.rand(3).tolist()  # as many numbers were drawn


@pytest.mark.parametrize("name", ["dimp18", "dimp50_vot19"])
def test_weights_of_samples_and_their_places_are_the_same(checkout, name):
    module = theirs(checkout, "tracker.dimp.dimp")
    params, ours = parameters(checkout, name), PRESETS[name]
    first, capacity = 6, 12
    fake = SimpleNamespace(params=params)
    weights = torch.zeros(capacity)
    weights[:first] = 1 / first
    minimum = ours.init_samples_minimum_weight
    memory = SampleMemory(
        torch.zeros(first, 1, 1, 1), torch.zeros(first, 4), capacity, minimum, keep_first=minimum > 0, keep_sum=False
    )
    previous, rng = [None], np.random.default_rng(2)
    for number in range(60):
        hard = rng.random() < 0.2
        rate = params.hard_negative_learning_rate if hard else params.learning_rate
        rate = rate * 10  # so that the minimum takes hold
        stored = [min(first + number, capacity)]
        previous = module.DiMP.update_sample_weights(fake, [weights], previous, stored, [first], rate)
        assert memory.add(torch.ones(1, 1, 1), torch.ones(4), rate) == previous[0]
        torch.testing.assert_close(memory.weights, weights[: len(memory)], rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("name", ["dimp18", "dimp18_vot18"])
def test_score_maps_are_judged_the_same(checkout, name):
    module = theirs(checkout, "tracker.dimp.dimp")
    params, ours = parameters(checkout, name), PRESETS[name]
    cells, stride, scale, generator = 19, 16.0, 1.7, torch.Generator().manual_seed(3)
    flags = set()
    window = hann_window(cells, cells) if ours.window_output else None
    for number in range(60):
        scores = torch.rand(cells, cells, generator=generator) ** (4 if number % 2 else 400)
        scores[tuple(torch.randint(0, cells, (2,), generator=generator).tolist())] += 0.6
        scores = scores * torch.rand(1, generator=generator)
        position = 100 + 80 * torch.rand(2, generator=generator)
        size = 20 + 60 * torch.rand(2, generator=generator)
        sample = torch.tensor([[140.0, 140.0]])
        fake = SimpleNamespace(
            params=params,
            kernel_size=torch.tensor([4.0, 4.0]),
            img_support_sz=torch.tensor([stride * (cells - 1)] * 2),
            target_sz=size,
            pos=position,
            output_window=None if window is None else torch.from_numpy(window)[None],
        )
        shift, _, _, flag = module.DiMP.localize_advanced(fake, scores[None].clone(), sample, torch.tensor([scale]))
        cell = stride * scale
        previous = ((position - sample[0]) / cell).flip(0).tolist()
        middle = (cells - 1) / 2
        found = localize(scores, (middle, middle), tuple((size / cell).flip(0).tolist()), ours, previous, window)
        assert found.flag == flag
        assert [cell * value for value in found.offset] == pytest.approx(shift.flip(0).tolist(), abs=1e-3)
        flags.add(flag)
    assert "hard_negative" in flags and (name != "dimp18" or len(flags) == 4)


@pytest.mark.parametrize("name", [name for name in PRESETS if not name.endswith("lite")])
def test_presets_are_the_checkouts_parameter_sets(checkout, name):
    params, ours = parameters(checkout, name), PRESETS[name]
    same = {
        "image_sample_size": ours.patch_size,
        "search_area_scale": ours.search_area_factor,
        "sample_memory_size": ours.memory_size,
        "learning_rate": ours.learning_rate,
        "init_samples_minimum_weight": ours.init_samples_minimum_weight,
        "train_skipping": ours.train_skipping,
        "net_opt_iter": ours.init_iter,
        "net_opt_update_iter": ours.update_iter,
        "net_opt_hn_iter": ours.hard_negative_iter,
        "window_output": ours.window_output,
        "augmentation_expansion_factor": ours.expansion,
        "random_shift_factor": ours.augmentations.random_shift,
        "target_not_found_threshold": ours.target_not_found_threshold,
        "distractor_threshold": ours.distractor_threshold,
        "hard_negative_threshold": ours.hard_negative_threshold,
        "target_neighborhood_scale": ours.target_neighborhood_scale,
        "dispalcement_scale": ours.displacement_scale,
        "hard_negative_learning_rate": ours.hard_negative_learning_rate,
        "update_scale_when_uncertain": ours.update_scale_when_uncertain,
        "iounet_k": ours.iounet_k,
        "num_init_random_boxes": ours.num_init_random_boxes,
        "box_jitter_pos": ours.box_jitter_pos,
        "box_jitter_sz": ours.box_jitter_sz,
        "maximal_aspect_ratio": ours.maximal_aspect_ratio,
        "box_refinement_iter": ours.box_refinement_iter,
        "box_refinement_step_length": ours.box_refinement_step[0],
        "box_refinement_step_decay": ours.box_refinement_step_decay,
    }
    assert {key: getattr(params, key) for key in same} == same
    assert params.get("border_mode", "replicate") == ("replicate" if ours.max_shrink is None else "inside_major")
    assert params.get("patch_max_scale_change", None) == ours.max_shrink
    assert params.get("score_preprocess", "none") == ours.score_preprocess
    assert params.get("box_refinement_space", "default") == ours.box_refinement_space
    assert params.get("perform_hn_without_windowing", False) == ours.window_output
    table, copies = params.augmentation, ours.augmentations
    assert table["rotate"] == [-angle for angle in copies.rotations]
    assert [tuple(reversed(pair)) for pair in table["blur"]] == list(copies.blurs)
    assert [tuple(reversed(pair)) for pair in table["relativeshift"]] == list(copies.shifts)
    assert table["dropout"] == (copies.dropouts, copies.dropout_rate) and table["fliplr"] == copies.flip
