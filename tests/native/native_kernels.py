"""Small kernels in LLVM text, and entries around them, for the tests of jitad.native."""

import itertools

import numpy as np

from jitad.native.engine import compile_module
from jitad.native.signature import Leaf, Signature, leaves

F8 = np.dtype(np.float64)
_symbols = (f"jitad.test.{i}" for i in itertools.count())

_LLVM_TYPES = {"f8": "double", "f4": "float", "b1": "i8"}


def llvm_type(dtype):
    """The LLVM type of an element in memory."""
    dtype = np.dtype(dtype)
    return _LLVM_TYPES.get(dtype.str[1:], f"i{8 * dtype.itemsize}")


def array(*shape, dtype=F8):
    return Leaf(np.dtype(dtype), shape, "array")


def scalar(dtype=F8):
    return Leaf(np.dtype(dtype), (), "scalar")


def python(dtype=F8):
    return Leaf(np.dtype(dtype), (), "python")


def kernel(body, operands, status="0"):
    """A module and its symbol: `body` works on the pointers %p0, %p1, …"""
    symbol = next(_symbols)
    pointers = ", ".join(f"ptr %p{i}" for i in range(operands))
    return compile_module(f'define i32 @"{symbol}"({pointers}) {{\n{body}\n  ret i32 {status}\n}}'), symbol


def copy(source, target, count, dtype=F8):
    """IR that copies `count` elements, one by one, from operand to operand."""
    t = llvm_type(dtype)
    lines = []
    for i in range(count):
        at = f"{source}.{target}.{i}"
        lines += [
            f"  %s{at} = getelementptr {t}, ptr %p{source}, i64 {i}",
            f"  %t{at} = getelementptr {t}, ptr %p{target}, i64 {i}",
            f"  %v{at} = load {t}, ptr %s{at}",
            f"  store {t} %v{at}, ptr %t{at}",
        ]
    return "\n".join(lines)


def fallback(*args, **kwargs):
    """The fallback of these entries: it says that it was called, and with what."""
    return ("fallback", args, kwargs)


class Failed(Exception):
    """What a positive status becomes."""


def on_status(status):
    raise Failed(status)


def make(build, args, result, body, *, status="0", **fields):
    """An entry around a new kernel with this body."""
    captures = fields.get("captures", ())
    operands = sum(len(list(leaves(t))) for t in (*args, result)) + len(captures)
    module, symbol = kernel(body, operands, status)
    signature = Signature(
        **{
            "symbol": symbol,
            "args": tuple(args),
            "captures": (),
            "result": result,
            "guards": (),
            "release_gil": False,
            "fallback": fallback,
            "on_status": on_status,
            **fields,
        }
    )
    return build(module, signature)


def fell_back(answer):
    return type(answer) is tuple and len(answer) == 3 and answer[0] == "fallback"
