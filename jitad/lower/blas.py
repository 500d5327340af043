"""Products beyond inline size: BLAS calls on row-major memory, transpositions folded into flags."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from ..ir.graph import Eqn, Value
from .index import row_major
from .nest import Nest
from .plan import Plan, Root, is_transpose

if TYPE_CHECKING:
    from .kernel import Kernel


def source(plan: Plan, v: Value) -> tuple[Value, tuple[int, ...]]:
    """The value in memory behind transpositions of `v`, and `v`'s element strides in it."""
    order = tuple(range(v.ndim))
    while (eqn := plan.producer.get(v)) and is_transpose(eqn) and v not in plan.roots and v not in plan.small:
        order = tuple(eqn.attrs["axes"][a] for a in order)
        v = eqn.operands[0]
    strides = row_major(v.shape)
    return v, tuple(strides[a] for a in order)


def merged(axes: tuple[int, ...], shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, int] | None:
    """(extent, stride) of several axes walked as one in order; None if no single stride does it."""
    real = [a for a in axes if shape[a] != 1]
    for a, b in zip(real, real[1:]):
        if strides[a] != strides[b] * shape[b]:
            return None
    return prod(shape[a] for a in real), strides[real[-1]] if real else 1


class Layout:
    """One operand of a product as a batch of matrices (rows free, columns contracted)."""

    def __init__(
        self, v: Value, strides: tuple[int, ...], contract: tuple[int, ...], batch: tuple[int, ...]
    ) -> None:
        free = tuple(a for a in range(v.ndim) if a not in contract and a not in batch)
        self.batch = [(v.shape[a], strides[a]) for a in batch]
        self.free = merged(free, v.shape, strides)
        self.inner = merged(contract, v.shape, strides)

    @property
    def fits(self) -> bool:
        """Whether BLAS can read it: both groups have one stride and one of these is 1."""
        if self.free is None or self.inner is None:
            return False
        (m, sm), (k, sk) = self.free, self.inner
        return (sk == 1 or k == 1) and (sm >= k or m == 1) or (sm == 1 or m == 1) and (sk >= m or k == 1)

    def leading(self) -> tuple[bool, int]:
        """(is each row contiguous, distance between rows or columns)."""
        assert self.free is not None and self.inner is not None
        (m, sm), (k, sk) = self.free, self.inner
        if (sk == 1 or k == 1) and (sm >= k or m == 1):
            return True, sm if m > 1 else max(k, 1)
        return False, sk if k > 1 else max(m, 1)


def layouts(plan: Plan, eqn: Eqn) -> tuple[Layout, Layout]:
    found = []
    for k, v in enumerate(eqn.operands):
        found.append(Layout(v, source(plan, v)[1], eqn.attrs["contract"][k], eqn.attrs["batch"][k]))
    return found[0], found[1]


def fits_blas(plan: Plan, eqn: Eqn) -> bool:
    """Whether a product can be one BLAS call per batch index."""
    return all(layout.fits for layout in layouts(plan, eqn))


def emit_product(kernel: Kernel, root: Root) -> None:
    """The calls: a loop over the batch axes around ?gemm or ?gemv."""
    eqn, out = root.eqn, root.value
    x, y = layouts(kernel.plan, eqn)
    nest = Nest(kernel)
    batch = tuple(extent for extent, _ in x.batch)
    c_strides = row_major(out.shape)[: len(batch)]

    def call() -> None:
        def at(v: Value, strides: list[int]) -> str:
            offset = kernel.e.offset(list(zip(strides, nest.ivs)), 0)
            base = kernel.pointer(v)
            return base if offset == "0" else kernel.e.gep(base, _element(v), offset)

        a = at(source(kernel.plan, eqn.operands[0])[0], [s for _, s in x.batch])
        b = at(source(kernel.plan, eqn.operands[1])[0], [s for _, s in y.batch])
        _gemm(kernel, x, y, a, b, at(out, list(c_strides)), "d" if out.dtype.itemsize == 8 else "s")

    def loops(axis: int) -> None:
        if axis == len(batch):
            call()
        else:
            nest.loop(0, batch[axis], 1, lambda: loops(axis + 1))

    loops(0)


def _element(v: Value) -> str:
    return "double" if v.dtype.itemsize == 8 else "float"


def _gemm(kernel: Kernel, x: Layout, y: Layout, a: str, b: str, c: str, kind: str) -> None:
    """Row-major C[m, n] = X[m, k] · Y[n, k]ᵀ: the column-major product of the transposes."""
    assert x.free and y.free and x.inner
    m, n, k = x.free[0], y.free[0], x.inner[0]
    x_rows, lda = x.leading()
    y_rows, ldb = y.leading()
    ty = "double" if kind == "d" else "float"
    one, zero = kernel.constant(ty, 1.0), kernel.constant(ty, 0.0)
    if n == 1 or m == 1:
        matrix, vector, rows, ld, r, step = (a, b, x_rows, lda, m, y) if n == 1 else (b, a, y_rows, ldb, n, x)
        assert step.inner is not None
        increment = step.inner[1] if step.inner[0] > 1 else 1
        # rows contiguous: column-major k × r matrix, transposed
        dims = (k, r) if rows else (r, k)
        kernel.call_blas(
            f"{kind}gemv",
            [
                kernel.character("T" if rows else "N"),
                *map(kernel.integer, dims),
                one,
                matrix,
                kernel.integer(ld),
            ]
            + [vector, kernel.integer(increment), zero, c, kernel.integer(1)],
        )
        return
    flags = [kernel.character("T" if y_rows else "N"), kernel.character("N" if x_rows else "T")]
    kernel.call_blas(
        f"{kind}gemm",
        [*flags, *map(kernel.integer, (n, m, k)), one, b, kernel.integer(ldb), a, kernel.integer(lda)]
        + [zero, c, kernel.integer(n)],
    )
