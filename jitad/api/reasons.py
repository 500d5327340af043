"""Why a version was made, in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..capture.guards import holds, short
from ..ir.types import dtype_name, is_supported

if TYPE_CHECKING:
    from .binding import Binder, Call
    from .family import Axis, Family, Known
    from .version import Version


def new_family(binder: Binder, call: Call, known: Mapping[Any, Family]) -> str:
    """Against the most similar of the calls so far."""
    if not known:
        return "first call"
    last = [f.first for f in known.values()]
    if any(c.key == call.key for c in last):
        return "another tape budget"
    same = [c for c in last if c.spec == call.spec]
    if not same:
        return "new structure of the arguments"
    kinds = [c for c in same if c.key[1] == call.key[1]]
    if kinds:
        return _static_changed(binder, kinds[-1], call)
    before, names = same[-1], binder.leaf_names(call)
    for name, x, y, a, b in zip(names, before.key[1], call.key[1], before.shapes, call.shapes):
        if x != y:
            return f"{_what(x, y)} of {name}: {_kind(x, a)} → {_kind(y, b)}"
    return "new types"


def _static_changed(binder: Binder, before: Known, call: Call) -> str:
    old = dict(before.static)
    for where, value in call.static:
        name = binder.name(where) if isinstance(where, int) else where
        if where not in old:
            return f"static argument {name} = {short(value)}"
        if type(old[where]) is not type(value) or old[where] != value:
            return f"static argument {name} changed: {short(old[where])} → {short(value)}"
    return "static arguments changed"


def _what(x: Any, y: Any) -> str:
    arrays = isinstance(x, tuple) and isinstance(y, tuple)
    if not arrays:
        return "new kind"
    if x[-2] == y[-2]:
        return "new number of axes"
    return "new byte order" if x[-2].newbyteorder("=") == y[-2].newbyteorder("=") else "new dtype"


def _kind(x: Any, shape: tuple[int, ...]) -> str:
    if not isinstance(x, tuple):
        return getattr(x, "__name__", str(x))
    dtype = x[-2].newbyteorder("=")
    text = dtype_name(dtype) if is_supported(dtype) else str(dtype)
    return f"{text}[{','.join(map(str, shape))}]"


def rebound(version: Version) -> str:
    """Which captured name or array is another one than when the version was traced."""
    for guard in version.guards:
        if not holds(guard):
            return f"captured name rebound: {guard.name}"
    for i, array in zip(version.program.captures.inputs, version.inputs):
        if np.shape(array) != i.param.shape:
            return f"captured array {i.name or ''} has another shape"
    return "something captured changed"


def resized(family: Family, call: Call, names: Sequence[str], axes: Collection[Axis], why: str = "") -> str:
    """Which sizes are not those of the first call, and what became of them."""
    changes: dict[tuple[int, int, bool], list[str]] = {}
    for leaf, (a, b) in enumerate(zip(family.first.shapes, call.shapes)):
        for axis, (m, n) in enumerate(zip(a, b)):
            if m != n:
                changes.setdefault((m, n, (leaf, axis) in axes), []).append(f"axis {axis} of {names[leaf]}")
    parts = [
        f"value of {names[i]} changed: {family.first.numbers[i]} → {call.numbers[i]}, compiled in"
        for i in family.static
        if call.numbers[i] != family.first.numbers[i]
    ]
    parts += [
        f"{names[i]} is {call.numbers[i]}, not a size of an array as in the first call"
        for i in family.tied
        if all(call.numbers[i] not in shape for shape in call.shapes)
    ]
    if not changes and not parts:
        return "sizes of the first call again"
    for (m, n, open_), where in changes.items():
        several = len(where) > 1
        became = ("now one value" if several else "now a value") if open_ else "compiled in"
        parts.append(f"size{'s' * several} of {' and '.join(where)} changed: {m} → {n}, {became}")
    return "; ".join(parts) + (f" ({why})" if why and changes else "")


def compiled_in(name: str, error: Exception) -> str:
    """That Python needs the value of an argument, and for what."""
    return f"the value of {name} compiled in ({said_by(error)})"


def said_by(error: Exception) -> str:
    """The gist of an error: what comes before its advice."""
    text = str(error).partition("\n")[0].partition("; ")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
