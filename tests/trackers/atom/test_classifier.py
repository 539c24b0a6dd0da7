import torch

from siou_tracking.trackers.atom.classifier import TargetModel, normalize_power
from siou_tracking.trackers.atom.params import AtomParams

PARAMS = AtomParams(compressed_dim=16)


def scene(dx, dy):
    """18 x 18 cells of fixed noise with a distinct 3 x 3 object `dx, dy` cells from the middle cell (9, 9)."""
    generator = torch.Generator().manual_seed(11)
    cells = torch.randn(1, 24, 18, 18, generator=generator)
    cells[:, :, 8 + dy : 11 + dy, 8 + dx : 11 + dx] = 2 * torch.randn(1, 24, 3, 3, generator=generator)
    return normalize_power(cells)


def model(seed=0):
    places = [(0, 0), (3, 2), (-4, 1), (2, -5), (-3, -3)]
    features = torch.cat([scene(*place) for place in places])
    # the object's middle is cell 9 + d; the map's middle is 8.5
    offsets = torch.tensor(places, dtype=torch.float32) + 0.5
    return TargetModel(features, offsets, 3.0, PARAMS, torch.Generator().manual_seed(seed))


def test_a_learned_target_scores_high_where_it_is_and_low_elsewhere():
    learned = model()
    scores = learned.scores(learned.project(scene(5, -2)))[0]
    row, column = divmod(int(scores.argmax()), 18)
    expected = (learned.center[0] + 5.5, learned.center[1] - 1.5)
    assert abs(column - expected[0]) <= 0.5 and abs(row - expected[1]) <= 0.5
    assert scores.max() > 0.5
    scores[row - 3 : row + 4, column - 3 : column + 4] = 0
    assert scores.max() < 0.4


def test_power_normalized_features_have_unit_mean_square_and_zeros_stay_zero():
    features = torch.cat([7 * torch.randn(2, 5, 4, 4), torch.zeros(1, 5, 4, 4)])
    power = normalize_power(features).square().mean((1, 2, 3))
    torch.testing.assert_close(power, torch.tensor([1.0, 1.0, 0.0]))


def test_equal_seeds_give_equal_models_and_global_random_state_is_untouched():
    before = torch.random.get_rng_state()
    first, second, other = model(1), model(1), model(2)
    assert torch.equal(first.filter, second.filter) and not torch.equal(first.filter, other.filter)
    assert torch.equal(before, torch.random.get_rng_state())


def test_an_update_unlearns_a_stored_distractor():
    learned = model()
    distractor = learned.project(scene(-4, -4))
    before = learned.scores(distractor)[0].max()
    for _ in range(40):  # the same frame, now said to hold the target at the other side
        learned.store(distractor, (6.5, 6.5), 0.1)
    learned.update(20)
    after = learned.scores(distractor)[0]
    assert after[4:8, 4:8].max() < 0.5 * before


def test_the_first_frame_is_fitted_at_every_sample():
    for seed in range(3):
        learned = model(seed)
        scores, labels = learned.scores(learned.memory.features), learned.memory.labels
        assert (scores - labels)[labels > 0.3].abs().max() < 0.15
