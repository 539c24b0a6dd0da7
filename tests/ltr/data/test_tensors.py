"""The containers: what maps over the elements, what is left alone, and that torch does not mistake them for tensors."""

import copy
import pickle

import pytest
import torch

from siou_tracking.ltr.data.tensors import TensorDict, TensorList


def test_a_tensor_method_maps_over_the_tensors_of_a_dict_and_leaves_other_values_alone():
    batch = TensorDict(a=torch.ones(2, dtype=torch.float32), name="x", number=3, nothing=None)
    out = batch.to(torch.float64)
    assert isinstance(out, TensorDict)
    assert out["a"].dtype == torch.float64
    assert (out["name"], out["number"], out["nothing"]) == ("x", 3, None)
    assert list(out) == ["a", "name", "number", "nothing"]


def test_dict_concat_lets_the_second_win_and_leaves_both_sources_unchanged():
    first, second = TensorDict(a=1, b=2), TensorDict(b=3, c=4)
    assert dict(first.concat(second)) == {"a": 1, "b": 3, "c": 4}
    assert dict(first) == {"a": 1, "b": 2}


def test_dict_apply_passes_arguments_per_key():
    assert dict(TensorDict(a=1, b=2).apply(lambda v, k: v * k, {"a": 10, "b": 100})) == {"a": 10, "b": 200}


def test_attribute_reads_shapes():
    assert TensorDict(a=torch.zeros(2, 3), b="s").attribute("shape", None) == {"a": torch.Size([2, 3]), "b": None}
    assert TensorList([torch.zeros(4)]).attribute("shape") == [torch.Size([4])]


@pytest.mark.parametrize("container", [TensorDict(a=torch.ones(1)), TensorList([torch.ones(1)])])
def test_special_and_unknown_names_raise_attribute_error(container):
    for name in ("__torch_function__", "__array__", "__len_hint__", "no_such_method"):
        with pytest.raises(AttributeError, match=name):
            getattr(container, name)


@pytest.mark.parametrize("container", [TensorDict(a=torch.ones(2), s="x"), TensorList([torch.ones(2), torch.zeros(1)])])
def test_copies_and_pickles_keep_type_and_values(container):
    for twin in (
        copy.copy(container),
        copy.deepcopy(container),
        container.copy(),
        pickle.loads(pickle.dumps(container)),
    ):
        assert type(twin) is type(container)
        assert str(twin) == str(container)


def test_deepcopy_does_not_share_storage():
    source = TensorList([torch.zeros(1)])
    copy.deepcopy(source)[0].add_(1)
    assert source[0].item() == 0


def test_autograd_takes_a_tensor_list():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.tensor([3.0], requires_grad=True)
    grads = torch.autograd.grad(
        TensorList([x**2, 3 * y]), TensorList([x, y]), TensorList([torch.ones(2), torch.ones(1)])
    )
    assert grads[0].tolist() == [2.0, 4.0]
    assert grads[1].tolist() == [3.0]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (lambda t: t + 1, [2, 3]),
        (lambda t: 1 + t, [2, 3]),
        (lambda t: t.__add__([10, 20]), [11, 22]),
        (lambda t: [10, 20] - t, [9, 18]),  # the reflected form of a list operand
        (lambda t: 6 / t, [6, 3]),
        (lambda t: t**2, [1, 4]),
        (lambda t: t % 2, [1, 0]),
        (lambda t: -t, [-1, -2]),
        (lambda t: t >= 2, [False, True]),
    ],
)
def test_list_arithmetic_is_elementwise(expression, expected):
    out = expression(TensorList([torch.tensor(1.0), torch.tensor(2.0)]))
    assert isinstance(out, TensorList)
    assert [v.item() for v in out] == expected


def test_in_place_arithmetic_changes_the_tensors_themselves():
    x = torch.zeros(2)
    held = same = TensorList([x])
    held += 1
    assert held is same
    assert x.tolist() == [1.0, 1.0]


def test_lists_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match=r"shorter|longer"):
        TensorList([1, 2]) + TensorList([1])


def test_slices_and_index_lists_give_tensor_lists():
    held = TensorList([1, 2, 3])
    assert isinstance(held[:2], TensorList)
    assert held[[0, 2]] == [1, 3]
    assert held[-1] == 3


def test_concat_joins_and_unroll_flattens():
    nested = TensorList([1, TensorList([2, TensorList([3])])])
    assert nested.unroll() == [1, 2, 3]
    assert TensorList([1]).concat([2]) == [1, 2]
    assert type(nested.list()) is list
