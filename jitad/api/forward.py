"""Forward mode: jvp, derivative, linearize; and stop_gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import ops, pipeline
from ..capture.run import Subprogram, function_name
from ..capture.source import at, definition_line
from ..capture.trace import tracing
from ..capture.tracer import Traced, call, is_traced
from ..capture.trees import flatten, unflatten
from ..ir.named import named
from .binding import name_of
from .differentiate import (
    Point,
    active_flags,
    argument_names,
    head,
    lift_argument,
    point,
    program,
    program_of_primals,
    run_inline,
    structure,
)
from .jit import Jit, kept_on, of_primals, specialized, static_places
from .linear import Pushforward, run_early, tangent_inputs


def jvp(
    f: Callable,
    primals: Sequence[Any],
    tangents: Sequence[Any],
    *,
    has_aux: bool = False,
    static_argnums: int | Sequence[int] | None = None,
    static_argnames: str | Sequence[str] | None = None,
    specialize: bool = False,
) -> tuple[Any, ...]:
    """The value of `f` at a point, and its derivative in one direction.

    primals   tuple of positional arguments, each with a floating leaf or static
    tangents  tuple of the same structure, shapes and dtypes; None or zeros for integer leaves
    has_aux   `f` returns a pair (value, auxiliary tree)
    static_argnums, static_argnames  as for `jit`; the tangents of such arguments are None
    specialize  as for `jit`

    Returns (value, tangent), or (value, tangent, auxiliary); the tangent is a tree like the value, with None
    for integer leaves. One sweep, no memory beyond the primal's.

    Raises TypeError or ValueError for tangents that do not match the primals.
    """
    primals, tangents = _tuples(primals, tangents)
    static = static_places(f, static_argnums, static_argnames, len(primals))
    if not tracing():
        return _compiled_jvp(f, primals, tangents, has_aux, static, specialize)
    here, sub = _at(f, "jvp", primals, static)
    return _pushed(f, here, sub, tangents, has_aux)


def _pushed(f: Callable, here: Point, sub: Subprogram, tangents: Sequence[Any], has_aux: bool) -> tuple:
    """The results of jvp for the program `sub` of `f`, inlined."""
    spec, aux_spec = head(sub.out_spec, f, has_aux)
    n = spec.num_leaves
    directions = tangent_inputs(here.structures, tangents)
    forward = pipeline.tangent(sub.fn, active_flags(here, sub), n)
    results = run_inline(forward, [*sub.sizes, *here.inputs], [*sub.imports, *directions])
    primal = [Traced(x.value, x.home, weak) for x, weak in zip(results, sub.weak)]
    value = spec.unflatten(primal[:n])
    out = structure(sub, spec).tree(results[len(primal) :])
    return (value, out) if aux_spec is None else (value, out, aux_spec.unflatten(primal[n:]))


def _compiled_jvp(
    f: Callable, primals: tuple, tangents: tuple, has_aux: bool, static: tuple[int, ...], specialize: bool
) -> tuple[Any, ...]:
    """jvp outside a trace: the static primals are arguments by themselves."""

    def run(primals: tuple, tangents: tuple, *static_primals: Any) -> tuple[Any, ...]:
        values = dict(zip(static, static_primals))
        whole = tuple(values.get(i, x) for i, x in enumerate(primals))
        return jvp(f, whole, tangents, has_aux=has_aux, static_argnums=static)

    specialize = specialize or specialized(f)
    options: dict[str, Any] = {"static_argnums": range(2, 2 + len(static)), "specialize": specialize}
    make = lambda: Jit(run, name=f"jvp_{function_name(f)}", **options)
    fixed = [primals[i] for i in static]
    primals = tuple(None if i in static else x for i, x in enumerate(primals))
    return kept_on(f, (jvp, has_aux, static, specialize), make)(primals, tangents, *fixed)


def linearize(
    f: Callable,
    *primals: Any,
    static_argnums: int | Sequence[int] | None = None,
    static_argnames: str | Sequence[str] | None = None,
    specialize: bool = False,
) -> tuple[Any, Pushforward]:
    """The value of `f` at a point, and its pushforward there.

    primals  positional arguments, each with a floating leaf or static
    static_argnums, static_argnames  as for `jit`; the tangents of such arguments are None
    specialize  as for `jit`

    Returns (value, pushforward). pushforward(*tangents) takes one tangent tree per primal and returns the
    tangent of the value; it owns what it needs and does not run the primal again.
    """
    if not tracing():
        static = {"static_argnums": static_argnums, "static_argnames": static_argnames}
        return of_primals(linearize, f, static, specialize)(*primals)
    places = static_places(f, static_argnums, static_argnames, len(primals))
    here, sub = _at(f, "linearize", primals, places)
    whole = pipeline.tangent(sub.fn, active_flags(here, sub), len(sub.weak))
    whole = pipeline.separated(sub.fn, whole)
    result = structure(sub, sub.out_spec)
    value, late, residuals, outputs = run_early(whole, sub, here.inputs, here.structures, result)
    return sub.out_spec.unflatten(value), Pushforward(late, residuals, outputs)


def derivative(
    f: Callable,
    argnums: int = 0,
    *,
    static_argnums: int | Sequence[int] | None = None,
    static_argnames: str | Sequence[str] | None = None,
    specialize: bool = False,
) -> Jit:
    """Compile the derivative of `f` with respect to one scalar argument, by forward mode.

    f        function whose argument at `argnums` is a number of shape (); it may return any tree of arrays
    argnums  the position of that argument
    static_argnums, static_argnames, specialize  as for `jit`

    The result takes f's arguments and returns a tree like f's value, with None for integer leaves.
    Raises TypeError if the argument is not a floating scalar (a Python int counts as a float).
    """

    def transform(f: Callable, skipped: int) -> Callable:
        position = max(argnums - skipped, 0) if argnums >= 0 else argnums

        def implementation(*args: Any, **kwargs: Any) -> Any:
            return _derivative(f, position, args, kwargs)

        return implementation

    options: dict[str, Any] = {
        "static_argnums": static_argnums,
        "static_argnames": static_argnames,
        "specialize": specialize,
    }
    return Jit(f, transform, name=f"derivative_{function_name(f)}", **options)


def _derivative(f: Callable, position: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if not -len(args) <= position < len(args):
        raise ValueError(
            named("argnums", f"argnums {position}: the call has {len(args)} positional arguments")
        )
    position %= len(args)
    (name,) = argument_names(f, [position])
    x = lift_argument(args[position], name)
    if x.shape:
        raise TypeError(
            named(
                "not-scalar",
                f"derivative of {name_of(f)}{at(definition_line(f))}: {name} must be a scalar, but it is "
                f"{x.type}; use grad or jvp",
            )
        )
    here = point(f, "derivative", [x], [name])

    def along(g: Callable, values: list[Any]) -> Any:
        return g(*args[:position], *values, *args[position + 1 :], **kwargs)

    sub = program(f, here, along)
    return _pushed(f, here, sub, (here.inputs[0].dtype.type(1),), False)[1]


def stop_gradient(x: Any) -> Any:
    """`x`, a tree of arrays and numbers, as a constant for every derivative."""
    leaves, spec = flatten(x)
    return unflatten(spec, [call(ops.stop_gradient, v, weak=v.weak) if is_traced(v) else v for v in leaves])


def _at(f: Callable, what: str, primals: Sequence[Any], static: Sequence[int]) -> tuple[Point, Subprogram]:
    here = point(f, what, primals, argument_names(f, range(len(primals))), static)
    return here, program_of_primals(f, here, primals, static)


def _tuples(primals: Any, tangents: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise TypeError("jvp takes a tuple of primals and a tuple of tangents, as in jvp(f, (x,), (t,))")
    if len(primals) != len(tangents):
        raise TypeError(f"jvp: {len(primals)} primals, but {len(tangents)} tangents")
    return tuple(primals), tuple(tangents)
