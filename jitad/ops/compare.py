"""Comparisons: six relations of two operands, with a bool result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir.op import Op
from .elementwise import kind, predicate
from .sampling import binary


def _compare(name: str, relation: str, reference: Any, of_floats: str, of_integers: str) -> Op:
    return predicate(
        name,
        f"x {relation} y; with a NaN {'true' if name == 'ne' else 'false'}",
        arity=2,
        dtypes="fiub",
        reference=reference,
        scalar=_emit(of_floats, of_integers),
        samples=binary(dtypes="fib", kinks=((1.0, 1.0),)),
    )


def _emit(of_floats: str, of_integers: str) -> Callable[..., Any]:
    signless = of_integers in ("eq", "ne")

    def emit(e: Any, eqn: Any, x: Any, y: Any) -> Any:
        k = kind(eqn)
        if k == "f":
            return e.fcmp(of_floats, x, y)
        return e.icmp(of_integers if signless else ("s" if k == "i" else "u") + of_integers, x, y)

    return emit


eq = _compare("eq", "=", np.equal, "oeq", "eq")
ne = _compare("ne", "≠", np.not_equal, "une", "ne")
lt = _compare("lt", "<", np.less, "olt", "lt")
le = _compare("le", "≤", np.less_equal, "ole", "le")
gt = _compare("gt", ">", np.greater, "ogt", "gt")
ge = _compare("ge", "≥", np.greater_equal, "oge", "ge")
