"""The cases of the simulation in the DIoU paper: anchors around targets of several shapes, as tensors.

Source: Zheng et al., "Distance-IoU Loss: Faster and Better Learning for Bounding Box Regression", arXiv 1911.08287,
section 4. Boxes are `(4, n)` in cxcywh, one column a case, so that each coordinate lies in one piece of memory.
"""

from __future__ import annotations

import math

import torch

CENTER = 10.0
RADIUS = 3.0
POINTS = 5000
ITERATIONS = 200
STEP = 0.1
AREAS = (0.5, 0.67, 0.75, 1.0, 1.33, 1.5, 2.0)
RATIOS = (1 / 4, 1 / 3, 1 / 2, 1.0, 2.0, 3.0, 4.0)
CASES_PER_POINT = len(RATIOS) * len(AREAS) * len(RATIOS)


def anchor_points(count: int, seed: int = 0) -> torch.Tensor:
    """Centers `(2, count)`, uniform in the disk of `RADIUS` around the targets' center."""
    generator = torch.Generator().manual_seed(seed)
    radius, turn = torch.rand(2, count, generator=generator, dtype=torch.float64)
    radius = RADIUS * radius.sqrt()  # by area, not by radius
    angle = 2 * math.pi * turn
    return (CENTER + radius * torch.stack((angle.cos(), angle.sin()))).float()


def sizes(areas: tuple[float, ...], ratios: tuple[float, ...]) -> torch.Tensor:
    """Widths and heights `(2, areas * ratios)`, each ratio (width over height) of each area."""
    area, ratio = torch.cartesian_prod(torch.tensor(areas), torch.tensor(ratios)).unbind(1)
    return torch.stack(((area * ratio).sqrt(), (area / ratio).sqrt()))


def cases(points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Anchors and targets `(4, n)` of points `(2, p)`: n = 343 p, the cases of one point beside each other."""
    anchor, target = sizes(AREAS, RATIOS), sizes((1.0,), RATIOS)  # [2, 49], [2, 7]
    shape = (2, points.shape[1], anchor.shape[1], target.shape[1])
    anchors = torch.cat((points[:, :, None, None].expand(shape), anchor[:, None, :, None].expand(shape)))
    targets = torch.cat((torch.full(shape, CENTER), target[:, None, None, :].expand(shape)))
    return anchors.reshape(4, -1), targets.reshape(4, -1)


def step_share(iteration: int, iterations: int) -> float:
    """What the step is multiplied by at an iteration from 0 up: 1, a tenth after 0.8 of them, a hundredth after 0.9."""
    done = (iteration + 1) / iterations
    return 1.0 if done <= 0.8 else 0.1 if done <= 0.9 else 0.01
