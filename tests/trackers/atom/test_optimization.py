import itertools

import pytest
import torch

from siou_tracking.trackers.atom.optimization import Linearization, conjugate_gradient, dot, gauss_newton


class DenseProblem:
    """r = A x - b over two parts of x, or r = exp(A x) - b when curved."""

    def __init__(self, a: torch.Tensor, b: torch.Tensor, curved: bool = False) -> None:
        self.a, self.b, self.curved = a, b, curved

    def linearize(self, variables):
        x = torch.cat(variables)
        value = self.a @ x
        jacobian = self.a
        if self.curved:
            value = value.exp()
            jacobian = value[:, None] * self.a
        sizes = [len(part) for part in variables]

        def normal(change):
            return list((jacobian.T @ (jacobian @ torch.cat(change))).split(sizes))

        return Linearization(list((jacobian.T @ (value - self.b)).split(sizes)), normal)

    def precondition(self, residual):
        return residual


@pytest.mark.parametrize("fletcher_reeves", [True, False])
@pytest.mark.parametrize("preconditioned", [True, False])
def test_conjugate_gradient_solves_a_dense_system_in_as_many_steps_as_unknowns(fletcher_reeves, preconditioned):
    half = torch.randn(7, 7, dtype=torch.float64)
    matrix = half @ half.T + torch.eye(7, dtype=torch.float64)
    rhs = torch.randn(7, dtype=torch.float64)
    diagonal = matrix.diagonal()
    precondition = (lambda r: list((torch.cat(r) / diagonal).split([3, 4]))) if preconditioned else None
    solution = conjugate_gradient(
        lambda x: list((matrix @ torch.cat(x)).split([3, 4])), list(rhs.split([3, 4])), 7, precondition, fletcher_reeves
    )
    torch.testing.assert_close(torch.cat(solution), torch.linalg.solve(matrix, rhs), rtol=1e-8, atol=1e-8)


def test_conjugate_gradient_error_in_the_energy_norm_never_grows():
    half = torch.randn(12, 12, dtype=torch.float64)
    matrix, rhs = half @ half.T + 0.1 * torch.eye(12, dtype=torch.float64), torch.randn(12, dtype=torch.float64)
    exact = torch.linalg.solve(matrix, rhs)
    errors = []
    for steps in range(8):
        (x,) = conjugate_gradient(lambda v: [matrix @ v[0]], [rhs], steps)
        errors.append(float((x - exact) @ matrix @ (x - exact)))
    assert all(later <= earlier for earlier, later in itertools.pairwise(errors))


def test_conjugate_gradient_stays_finite_when_the_right_side_is_zero_or_reached():
    zero = conjugate_gradient(lambda v: v, [torch.zeros(3)], 5)
    reached = conjugate_gradient(lambda v: v, [torch.tensor([1.0, 2.0, 3.0])], 20)
    assert torch.equal(zero[0], torch.zeros(3))
    torch.testing.assert_close(reached[0], torch.tensor([1.0, 2.0, 3.0]))


def test_gauss_newton_solves_linear_least_squares_in_one_step():
    a, b = torch.randn(20, 6, dtype=torch.float64), torch.randn(20, dtype=torch.float64)
    start = [torch.randn(2, dtype=torch.float64), torch.randn(4, dtype=torch.float64)]
    found = torch.cat(gauss_newton(DenseProblem(a, b), start, [6]))
    torch.testing.assert_close(found, torch.linalg.lstsq(a, b[:, None]).solution[:, 0], rtol=1e-8, atol=1e-8)


def test_gauss_newton_reaches_the_root_of_a_curved_problem():
    a = torch.randn(9, 3, dtype=torch.float64) / 3
    root = torch.tensor([0.4, -0.3, 0.2], dtype=torch.float64)
    problem = DenseProblem(a, (a @ root).exp(), curved=True)
    (found,) = gauss_newton(problem, [torch.zeros(3, dtype=torch.float64)], [3] * 8)
    torch.testing.assert_close(found, root, rtol=1e-8, atol=1e-8)


def test_inner_product_sums_over_all_parts():
    assert dot([torch.tensor([1.0, 2.0]), torch.tensor([[3.0]])], [torch.ones(2), 2 * torch.ones(1, 1)]) == 9
