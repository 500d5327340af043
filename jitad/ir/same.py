"""Structural equality of functions: the same program under other names."""

from __future__ import annotations

from .graph import Const, Eqn, Function, Value, callee, substituted_attrs, substituted_type


def same(f: Function, g: Function) -> bool:
    """Whether `f` and `g` are the same program: equations in the same order, with the same ops, operands,
    attributes, types, regions and constants (bit for bit). Names, hints and lines do not count."""
    return _same(f, g, {}, {})


def _same(
    f: Function, g: Function, outer: dict[Value, Value], known: dict[tuple[Function, Function], bool]
) -> bool:
    env = dict(outer)

    def bind(xs: tuple[Value, ...], ys: tuple[Value, ...]) -> bool:
        env.update(zip(xs, ys))
        return len(xs) == len(ys) and all(substituted_type(x.type, env) is y.type for x, y in zip(xs, ys))

    def read(xs: tuple[Value, ...], ys: tuple[Value, ...]) -> bool:
        return len(xs) == len(ys) and all(
            _equal(x, y) if isinstance(x, Const) else env.get(x) is y for x, y in zip(xs, ys)
        )

    if not bind(f.params, g.params) or len(f.eqns) != len(g.eqns):
        return False
    for a, b in zip(f.eqns, g.eqns):
        if a.op is not b.op or not _same_attributes(a, b, env, known) or not read(a.operands, b.operands):
            return False
        if len(a.regions) != len(b.regions) or not all(
            _same(r, s, env, known) for r, s in zip(a.regions, b.regions)
        ):
            return False
        if not bind(a.results, b.results):
            return False
    return read(f.results, g.results)


def _same_attributes(
    a: Eqn, b: Eqn, env: dict[Value, Value], known: dict[tuple[Function, Function], bool]
) -> bool:
    f, g = callee(a), callee(b)
    if f is None or g is None:
        return substituted_attrs(a, env) == b.attrs
    if (f, g) not in known:
        known[f, g] = _same(f, g, {}, known)
    return known[f, g]


def _equal(x: Const, y: Value) -> bool:
    return isinstance(y, Const) and x.type is y.type and x.data.tobytes() == y.data.tobytes()
