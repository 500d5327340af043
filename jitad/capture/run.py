"""Running a Python function under a trace: the outermost one of a compilation, or one inside another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..ir.graph import Function, Loc, Value
from ..ir.named import named
from ..ir.types import Type
from . import closure, integers
from .arrays import Captures
from .bounds import at_most
from .constants import constant, number_of
from .errors import TracedValueError
from .handles import is_array, state_of, version_of
from .leaves import LEAST, LeafType
from .pictures import picture
from .source import at, definition_line, is_library_file
from .trace import Trace, current_trace
from .tracer import Traced, import_value, lift
from .trees import RESULTS, TreeSpec, flatten, unflatten


class Program(NamedTuple):
    """A traced function: parameters are sizes of arguments that are values, the argument leaves, and the
    hidden inputs of `captures`.

    The results are the result leaves, those in `returned` left out, and then what the arguments in `written`
    hold at the end.

    written   argument leaves, by position, that the function writes into
    returned  result leaf → the argument leaf, one of `written`, that is returned there
    reshaped  argument leaves of which it makes reshapes, views or copies in NumPy by the array's layout
    sizes     how many sizes are parameters
    """

    fn: Function
    out_spec: TreeSpec
    captures: Captures
    written: tuple[int, ...]
    returned: dict[int, int]
    reshaped: tuple[int, ...]
    sizes: int


class Subprogram(NamedTuple):
    """A function traced inside another trace.

    fn       parameters: the sizes, the inputs, then one for each import
    sizes    the dimensions of the inputs that are values, as seen from the enclosing traces
    imports  the values of enclosing traces that `fn` reads, as seen from there
    weak     per result leaf: it stands for a Python number
    """

    fn: Function
    sizes: tuple[Traced, ...]
    imports: tuple[Traced, ...]
    out_spec: TreeSpec
    weak: tuple[bool, ...]


def function_name(f: Callable) -> str:
    """The name of a Python function for symbols and messages."""
    inner = getattr(f, "func", f)
    return str(getattr(f, "__name__", None) or getattr(inner, "__name__", type(f).__name__))


def capture(
    f: Callable, leaves: Sequence[LeafType], hints: Sequence[str], call: Callable[..., Any]
) -> Program:
    """Trace `f` as the outermost function of a compilation.

    leaves, hints  types and names of the argument leaves; dimensions that are values become parameters
    call           (function, traced leaves) → its result; puts the leaves into the argument tree
    """
    trace = Trace(function_name(f), definition_line(f))
    sizes = dict.fromkeys(d for leaf in leaves for d in leaf.sizes)
    trace.builder.params.extend(sizes)
    _know_sizes(trace, sizes, LEAST)
    with trace:
        arguments = [_argument(trace, leaf, hint) for leaf, hint in zip(leaves, hints, strict=True)]
        for x, leaf in zip(arguments, leaves):
            if leaf.kind == "array" and not leaf.type.shape:
                state_of(x).rank0 = True
        result, out_spec = flatten(_explained(call, closure.clone(f), arguments), RESULTS)
        written = tuple(k for k, x in enumerate(arguments) if isinstance(x, Traced) and version_of(x))
        positions = {id(arguments[k]): k for k in written}
        returned = {i: positions[id(x)] for i, x in enumerate(result) if id(x) in positions}
        own = [_lift_result(x, trace).value for i, x in enumerate(result) if i not in returned]
        values = [*own, *(arguments[k].value for k in written)]
    reshaped = tuple(k for k in written if state_of(arguments[k]).reshaped)
    fn = trace.finish_root(values)
    return Program(fn, out_spec, trace.captures, written, returned, reshaped, len(sizes))


def _argument(trace: Trace, leaf: LeafType, hint: str) -> Any:
    """What the function gets for a leaf. Where its value is known, or a size, nobody reads the parameter."""
    param = trace.param(leaf.type, hint)
    if leaf.value is None:
        return Traced(param, trace, leaf.weak)
    return Traced(leaf.value, trace, True) if isinstance(leaf.value, Value) else leaf.value


def capture_inner(
    f: Callable, types: Sequence[Type], weak: Sequence[bool], hints: Sequence[str], call: Callable[..., Any]
) -> Subprogram:
    """Trace `f` inside the innermost open trace; values of enclosing traces become further parameters.

    types, weak, hints  of the inputs
    call         (function, traced inputs) → its result
    """
    trace = Trace(function_name(f), definition_line(f))
    for t in types:
        for size in t.dims:
            trace.import_(size, current_trace())
    count = len(trace.sources)
    known = [(size, _least(current_trace(), size)) for size in trace.sources]
    for size, least in known:
        _know_sizes(trace, [size], least)
    with trace:
        rows = zip(types, weak, hints, strict=True)
        inputs = [Traced(trace.param(t, hint), trace, w) for t, w, hint in rows]
        values, out_spec, result_weak = _results(_explained(call, closure.clone(f), inputs), trace)
    sources = [Traced(v, owner) for v, owner in trace.sources.items()]
    sizes, imports = tuple(sources[:count]), tuple(sources[count:])
    return Subprogram(trace.finish(values), sizes, imports, out_spec, result_weak)


def _know_sizes(trace: Trace, sizes: Iterable[Value], least: int) -> None:
    """Sizes that are parameters of `trace` are known not to be smaller."""
    for size in sizes:
        integers.of(trace).note(size, integers.Range((integers.Bound((integers.number(least),)),)))


def _least(trace: Trace, size: Value) -> int:
    """What a size is at least, as far as is known."""
    here = integers.of(trace).update()
    form = here.form(size)
    return next((n for n in (LEAST, 1) if at_most(here, integers.number(n), form)), 0)


def own_copies(tree: Any) -> Any:
    """A tree of arguments with arrays of the innermost trace, into which a function may write."""
    trace = current_trace()
    leaves, spec = flatten(tree)
    mine = [_own_copy(x, trace) for x in leaves]
    return tree if all(a is b for a, b in zip(mine, leaves)) else unflatten(spec, mine)


def _own_copy(x: Any, trace: Trace) -> Any:
    if not isinstance(x, Traced) or x.home is trace or not is_array(x):
        return x
    number = number_of(x)
    if number is not None:
        return constant(np.array(number))
    out = Traced(import_value(x, trace), trace)
    state_of(out).rank0 = not x.shape
    return out


def inline(fn: Function, inputs: Sequence[Traced], imports: Sequence[Traced] = ()) -> list[Value]:
    """Append `fn` to the innermost open trace, its parameters being `inputs` and then `imports`."""
    trace = current_trace()
    return trace.builder.inline(fn, [import_value(x, trace) for x in (*inputs, *imports)])


def _explained(call: Callable[..., Any], f: Callable, arguments: list[Traced]) -> Any:
    """The call's result. NumPy's own error for a traced element of an array says neither what nor where."""
    try:
        return call(f, arguments)
    except TypeError as error:
        raise _of_operator(error) from error.__cause__
    except ValueError as error:
        cause = error.__cause__
        if not isinstance(cause, TracedValueError):
            raise
        raise NotImplementedError(
            named(
                "traced-number",
                f"{cause.value} was written into a NumPy array{at(cause.loc)}, which cannot hold traced "
                "values; "
                "build the array with np.stack, np.concatenate, np.where or jitad.numpy.array",
            )
        ) from error


def _of_operator(error: TypeError) -> TypeError:
    """What Python says of an operator that traced values do not have, with the line; others as they are."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None or "'Traced'" not in str(error) or is_library_file(last.tb_frame.f_code.co_filename):
        return error
    loc = Loc(last.tb_frame.f_code.co_filename, last.tb_lineno)
    text = str(error).replace("'Traced'", "a traced array")
    shown = [f"    {row}" for row in picture(last.tb_frame, (), last.tb_lasti)]
    return TypeError(named("types", "\n  ".join([text, f"from {loc}", *shown])))


def _results(result: Any, trace: Trace) -> tuple[list[Value], TreeSpec, tuple[bool, ...]]:
    """The result leaves as values of `trace`, their structure, and which are weakly typed."""
    leaves, spec = flatten(result, RESULTS)
    lifted = [_lift_result(x, trace) for x in leaves]
    values = [x.value for x in lifted]
    return values, spec, tuple(x.weak for x in lifted)


def _lift_result(x: Any, trace: Trace) -> Traced:
    try:
        return lift(x)
    except (TypeError, NotImplementedError) as error:
        if hasattr(x, "not_an_array"):
            raise
        if isinstance(x, (np.ndarray, np.generic, complex)):
            text = f"the result of {trace.name}{at(trace.loc)}: {error}"
            raise type(error)(named("result-type", text)) from None
        raise TypeError(
            named(
                "result-type",
                f"the result of {trace.name}{at(trace.loc)} has a leaf of type {type(x).__qualname__}; "
                "results are trees of arrays, numbers and None",
            )
        ) from error
