"""An emitter that computes instead of writing code: it checks lowering rules without a compiler.

Registers are NumPy arrays. What is undefined in LLVM (a division that traps, a shift by the width, an
out-of-range conversion) is an AssertionError here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special

UNSIGNED = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
SIGNED = {1: np.int8, 2: np.int16, 4: np.int32, 8: np.int64}

FLOAT = {"fadd": np.add, "fsub": np.subtract, "fmul": np.multiply, "fdiv": np.divide}
WRAPPING = {"add": np.add, "sub": np.subtract, "mul": np.multiply}
BITS = {"and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor}
RELATIONS = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
INTRINSICS = {
    "llvm.fabs": np.abs,
    "llvm.sqrt": np.sqrt,
    "llvm.exp": np.exp,
    "llvm.exp2": np.exp2,
    "llvm.log": np.log,
    "llvm.log2": np.log2,
    "llvm.log10": np.log10,
    "llvm.sin": np.sin,
    "llvm.cos": np.cos,
    "llvm.pow": np.power,
    "llvm.floor": np.floor,
    "llvm.ceil": np.ceil,
    "llvm.trunc": np.trunc,
    "llvm.rint": np.rint,
    "llvm.copysign": np.copysign,
    "llvm.fma": lambda x, y, z: _fma(x, y, z),
}
LIBM = {
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "atan2": np.arctan2,
    "erf": scipy.special.erf,
    "erfc": scipy.special.erfc,
}


def _fma(x: Any, y: Any, z: Any) -> Any:
    """x·y + z rounded (nearly) once: the halves' products are exact in the long double of x86."""
    plain = x * y + z
    (xh, xl), (yh, yl) = _halves(x), _halves(y)
    total, first = _two_sum(xh * yh, z)
    total, second = _two_sum(total, xh * yl + xl * yh)
    exact = (total + (first + second + xl * yl)).astype(x.dtype)
    return np.where(np.isfinite(exact) & (exact != 0), exact, plain).astype(x.dtype)


def _two_sum(x: Any, y: Any) -> tuple[Any, Any]:
    """x + y and its rounding error (Knuth)."""
    total = x + y
    part = total - x
    return total, (x - (total - part)) + (y - part)


def _halves(x: Any) -> tuple[Any, Any]:
    """The first 26 digits of x and the others, as long doubles."""
    high = (x.astype(np.float64).view(np.int64) & -(1 << 27)).view(np.float64).astype(np.longdouble)
    return high, x.astype(np.longdouble) - high


def _signed(x: Any) -> Any:
    return x if x.dtype.kind == "b" else x.view(SIGNED[x.dtype.itemsize])


def _unsigned(x: Any) -> Any:
    return x if x.dtype.kind == "b" else x.view(UNSIGNED[x.dtype.itemsize])


class Emulator:
    """The emitter's interface, on arrays."""

    def op(self, name: str, x: Any, y: Any) -> Any:
        assert x.dtype == y.dtype, (name, x.dtype, y.dtype)
        if name in FLOAT:
            assert x.dtype.kind == "f", name
            return FLOAT[name](x, y)
        assert x.dtype.kind in "iub", name
        if name in BITS:
            return BITS[name](x, y)
        assert x.dtype.kind in "iu", name
        if name in WRAPPING:
            return WRAPPING[name](_unsigned(x), _unsigned(y)).view(x.dtype)
        return getattr(self, f"_{name}")(x, y).view(x.dtype)

    def _sdiv(self, x: Any, y: Any) -> Any:
        x, y = _signed(x), _signed(y)
        assert np.all(y != 0) and not np.any((y == -1) & (x == np.iinfo(x.dtype).min))
        quotient = np.floor_divide(x, y)
        return quotient + ((quotient * y != x) & ((x < 0) != (y < 0)))

    def _udiv(self, x: Any, y: Any) -> Any:
        assert np.all(y != 0)
        return np.floor_divide(_unsigned(x), _unsigned(y))

    def _urem(self, x: Any, y: Any) -> Any:
        assert np.all(y != 0)
        return np.remainder(_unsigned(x), _unsigned(y))

    def _shl(self, x: Any, y: Any) -> Any:
        return np.left_shift(_unsigned(x), self._amount(y))

    def _lshr(self, x: Any, y: Any) -> Any:
        return np.right_shift(_unsigned(x), self._amount(y))

    def _ashr(self, x: Any, y: Any) -> Any:
        return np.right_shift(_signed(x), _signed(self._amount(y)))

    def _amount(self, y: Any) -> Any:
        assert np.all(_unsigned(y) < 8 * y.dtype.itemsize)
        return _unsigned(y)

    def fneg(self, x: Any) -> Any:
        assert x.dtype.kind == "f"
        return np.negative(x)

    def fcmp(self, predicate: str, x: Any, y: Any) -> Any:
        assert x.dtype == y.dtype and x.dtype.kind == "f"
        unordered = np.isnan(x) | np.isnan(y)
        if predicate in ("uno", "ord"):
            return unordered if predicate == "uno" else ~unordered
        holds = RELATIONS[predicate[1:]](x, y)
        return holds | unordered if predicate[0] == "u" else holds & ~unordered

    def icmp(self, predicate: str, x: Any, y: Any) -> Any:
        assert x.dtype == y.dtype and x.dtype.kind in "iub"
        if predicate in RELATIONS:
            return RELATIONS[predicate](x, y)
        view = _signed if predicate[0] == "s" else _unsigned
        return RELATIONS[predicate[1:]](view(x), view(y))

    def select(self, c: Any, x: Any, y: Any) -> Any:
        assert c.dtype.kind == "b" and x.dtype == y.dtype
        return np.where(c, x, y)

    def const(self, value: Any, like: Any) -> Any:
        return self.const_of(value, like.dtype, like)

    def const_of(self, value: Any, dtype: Any, like: Any) -> Any:
        dtype = np.dtype(dtype)
        if dtype.kind == "u":
            value = int(value) % 2 ** (8 * dtype.itemsize)
        return np.full(like.shape, value, dtype)

    def cast(self, instruction: str, x: Any, dtype: Any) -> Any:
        dtype = np.dtype(dtype)
        if instruction in ("fpext", "fptrunc"):
            assert x.dtype.kind == dtype.kind == "f"
            assert (dtype.itemsize > x.dtype.itemsize) == (instruction == "fpext")
            return x.astype(dtype)
        if instruction in ("sitofp", "uitofp"):
            return (_signed if instruction == "sitofp" else _unsigned)(x).astype(dtype)
        if instruction == "fptosi":
            bound = 2.0 ** (8 * dtype.itemsize - 1)
            assert np.all((np.trunc(x) >= -bound) & (np.trunc(x) < bound))
            return x.astype(SIGNED[dtype.itemsize]).view(dtype)
        assert instruction in ("trunc", "sext", "zext")
        assert (dtype.itemsize < x.dtype.itemsize) == (instruction == "trunc")
        return (_signed if instruction == "sext" else _unsigned)(x).astype(dtype)

    def single(self, x: Any) -> bool:
        return x.dtype == np.float32

    def bitcast(self, x: Any, ty: str) -> Any:
        return x.view({"double": np.float64, "float": np.float32, "i64": np.int64, "i32": np.int32}[ty])

    def function(self, name: str, body: Any, *xs: Any) -> Any:
        return body(self, *xs)

    def rare(self, condition: Any, name: str, body: Any, fast: Any, *xs: Any) -> Any:
        return np.where(condition, body(self, *xs), fast)

    def intrinsic(self, name: str, *xs: Any) -> Any:
        return INTRINSICS[name](*xs)

    def libm(self, name: str, *xs: Any) -> Any:
        return (LIBM.get(name) or getattr(np, name))(*xs)

    def special(self, name: str, *xs: Any) -> Any:
        return getattr(scipy.special, name)(*xs)
