"""A tangent whose values do not wait for tangents: loops that carry both would compute them too late."""

from __future__ import annotations

from ..ir.builder import Builder
from ..ir.graph import Function, has_effect
from .checkpoints import without_effects
from .keep import parted


def separated(fn: Function, whole: Function) -> Function:
    """`whole`, a tangent of `fn` with the results of `fn` first, with equations of their own for these.

    A loop, branch or call of a tangent carries values and tangents, and can only run when the tangents are
    there. What `fn` prints and checks it does with its own equations, once. `whole` where nothing waits.
    """
    known, n = len(fn.params), len(fn.results)
    _, late, unknown = parted(whole.eqns, whole.params[known:])
    if unknown.isdisjoint(whole.results[:n]) and not any(map(has_effect, late)):
        return whole
    b = Builder(whole.name)
    with b:
        values = b.inline(fn, whole.params[:known])
    eqns = (*b.eqns, *without_effects(whole).eqns)
    return whole.replace(eqns=eqns, results=(*values, *whole.results[n:]))
