"""Ufuncs on traced values: one plan for each combination of operand types, made once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..capture.constants import folded
from ..capture.handles import is_array
from ..capture.source import user_line
from ..capture.trace import stack
from ..capture.tracer import IMPLEMENTATIONS, Traced, implements
from ..ir.types import I64, Shape, Type
from .core import NoValue, begin, explain, surface, unsupported, wrapped
from .lengths import agreeing
from .promotion import Key, cast, key_of, loop_dtypes, normal, number, promoted
from .values import broadcast, canonical, common_shape, convert, full, operand


class Plan:
    """How one ufunc runs on operands of given types: the loop's dtypes and the common shape.

    simple   no operand needs conversion or broadcasting, except Python numbers that become a float constant
    """

    __slots__ = ("dtypes", "shape", "simple")

    def __init__(self, dtypes: tuple[np.dtype, ...], shape: Shape, keys: tuple[Key, ...]) -> None:
        self.dtypes = dtypes
        self.shape = shape
        self.simple = all(_simple(k, d, shape) for k, d in zip(keys, dtypes))


def _is_open(keys: tuple[Key, ...]) -> bool:
    """Whether an operand has a size that is a value of the program."""
    for k in keys:
        if k.__class__ is Type and k.dims:
            return True
    return False


def _simple(key: Key, dtype: np.dtype, shape: Shape) -> bool:
    if key.__class__ is Type:
        return key.dtype is dtype and (key.shape == shape or not key.shape)
    return dtype.kind == "f"


def _counted(x: Any) -> Any:
    """A Python number, a bool as 0 or 1."""
    return wrapped(convert(x.value, I64), True) if x.__class__ is Traced and x.dtype.kind == "b" else x


class Elementwise:
    """A ufunc on traced values.

    numpy    the ufunc it follows in dtypes, or several that are the same function
    kernel   IR values in the loop's dtypes, of one shape or rank 0 → IR value (a tuple if the ufunc has two)
    compares a Python int outside the other operand's dtype is compared by its sign instead of refused
    logical  between Python bools it gives a Python bool; for all other operators they are the ints 0 and 1
    """

    def __init__(
        self,
        name: str,
        numpy: np.ufunc,
        kernel: Callable[..., Any],
        compares: bool = False,
        logical: bool = False,
    ) -> None:
        self.name = name
        self.numpy = numpy
        self.kernel = kernel
        self.compares = compares
        self.logical = logical
        self.plans: dict[Any, Plan] = {}

    def __call__(self, *operands: Any, weak: bool = False) -> Any:
        """Apply it, broadcasting and promoting; `weak`: of Python numbers it is Python's operator."""
        xs = [normal(x) for x in operands]
        weak = weak and all(x.__class__ is not Traced or x.weak for x in xs)
        if weak and not self.logical:
            xs = [_counted(x) for x in xs]
        keys = tuple([key_of(x) for x in xs])
        if _is_open(keys):
            return self.unplanned(xs, loop_dtypes(self.numpy, tuple(map(promoted, keys))))
        plan = self.plan(keys)
        try:
            values = [operand(cast(x, d), plan.shape) for x, d in zip(xs, plan.dtypes)]
        except OverflowError:
            if not self.compares:
                raise
            return self.beyond(xs, plan.shape)
        return self.finish(self.kernel(*values), plan.shape, weak)

    def unplanned(self, xs: list[Any], dtypes: tuple[np.dtype, ...]) -> Any:
        """Apply it to arrays whose sizes are values: no two have the same plan."""
        values = agreeing([cast(x, d) for x, d in zip(xs, dtypes)])
        shape = common_shape([v.type.shape for v in values])
        return self.finish(self.kernel(*[operand(v, shape) for v in values]), shape, False)

    def finish(self, out: Any, shape: Shape, weak: bool) -> Any:
        if out.__class__ is tuple:
            return tuple(self.finish(v, shape, weak) for v in out)
        return wrapped(broadcast(out, shape), weak)

    def plan(self, keys: tuple[Key, ...]) -> Plan:
        """The plan for operands of these types."""
        found = self.plans.get(keys)
        if found is None:
            dtypes = loop_dtypes(self.numpy, tuple(map(promoted, keys)))
            shape = common_shape([k.shape if k.__class__ is Type else () for k in keys])
            found = self.plans[keys] = Plan(dtypes, shape, keys)
        return found

    def typed(self, operands: tuple[Any, ...], dtype: Any) -> Any:
        """Apply it with the result's dtype forced (`dtype=` of a ufunc)."""
        xs = [normal(x) for x in operands]
        keys = tuple(map(key_of, xs))
        dtypes = loop_dtypes(self.numpy, tuple(map(promoted, keys)), canonical(dtype))
        return self.unplanned(xs, dtypes)

    def beyond(self, xs: list[Any], shape: Shape) -> Any:
        """A comparison with a Python int that no value of the other's dtype reaches."""
        signs = [0 if x.__class__ is Traced else (1 if x > 0 else -1) for x in xs]
        return wrapped(full(shape, bool(self.numpy(*signs)), np.dtype(bool)))


def ufunc(
    spec: Elementwise, *functions: Any, differentiable: bool = True, public: str = ""
) -> Callable[..., Any]:
    """The public function of `spec`, registered for NumPy's ufuncs `functions`."""

    def f(*operands: Any, **keywords: Any) -> Any:
        if len(operands) > spec.numpy.nin:
            outs: Any = operands[spec.numpy.nin :]
            operands = operands[: spec.numpy.nin]
        else:
            outs = keywords.get("out")
        if any(x is not None for x in (outs if isinstance(outs, tuple) else (outs,))):
            keywords.pop("out", None)
            return _ufunc_into(spec, outs, operands, keywords)
        dtype = _only_dtype(spec.name, keywords) if keywords else None
        return spec(*operands) if dtype is None else spec.typed(operands, dtype)

    f.__name__ = f.__qualname__ = spec.name
    f.__doc__ = f"`{spec.name}` of arrays or numbers, elementwise, with NumPy's promotion and broadcasting."
    targets = functions or (spec.numpy,)
    entry = surface(*targets, name=public or spec.name, differentiable=differentiable, open=True)(f)
    for target in targets:
        implements(target)(_quick(spec, IMPLEMENTATIONS[target]))
    return entry


def _quick(spec: Elementwise, general: Callable[..., Any]) -> Callable[..., Any]:
    """`general`, with a short way for operands of this trace that need no conversion and no broadcasting."""
    plans, kernel = spec.plans, spec.kernel

    def on_traced(*operands: Any, **keywords: Any) -> Any:
        traces = stack()
        if keywords or not traces:
            return general(*operands, **keywords)
        trace = traces[-1]
        for x in operands:
            if x.__class__ is not Traced or x.weak or x.home is not trace or not _is_plain(x):
                return general(*operands)
        plan = plans.get(tuple([x.value.type for x in operands]))
        if plan is None or not plan.simple:
            return general(*operands)
        trace.builder.loc = user_line(2)
        out = kernel(*[x.value for x in operands])
        return tuple([Traced(v, trace) for v in out]) if out.__class__ is tuple else Traced(out, trace)

    return on_traced


def _ufunc_into(spec: Elementwise, outs: Any, operands: tuple, keywords: dict[str, Any]) -> Any:
    """The ufunc with `out=`, one array a result (or None for a new one), where `where=` holds."""
    from .writing import store

    outs = outs if isinstance(outs, tuple) else (outs,)
    where = keywords.pop("where", True)
    dtype = _only_dtype(spec.name, keywords)
    results = spec(*operands) if dtype is None else spec.typed(operands, dtype)
    results = results if isinstance(results, tuple) else (results,)
    if not all(out is None or isinstance(out, Traced) for out in outs):
        unsupported(f"{spec.name} with out= an array from outside the traced function")
    if where is not True and any(out is None for out in outs):
        unsupported(f"{spec.name} with where= and no out=", "choose with np.where afterwards")
    found = tuple(
        x if out is None else store(out, x, spec.name, where)
        for out, x in zip((*outs, *[None] * (len(results) - len(outs))), results)
    )
    return found if spec.numpy.nout > 1 else found[0]


def _only_dtype(name: str, keywords: dict[str, Any]) -> Any:
    """The `dtype` among a ufunc's keyword arguments; the others must have their defaults."""
    defaults = {"out": None, "where": True, "casting": "same_kind", "order": "K", "subok": True}
    for key, value in keywords.items():
        if key == "dtype" or value is NoValue or (key in defaults and value is defaults[key]):
            continue
        if key in ("casting", "order", "subok") and value == defaults[key]:
            continue
        if key == "out" and value == (None,):
            continue
        remedy = "choose with np.where afterwards" if key == "where" else ""
        unsupported(f"{name} with {key}={value!r}", remedy)
    return keywords.get("dtype")


def _is_plain(x: Traced) -> bool:
    """Whether nothing of `x` is known before the program runs."""
    return x.state is None or x.state.number is None


def _is_count(x: Traced) -> bool:
    """Whether a list times `x` is the list repeated: of integers that are no arrays."""
    return x.type.dtype.kind in "iu" and not is_array(x)


_NUMBERS = (int, float, Traced, np.ndarray, np.generic, list, tuple, complex)


def binary_operator(spec: Elementwise, reflected: bool = False) -> Callable[[Traced, Any], Any]:
    """The operator method `x ∘ y` of Traced, fast where the plan has nothing to convert or repeat."""
    plans, kernel = spec.plans, spec.kernel
    repeats = spec.name == "multiply"

    def operator(x: Traced, y: Any) -> Any:
        traces = stack()
        trace = traces[-1] if traces else None
        cls = y.__class__
        if x.home is trace and not x.weak and _is_plain(x):
            key = y.type if cls is Traced and y.home is trace and not y.weak and _is_plain(y) else cls
            plan = plans.get((key, x.type) if reflected else (x.type, key))
            if plan is not None and plan.simple:
                xv = x.value
                yv = y.value if cls is Traced else number(y, plan.dtypes[0])
                trace.builder.loc = user_line(2)
                out = kernel(yv, xv) if reflected else kernel(xv, yv)
                if out.__class__ is tuple:
                    return tuple([Traced(v, trace) for v in out])
                return Traced(out, trace)
        if not isinstance(y, _NUMBERS) or (repeats and _is_count(x) and isinstance(y, (list, tuple))):
            return NotImplemented
        return _general(spec, (y, x) if reflected else (x, y))

    operator.__name__ = operator.__qualname__ = spec.name
    return operator


def unary_operator(spec: Elementwise) -> Callable[[Traced], Any]:
    """The operator method `∘x` of Traced."""

    def operator(x: Traced) -> Any:
        return _general(spec, (x,))

    operator.__name__ = operator.__qualname__ = spec.name
    return operator


def _general(spec: Elementwise, operands: tuple[Any, ...]) -> Any:
    begin(operands)
    try:
        if (
            isinstance(spec.numpy, np.ufunc)
            and (found := folded(spec.numpy, operands, {})) is not NotImplemented
        ):
            return found
        return spec(*operands, weak=True)
    except (TypeError, ValueError, OverflowError, NotImplementedError) as error:
        raise explain(error, spec.name, operands) from error.__cause__


__all__ = ["Elementwise", "Plan", "binary_operator", "ufunc", "unary_operator"]
