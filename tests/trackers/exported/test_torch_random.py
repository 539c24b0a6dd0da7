"""An exported tracker draws torch's numbers without torch."""

import numpy as np
import pytest
import torch

from siou_tracking.trackers.exported.torch_random import TorchRandom


@pytest.mark.parametrize("seed", [0, 1, 2**31 + 5, 2**33 + 7])
def test_a_stream_of_both_kinds_is_that_of_a_generator_with_the_seed(seed):
    generator, random = torch.Generator().manual_seed(seed), TorchRandom(seed)
    np.testing.assert_array_equal(random.rand(9, 4), torch.rand(9, 4, generator=generator))
    for shape in ((16,), (3, 7), (32, 5, 5)):  # one block, a block drawn over another's end, many
        torch.testing.assert_close(
            torch.from_numpy(random.randn(*shape)), torch.randn(*shape, generator=generator), rtol=0, atol=1e-6
        )
    np.testing.assert_array_equal(random.rand(5), torch.rand(5, generator=generator))


def test_chances_take_two_words_each_the_first_of_them_the_high_one():
    words = np.random.RandomState(3).randint(0, 2**32, 12, dtype=np.uint32).tolist()
    random = TorchRandom(3)
    wanted = [((high << 32 | low) % 2**53) / 2**53 < 0.8 for high, low in zip(words[:10:2], words[1:10:2], strict=True)]
    assert random.bernoulli(0.8, 5).tolist() == wanted
    assert random.rand(2).tolist() == [(word & 0xFFFFFF) / 2**24 for word in words[10:]]
