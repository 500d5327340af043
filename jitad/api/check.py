"""check_grads: derivatives against central differences and against each other, to any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..capture.trees import flatten, unflatten
from .forward import jvp
from .jit import jit, static_places
from .reverse import vjp


def check_grads(
    f: Callable,
    args: Sequence[Any],
    order: int = 1,
    modes: Sequence[str] = ("fwd", "rev"),
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    static_argnums: int | Sequence[int] | None = None,
    static_argnames: str | Sequence[str] | None = None,
) -> None:
    """Raise AssertionError unless the derivatives of `f` at `args` agree with central differences.

    f      function of arrays, numbers and trees of them
    args   tuple of its positional arguments, each with a floating leaf or static
    order  check so many derivatives, by checking the derivative function in turn
    modes  "fwd" (jvp), "rev" (vjp) or both; with both, also every mix of them at higher orders
    eps    step of the differences; by default 1e-5 (float32: 1e-2), times the largest entry if that exceeds 1
    atol, rtol  tolerances; by default 1e-6 each (float32: 2e-2), ten times that for every further order
    static_argnums, static_argnames  as for `jit`

    Tangents and cotangents are random with a fixed seed. Forward mode is compared with the difference
    quotient along the tangent, reverse mode with forward differences by ⟨ct, f'(x) t⟩ = ⟨pullback(ct), t⟩.
    """
    unknown = set(modes) - {"fwd", "rev"}
    if unknown or not modes:
        raise ValueError(f"modes are 'fwd' and 'rev', got {tuple(modes)!r}")
    if order < 1:
        raise ValueError(f"order must be at least 1, got {order}")
    f, args = _without_static(f, tuple(args), static_argnums, static_argnames)
    single = any(_dtype(x) == np.float32 for x in flatten(args)[0])
    tolerance = 2e-2 if single else 1e-6
    atol, rtol = tolerance if atol is None else atol, tolerance if rtol is None else rtol
    eps = (1e-2 if single else 1e-5) if eps is None else eps
    _check(f, args, order, tuple(modes), eps, atol, rtol, ())


def _without_static(f: Callable, args: tuple, numbers: Any, names: Any) -> tuple[Callable, tuple]:
    """`f` as a function of the arguments that are not static, and these."""
    static = static_places(f, numbers, names, len(args))
    if not static:
        return f, args

    def rest(*given: Any) -> Any:
        values = iter(given)
        return f(*[x if i in static else next(values) for i, x in enumerate(args)])

    return rest, tuple(x for i, x in enumerate(args) if i not in static)


def _check(
    f: Callable, args: tuple, order: int, modes: tuple, eps: float, atol: float, rtol: float, path: tuple
) -> None:
    rng = np.random.default_rng(order)
    tangents = _like(args, rng)
    quotient = _difference(jit(f), args, tangents, eps)
    for mode in modes:
        where = " of ".join((*path, mode))
        if mode == "fwd":
            _, found = jvp(f, args, tangents)
            for got, want in zip(_floats(found), quotient, strict=True):
                _compare(got, want, atol, rtol, where)
        else:
            value, pullback = vjp(f, *args)
            ct = _like(value, rng)
            left = _dot(_floats(ct), quotient)
            right = _dot(_floats(pullback(ct)), _floats(tangents))
            size = sum(float(np.abs(c * q).sum()) for c, q in zip(_floats(ct), quotient))
            _compare(right, left, atol + rtol * size, rtol, where)
        if order > 1:
            derived = _derived(f, mode, rng, args)
            _check(derived, args, order - 1, modes, eps, 10 * atol, 10 * rtol, (*path, mode))


def _derived(f: Callable, mode: str, rng: np.random.Generator, args: tuple) -> Callable:
    """The derivative as a function of the point, along a fixed tangent or cotangent."""
    if mode == "fwd":
        tangents = _like(args, rng)
        return lambda *args: _floats(jvp(f, args, tangents)[1])
    ct = _like(jit(f)(*args), rng)
    return lambda *args: _floats(vjp(f, *args)[1](ct))


def _difference(f: Callable, args: tuple, tangents: tuple, eps: float) -> list[np.ndarray]:
    """The central difference quotient of f's floating leaves along the tangents."""
    size = max([1.0, *(float(np.max(np.abs(x), initial=0)) for x in _floats(args))])
    h = eps * size
    ahead, behind = (_floats(f(*_moved(args, tangents, s * h))) for s in (1, -1))
    return [(np.asarray(a) - np.asarray(b)) / (2 * h) for a, b in zip(ahead, behind, strict=True)]


def _moved(args: tuple, tangents: tuple, h: float) -> tuple:
    leaves, spec = flatten(args)
    along = iter(_floats(tangents))
    return unflatten(spec, [_step(x, next(along), h) if _is_float(x) else x for x in leaves])


def _step(x: Any, t: Any, h: float) -> Any:
    out = x + h * np.asarray(t)
    return float(out) if isinstance(x, (int, float)) else out.astype(np.asarray(x).dtype)


def _like(tree: Any, rng: np.random.Generator) -> Any:
    """A tree like `tree` with random floats; None for integer and bool leaves."""
    leaves, spec = flatten(tree)
    return unflatten(spec, [_random(x, rng) if _is_float(x) else None for x in leaves])


def _random(x: Any, rng: np.random.Generator) -> Any:
    t = rng.standard_normal(np.shape(x))
    return float(t) if isinstance(x, (int, float)) else np.asarray(t, dtype=np.asarray(x).dtype)[()]


def _floats(tree: Any) -> list[Any]:
    """The leaves that have derivatives; traced ones too."""
    return [x for x in flatten(tree)[0] if _is_float(x)]


def _is_float(x: Any) -> bool:
    # A Python int counts as a float; a bool does not.
    return type(x) is int or _dtype(x).kind == "f"


def _dtype(x: Any) -> np.dtype:
    return x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype


def _dot(xs: Sequence[Any], ys: Sequence[Any]) -> float:
    return float(
        sum(np.sum(np.asarray(x, float) * np.asarray(y, float)) for x, y in zip(xs, ys, strict=True))
    )


def _compare(got: Any, want: Any, atol: float, rtol: float, where: str) -> None:
    got, want = np.asarray(got, float), np.asarray(want, float)
    scale = max(1.0, float(np.max(np.abs(want), initial=0)))
    if not np.allclose(got, want, atol=atol * scale, rtol=rtol):
        worst = np.max(np.abs(got - want))
        raise AssertionError(
            f"derivatives disagree ({where}): the largest difference is {worst:.3g}\n  found    {got}\n"
            f"  differences {want}"
        )
