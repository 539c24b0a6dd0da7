import pytest
import torch

from siou_tracking.trackers.online.memory import SampleMemory, gaussian_labels


def memory(initial=3, capacity=6, minimum=0.25):
    return SampleMemory(torch.zeros(initial, 2, 4, 4), torch.zeros(initial, 4, 4), capacity, minimum)


def add(store, rate=0.01, value=1.0):
    return store.add(torch.full((2, 4, 4), value), torch.full((4, 4), value), rate)


def test_first_and_second_sample_enter_at_the_stated_weights():
    store = memory()
    add(store, 0.1)
    # initial 1/3 each over 0.9, new 0.1, sum 1/0.9 + 0.1
    total = 1 / 0.9 + 0.1
    expected = torch.tensor([1 / 3 / 0.9 / total] * 3 + [0.1 / total])
    torch.testing.assert_close(store.weights, expected)
    add(store, 0.2)
    total = 1 + expected[3] / 0.8
    torch.testing.assert_close(store.weights[4], expected[3] / 0.8 / total)


def test_weights_sum_to_one_and_the_first_frame_keeps_its_share():
    store = memory()
    for _ in range(200):
        add(store, 0.05)
        assert float(store.weights.sum()) == pytest.approx(1, abs=1e-6)
        assert float(store.weights[:3].sum()) >= 0.25 - 1e-6
    assert float(store.weights[:3].sum()) == pytest.approx(0.25, abs=1e-6)


def test_free_places_fill_first_then_the_lightest_later_sample_is_replaced():
    store = memory()
    assert [add(store) for _ in range(3)] == [3, 4, 5]
    lightest = 3 + int(store.weights[3:].argmin())
    assert add(store, value=7.0) == lightest
    assert (store.features[lightest] == 7).all() and (store.labels[lightest] == 7).all()
    assert len(store) == 6 and (store.features[:3] == 0).all()


def test_a_memory_smaller_than_the_first_frame_still_learns_one_later_sample():
    store = memory(initial=5, capacity=2)
    assert add(store) == 5 and add(store) == 5 and len(store) == 6


def test_labels_peak_at_their_centers_with_the_given_width():
    labels = gaussian_labels(torch.tensor([[3.0, 5.0], [2.5, 1.0]], dtype=torch.float64), 0.9, 8, 7)
    assert labels.shape == (2, 8, 7) and labels[0, 5, 3] == 1
    assert float(labels[0, 5, 4]) == pytest.approx(torch.exp(torch.tensor(-0.5 / 0.81)).item())
    assert labels[1, 1, 2] == labels[1, 1, 3]
