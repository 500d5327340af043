"""Sizes that calls differ in: read from shapes, compared, handed to the kernel, and lengths of results."""

import numpy as np
import pytest
from native_kernels import F8, array, fallback, fell_back, on_status, python

from jitad.native.call import invoke
from jitad.native.engine import compile_module
from jitad.native.signature import Leaf, Signature, Size, Sizes, Step, TupleOf

N = Size(0)
#: Copies %count numbers, which is operand 0, from operand %from to operand %to.
COPY = """
define i32 @"{symbol}"({pointers}) {{
  {count}
  br label %loop
loop:
  %i = phi i64 [0, %0], [%next, %one]
  %end = icmp sge i64 %i, %count
  br i1 %end, label %done, label %one
one:
  %a = getelementptr double, ptr %p{source}, i64 %i
  %b = getelementptr double, ptr %p{target}, i64 %i
  %x = load double, ptr %a
  store double %x, ptr %b
  %next = add i64 %i, 1
  br label %loop
done:
  ret i32 0
}}
"""
OWN = "%count = load i64, ptr %p0"
HALF = "%size = load i64, ptr %p0\n  %count = lshr i64 %size, 1"
_number = iter(range(1000))


def signature(args, result, sizes, source, target, operands, count=OWN):
    symbol = f"jitad.test.sizes.{next(_number)}"
    pointers = ", ".join(f"ptr %p{i}" for i in range(operands))
    text = COPY.format(symbol=symbol, pointers=pointers, count=count, source=source, target=target)
    return compile_module(text), Signature(
        symbol, tuple(args), (), result, (), False, fallback, on_status, sizes
    )


def copying():
    """x → a copy of it."""
    return signature([array(N)], array(N), Sizes(1, 2), 1, 2, 3)


def halving():
    """x → its first half."""
    steps = (Step("const", 2), Step("floor_divide", 0, 1))
    return signature(
        [array(N)], array(Size(2)), Sizes(1, 2, steps, lambda s, _: (2, s[0] // 2)), 1, 2, 3, HALF
    )


@pytest.mark.parametrize("n", [2, 3, 17, 1000])
def test_a_length_may_change_from_call_to_call(build, n):
    f = build(*copying())
    x = np.arange(float(n))
    y = f(x)
    assert y is not x and y.dtype == F8
    np.testing.assert_array_equal(y, x)
    out = np.zeros(n)
    assert f(x, out=out) is out
    np.testing.assert_array_equal(out, x)


def test_what_does_not_fit_goes_to_the_fallback(build):
    f = build(*copying())
    for x in (np.zeros(1), np.zeros(0), np.zeros((4, 1)), np.zeros(8)[::2], np.zeros(4, np.float32)):
        assert fell_back(f(x))
    for out in (np.zeros(3), np.zeros((4, 1))):
        assert fell_back(f(np.zeros(4), out=out))
    x = np.zeros(6)
    assert fell_back(f(x[:4], out=x[2:]))


def test_equal_sizes_are_compared(build):
    f = build(*signature([array(N, 3), TupleOf((array(N),))], array(N), Sizes(1, 2), 2, 3, 4))
    y = np.arange(5.0)
    np.testing.assert_array_equal(f(np.zeros((5, 3)), (y,)), y)
    assert fell_back(f(np.zeros((5, 3)), (y[:4],)))
    assert fell_back(f(np.zeros((5, 2)), (y,)))


def test_lengths_of_results_are_computed(build):
    f = build(*halving())
    for n in (2, 3, 1000):
        x = np.arange(float(n))
        np.testing.assert_array_equal(f(x), x[: n // 2])
        out = np.zeros(n // 2)
        assert f(x, out=out) is out
        np.testing.assert_array_equal(out, x[: n // 2])
        assert fell_back(f(x, out=np.zeros(n)))


def test_lengths_from_integer_arguments(build):
    """f(x, n) = x[:n], as far as sizes go."""
    sizes = Sizes(0, 0, (Step("leaf", 1),), lambda _, leaves: (leaves[1],))
    count = "%count = load i64, ptr %p1"
    made = signature([array(9), python("i8")], array(N), sizes, 0, 2, 3, count)
    f = build(*made)
    x = np.arange(9.0)
    for n in (0, 1, 9):
        np.testing.assert_array_equal(f(x, n), x[:n])
    with pytest.raises(ValueError, match="negative dimensions"):
        f(x, -1)


OPERATIONS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "floor_divide": lambda a, b: a // b if b else 0,
    "maximum": max,
    "minimum": min,
    "lt": lambda a, b: int(a < b),
    "le": lambda a, b: int(a <= b),
    "eq": lambda a, b: int(a == b),
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
}


@pytest.mark.parametrize("op", OPERATIONS)
def test_each_step(build, op):
    """The length is 100 + op(a, b); select takes it, where the operation has been done, instead of 0."""
    compute = lambda _, leaves: (100 + OPERATIONS[op](*leaves), 0, 0, 0, 0, 0)
    steps = (Step("const", 1), Step("leaf", 0), Step("leaf", 1), Step(op, 1, 2), Step("const", 100))
    steps = (*steps, Step("add", 3, 4), Step("select", 0, 5, 3))
    final = Sizes(0, 0, steps, lambda s, leaves: (0, 0, 0, 0, 0, 0, *compute(s, leaves)[:1]))
    made = signature([python("i8"), python("i8")], array(Size(6)), final, 0, 0, 3, "%count = add i64 0, 0")
    f = build(*made)
    for a, b in ((7, 2), (-7, 2), (7, -2), (-7, -2), (6, 3), (6, -3), (5, 0), (5, -1), (3, 3)):
        assert f(a, b).shape == (100 + OPERATIONS[op](a, b),)


def test_the_general_path():
    module, made = halving()
    address = module.address(made.symbol)
    x = np.arange(20.0)[::2]
    np.testing.assert_array_equal(invoke(address, made, [x])[0], x[:5])
    np.testing.assert_array_equal(invoke(address, made, [x.astype(">f8")])[0], x[:5])
    with pytest.raises(ValueError, match=r"argument leaf 0 has shape \(1,\), .* of shape \(n0,\)"):
        invoke(address, made, [np.zeros(1)])
    with pytest.raises(ValueError, match=r"out\[0\] has shape \(10,\)"):
        invoke(address, made, [x], [np.zeros(10)])


def test_leaves_with_sizes():
    leaf = Leaf(F8, (N, 3), "array")
    assert leaf.is_open and leaf.at([7]) == array(7, 3) and leaf.at([7]).nbytes == 168
    sizes = {}
    assert leaf.bind((5, 3), sizes, 2) and sizes == {0: 5}
    assert not leaf.bind((6, 3), sizes, 2) and not leaf.bind((5, 3, 1), sizes, 2)
    assert not leaf.bind((1, 3), {}, 2)


@pytest.mark.parametrize("release", [0, 1, 5])
def test_the_lock_is_released_by_size(build, release):
    module, made = copying()
    made.release_gil = release
    f = build(module, made)
    for n in (2, 4, 5, 1000):
        np.testing.assert_array_equal(f(np.arange(float(n))), np.arange(float(n)))
