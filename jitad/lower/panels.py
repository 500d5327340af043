"""Row panels: `u = A x`, a nest over u, and `v = Aᵀ r` in one pass over A, some rows at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..ir.graph import Eqn, Value, dims_of
from .blas import Layout, operand_layout, source
from .fused import Fused, Panels
from .matvec import Matrix, Rows
from .nest import LANES
from .plan import Plan
from .roots import FUSABLE, Root, Step

if TYPE_CHECKING:
    from .kernel import Kernel

#: Matrices from this size on: smaller ones are in the first cache when they are read again. Measured beside
#: BLAS, both products and the nest: 0.85 of the time at 250 KiB, 0.65 at 2 MiB, 0.45 at 39 MiB.
PANEL_MATRIX = 2**18
#: A panel should stay in the first cache, and must stay in the second.
PANEL_BYTES, PANEL_LIMIT = 32 * 2**10, 512 * 2**10
#: Rows of a panel: a multiple of what a nest's accumulators take in one turn, at most a block of its folds.
MIN_ROWS, MAX_ROWS = 64, 512


@dataclass
class PanelStep(Step):
    """A nest with the products it reads (`before`) and those that read it (`after`), all of one matrix."""

    before: list[Root] = field(default_factory=list)
    after: list[Root] = field(default_factory=list)


def merge_panels(plan: Plan) -> None:
    """Make one step of a nest and the matrix-vector products around it, where that pays."""
    products = {root: step for step in plan.steps for root in step.roots if root.kind == "blas"}
    for step in [s for s in plan.steps if s.roots and s.roots[0].kind in FUSABLE and len(s.space) == 1]:
        merged = _merged(plan, step, products)
        if merged is not None:
            taken = {id(products[root]) for root in (*merged.before, *merged.after)}
            plan.steps[:] = [merged if s is step else s for s in plan.steps if id(s) not in taken]


def _merged(plan: Plan, step: Step, products: dict[Root, Step]) -> PanelStep | None:
    if any(cuts for root in step.roots for cuts in root.reads.cuts):
        return None
    own = {root.value for root in step.roots if root.kind == "map"}
    position = {id(s): k for k, s in enumerate(plan.steps)}
    alive = [root for root, s in products.items() if id(s) in position]
    before = [root for root in alive if _feeds(plan, step, root, position)]
    after = [root for root in alive if (m := _transposed_times(plan, root)) and m[1] in own]
    shared = _forward(plan, before[0]) if before else None
    if shared is None or not after:
        return None
    matrix = shared[0]
    before = [root for root in before if (found := _forward(plan, root)) and found[0] == matrix]
    after = [root for root in after if (found := _transposed_times(plan, root)) and found[0] == matrix]
    if not after or matrix.home in own or matrix.rows != step.space[0]:
        return None
    roots, equations = [*before, *step.roots, *after], step.equations
    return PanelStep([], roots, step.space, equations, step.narrow, before=before, after=after)


def _feeds(plan: Plan, step: Step, root: Root, position: dict[int, int]) -> bool:
    """Whether a product is read by the nest, only element by element, and by nothing before it."""
    v = root.value
    if _forward(plan, root) is None or not any(v in r.reads.leaves for r in step.roots):
        return False
    if not all(r.reads.leaves.get(v, True) for r in step.roots):
        return False
    early = [s for s in plan.steps if position[id(s)] < position[id(step)]]
    return not any(plan.home(leaf) is v for s in early for leaf in _leaves(plan, s))


def _leaves(plan: Plan, step: Step) -> list[Value]:
    read = [leaf for root in step.roots for leaf in root.reads.leaves]
    return read + [leaf for eqn in step.eqns for leaf in plan.small_reads(eqn)]


def _forward(plan: Plan, root: Root) -> tuple[Matrix, Value] | None:
    """(A, x) of a product `A x` whose rows are contiguous."""
    return _matrix_vector(plan, root.eqn, by_rows=True)


def _transposed_times(plan: Plan, root: Root) -> tuple[Matrix, Value] | None:
    """(A, r) of a product `Aᵀ r`, A's rows contiguous."""
    return _matrix_vector(plan, root.eqn, by_rows=False)


def _matrix_vector(plan: Plan, eqn: Eqn, by_rows: bool) -> tuple[Matrix, Value] | None:
    if eqn.attrs["batch"][0] or eqn.operands[0] is eqn.operands[1] or dims_of(eqn):
        return None
    for k in (0, 1):
        (home, strides), (vector, steps) = source(plan, eqn, k), source(plan, eqn, 1 - k)
        matrix, x = operand_layout(eqn, k, strides), operand_layout(eqn, 1 - k, steps)
        if _is_vector(x) and (found := _as_matrix(plan.home(home), matrix, by_rows)):
            return found, plan.home(vector)
    return None


def _is_vector(x: Layout) -> bool:
    return x.free is not None and x.free[0] == 1 and x.inner is not None and x.inner[1] == 1


def _as_matrix(home: Value, layout: Layout, by_rows: bool) -> Matrix | None:
    """The matrix that a product reads, if it is worth panels."""
    if layout.free is None or layout.inner is None:
        return None
    (rows, step), (columns, unit) = (layout.free, layout.inner) if by_rows else (layout.inner, layout.free)
    whole = rows * columns * home.dtype.itemsize == home.type.nbytes
    if unit != 1 or step != columns or not whole or columns < LANES or home.type.nbytes < PANEL_MATRIX:
        return None
    if rows < 2 * MIN_ROWS or MIN_ROWS * columns * home.dtype.itemsize > PANEL_LIMIT:
        return None
    return Matrix(home, rows, columns)


def emit_panels(kernel: Kernel, step: PanelStep) -> None:
    """The loops: per panel the products that the nest reads, the nest, the products that read it."""
    found = _forward(kernel.plan, step.before[0])
    assert found is not None
    matrix = found[0]
    rows = MIN_ROWS
    while rows < MAX_ROWS and 2 * rows * matrix.row_bytes <= PANEL_BYTES:
        rows *= 2
    first = [Rows(kernel, matrix, x, root.value) for x, root in _vectors(kernel, step.before, _forward)]
    last = [
        Rows(kernel, matrix, r, root.value) for r, root in _vectors(kernel, step.after, _transposed_times)
    ]

    def before(at: str, count: int) -> None:
        for product in first:
            product.times(at, count)

    def after(at: str, count: int) -> None:
        for product in last:
            product.accumulate(at, count)

    def block() -> None:
        for product in last:
            product.flush()

    for product in last:
        product.clear()
    nest = Step([], [r for r in step.roots if r.kind != "blas"], step.space, narrow=step.narrow)
    Fused(kernel, nest, Panels(rows, before, after, block)).emit()
    block()


def _vectors(
    kernel: Kernel, roots: list[Root], read: Callable[[Plan, Root], tuple[Matrix, Value] | None]
) -> list[tuple[Value, Root]]:
    return [(found[1], root) for root in roots if (found := read(kernel.plan, root))]
