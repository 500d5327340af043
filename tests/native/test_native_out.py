"""`out=`: the caller's arrays, in the tree of the result."""

import numpy as np
import pytest
from native_kernels import array, copy, fell_back, make, python, scalar

from jitad.native.signature import ArgOf, DictOf, ListOf, Static, TupleOf


@pytest.fixture
def pair(build):
    """(copy of a three-element array, its first element)"""
    return make(build, [array(3)], TupleOf((array(3), scalar())), copy(0, 1, 3) + copy(0, 2, 1))


X = np.array([1.0, 2.0, 3.0])


def test_out_is_written_and_returned(pair):
    y, v = np.zeros(3), np.zeros(())
    answer = pair(X, out=(y, v))
    assert answer[0] is y and answer[1] is v and type(answer) is tuple
    assert y.tolist() == [1, 2, 3] and v == 1.0


def test_none_leaves_are_allocated(pair):
    y = np.zeros(3)
    answer = pair(X, out=(y, None))
    assert answer[0] is y and type(answer[1]) is np.float64 and answer[1] == 1.0
    v = np.zeros(())
    answer = pair(X, out=(None, v))
    assert answer[1] is v and answer[0].tolist() == [1, 2, 3]
    assert pair(X, out=(None, None))[1] == 1.0
    assert pair(X, out=None)[1] == 1.0


def test_a_single_leaf(build):
    f = make(build, [array(3)], array(3), copy(0, 1, 3))
    y = np.zeros(3)
    assert f(X, out=y) is y and y.tolist() == [1, 2, 3]
    g = make(build, [array(3)], python(), copy(0, 1, 1))
    v = np.zeros(())
    assert g(X, out=v) is v and v == 1.0


@pytest.mark.parametrize("dtype", ["?", "i8", "f4", "u1"])
def test_scalar_results_into_arrays(build, dtype):
    f = make(build, [scalar(dtype)], scalar(dtype), copy(0, 1, np.dtype(dtype).itemsize, "u1"))
    v = np.zeros((), dtype)
    assert f(np.dtype(dtype).type(1), out=v) is v and v == 1


def test_trees(build):
    result = DictOf(("a", "b"), (ListOf((array(3), Static(None))), TupleOf((ArgOf(0), python()))))
    f = make(build, [array(3)], result, copy(0, 1, 3) + copy(0, 2, 1))
    y, v = np.zeros(3), np.zeros(())
    answer = f(X, out={"a": [y, None], "b": (None, v)})
    assert answer["a"][0] is y and answer["a"][1] is None and answer["b"][0] is X and answer["b"][1] is v
    assert fell_back(f(X, out={"a": [y, None], "b": (X, v)}))
    assert fell_back(f(X, out={"a": (y, None), "b": (None, v)}))
    assert fell_back(f(X, out={"a": [y], "b": (None, v)}))
    assert fell_back(f(X, out={"a": [y, 1], "b": (None, v)}))


def read_only():
    y = np.zeros(3)
    y.flags.writeable = False
    return y


BAD = {
    "dtype": np.zeros(3, "f4"),
    "byte order": np.zeros(3, ">f8"),
    "shape": np.zeros(4),
    "rank": np.zeros((1, 3)),
    "strided": np.zeros(6)[::2],
    "read-only": read_only(),
    "subclass": np.ma.zeros(3),
    "list": [0.0, 0.0, 0.0],
    "scalar": np.float64(1),
}


@pytest.mark.parametrize("case", BAD)
def test_other_arrays_fall_back(pair, case):
    v = np.zeros(())
    answer = pair(X, out=(BAD[case], v))
    assert fell_back(answer) and answer[2]["out"][0] is BAD[case] and v == 0


@pytest.mark.parametrize("out", [np.zeros(3), [np.zeros(3), None], (np.zeros(3),), {}, 3])
def test_other_trees_fall_back(pair, out):
    answer = pair(X, out=out)
    assert fell_back(answer) and answer[2]["out"] is out


def test_out_over_an_input_falls_back(pair):
    memory = np.arange(8.0)
    assert fell_back(pair(memory[:3], out=(memory[:3], None)))
    assert fell_back(pair(memory[:3], out=(memory[2:5], None)))
    assert fell_back(pair(memory[:3], out=(None, memory[1:2].reshape(()))))
    assert not fell_back(pair(memory[:3], out=(memory[3:6], memory[6:7].reshape(()))))
    assert memory[3:7].tolist() == [0, 1, 2, 0]


def test_out_over_another_out_falls_back(pair):
    memory = np.arange(4.0)
    assert fell_back(pair(X, out=(memory[:3], memory[2:3].reshape(()))))
    assert not fell_back(pair(X, out=(memory[:3], memory[3:].reshape(()))))


def test_out_over_a_captured_array_falls_back(build):
    captured = np.arange(3.0)
    f = make(build, [], array(3), copy(0, 1, 3), captures=((array(3), captured),))
    assert fell_back(f(out=captured))
    assert f(out=np.zeros(3)).tolist() == [0, 1, 2]


def test_empty_arrays_overlap_nothing(build):
    f = make(build, [array(0), array(2)], TupleOf((array(0), array(2))), copy(1, 3, 2))
    x, e = np.ones(2), np.zeros(0)
    answer = f(e, x, out=(e, None))
    assert answer[0] is e and answer[1].tolist() == [1, 1]


def test_a_wrong_name_falls_back(pair):
    answer = pair(X, Out=(None, None))
    assert fell_back(answer) and answer[2] == {"Out": (None, None)}


def test_references_of_out_arrays(pair):
    import sys

    y, v = np.zeros(3), np.zeros(())
    before = sys.getrefcount(y), sys.getrefcount(v), sys.getrefcount(None)
    for _ in range(1000):
        pair(X, out=(y, v))
        pair(X, out=(y, None))
        pair(X, out=(y, np.zeros(7)))
        pair(X[::-1], out=(y, v))
    after = sys.getrefcount(y), sys.getrefcount(v), sys.getrefcount(None)
    assert after[:2] == before[:2] and abs(after[2] - before[2]) < 50
