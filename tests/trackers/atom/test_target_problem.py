import pytest
import torch
from torch.func import jvp, vjp

from siou_tracking.trackers.atom.correlation import correlate
from siou_tracking.trackers.atom.optimization import gauss_newton
from siou_tracking.trackers.atom.target_problem import FilterProblem, JointProblem, project, response

FILTER_REG, PROJECTION_REG, FLOOR = 0.1, 1e-2, 0.05


def joint():
    features = torch.randn(5, 6, 8, 8, dtype=torch.float64)
    labels, weights = torch.rand(5, 8, 8, dtype=torch.float64), torch.rand(5, dtype=torch.float64)
    variables = [torch.randn(3, 4, 4, dtype=torch.float64) / 5, torch.randn(3, 6, dtype=torch.float64) / 2]
    return JointProblem(features, labels, weights, FILTER_REG, PROJECTION_REG, FLOOR), variables


def residuals(problem, filt, projection=None):
    """The stacked residual of the module's docstring."""
    features = problem.features if projection is None else project(problem.features, projection)
    scores = response(correlate(features, filt), FLOOR)[0]
    rows = [(problem.weights[:, None, None].sqrt() * (scores - problem.labels)).flatten()]
    rows.append(FILTER_REG**0.5 * filt.flatten())
    if projection is not None:
        rows.append(PROJECTION_REG**0.5 * projection.flatten())
    return torch.cat(rows)


def check_against_autograd(problem, variables):
    def stacked(*values):
        return residuals(problem, *values)

    change = [torch.randn_like(value) for value in variables]
    residual, backward = vjp(stacked, *variables)
    _, forward = jvp(stacked, tuple(variables), tuple(change))
    local = problem.linearize(variables)
    for ours, theirs in zip(local.gradient, backward(residual), strict=True):
        torch.testing.assert_close(ours, theirs)
    for ours, theirs in zip(local.normal(change), backward(forward), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_joint_gradient_and_normal_operator_equal_autograd():
    check_against_autograd(*joint())


def test_filter_gradient_and_normal_operator_equal_autograd():
    problem, (filt, projection) = joint()
    alone = FilterProblem(project(problem.features, projection), problem.labels, problem.weights, FILTER_REG, FLOOR)
    check_against_autograd(alone, [filt])


def test_response_keeps_positive_scores_and_never_falls_below_its_floor():
    scores = torch.linspace(-3, 3, 61, dtype=torch.float64)
    value, slope = response(scores, FLOOR)
    assert torch.equal(value[scores >= 0], scores[scores >= 0])
    assert (value >= -FLOOR).all()
    step = 1e-6
    numeric = (response(scores + step, FLOOR)[0] - response(scores - step, FLOOR)[0]) / (2 * step)
    torch.testing.assert_close(slope, numeric, rtol=1e-4, atol=1e-6)


def test_filter_fit_equals_ridge_regression_where_the_response_is_linear():
    torch.manual_seed(1)
    features = torch.rand(4, 2, 6, 6, dtype=torch.float64)
    labels, weights = 5 + torch.rand(4, 6, 6, dtype=torch.float64), torch.full((4,), 0.25, dtype=torch.float64)
    problem = FilterProblem(features, labels, weights, 1e-3, FLOOR)
    start = torch.full((2, 1, 1), 3.0, dtype=torch.float64)
    (found,) = gauss_newton(problem, [start], [2, 2])
    design = features.permute(0, 2, 3, 1).reshape(-1, 2)
    normal = design.T @ design / 4 + 1e-3 * torch.eye(2, dtype=torch.float64)
    assert (correlate(features, found) > 0).all()
    torch.testing.assert_close(found[:, 0, 0], torch.linalg.solve(normal, design.T @ labels.flatten() / 4))


@pytest.mark.parametrize("steps", [1, 3])
def test_joint_fit_lowers_the_loss(steps):
    problem, variables = joint()
    before = residuals(problem, *variables).square().sum()
    after = residuals(problem, *gauss_newton(problem, variables, [10] * steps)).square().sum()
    assert after < 0.5 * before
