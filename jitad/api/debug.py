"""debug_nan: a call whose result has a NaN or an infinity says which operation made it."""

from __future__ import annotations

import functools
import linecache
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir.graph import Const, Value
from ..ir.named import named
from ..ops.callback import how_many
from .config import looking_for_nan, nan_search
from .nans import Event, Step, culprit

if TYPE_CHECKING:
    from .version import Version


def debug_nan(f: Callable, *, always: bool = False) -> Callable:
    """`f`, compiled; when a result has a NaN or infinity that no argument has, say which operation made it.

    f       a function, or what a transformation returns
    always  look for the first NaN or infinity that is made at all, also if no result shows it

    The call runs natively. If its result is suspicious, the program runs again in the interpreter, which is
    slow; so where all is well only the native entry is lost, some 0.1 ms a call. A NaN that no
    result depends on, as in the branch of a `where` that is not taken, is no error. Calls of other compiled
    functions within `f` are looked at, too. `JITAD_DEBUG_NAN=1` in the environment does so for all calls.

    Raises FloatingPointError naming the operation with its inputs, the user's line, whether it belongs to the
    function or to its derivative, and the iterations of the loops around it.
    """
    from .jit import Jit, jit

    compiled = f if isinstance(f, Jit) else jit(f)

    @functools.wraps(f)
    def debugged(*args: Any, **kwargs: Any) -> Any:
        with looking_for_nan(always):
            return compiled(*args, **kwargs)

    return debugged


def kept(version: Version, leaves: Sequence[Any], out: Any) -> Sequence[Any]:
    """The arguments of a call, copied if it may overwrite them."""
    if out is None and not version.program.written:
        return leaves
    return [x.copy() if isinstance(x, np.ndarray) else x for x in leaves]


def look(version: Version, leaves: Sequence[Any], after: Sequence[Any], result: Any) -> None:
    """Raise FloatingPointError if the result of a call, or an argument that it wrote, is suspicious.

    leaves, after  the arguments before the call and after it
    """
    always = nan_search() == "always"
    found = [*version.program.out_spec.flatten_up_to(result), *(after[k] for k in version.program.written)]
    nan, inf = _has(np.isnan, found), _has(np.isinf, found)
    known = [*leaves, *version.inputs]
    new_nan, new_inf = nan and not _has(np.isnan, known), inf and not _has(np.isinf, known)
    if not (always or new_nan or new_inf):
        return
    event = culprit(version.program.fn, version.values(leaves), always)
    if event is not None:
        raise FloatingPointError(explained(event))
    if new_nan or new_inf:
        spoiled = next(x for x in found if _has(np.isnan, [x]) or _has(np.isinf, [x]))
        raise FloatingPointError(
            named(
                "debug-nan",
                f"a result has {how_many(spoiled)}, which the interpreter does not find: native code rounds "
                "otherwise, and is near the largest number",
            )
        )


def _has(test: Callable[[Any], Any], values: Sequence[Any]) -> bool:
    return any(bool(test(x).any()) for x in map(np.asarray, values) if x.dtype.kind == "f")


def explained(event: Event) -> str:
    """The message: what was made, where, in which iterations, from what."""
    eqn = event.eqn
    k = next(k for k, m in enumerate(event.made) if m is not None and m.any())
    at = tuple(np.argwhere(event.made[k])[0].tolist())
    new = np.where(event.made[k], event.results[k], event.results[k].dtype.type(0))
    lines = [named("debug-nan", f"{eqn.op.name} made {how_many(new)}")]
    if eqn.loc is not None:
        lines.append(f"  from {eqn.loc} ({eqn.origin or 'forward'})")
        if text := linecache.getline(eqn.loc.file, eqn.loc.line).strip():
            lines.append(f"      {text}")
    else:
        lines.append(f"  ({eqn.origin or 'forward'})")
    lines += [f"  in {_place(step)}" for step in reversed(event.path)]
    point = at if eqn.op.elementwise else None
    lines += [f"  {_input(v, x, point)}" for v, x in zip(eqn.operands, event.operands)]
    return "\n".join(lines)


def _place(step: Step) -> str:
    where = "" if step.loc is None else f" at {step.loc}"
    return f"a call{where}" if step.iteration < 0 else f"iteration {step.iteration} of the loop{where}"


def _input(v: Value, x: Any, at: tuple[int, ...] | None) -> str:
    """`input x: f64[3] = [1. 2. 0.], at [2]: 0.0`."""
    x = np.asarray(x)
    name = "constant" if isinstance(v, Const) else f"input {v.hint}".strip()
    text = f"{name}: {v.type} = {' '.join(np.array2string(x, threshold=8, edgeitems=3).split())}"
    if at and x.shape:
        text += f", at [{', '.join(map(str, at))}]: {x[at]}"
    return text
