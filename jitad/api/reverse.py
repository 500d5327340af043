"""Reverse mode: grad, value_and_grad, vjp."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..capture.run import Subprogram, function_name
from ..capture.source import at, definition_line
from ..capture.trace import tracing
from ..capture.tracer import Traced, lift
from ..ir.named import named
from .binding import name_of, positions_of
from .config import checked_budget, within
from .differentiate import (
    argument_names,
    head,
    point,
    program,
    program_of_primals,
    reversed_program,
    run_inline,
    structure,
)
from .jit import Jit, of_primals, static_places
from .linear import Pullback, run_early


def value_and_grad(
    f: Callable,
    argnums: int | Sequence[int] = 0,
    *,
    has_aux: bool = False,
    static_argnums: int | Sequence[int] | None = None,
    static_argnames: str | Sequence[str] | None = None,
    tape_budget: int | None = None,
    specialize: bool = False,
) -> Jit:
    """Compile the value and the gradient of the scalar-valued `f`.

    f        function of arrays, numbers and trees of them that returns one floating value of shape ()
    argnums  position, or tuple of positions, of the arguments to differentiate
    has_aux  `f` returns a pair (value, auxiliary tree); so does the result: ((value, auxiliary), gradient)
    static_argnums, static_argnames, specialize  as for `jit`
    tape_budget  bytes that the loops may keep for the reverse sweep, as by `jad.tape_budget`

    The result takes f's arguments and returns (value, gradient): a tree like the argument, with arrays of its
    shapes and dtypes, in units of f per unit of the argument; a tuple of trees if `argnums` is a tuple.
    A Python int counts as a float; integer and bool leaves beside floating ones have None. One primal and
    one reverse sweep.

    Raises TypeError if an argument named by `argnums` has no floating leaf, or if f returns anything but a
    floating scalar.
    Reverse accumulation: Griewank and Walther, Evaluating Derivatives, 2nd ed., ch. 3.
    """
    options = {"static_argnums": static_argnums, "static_argnames": static_argnames, "specialize": specialize}
    return _gradient(f, "value_and_grad", argnums, has_aux, tape_budget, lambda v, g: (v, g), options)


def grad(
    f: Callable,
    argnums: int | Sequence[int] = 0,
    *,
    has_aux: bool = False,
    static_argnums: int | Sequence[int] | None = None,
    static_argnames: str | Sequence[str] | None = None,
    tape_budget: int | None = None,
    specialize: bool = False,
) -> Jit:
    """Compile the gradient of the scalar-valued `f`.

    Like `value_and_grad`, without the value: returns the gradient, or (gradient, auxiliary) with `has_aux`.
    """

    def select(value: Any, gradient: Any) -> Any:
        return (gradient, value[1]) if has_aux else gradient

    options = {"static_argnums": static_argnums, "static_argnames": static_argnames, "specialize": specialize}
    return _gradient(f, "grad", argnums, has_aux, tape_budget, select, options)


def _gradient(
    f: Callable,
    what: str,
    argnums: Any,
    has_aux: bool,
    nbytes: Any,
    select: Callable,
    options: dict[str, Any],
) -> Jit:
    nbytes = checked_budget(nbytes)
    positions = positions_of(argnums, "argnums")
    if not positions:
        raise TypeError(
            named("argnums", f"argnums is a position or a non-empty tuple of positions, got {argnums!r}")
        )
    several = not hasattr(argnums, "__index__")

    def transform(f: Callable, skipped: int) -> Callable:
        own = tuple(max(i - skipped, 0) if i >= 0 else i for i in positions)

        def implementation(*args: Any, **kwargs: Any) -> Any:
            if not tracing():
                raise RuntimeError(f"{what} runs under a trace only")
            with within(nbytes):
                value, gradients = _value_and_gradients(f, what, own, has_aux, args, kwargs)
            return select(value, tuple(gradients) if several else gradients[0])

        return implementation

    name = f"{what}_{function_name(f)}"
    return Jit(f, transform, name=name, **options)


def _value_and_gradients(
    f: Callable, what: str, positions: Sequence[int], has_aux: bool, args: tuple, kwargs: dict
) -> tuple[Any, list[Any]]:
    """Inline value and gradients into the innermost open trace."""
    positions = [_position(f, i, len(args)) for i in positions]
    if len(set(positions)) < len(positions):
        raise ValueError(named("argnums", f"argnums of {what} names an argument twice: {tuple(positions)}"))
    here = point(f, what, [args[i] for i in positions], argument_names(f, positions))

    def call(g: Callable, values: list[Any]) -> Any:
        given = list(args)
        for i, value in zip(positions, values):
            given[i] = value
        return g(*given, **kwargs)

    sub = program(f, here, call)
    value_spec, aux_spec = head(sub.out_spec, f, has_aux)
    _check_scalar(f, what, sub, value_spec.num_leaves)
    reverse = reversed_program(sub, here, 1)
    results = _with_cotangent(reverse, sub, here.inputs)
    count = len(sub.weak)
    value: Any = value_spec.unflatten([_weakly(results[0], sub.weak[0])])
    if aux_spec is not None:
        aux = [_weakly(x, w) for x, w in zip(results[1:count], sub.weak[1:])]
        value = value, aux_spec.unflatten(aux)
    return value, here.trees(results[count:])


def _with_cotangent(reverse: Any, sub: Subprogram, inputs: list[Traced]) -> list[Traced]:
    """The adjoint with 1 for the cotangent of the value, its last parameter."""
    one = lift(sub.fn.results[0].dtype.type(1))
    return run_inline(reverse, [*sub.sizes, *inputs], [*sub.imports, one])


def _weakly(x: Traced, weak: bool) -> Traced:
    return Traced(x.value, x.home, weak)


def _position(f: Callable, i: int, count: int) -> int:
    if not -count <= i < count:
        raise ValueError(
            named(
                "argnums",
                f"argnums {i} of {name_of(f)}{at(definition_line(f))}: the call has {count} positional "
                "arguments",
            )
        )
    return i % count


def _check_scalar(f: Callable, what: str, sub: Subprogram, leaves: int) -> None:
    """TypeError unless the value is one floating scalar."""
    where = f"{what} of {name_of(f)}{at(definition_line(f))}"
    if leaves != 1:
        raise TypeError(
            named(
                "not-scalar", f"{where}: the function must return one scalar, but it returns {leaves} values"
            )
        )
    kind = sub.fn.results[0].type
    if kind.dtype.kind != "f":
        raise TypeError(
            named(
                "not-differentiable",
                f"{where}: the value must be floating point, but it is {kind}; nothing of it is "
                "differentiable",
            )
        )
    if kind.shape == (1,):
        raise TypeError(
            named(
                "not-scalar",
                f"{where}: the value has shape (1,), not (); return its only element: value[0], or a sum",
            )
        )
    if kind.shape:
        raise TypeError(
            named(
                "not-scalar",
                f"{where}: the value must be a scalar, but it is {kind}; reduce it (np.sum …), or use vjp",
            )
        )


def vjp(
    f: Callable,
    *primals: Any,
    has_aux: bool = False,
    static_argnums: int | Sequence[int] | None = None,
    static_argnames: str | Sequence[str] | None = None,
    tape_budget: int | None = None,
    specialize: bool = False,
) -> tuple[Any, ...]:
    """The value of `f` at a point, and its pullback there.

    primals  positional arguments, each with a floating leaf or static
    has_aux  `f` returns a pair (value, auxiliary tree)
    static_argnums, static_argnames  as for `jit`; the cotangents of such arguments are None
    tape_budget  bytes that the loops may keep for the reverse sweep, as by `jad.tape_budget`
    specialize  as for `jit`

    Returns (value, pullback), or (value, pullback, auxiliary). pullback(ct) takes a cotangent like the value
    and returns a tuple with one cotangent tree per primal; it owns what it needs, so later changes of the
    primals do not matter. What the pullback reads is kept or recomputed, whichever is cheaper.

    Raises TypeError for primals without floating leaves.
    """
    if not tracing():
        static = {"static_argnums": static_argnums, "static_argnames": static_argnames}
        return of_primals(vjp, f, static, specialize, has_aux=has_aux, tape_budget=tape_budget)(*primals)
    places = static_places(f, static_argnums, static_argnames, len(primals))
    here = point(f, "vjp", primals, argument_names(f, range(len(primals))), places)
    sub = program_of_primals(f, here, primals, places)
    spec, aux_spec = head(sub.out_spec, f, has_aux)
    n = spec.num_leaves
    result = structure(sub, spec)
    with within(checked_budget(tape_budget)):
        whole = reversed_program(sub, here, n, closed=False)
    primal, late, residuals, outputs = run_early(whole, sub, here.inputs, here.structures, result)
    pullback = Pullback(late, residuals, outputs)
    value = spec.unflatten(primal[:n])
    return (value, pullback) if aux_spec is None else (value, pullback, aux_spec.unflatten(primal[n:]))
