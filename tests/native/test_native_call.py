"""The general call path: any layout in, any layout out."""

import numpy as np
import pytest
from native_kernels import Failed, array, copy, fallback, kernel, on_status, python, scalar

from jitad.native.call import invoke
from jitad.native.signature import Signature, Static, TupleOf


def setup(args, results, body, *, captures=(), status="0"):
    module, symbol = kernel(body, len(args) + len(captures) + len(results), status)
    result = TupleOf(tuple(results))
    signature = Signature(symbol, tuple(args), captures, result, (), False, fallback, on_status)
    return module, module.address(symbol), signature


@pytest.fixture
def copy4():
    module, address, signature = setup([array(2, 2)], [array(2, 2)], copy(0, 1, 4))
    assert module is not None

    def call(*leaves, out=None, _module=module):
        return invoke(address, signature, leaves, out)

    return call


def unaligned():
    memory = np.zeros(33, np.uint8)
    x = memory[1:].view(np.float64).reshape(2, 2)
    x[:] = [[1, 2], [3, 4]]
    return x


class Sub(np.ndarray):
    pass


WANTED = np.array([[1.0, 2.0], [3.0, 4.0]])
LAYOUTS = {
    "contiguous": WANTED,
    "fortran": np.asfortranarray(WANTED),
    "strided": np.repeat(WANTED, 2, axis=1)[:, ::2],
    "negative": WANTED[::-1, ::-1].copy()[::-1, ::-1],
    "byte order": WANTED.astype(">f8"),
    "unaligned": unaligned(),
    "subclass": WANTED.view(Sub),
    "list": WANTED.tolist(),
}


@pytest.mark.parametrize("case", LAYOUTS)
def test_inputs_of_any_layout(copy4, case):
    (y,) = copy4(LAYOUTS[case])
    assert type(y) is np.ndarray and y.dtype == np.float64 and y.flags.c_contiguous
    np.testing.assert_array_equal(y, WANTED)


def test_read_only_and_broadcast_inputs(copy4):
    (y,) = copy4(np.broadcast_to(np.array([1.0, 2.0]), (2, 2)))
    assert y.tolist() == [[1, 2], [1, 2]]


@pytest.mark.parametrize(
    "value, error, message",
    [
        (WANTED.astype("f4"), TypeError, "argument leaf 0 is float32 of shape"),
        (WANTED.astype("i8"), TypeError, "argument leaf 0 is int64"),
        (WANTED[0], ValueError, r"argument leaf 0 has shape \(2,\), the compiled code takes float64"),
        (np.ma.array(WANTED), TypeError, "masked array"),
        ([[object(), 1.0], [1.0, 1.0]], TypeError, "which is no float64"),
        (3.0, ValueError, r"has shape \(\)"),
    ],
)
def test_inputs_that_do_not_fit(copy4, value, error, message):
    with pytest.raises(error, match=message):
        copy4(value)


def test_number_of_leaves(copy4):
    with pytest.raises(TypeError, match="takes 1 leaves, not 2"):
        copy4(WANTED, WANTED)


@pytest.mark.parametrize("value", [1.5, np.float64(1.5), np.array(1.5), np.array(1.5, ">f8")])
def test_scalars_from_anything_of_that_type(value):
    module, address, signature = setup(
        [scalar()], [array(), scalar(), python()], copy(0, 1, 1) + copy(0, 2, 1) + copy(0, 3, 1)
    )
    a, s, p = invoke(address, signature, [value])
    assert module and type(a) is np.ndarray and type(s) is np.float64 and type(p) is float
    assert a == s == p == 1.5


@pytest.mark.parametrize("dtype, value", [("i8", 3), ("?", True), ("i8", -(2**63))])
def test_python_integers_and_bools(dtype, value):
    module, address, signature = setup(
        [python(dtype)], [python(dtype)], copy(0, 1, np.dtype(dtype).itemsize, "u1")
    )
    assert invoke(address, signature, [value]) == [value] and module
    for wrong in (1.5, 2**64, "x"):
        with pytest.raises(TypeError):
            invoke(address, signature, [wrong])


def test_captures_are_converted_too():
    captured = np.zeros((2, 2), order="F")
    captured[:] = WANTED
    module, address, signature = setup([], [array(2, 2)], copy(0, 1, 4), captures=((array(2, 2), captured),))
    assert invoke(address, signature, [])[0].tolist() == WANTED.tolist() and module


@pytest.mark.parametrize(
    "case", ["contiguous", "fortran", "strided", "negative", "byte order", "unaligned", "subclass"]
)
def test_out_of_any_layout(copy4, case):
    shapes = {
        "contiguous": np.zeros((2, 2)),
        "fortran": np.zeros((2, 2), order="F"),
        "strided": np.zeros((2, 6))[:, ::3],
        "negative": np.zeros((2, 2))[::-1],
        "byte order": np.zeros((2, 2), ">f8"),
        "unaligned": unaligned() * 0,
        "subclass": np.zeros((2, 2)).view(Sub),
    }
    y = shapes[case]
    assert copy4(WANTED, out=[y])[0] is y
    np.testing.assert_array_equal(np.asarray(y), WANTED)


def test_out_none_allocates(copy4):
    assert copy4(WANTED, out=[None])[0].tolist() == WANTED.tolist()


@pytest.mark.parametrize(
    "out, error, message",
    [
        ([np.zeros((2, 2), "f4")], TypeError, r"out\[0\] is float32"),
        ([np.zeros(4)], ValueError, r"out\[0\] has shape \(4,\)"),
        ([[1, 2]], TypeError, r"out\[0\] is a list; it has to be an ndarray or None"),
        ([np.broadcast_to(np.zeros(2), (2, 2))], ValueError, r"out\[0\] is read-only"),
        ([np.ma.zeros((2, 2))], TypeError, r"out\[0\] is a MaskedArray"),
        ([], TypeError, "out has 0 entries, the result 1"),
    ],
)
def test_out_that_does_not_fit(copy4, out, error, message):
    with pytest.raises(error, match=message):
        copy4(WANTED, out=out)


def reverse(n):
    """IR that stores the reversed input element by element: wrong if the output lies over the input."""
    lines = []
    for i in range(n):
        lines += [
            f"  %s{i} = getelementptr double, ptr %p0, i64 {i}",
            f"  %t{i} = getelementptr double, ptr %p1, i64 {n - 1 - i}",
            f"  %v{i} = load volatile double, ptr %s{i}",
            f"  store volatile double %v{i}, ptr %t{i}",
        ]
    return "\n".join(lines)


@pytest.mark.parametrize("shift", [0, 1, 3, 4])
def test_out_over_an_input_gives_the_right_result(shift):
    module, address, signature = setup([array(4)], [array(4)], reverse(4))
    memory = np.arange(1.0, 10.0)
    target = memory[shift : shift + 4]
    assert invoke(address, signature, [memory[:4]], [target])[0] is target and module
    assert target.tolist() == [4, 3, 2, 1]


def test_out_over_a_strided_input():
    module, address, signature = setup([array(4)], [array(4)], reverse(4))
    memory = np.arange(8.0)
    invoke(address, signature, [memory[::2]], [memory[1::2]])
    assert memory[1::2].tolist() == [6, 4, 2, 0] and memory[::2].tolist() == [0, 2, 4, 6] and module


def test_outs_that_share_memory():
    module, address, signature = setup([array(4)], [array(4), array(4)], copy(0, 1, 4) + copy(0, 2, 4))
    memory, x = np.zeros(8), np.arange(4.0)
    with pytest.raises(ValueError, match=r"out\[0\] and out\[1\] share memory"):
        invoke(address, signature, [x], [memory[:4], memory[3:7]])
    invoke(address, signature, [x], [memory[::2], memory[1::2]])
    assert memory.tolist() == [0, 0, 1, 1, 2, 2, 3, 3] and module


def test_a_failed_kernel_raises_and_copies_nothing():
    module, address, signature = setup([array(2)], [array(2)], copy(0, 1, 2), status="9")
    y = np.zeros(4)[::2]
    with pytest.raises(Failed) as caught:
        invoke(address, signature, [np.ones(2)], [y])
    assert caught.value.args == (9,) and (y == 0).all() and module
    module, address, signature = setup([array(2)], [array(2)], "", status="-1")
    with pytest.raises(MemoryError, match="no memory for the workspace"):
        invoke(address, signature, [np.ones(2)])


def test_more_operands_than_ctypes_takes():
    count = 1500
    module, address, signature = setup([python()] * (count - 1), [python()], copy(count - 2, count - 1, 1))
    assert invoke(address, signature, [float(i) for i in range(count - 1)]) == [count - 2.0] and module


def test_no_results():
    module, symbol = kernel("  store double 5.0, ptr %p0", 1)
    signature = Signature(symbol, (array(1),), (), Static(None), (), False, fallback, on_status)
    x = np.zeros(1)
    assert invoke(module.address(symbol), signature, [x]) == [] and x[0] == 5.0
