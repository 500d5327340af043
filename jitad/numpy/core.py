"""How a function of ours takes the place of NumPy's: registration, the user's line, errors."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

import numpy as np

from ..capture.constants import folded
from ..capture.errors import EscapedTraceError, TracedValueError
from ..capture.pictures import picture
from ..capture.source import at, user_frame, user_line
from ..capture.trace import current_trace, stack
from ..capture.tracer import Traced, escaped, implements, implements_method
from ..ir.graph import Value
from ..ir.named import name_in, named
from ..ir.types import IRTypeError, SizeUnknown

NoValue = np._NoValue

#: Public name ("sum", "linalg.norm", "special.erf") → function; what the coverage table lists.
COVERAGE: dict[str, Entry] = {}


class Entry:
    """One covered function: its names and whether it carries derivatives."""

    __slots__ = ("name", "functions", "methods", "differentiable")

    def __init__(self, name: str, functions: tuple, methods: tuple[str, ...], differentiable: bool) -> None:
        self.name = name
        self.functions = functions
        self.methods = methods
        self.differentiable = differentiable


#: Errors that get the user's line; the first that fits is the class of the new error.
_KINDS = (
    SizeUnknown,
    IRTypeError,
    np.linalg.LinAlgError,
    np.exceptions.AxisError,
    NotImplementedError,
    OverflowError,
    IndexError,
    TypeError,
    ValueError,
)


_NAMES = {
    SizeUnknown: "open-size",
    np.exceptions.AxisError: "axis",
    NotImplementedError: "not-supported",
    IndexError: "index",
    np.linalg.LinAlgError: "shapes",
}
_OF_SHAPES = re.compile("shape|broadcast|dimension|fit|axes|axis|length|size|rank|reshape|align")


def surface(
    *functions: Any,
    methods: tuple[str, ...] = (),
    name: str = "",
    differentiable: bool = True,
    creates: bool = False,
    folds: bool = True,
    open: bool = False,
) -> Callable[[Callable], Callable]:
    """Decorator: the function stands in for `functions` and ndarray `methods` on traced values.

    What it returns is the public function of jitad.numpy: NumPy's own unless a trace is open and an argument
    is an array or traced value (traced, if `creates`: an array that depends on nothing traced is a constant).

    differentiable   False for results that are integers, bools or piecewise constant
    folds            of arrays whose elements are known NumPy gives the result at once; False for views
    open             it takes arrays whose sizes only the running program knows; the others raise SizeUnknown
    """

    def register(f: Callable) -> Callable:
        public = name or f.__name__.rstrip("_")
        on_traced = located(f, public, _numpys(functions, methods) if folds else None, open)
        implements(*functions)(on_traced)
        implements_method(*methods)(on_traced)
        COVERAGE[public] = Entry(public, functions, methods, differentiable)
        original = functions[0] if functions else None

        @wraps(f)
        def entry(*args: Any, **kwargs: Any) -> Any:
            if original is not None and not _matters(args, kwargs, creates):
                return original(*args, **kwargs)
            return on_traced(*args, **kwargs)

        return entry

    return register


def _numpys(functions: tuple[Any, ...], methods: tuple[str, ...]) -> Callable | None:
    """NumPy's own function or method."""
    if functions:
        return functions[0] if callable(functions[0]) else None
    return getattr(np.ndarray, methods[0], None)


def _matters(args: tuple, kwargs: dict[str, Any], creates: bool) -> bool:
    if any(hasattr(x, "is_selection") for x in args):
        return False  # NumPy asks it
    kinds = Traced if creates else (Traced, np.ndarray)
    if not creates and not stack():
        kinds = Traced
    return holds(args, kinds) or (bool(kwargs) and holds(tuple(kwargs.values()), kinds))


def holds(x: Any, kinds: Any = Traced) -> bool:
    """Whether `x`, or an item of the nested lists and tuples `x`, is of one of these classes."""
    if isinstance(x, (list, tuple)):
        return any(holds(item, kinds) for item in x)
    return isinstance(x, kinds)


def located(f: Callable, name: str, original: Callable | None = None, open: bool = True) -> Callable:
    """`f` run under the user's current line, which its errors then name beside the traced types.

    original  NumPy's function, which takes its place where all elements are known
    open      it takes arrays whose sizes are values of the program
    """

    place, typed = _out_place(f)

    @wraps(f)
    def on_traced(*args: Any, **kwargs: Any) -> Any:
        begin(args)
        try:
            if not open:
                _refuse_open((*args, *kwargs.values()), name)
            if place is not None and ("out" in kwargs or len(args) > place):
                out, args, kwargs = _take_out(args, kwargs, place, typed)
                if out is not None:
                    return _into(out, on_traced(*args, **kwargs), name)
            if original is not None and (found := folded(original, args, kwargs)) is not NotImplemented:
                return found
            return f(*args, **kwargs)
        except _KINDS as error:
            raise explain(error, name, (*args, *kwargs.values())) from error.__cause__

    return on_traced


def _refuse_open(args: Any, name: str) -> None:
    """SizeUnknown for an argument whose size is a value of the program."""
    for x in args:
        if x.__class__ is Traced:
            if x.type.dims:
                raise SizeUnknown(f"{name} needs the sizes of {x.type}, which only the running program knows")
        elif x.__class__ is list or x.__class__ is tuple:
            _refuse_open(x, name)


def _out_place(f: Callable) -> tuple[int | None, bool]:
    """The position of the parameter `out`, None if there is none; and whether sums run in the dtype of it."""
    given = inspect.signature(f).parameters
    if "out" not in given:
        return None, False
    place = list(given).index("out")
    if given["out"].kind is inspect.Parameter.KEYWORD_ONLY:
        place = 1 << 30
    return place, f.__name__ in ("sum", "prod", "cumsum", "cumprod", "mean")


def _take_out(args: tuple, kwargs: dict[str, Any], place: int, typed: bool) -> tuple[Any, tuple, dict]:
    """The array that is to be written into, and the other arguments."""
    kwargs = dict(kwargs)
    out = kwargs.pop("out", None)
    if len(args) > place:
        out, args = args[place], (*args[:place], None, *args[place + 1 :])
    if isinstance(out, tuple) and len(out) == 1:
        (out,) = out
    if out is NoValue:
        out = None
    if typed and isinstance(out, Traced) and len(args) < 3 and kwargs.get("dtype") is None:
        kwargs["dtype"] = out.dtype
    return out, args, kwargs


def _into(out: Any, result: Any, name: str) -> Any:
    """Write a result into `out=`."""
    from .writing import store

    if not isinstance(out, Traced):
        unsupported(
            f"{name} with out= an array from outside the traced function", "use the value that it returns"
        )
    return store(out, result, name)


def begin(args: Any) -> None:
    """Set the line of the equations that follow; EscapedTraceError when no trace is open."""
    traces = stack()
    if not traces:
        raise EscapedTraceError(escaped(next(_traced_in(args))))
    traces[-1].builder.loc = user_line(3)


def _traced_in(args: Any) -> Any:
    for x in args:
        if isinstance(x, (list, tuple)):
            yield from _traced_in(x)
        elif isinstance(x, Traced):
            yield x


def explain(error: BaseException, name: str, args: tuple) -> BaseException:
    """The same kind of error, its text naming the function, the types it was given and the user's line."""
    line, text = user_line(3), str(error)
    cls = next((c for c in _KINDS if isinstance(error, c)), None)
    if cls is None or type(error).__module__.startswith("jitad.capture") or (line and str(line) in text):
        return error
    types = ", ".join(str(x.type) for x in _traced_in(args))
    shown = [] if cls in (SizeUnknown, NotImplementedError) else picture(user_frame(), args)
    parts = [named(name_in(text) or _name(cls, text), text if text.startswith(name) else f"{name}: {text}")]
    parts += [f"with {types}"] if types and len(shown) < 3 else []
    parts += [f"from {line}"] if line is not None else []
    parts += [f"    {row}" for row in shown]
    if cls is SizeUnknown:
        return TracedValueError("\n  ".join(parts), "a size", line)
    return cls("\n  ".join(parts))


def _name(cls: type[Exception], text: str) -> str:
    """The name of an error of this class (see docs/errors.md)."""
    if cls is ValueError:
        return "shapes" if _OF_SHAPES.search(text) else "value"
    return _NAMES.get(cls, "types")


def unsupported(what: str, remedy: str = "") -> NoReturn:
    """NotImplementedError: `what` (a function with its argument) does not exist on traced values."""
    raise NotImplementedError(f"{what} is not supported on traced values{'; ' + remedy if remedy else ''}")


def refuse(function: str, **keywords: Any) -> None:
    """Raise for the first keyword that was given a value: `refuse("np.sum", out=out)`."""
    for key, value in keywords.items():
        if value is not None and value is not NoValue:
            unsupported(f"{function} with {key}={value!r}")


def refuse_order(function: str, order: Any) -> None:
    """Raise for a memory order that traced arrays, C-ordered in meaning, cannot have."""
    if order not in (None, "C", "K", "A"):
        unsupported(f"{function} with order={order!r}", "traced arrays are in C order")


def given(x: Any) -> bool:
    """Whether an optional argument of NumPy's was given (`np._NoValue` and None mean it was not)."""
    return x is not None and x is not NoValue


def wrapped(value: Value, weak: bool = False) -> Traced:
    """An IR value of the innermost trace as what the user sees."""
    return Traced(value, current_trace(), weak)


__all__ = [
    "COVERAGE",
    "Entry",
    "NoValue",
    "at",
    "begin",
    "given",
    "holds",
    "refuse",
    "surface",
    "unsupported",
    "wrapped",
]
