"""Memory order of fresh arrays: NumPy keeps that of their operands, so a reshape may be a copy there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ir.graph import Eqn, Value
from ..ir.named import named
from .source import at, user_line

if TYPE_CHECKING:
    from .traced import Traced

_WRITES = frozenset({"set_at", "add_at", "scatter_set", "scatter_add"})


def refuse_if_reordered(root: Traced) -> None:
    """NotImplementedError before a write into an array of which reshapes exist and whose order is not known.

    NumPy gives the result of `x.T + 1` the order of `x.T`, so that its `ravel()` is a copy; traced arrays are
    C-ordered in meaning, where it is a view.
    """
    eqns = {r: eqn for eqn in root.home.builder.eqns for r in eqn.results}
    if root.state is not None and root.state.ordered:
        return
    value = root._value
    while value in eqns and eqns[value].op.name in _WRITES:
        value = eqns[value].operands[0]
    if value is not None and _keeps_order(value, eqns):
        raise NotImplementedError(
            named(
                "not-supported",
                f"writing{at(user_line(4))} into an array {root.type} that was computed from a transposed "
                "one "
                "and then reshaped: whether the reshape is a view depends on the order in memory that NumPy "
                "chooses; make it certain with .copy() before the reshape",
            )
        )


def _keeps_order(value: Value, eqns: dict[Value, Eqn]) -> bool:
    """Whether an elementwise operation made it from a transposed array."""
    eqn = eqns.get(value)
    if eqn is None or not eqn.op.elementwise:
        return False
    for v in eqn.operands:
        made = eqns.get(v)
        if v.ndim > 1 and made is not None and (made.op.name == "transpose" or _keeps_order(v, eqns)):
            return True
    return False
