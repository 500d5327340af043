"""Arrays made while tracing whose elements are known, until something unknown is written into them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ir.graph import Const, Value
from ..ir.types import is_supported, type_of
from .handles import View, refuse, root_of, state_of
from .trace import current_trace, innermost
from .traced import Traced


def constant(array: np.ndarray) -> Traced:
    """A new array of the innermost trace with these elements; `array` is copied if it may be shared."""
    dtype = array.dtype.newbyteorder("=")
    out = Traced(Value(type_of(dtype, array.shape)), current_trace())
    out._value = None
    state = state_of(out)
    state.rank0 = not array.shape
    own = array.flags.owndata and array.flags.c_contiguous and array.flags.writeable and array.dtype == dtype
    state.number = array if own else np.array(array, dtype=dtype, order="C")
    return out


def lifted(x: Any) -> Any:
    """What NumPy gave, with the arrays in it as constants of the innermost trace; numbers as they are."""
    cls = x.__class__
    if cls is np.ndarray:
        return constant(x) if is_supported(x.dtype.newbyteorder("=")) else x
    if cls is tuple or cls is list:
        return cls([lifted(item) for item in x])
    return x


def number_of(x: Traced) -> Any:
    """The elements of `x` if they are known without a search: an array that must not be changed, or None."""
    state = x.state
    if state is None:
        value = x._value
        return value.data if value.__class__ is Const else None
    if state.__class__ is View:
        base = number_of(state.parent) if state.number is not None else None
        return None if base is None else state.step.of(base)
    if state.number is None:
        return None
    trace = innermost()
    return state.number if trace is not None and (trace is x.home or trace.may_assume(x)) else None


def numbers(x: Any) -> Any:
    """`x`, arguments in nested tuples, lists and dicts, with known elements for the traced arrays in it.

    Raises KeyError if those of one are not known.
    """
    cls = x.__class__
    if cls is Traced:
        found = number_of(x)
        if found is None:
            raise KeyError
        return _guarded(found, x.weak)
    if cls is tuple or cls is list:
        return cls([numbers(item) for item in x])
    if cls is dict:
        return {key: numbers(item) for key, item in x.items()}
    if cls is slice:
        return slice(numbers(x.start), numbers(x.stop), numbers(x.step))
    return x


def _guarded(found: Any, weak: bool) -> Any:
    """Known elements, as a view that nobody writes through."""
    if weak:
        return found.item()
    if isinstance(found, np.ndarray):
        found = found.view()
        found.flags.writeable = False
    return found


def folded(f: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`f` of known elements, by NumPy now; NotImplemented if some are not known, or it writes into `out`."""
    if kwargs.get("out") is not None or (isinstance(f, np.ufunc) and len(args) > f.nin):
        return NotImplemented
    for x in args:
        if x.__class__ is Traced and (x.state is None or x.state.number is None):
            if x._value.__class__ is not Const:
                return NotImplemented
    try:
        known_args, known_kwargs = numbers(args), numbers(kwargs)
    except KeyError:
        return NotImplemented
    result = f(*known_args, **known_kwargs)
    for x, array in zip(args, known_args):
        if result is array and x.__class__ is Traced:
            return x
    return lifted(result)


def write_number(x: Traced, key: Any, value: Any) -> bool:
    """Write known elements into an array whose elements are known; False if some are not, or in a region."""
    root = root_of(x)
    state = root.state
    if state is None or state.number is None or root.home is not innermost():
        return False
    target = number_of(x)
    if target is None or not np.may_share_memory(target, state.number):
        return False
    try:
        key, value = numbers(key), numbers(value)
    except KeyError:
        return False
    if x.state.sealed is not None:
        refuse(x.state.sealed)
    target[key] = value
    root.home.root.writes.append(root)
    root._value = None
    state.version += 1
    return True


__all__ = ["constant", "folded", "lifted", "number_of", "numbers", "write_number"]
