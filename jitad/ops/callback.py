"""Calls back into Python while a program runs: printing values, stopping in the debugger, finding NaN."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator, Sequence
from types import CodeType
from typing import Any

import numpy as np

from ..ir.graph import Eqn, Function, Loc, callee, once
from ..ir.named import named
from ..ir.op import Op
from ..ir.types import BOOL, IRTypeError, Type, type_of
from .lowering import Callback


def _infer_print(*operands: Type, format: str) -> tuple[Type, ...]:
    _refuse_tapes("print", operands)
    try:
        format.format(*[np.zeros((1,) * t.ndim, t.dtype)[()] for t in operands])
    except (LookupError, TypeError, ValueError) as error:
        raise IRTypeError(f"print: {format!r} does not take its operands: {error}") from None
    return ()


def _refuse_tapes(name: str, operands: Sequence[Type]) -> None:
    for t in operands:
        if t.item is not None:
            raise IRTypeError(f"{name}: a tape is no operand")


def _print(*values: Any, format: str, loc: Loc | None = None) -> tuple[Any, ...]:
    builtins.print(format.format(*map(_own, values)) + "\n", end="")  # one write: threads print whole lines
    return ()


def _own(x: Any) -> Any:
    """An array that belongs to whoever sees it; of rank 0 the NumPy scalar."""
    return np.array(x)[()]


print_: Op = Op(
    "print",
    "no result; prints `format` with the operands in its fields, which are numbered",
    infer=_infer_print,
    reference=_print,
    tangent=None,
    adjoint=None,
    lowering=Callback(),
    samples=(),
    differentiable=False,
    effect=True,
)


def _infer_breakpoint(*operands: Type, names: tuple[str, ...]) -> tuple[Type, ...]:
    _refuse_tapes("breakpoint", operands)
    if len(names) != len(operands) or not all(isinstance(n, str) and n.isidentifier() for n in names):
        raise IRTypeError(f"breakpoint: {names} are not names for {len(operands)} operands")
    return ()


def stop(values: dict[str, Any], loc: Loc | None) -> None:
    """Call `sys.breakpointhook` from a frame that has these local names, at the user's line."""
    exec(
        _stopping(loc or Loc("<jitad>", 1)),
        {"__name__": "jitad.breakpoint", "__builtins__": builtins},
        values,
    )


def _stopping(loc: Loc) -> CodeType:
    """Code that calls the hook. Before Python 3.13 debuggers stop at the line that follows the call."""
    before = loc.line if sys.version_info >= (3, 13) else max(loc.line - 1, 1)
    lines = [
        "\n" * (before - 1),
        "__import__('sys').breakpointhook()",
        "\n" * (loc.line - before) or ";",
        "pass",
    ]
    return compile("".join(lines), loc.file, "exec")


def _stop(*values: Any, names: tuple[str, ...], loc: Loc | None = None) -> tuple[Any, ...]:
    stop(dict(zip(names, map(_own, values))), loc)
    return ()


breakpoint_: Op = Op(
    "breakpoint",
    "no result; stops in Python's debugger with the operands under `names`",
    infer=_infer_breakpoint,
    reference=_stop,
    tangent=None,
    adjoint=None,
    lowering=Callback(),
    samples=(),
    differentiable=False,
    effect=True,
)


def _infer_finite(holds: Type, x: Type, *, text: str) -> tuple[Type, ...]:
    if holds is not type_of(BOOL):
        raise IRTypeError(f"assert_finite: the condition is {holds}, not bool")
    if x.item is not None or not x.is_float:
        raise IRTypeError(f"assert_finite: {x} is not of floating point")
    return ()


def _assert_finite(holds: Any, x: Any, *, text: str, loc: Loc | None = None) -> tuple[Any, ...]:
    if not bool(holds):
        refuse_not_finite(x, text, loc)
    return ()


def refuse_not_finite(x: Any, text: str, loc: Loc | None) -> None:
    """Raise FloatingPointError for an array with NaN or infinity: how many, and the first."""
    where = f"\n  from {loc}" if loc is not None else ""
    raise FloatingPointError(named("not-finite", f"{text + ': ' if text else ''}{how_many(x)}{where}"))


def how_many(x: Any) -> str:
    """`2 NaN and 1 inf in f64[3,4], the first nan at [0, 1]`."""
    x = np.asarray(x)
    counts = ((int(np.isnan(x).sum()), "NaN"), (int(np.isinf(x).sum()), "inf"))
    counted = " and ".join(f"{n} {what}" for n, what in counts if n)
    text = f"{counted} in {type_of(x.dtype, x.shape)}"
    if not x.shape:
        return text
    at = tuple(np.argwhere(~np.isfinite(x))[0].tolist())
    return f"{text}, the first, {x[at]}, at [{', '.join(map(str, at))}]"


assert_finite: Op = Op(
    "assert_finite",
    "no result; raises FloatingPointError, with `text`, unless the first operand is true, which says whether "
    "all of the second is finite",
    infer=_infer_finite,
    reference=_assert_finite,
    tangent=None,
    adjoint=None,
    lowering=Callback(unless=True),
    samples=(),
    differentiable=False,
    effect=True,
)


def calls_back(eqn: Eqn) -> bool:
    """Whether `eqn`, or an equation in its regions or in a function that it calls, calls back into Python."""
    if isinstance(eqn.op.lowering, Callback) or any(map(calls_back, _inner(eqn))):
        return True
    function = callee(eqn)
    return function is not None and once(function, "calls back", lambda f: any(map(calls_back, f.eqns)))


def silenced(eqns: Sequence[Eqn]) -> tuple[Eqn, ...]:
    """The equations without those that call back, in regions and in functions that are called, too."""
    return tuple(_silent(eqn) for eqn in eqns if not isinstance(eqn.op.lowering, Callback))


def _silent(eqn: Eqn) -> Eqn:
    if not calls_back(eqn):
        return eqn
    silent: Callable[[Function], Function] = lambda f: f.replace(eqns=silenced(f.eqns))
    function, attrs = callee(eqn), eqn.attrs
    if function is not None:
        attrs = {**attrs, "function": once(function, "silenced", silent)}
    regions = tuple(map(silent, eqn.regions))
    return Eqn(eqn.op, eqn.operands, attrs, eqn.results, eqn.loc, regions, eqn.origin)


def _inner(eqn: Eqn) -> Iterator[Eqn]:
    return (inner for region in eqn.regions for inner in region.eqns)


#: The operations that call back into Python, by name.
CALLBACKS = {op.name: op for op in (print_, breakpoint_, assert_finite)}


def served(name: str, operands: Sequence[Any], attrs: dict[str, Any], loc: Loc | None) -> None:
    """What native code asks for: the operation, on its operands."""
    CALLBACKS[name].reference(*operands, **attrs, loc=loc)
