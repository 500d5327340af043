"""Entry points, native and Python: what they accept, what they return, what goes to the fallback."""

import numpy as np
import pytest
from native_kernels import Failed, array, copy, fallback, fell_back, kernel, make, python, scalar

from jitad.native.entry import build_entry, is_entry
from jitad.native.signature import (
    MISSING,
    ArgOf,
    CellGuard,
    DictGuard,
    DictOf,
    Leaf,
    ListOf,
    Signature,
    Static,
    TupleOf,
)
from jitad.native.symbols import SymbolError

DTYPES = "? b B h H i I l L f d F D".split()


class Sub(np.ndarray):
    pass


def unaligned(values):
    memory = np.zeros(8 * len(values) + 1, np.uint8)
    out = memory[1:].view(np.float64)
    out[:] = values
    return out


@pytest.mark.parametrize("code", DTYPES)
def test_arrays_of_each_dtype(build, code):
    x = np.array([1, 0, 1]).astype(code)
    if x.dtype.kind == "c":
        x += np.array([2j, 1j, -1j]).astype(code)
    f = make(build, [array(3, dtype=code)], array(3, dtype=code), copy(0, 1, 3 * x.itemsize, "u1"))
    y = f(x)
    assert type(y) is np.ndarray and y.dtype == np.dtype(code) and y is not x
    np.testing.assert_array_equal(y, x)


@pytest.mark.parametrize("code", DTYPES)
def test_scalars_of_each_dtype(build, code):
    f = make(build, [scalar(code)], scalar(code), copy(0, 1, np.dtype(code).itemsize, "u1"))
    for value in (0, 1):
        y = f(np.dtype(code).type(value))
        assert type(y) is np.dtype(code).type and y == value


def test_negative_integers_and_extremes(build):
    for code in "bhil":
        info = np.iinfo(code)
        f = make(build, [scalar(code)], scalar(code), copy(0, 1, 1, code))
        assert [int(f(np.dtype(code).type(v))) for v in (info.min, -1, info.max)] == [info.min, -1, info.max]


@pytest.mark.parametrize(
    "dtype, values",
    [("f8", (0.0, -0.0, 1.5, np.inf)), ("i8", (0, -1, 2**63 - 1, -(2**63))), ("?", (True, False))],
)
def test_python_scalars(build, dtype, values):
    f = make(build, [python(dtype)], python(dtype), copy(0, 1, np.dtype(dtype).itemsize, "u1"))
    for value in values:
        y = f(value)
        assert type(y) is type(value) and repr(y) == repr(value)


@pytest.mark.parametrize(
    "dtype, others",
    [
        ("f8", (1, True, np.float64(1.0), None, "1.0", np.array(1.0))),
        ("i8", (1.0, True, 2**63, -(2**63) - 1, np.int64(1), 10**40)),
        ("?", (1, 0, np.True_, None, 1.0)),
    ],
)
def test_python_scalars_of_another_type_fall_back(build, dtype, others):
    f = make(build, [python(dtype)], Static(None), "")
    for value in others:
        answer = f(value)
        assert fell_back(answer) and answer[1][0] is value


def test_numpy_scalars_of_another_type_fall_back(build):
    f = make(build, [scalar("f8")], Static(None), "")
    for value in (1.0, np.float32(1), np.int64(1), np.array(1.0), None, np.True_):
        assert fell_back(f(value))
    assert f(np.float64(1)) is None


ARRAYS_THAT_FALL_BACK = {
    "dtype": np.zeros(3, np.float32),
    "integer": np.zeros(3, np.int64),
    "byte order": np.zeros(3, ">f8"),
    "rank": np.zeros((3, 1)),
    "rank 0": np.array(0.0),
    "shape": np.zeros(4),
    "stride": np.zeros(6)[::2],
    "reversed": np.zeros(3)[::-1],
    "unaligned": unaligned([1, 2, 3]),
    "subclass": np.zeros(3).view(Sub),
    "masked": np.ma.zeros(3),
    "object": np.zeros(3, object),
    "list": [1.0, 2.0, 3.0],
    "none": None,
}


@pytest.mark.parametrize("case", ARRAYS_THAT_FALL_BACK)
def test_other_arrays_fall_back(build, case):
    f = make(build, [array(3)], array(3), copy(0, 1, 3))
    value = ARRAYS_THAT_FALL_BACK[case]
    answer = f(value)
    assert fell_back(answer) and answer[1][0] is value and answer[2] == {}


def test_read_only_arguments_are_read(build):
    f = make(build, [array(3)], array(3), copy(0, 1, 3))
    x = np.array([1.0, 2.0, 3.0])
    x.flags.writeable = False
    y = f(x)
    assert y.flags.writeable and y.flags.owndata and (y == x).all()


def test_fortran_order_falls_back_unless_it_is_c_order_too(build):
    f = make(build, [array(2, 3)], array(2, 3), copy(0, 1, 6))
    assert fell_back(f(np.zeros((2, 3), order="F")))
    g = make(build, [array(1, 3)], array(1, 3), copy(0, 1, 3))
    assert not fell_back(g(np.zeros((1, 3), order="F")))


def test_synonymous_integer_types_are_the_same(build):
    f = make(build, [array(2, dtype=np.int64)], array(2, dtype=np.int64), copy(0, 1, 2, "i8"))
    x = np.array([1, -2], dtype=np.longlong)
    assert (f(x) == x).all()
    assert (f(x.astype(np.dtype("<i8", metadata={"a": 1}))) == x).all()


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 0, 3), (1, 1), (2, 3, 1, 2), (1,) * 9])
def test_shapes(build, shape):
    count = int(np.prod(shape))
    f = make(build, [array(*shape)], array(*shape), copy(0, 1, count))
    x = np.arange(float(count)).reshape(shape)
    y = f(x)
    assert y.shape == shape
    np.testing.assert_array_equal(y, x)


def test_no_arguments_and_no_operands(build):
    assert make(build, [], Static("constant"), "")() == "constant"
    assert make(build, [], python("f8"), "  store double 2.5, ptr %p0")() == 2.5


def test_number_of_arguments(build):
    f = make(build, [array(3), array(3)], Static(None), "")
    x = np.zeros(3)
    assert f(x, x) is None
    assert fell_back(f(x)) and fell_back(f(x, x, x)) and fell_back(f())


def test_keywords_fall_back_with_their_names(build):
    f = make(build, [array(3)], Static(None), "")
    x = np.zeros(3)
    answer = f(x, scale=2.0)
    assert fell_back(answer) and answer[1][0] is x and answer[2] == {"scale": 2.0}
    assert f(x=1, y=2)[2] == {"x": 1, "y": 2}
    both = f(x, out=None, scale=2.0)
    assert fell_back(both) and both[2]["scale"] == 2.0


def test_static_arguments_are_compared_by_identity(build):
    token = "".join(["a", "b"])
    f = make(build, [Static(token), array(1)], array(1), copy(0, 1, 1))
    x = np.ones(1)
    assert (f(token, x) == 1).all()
    assert fell_back(f("".join(["a", "b"]), x)) and fell_back(f(None, x))


def test_argument_trees(build):
    tree = TupleOf((array(1), DictOf(("b", "a"), (scalar(), ListOf((python(), Static(None)))))))
    result = ListOf((array(1), scalar(), python()))
    body = copy(0, 3, 1) + copy(1, 4, 1) + copy(2, 5, 1)
    f = make(build, [tree], result, body)
    y = f((np.array([1.0]), {"a": [3.0, None], "b": np.float64(2.0)}))
    assert type(y) is list and [float(v) for v in (y[0][0], y[1], y[2])] == [1.0, 2.0, 3.0]
    good = (np.array([1.0]), {"a": [3.0, None], "b": np.float64(2.0)})
    for bad in (
        list(good),
        (good[0],),
        (good[0], {"a": [3.0, None]}),
        (good[0], {"a": [3.0, None], "c": np.float64(2.0)}),
        (good[0], {**good[1], "c": 1}),
        (good[0], {"a": (3.0, None), "b": np.float64(2.0)}),
        (good[0], {"a": [3.0, 1], "b": np.float64(2.0)}),
        (good[0], {"a": [3.0], "b": np.float64(2.0)}),
        (good[0], [1, 2]),
    ):
        assert fell_back(f(bad))


def test_named_tuples_and_ordered_dicts_fall_back(build):
    from collections import OrderedDict, namedtuple

    pair = namedtuple("pair", "x y")
    f = make(build, [TupleOf((python(), python()))], Static(None), "")
    assert f((1.0, 2.0)) is None and fell_back(f(pair(1.0, 2.0)))
    g = make(build, [DictOf(("x",), (python(),))], Static(None), "")
    assert g({"x": 1.0}) is None and fell_back(g(OrderedDict(x=1.0)))


def test_keys_of_any_hashable_type(build):
    f = make(build, [DictOf((1, ("a", 2)), (python(), python()))], python(), copy(1, 2, 1))
    assert f({1: 1.0, ("a", 2): 2.0}) == 2.0


def test_result_trees(build):
    result = TupleOf((python(), ListOf((python(), Static("s"))), DictOf(("b", "a"), (python(), TupleOf(())))))
    f = make(build, [python()], result, copy(0, 1, 1) + copy(0, 2, 1) + copy(0, 3, 1))
    y = f(1.5)
    assert y == (1.5, [1.5, "s"], {"b": 1.5, "a": ()}) and list(y[2]) == ["b", "a"]


def test_an_argument_can_be_the_result(build):
    f = make(build, [DictOf(("a",), (array(2),)), array(1)], TupleOf((ArgOf(1), ArgOf(0), ArgOf(0))), "")
    a, b = np.zeros(2), np.zeros(1)
    y = f({"a": a}, b)
    assert y[0] is b and y[1] is a and y[2] is a


def test_captured_arrays_are_read_at_each_call(build):
    captured = np.array([1.0, 2.0])
    f = make(build, [], array(2), copy(0, 1, 2), captures=((array(2), captured),))
    assert f().tolist() == [1.0, 2.0]
    captured[0] = 9.0
    assert f().tolist() == [9.0, 2.0]
    captured.resize(3, refcheck=False)
    assert fell_back(f())


def test_a_captured_array_that_does_not_fit_falls_back(build):
    for array_ in (np.zeros(4)[::2], np.zeros(2, ">f8"), np.zeros(2, "f4")):
        assert fell_back(make(build, [], array(2), copy(0, 1, 2), captures=((array(2), array_),))())


def closure(value):
    return (lambda: value).__closure__[0]


def test_cell_guards(build):
    first, cell = object(), closure(None)
    cell.cell_contents = first
    f = make(build, [], Static("native"), "", guards=(CellGuard(cell, first),))
    assert f() == "native"
    cell.cell_contents = object()
    assert fell_back(f())
    cell.cell_contents = first
    assert f() == "native"
    del cell.cell_contents
    assert fell_back(f())


def test_dict_guards(build):
    names = {"w": (value := object())}
    f = make(build, [], Static("native"), "", guards=(DictGuard(names, "w", value),))
    assert f() == "native"
    names["other"] = 1
    assert f() == "native"
    names["w"] = 2
    assert fell_back(f())
    del names["w"]
    assert fell_back(f())


def test_guards_for_what_is_missing(build):
    names, cell = {}, closure(1)
    del cell.cell_contents
    guards = (DictGuard(names, "w", MISSING), CellGuard(cell, MISSING))
    f = make(build, [], Static("native"), "", guards=guards)
    assert f() == "native"
    names["w"] = None
    assert fell_back(f())
    del names["w"]
    cell.cell_contents = None
    assert fell_back(f())


def test_guards_come_before_arguments(build):
    names = {"w": 1}
    f = make(build, [array(3)], Static(None), "", guards=(DictGuard(names, "w", 2),))
    x = np.zeros(3)
    answer = f(x)
    assert fell_back(answer) and answer[1][0] is x


def test_a_positive_status_raises(build):
    f = make(build, [array(1)], TupleOf((array(1), python(), scalar(), array(1))), "", status="7")
    with pytest.raises(Failed) as caught:
        f(np.zeros(1))
    assert caught.value.args == (7,)


def test_status_minus_one_is_memory_error(build):
    with pytest.raises(MemoryError):
        make(build, [array(1)], array(1), "", status="-1")(np.zeros(1))


def test_a_handler_that_returns_is_an_error(build):
    f = make(build, [], array(1), "", status="3", on_status=lambda status: None)
    with pytest.raises(SystemError, match="on_status returned"):
        f()


def test_an_exception_of_the_fallback_propagates(build):
    def refuse(*args, **kwargs):
        raise KeyError("refused")

    with pytest.raises(KeyError, match="refused"):
        make(build, [array(3)], Static(None), "", fallback=refuse)(1)


def test_an_exception_in_a_key_comparison_falls_back(build):
    class Key:
        def __hash__(self):
            return hash("a")

        def __eq__(self, other):
            raise RuntimeError("no comparison")

    f = make(build, [DictOf(("a",), (python(),))], Static(None), "", fallback=lambda *a: "fallback")
    if build is build_entry:
        assert f({Key(): 1.0}) == "fallback"
    assert f({"a": 1.0}) is None


def test_an_exception_in_a_list_changed_meanwhile(build):
    inner = [1.0, 2.0]

    class Key:
        def __hash__(self):
            return hash("a")

        def __eq__(self, other):
            inner.clear()
            return False

    tree = DictOf(("b", "a"), (ListOf((python(), python())), python()))
    f = make(build, [tree], python(), copy(0, 3, 1))
    changing = {"b": inner, Key(): 1.0}
    assert fell_back(f(changing))


@pytest.mark.parametrize("count", [23, 24, 25, 60, 400])
def test_many_operands(build, count):
    f = make(build, [TupleOf((python(),) * (count - 1))], python(), copy(count - 2, count - 1, 1))
    assert f(tuple(float(i) for i in range(count - 1))) == count - 2


def test_many_operands_with_dicts_on_the_heap(build):
    keys = tuple(f"k{i}" for i in range(300))
    f = make(build, [DictOf(keys, (array(1),) * 300)], array(1), copy(299, 300, 1))
    assert f({k: np.array([float(i)]) for i, k in enumerate(keys)})[0] == 299.0


def test_unknown_symbol(build):
    module, _ = kernel("", 0)
    signature = Signature("other", (), (), Static(None), (), False, fallback, fallback)
    with pytest.raises(SymbolError, match="no function 'other'"):
        build(module, signature)


def test_signatures_that_make_no_sense():
    with pytest.raises(ValueError, match="array, scalar, python"):
        Leaf(np.dtype("f8"), (), "vector")
    with pytest.raises(ValueError, match="no axes"):
        Leaf(np.dtype("f8"), (2,), "scalar")
    with pytest.raises(TypeError, match="Python scalar is float64, int64 or bool"):
        Leaf(np.dtype("f4"), (), "python")
    with pytest.raises(TypeError, match="not object"):
        Leaf(np.dtype(object), (), "array")
    assert Leaf(np.dtype(">f8"), (2,), "array").dtype == np.dtype("=f8")


def test_tables_that_make_no_sense():
    with pytest.raises(TypeError, match="describes a result"):
        make(build_entry, [ArgOf(0)], Static(None), "")
    with pytest.raises(ValueError, match="argument leaf 1 of 1"):
        make(build_entry, [array(1)], ArgOf(1), "")


def test_entries_are_recognised():
    f = make(build_entry, [], Static(None), "")
    assert is_entry(f) and not is_entry(len) and not is_entry([].append) and not is_entry(fallback)
    assert f.__name__.startswith("jitad.test.")
