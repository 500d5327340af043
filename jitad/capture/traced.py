"""Traced: the stand-in for an array or number while a Python function runs."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from ..ir.graph import Loc, Value
from ..ir.named import named
from ..ir.types import SizeUnknown, Type
from .errors import EscapedTraceError, TracedValueError
from .handles import View, own_value, see
from .source import at, user_frame, user_line
from .trace import Trace, stack

#: NumPy or SciPy function, ufunc, or (ufunc, method name) → the function that replaces it on traced values.
IMPLEMENTATIONS: dict[Any, Callable[..., Any]] = {}
#: Method or attribute name of Traced → function of (self, …); filled by the NumPy surface.
METHODS: dict[str, Callable[..., Any]] = {}


class Traced:
    """A traced array of fixed dtype and shape, or a traced number.

    A handle on what it holds: a root, whose value is replaced when it is written, or a view of another one
    (see `handles`). Numbers, of shape (), are never written.

    value  its IR value now
    type   that of the value
    home   the trace it belongs to; used after that has finished it raises EscapedTraceError
    weak   it stands for a Python number, whose dtype gives way in promotion
    state  None, or what makes it a view, or a root that is special
    """

    __slots__ = ("_value", "type", "home", "weak", "state", "__weakref__")
    __array_priority__ = 1e6

    def __init__(self, value: Value, home: Trace, weak: bool = False) -> None:
        self._value: Value | None = value
        self.type: Type = value.type
        self.home = home
        self.weak = weak
        self.state: Any = None

    @property
    def value(self) -> Value:
        if self.state.__class__ is not View:
            return own_value(self) if self._value is None else self._value
        traces = stack()
        if not traces or (self.home is not traces[-1] and self.home not in traces):
            raise EscapedTraceError(escaped(self))
        return see(self, traces[-1])

    @property
    def dtype(self) -> np.dtype:
        return self.type.dtype

    @property
    def shape(self) -> tuple[Any, ...]:
        """As the user sees it: lengths that are values of the program are traced ints."""
        return tuple([self._length(d) for d in self.type.shape]) if self.type.dims else self.type.shape

    @shape.setter
    def shape(self, new: Any) -> NoReturn:
        raise NotImplementedError(
            named(
                "not-supported",
                f"setting the shape of {self!r} is not supported{at(user_line())}; use x = x.reshape({new})",
            )
        )

    def _length(self, d: Any) -> Any:
        traces = stack()
        home = self.home if self.home in traces or not traces else traces[-1]
        return d if d.__class__ is int else Traced(d, home, True)

    @property
    def ndim(self) -> int:
        return self.type.ndim

    @property
    def size(self) -> Any:
        return METHODS["size"](self) if self.type.dims else self.type.size

    @property
    def itemsize(self) -> int:
        return self.type.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.type.nbytes

    @property
    def T(self) -> Traced:
        return METHODS["transpose"](self)

    @property
    def real(self) -> Traced:
        return self

    def __len__(self) -> int:
        if not self.type.shape:
            raise TypeError("len() of unsized object")
        (n, *_) = self.type.shape
        if n.__class__ is not int:
            raise SizeUnknown(f"the length of {self!r} was asked for as a Python int{at(user_line())}")
        return n

    def __iter__(self) -> Iterator[Any]:
        if not self.type.shape:
            raise TypeError("iteration over a 0-d array")
        if self.dtype.kind != "f" and (array := known(self)) is not None:
            return iter(array)
        return (METHODS["__getitem__"](self, i) for i in range(len(self)))

    def __repr__(self) -> str:
        loc = defined_at(self)
        return f"<traced {self.type}{' from ' + str(loc) if loc else ''}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return str(self)

    def __hash__(self) -> int:
        raise TypeError(
            named(
                "types", f"{self!r} is not hashable, as arrays are not; use its position or a name as the key"
            )
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not hasattr(np.ndarray, name):
            raise AttributeError(f"a traced array has no attribute {name!r}")
        if (array := known(self)) is not None:
            return getattr(array, name)
        raise NotImplementedError(
            named("not-supported", f"ndarray.{name} has no traced form{at(user_line())}")
        )

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(_overrides(x.__class__) for x in inputs):
            return NotImplemented
        _refuse_concrete(kwargs.get("out"))
        f = IMPLEMENTATIONS.get(ufunc if method == "__call__" else (ufunc, method))
        if f is None:
            if (found := known_arguments((inputs, kwargs))) is not None:
                return getattr(ufunc, method)(*found[0], **found[1])
            name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
            _unsupported(f"np.{name}" if getattr(np, ufunc.__name__, None) is ufunc else name)
        return f(*inputs, **kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any(_overrides(cls) for cls in types):
            return NotImplemented
        f = IMPLEMENTATIONS.get(func)
        if f is None:
            if (found := known_arguments((args, kwargs))) is not None:
                return func(*found[0], **found[1])
            _unsupported(f"{getattr(func, '__module__', 'numpy')}.{func.__name__}")
        _refuse_concrete(kwargs.get("out"))
        return f(*args, **kwargs)

    def __bool__(self) -> bool:
        return bool(
            _number(
                self,
                "was used as a condition",
                "choose between values with np.where; `and`, `or`, `not` are np.logical_and, _or, _not",
                _why_plain,
            )
        )

    def __index__(self) -> int:
        return operator.index(
            _number(
                self,
                "was used as a size or an index of a Python object",
                "make the argument static: static_argnums or static_argnames of the transformation",
            )[()]
        )

    def __int__(self) -> int:
        return int(
            _number(self, "was passed to int()", "use x.astype(np.int64), or static_argnums for arguments")
        )

    def __float__(self) -> float:
        return float(
            _number(
                self,
                "was passed to float() or a function of math",
                "use the functions of numpy or jitad.math",
            )
        )

    def __complex__(self) -> complex:
        return complex(_number(self, "was passed to complex()", "complex numbers are not supported yet"))

    def __round__(self, *digits: int) -> Any:
        return round(_number(self, "was passed to round()", "use np.rint").item(), *digits)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = _number(
            self,
            "was passed to np.array, np.asarray or a function that needs its numbers",
            "build arrays of traced values with np.stack, np.concatenate, jitad.numpy.array or "
            "jitad.numpy.full; np.float64(x) is x.astype(np.float64)",
        )
        return array.astype(dtype) if dtype is not None else array.copy()

    def __copy__(self) -> Traced:
        return METHODS["copy"](self)

    def __deepcopy__(self, memo: Any) -> Traced:
        return METHODS["copy"](self)

    def __reduce__(self) -> Any:
        raise TypeError(named("types", f"{self!r} cannot be pickled"))


def known(x: Traced) -> np.ndarray | None:
    """`known.known`, which needs this module."""
    from . import known

    return known.known(x)


def known_arguments(args: Any) -> Any | None:
    """`known.known_arguments`, which needs this module."""
    from . import known

    return known.known_arguments(args)


def implements(*functions: Any) -> Callable[[Callable], Callable]:
    """Decorator: the function stands in for these NumPy or SciPy functions, or (ufunc, method name)."""

    def register(f: Callable) -> Callable:
        for function in functions:
            IMPLEMENTATIONS[function] = f
        return f

    return register


def implements_method(*names: str) -> Callable[[Callable], Callable]:
    """Decorator: the function, of (self, …), is the method or operator of these names."""

    def register(f: Callable) -> Callable:
        for name in names:
            METHODS[name] = f
            setattr(Traced, name, f)
        return f

    return register


def is_traced(x: Any) -> bool:
    """Whether `x` is a traced array or number."""
    return isinstance(x, Traced)


def defined_at(x: Traced) -> Loc | None:
    """The line that computed `x`; that of the function for its arguments."""
    value = x._value
    for eqn in reversed(x.home.builder.eqns):
        if value in eqn.results:
            return eqn.loc
    return x.home.loc


def escaped(x: Traced) -> str:
    """What to say of a traced value that is used outside its trace."""
    made = defined_at(x)
    where = f", made at {made}," if made else ""
    if x.home.is_open:
        return named(
            "escaped-trace",
            f"the traced value {x.type}{where} belongs to the trace of {x.home.name}"
            f"{at(x.home.loc)}, which is open in another thread{at(user_line(4))}",
        )
    return named(
        "escaped-trace",
        f"the traced {x.type}{where} escaped from the trace of {x.home.name}{at(x.home.loc)}, "
        "which has finished; return it as a result instead of storing it. "
        f"It was used again{at(user_line(4))}",
    )


def _why_plain() -> str:
    """Why a condition in the user's line has not become a branch of the program, if that is known."""
    from .rewrite import left_plain

    frame = user_frame(4)
    reason = None if frame is None else left_plain(frame.f_code, frame.f_lineno)
    return "" if frame is None or reason is None else f"; {frame.f_code.co_name} runs as it is: {reason}"


def _number(x: Traced, what: str, remedy: str, why: Callable[[], str] = str) -> np.ndarray:
    """The array of a traced value that depends on no argument; the error for all others."""
    array = known(x)
    if array is not None:
        return array
    if not x.home.is_open:
        raise EscapedTraceError(escaped(x))
    reason = why()
    name = "no-source" if reason else "traced-bool" if "condition" in what else "traced-number"
    raise TracedValueError(
        named(
            name,
            f"{x!r} {what}{at(user_line(3))}, but its number is not known while the function is traced; "
            f"{remedy}{reason}",
        ),
        repr(x),
        user_line(3),
    )


def _unsupported(name: str) -> NoReturn:
    raise NotImplementedError(
        named(
            "not-supported",
            f"{name} has no traced form{at(user_line(3))}; write it with supported functions (see "
            "jitad.numpy), "
            "or compute it outside the traced function and pass the result as an argument",
        )
    )


def _overrides(cls: type) -> bool:
    """Whether NumPy should ask another class than ours or NumPy's own what a function means."""
    return (
        cls is not Traced
        and hasattr(cls, "__array_ufunc__")
        and not issubclass(cls, (np.ndarray, np.generic))
    )


def _refuse_concrete(outs: Any) -> None:
    """Raise for `out=` an array that is not traced."""
    for out in outs if isinstance(outs, tuple) else (outs,):
        if out is not None and not isinstance(out, Traced):
            raise NotImplementedError(
                named(
                    "outside-write",
                    "writing a traced result into a concrete array (out=, or an in-place operator) is not "
                    f"supported{at(user_line(3))}; use the value that the function returns",
                )
            )
