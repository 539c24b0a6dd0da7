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
