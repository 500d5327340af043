"""Traced: the stand-in for an array or number while a Python function runs, and how operands become one."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from ..ir.graph import Const, Loc, Value, const
from ..ir.types import F64, I64, Type, type_of
from .arrays import array_type, refuse_dtype
from .errors import EscapedTraceError, TracedValueError
from .known import known, known_arguments
from .source import at, user_line
from .trace import Trace, current_trace, innermost, stack, tracing

#: NumPy or SciPy function, ufunc, or (ufunc, method name) → the function that replaces it on traced values.
IMPLEMENTATIONS: dict[Any, Callable[..., Any]] = {}
#: Method or attribute name of Traced → function of (self, …); filled by the NumPy surface.
METHODS: dict[str, Callable[..., Any]] = {}

_F64, _I64, _BOOL = type_of(F64), type_of(I64), type_of(np.bool_)


class Traced:
    """A traced array of fixed dtype and shape, or a traced number.

    value  its IR value
    home   the trace it belongs to; used after that has finished it raises EscapedTraceError
    weak   it stands for a Python number, whose dtype gives way in promotion
    """

    __slots__ = ("value", "home", "weak", "__weakref__")
    __array_priority__ = 1e6

    def __init__(self, value: Value, home: Trace, weak: bool = False) -> None:
        self.value = value
        self.home = home
        self.weak = weak

    @property
    def type(self) -> Type:
        return self.value.type

    @property
    def dtype(self) -> np.dtype:
        return self.value.type.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.type.shape

    @property
    def ndim(self) -> int:
        return self.value.type.ndim

    @property
    def size(self) -> int:
        return self.value.type.size

    @property
    def itemsize(self) -> int:
        return self.value.type.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.value.type.nbytes

    @property
    def T(self) -> Traced:
        return METHODS["transpose"](self)

    @property
    def real(self) -> Traced:
        return self

    def __len__(self) -> int:
        if not self.value.type.shape:
            raise TypeError("len() of unsized object")
        return self.value.type.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.value.type.shape:
            raise TypeError("iteration over a 0-d array")
        if self.dtype.kind != "f" and (array := known(self)) is not None:
            return iter(array)
        return (METHODS["__getitem__"](self, i) for i in range(self.value.type.shape[0]))

    def __repr__(self) -> str:
        loc = defined_at(self)
        return f"<traced {self.value.type}{' from ' + str(loc) if loc else ''}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __hash__(self) -> int:
        raise TypeError(f"{self!r} is not hashable, as arrays are not; use its position or a name as the key")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not hasattr(np.ndarray, name):
            raise AttributeError(f"a traced array has no attribute {name!r}")
        if (array := known(self)) is not None:
            return getattr(array, name)
        raise NotImplementedError(f"ndarray.{name} has no traced form{at(user_line())}")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if kwargs.get("out") is not None:
            _refuse_write(kwargs["out"])
        f = IMPLEMENTATIONS.get(ufunc if method == "__call__" else (ufunc, method))
        if f is None:
            if (found := known_arguments((inputs, kwargs))) is not None:
                return getattr(ufunc, method)(*found[0], **found[1])
            name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
            _unsupported(f"np.{name}" if getattr(np, ufunc.__name__, None) is ufunc else name)
        return f(*inputs, **kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        f = IMPLEMENTATIONS.get(func)
        if f is None:
            if (found := known_arguments((args, kwargs))) is not None:
                return func(*found[0], **found[1])
            _unsupported(f"{getattr(func, '__module__', 'numpy')}.{func.__name__}")
        if kwargs.get("out") is not None:
            _refuse_write((kwargs["out"],))
        return f(*args, **kwargs)

    def __bool__(self) -> bool:
        return bool(
            _number(
                self,
                "was used as a condition",
                "choose between values with np.where; `and`, `or`, `not` are np.logical_and, _or, _not",
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
            "build arrays of traced values with np.stack, np.concatenate or jitad.numpy.array",
        )
        return array.astype(dtype) if dtype is not None else array.copy()

    def __setitem__(self, key: Any, value: Any) -> None:
        raise NotImplementedError(
            f"writing into part of the traced array {self!r} is not supported yet{at(user_line())}; "
            "build the new array with np.where or np.concatenate"
        )

    def __copy__(self) -> Traced:
        return self

    def __deepcopy__(self, memo: Any) -> Traced:
        return self

    def __reduce__(self) -> Any:
        raise TypeError(f"{self!r} cannot be pickled")


def _inplace(name: str) -> Callable[[Traced, Any], Any]:
    method = f"__{name}__"

    def update(self: Traced, other: Any) -> Any:
        if self.value.type.shape:
            raise NotImplementedError(
                f"updating the traced array {self!r} in place is not supported yet{at(user_line())}; "
                "write x = x + y instead of x += y"
            )
        return METHODS[method](self, other)

    update.__name__ = f"__i{name}__"
    return update


for _name in ("add sub mul truediv floordiv mod pow matmul and or xor lshift rshift").split():
    setattr(Traced, f"__i{_name}__", _inplace(_name))


def implements(*functions: Any) -> Callable[[Callable], Callable]:
    """Decorator: the function stands in for these NumPy or SciPy functions, or (ufunc, method name),."""

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


def wrap(value: Value, weak: bool = False) -> Traced:
    """`value`, of the innermost open trace, as a traced array."""
    return Traced(value, current_trace(), weak)


def call(op: Any, *operands: Any, weak: bool = False, **attrs: Any) -> Any:
    """Append `op` to the innermost trace under the user's current line; a tuple if it has several results.

    Operands are IR values of that trace or anything `lift` takes; `weak` marks the result as a Python number.
    """
    trace = stack()[-1]
    builder = trace.builder
    values = tuple(
        [
            x.value
            if x.__class__ is Traced and x.home is trace
            else (x if isinstance(x, Value) else lift(x).value)
            for x in operands
        ]
    )
    builder.loc = user_line()
    out = builder.emit(op, values, attrs)
    if out.__class__ is Value:
        return Traced(out, trace, weak)
    return tuple([Traced(v, trace, weak) for v in out])


def lift(x: Any) -> Traced:
    """`x` as a traced value of the innermost open trace.

    x  traced value of this or of an enclosing trace, Python number (weakly typed), NumPy scalar or array,
       or a list or tuple of concrete numbers. Arrays from outside the traced function become hidden inputs,
       read at each call; arrays made inside become constants.

    Raises EscapedTraceError for a value of a finished trace, NotImplementedError for complex numbers,
    TypeError for other dtypes and objects.
    """
    cls = x.__class__
    if cls is Traced:
        trace = current_trace()
        return x if x.home is trace else Traced(import_value(x, trace), trace, x.weak)
    if cls is float:
        return Traced(Const(np.float64(x), _F64), current_trace(), True)
    if cls is bool:
        return Traced(Const(np.bool_(x), _BOOL), current_trace())
    if cls is int:
        return Traced(Const(_int64(x), _I64), current_trace(), True)
    if isinstance(x, np.ndarray):
        return _lift_array(x)
    if isinstance(x, np.generic):
        if array_type(x).dtype.kind in "fiub":  # type: ignore[arg-type]
            return Traced(const(x), current_trace())
    if isinstance(x, (list, tuple)):
        return Traced(_constant_of(np.asarray(x)), current_trace())
    if isinstance(x, Traced):
        return lift(Traced(x.value, x.home, x.weak))
    if isinstance(x, complex):
        refuse_dtype(np.dtype(complex))
    if isinstance(x, (int, float)):
        return lift(float(x) if isinstance(x, float) else int(x))
    raise TypeError(
        f"a {type(x).__module__}.{type(x).__qualname__} is not an array or number{at(user_line())}"
    )


def _int64(x: int) -> np.int64:
    try:
        return np.int64(x)
    except OverflowError:
        raise OverflowError(f"the Python int {x} is outside int64{at(user_line())}") from None


def _constant_of(array: np.ndarray) -> Const:
    array_type(array)
    return const(array, array.dtype.newbyteorder("="))


def _lift_array(x: np.ndarray) -> Traced:
    """An array: a parameter of the outermost trace, imported here."""
    if isinstance(x, (np.matrix, np.ma.MaskedArray)):
        raise TypeError(f"{type(x).__name__} is not supported; convert with np.asarray{at(user_line())}")
    trace = current_trace()
    root = trace.root
    if x.size == 0:
        return Traced(_constant_of(x), trace)
    value = root.captures.meet(x, root.builder, user_line(3))
    return Traced(import_value(Traced(value, root), trace), trace)


def import_value(x: Traced, trace: Trace) -> Value:
    """The value that stands in `trace` for `x`, which belongs to it or to an enclosing one."""
    if x.home is trace:
        return x.value
    if not x.home.is_open or x.home not in stack():
        raise EscapedTraceError(_escaped(x))
    return x.value if isinstance(x.value, Const) else trace.import_(x.value, x.home)


def _escaped(x: Traced) -> str:
    made = defined_at(x)
    where = f", made at {made}," if made else ""
    if x.home.is_open:
        return (
            f"the traced value {x.value.type}{where} belongs to the trace of {x.home.name}"
            f"{at(x.home.loc)}, which is open in another thread{at(user_line(4))}"
        )
    return (
        f"the traced {x.value.type}{where} escaped from the trace of {x.home.name}{at(x.home.loc)}, "
        "which has finished; return it as a result instead of storing it. "
        f"It was used again{at(user_line(4))}"
    )


def defined_at(x: Traced) -> Loc | None:
    """The line that computed `x`; that of the function for its arguments."""
    value = x.value
    for eqn in reversed(x.home.builder.eqns):
        if value in eqn.results:
            return eqn.loc
    return x.home.loc


def _number(x: Traced, what: str, remedy: str) -> np.ndarray:
    """The array of a traced value that depends on no argument; the error for all others."""
    array = known(x)
    if array is not None:
        return array
    raise TracedValueError(
        f"{x!r} {what}{at(user_line(3))}, but its number is not known while the function is traced; {remedy}"
    )


def _unsupported(name: str) -> NoReturn:
    raise NotImplementedError(
        f"{name} has no traced form{at(user_line(3))}; write it with supported functions (see jitad.numpy), "
        "or compute it outside the traced function and pass the result as an argument"
    )


def _refuse_write(outs: Any) -> NoReturn:
    outs = outs if isinstance(outs, tuple) else (outs,)
    kind = "traced" if any(isinstance(o, Traced) for o in outs) else "concrete"
    raise NotImplementedError(
        f"writing a traced result into a {kind} array (out=, or an in-place operator) is not supported yet"
        f"{at(user_line(3))}; use the value that the function returns"
    )


__all__ = [
    "IMPLEMENTATIONS",
    "METHODS",
    "Traced",
    "call",
    "defined_at",
    "implements",
    "implements_method",
    "innermost",
    "is_traced",
    "known",
    "lift",
    "tracing",
    "wrap",
]
