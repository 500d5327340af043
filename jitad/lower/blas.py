"""Products beyond inline size: BLAS calls on row-major memory, transpositions folded into flags."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING

from ..ir.builder import Builder
from ..ir.graph import Eqn, Function, Value, dims_of, once
from ..ir.op import lookup
from ..ops.lowering import Dot
from . import open_blas
from .emitter import Reg
from .index import row_major
from .nest import Nest
from .pieces import each_piece, piece_sizes
from .plan import Plan
from .roots import Root
from .views import contracted, is_transpose

if TYPE_CHECKING:
    from .kernel import Kernel

#: Sums of at least this many terms make `x xᵀ` worth computing by one triangle.
GRAM_LENGTH = 64


def source(plan: Plan, eqn: Eqn, k: int) -> tuple[Value, tuple[int, ...]]:
    """The memory that operand `k` of a product is read from, and the operand's element strides in it.

    Transpositions are read through when BLAS can take the strides that they give.
    """
    if dims_of(eqn):
        return open_blas.source(plan, eqn, k)
    v = eqn.operands[k]
    base, order = v, tuple(range(v.ndim))
    while (view := plan.producer.get(base)) and is_transpose(view):
        order = tuple(view.attrs["axes"][a] for a in order)
        base = view.operands[0]
    strides = row_major(base.shape)
    folded = tuple(strides[a] for a in order)
    return (base, folded) if operand_layout(eqn, k, folded).fits else (v, row_major(v.shape))


def merged(axes: tuple[int, ...], shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, int] | None:
    """(extent, stride) of several axes walked as one in order; None if no single stride does it."""
    real = [a for a in axes if shape[a] != 1]
    for a, b in pairwise(real):
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
        by_rows = (sk == 1 or k == 1) and (sm >= k or m == 1)
        return by_rows or ((sm == 1 or m == 1) and (sk >= m or k == 1))

    def leading(self) -> tuple[bool, int]:
        """(is each row contiguous, distance between rows or columns)."""
        assert self.free is not None and self.inner is not None
        (m, sm), (k, sk) = self.free, self.inner
        if (sk == 1 or k == 1) and (sm >= k or m == 1):
            return True, sm if m > 1 else max(k, 1)
        return False, sk if k > 1 else max(m, 1)


def operand_layout(eqn: Eqn, k: int, strides: tuple[int, ...]) -> Layout:
    """Operand `k` of a product as a batch of matrices."""
    return Layout(eqn.operands[k], strides, eqn.attrs["contract"][k], eqn.attrs["batch"][k])


def fits_blas(eqn: Eqn) -> bool:
    """Whether a product of contiguous operands can be one BLAS call per batch index.

    Products of sizes that only the running program knows are loops, which take any layout.
    """
    if dims_of(eqn):
        return True
    return all(operand_layout(eqn, k, row_major(v.shape)).fits for k, v in enumerate(eqn.operands))


def canonical_products(fn: Function) -> Function:
    """`fn`, operands whose axes BLAS cannot read transposed to (batch, free, contracted).

    Products that contract nothing become elementwise.
    """
    if all(
        not eqn.regions and (not isinstance(eqn.op.lowering, Dot) or (_contracts(eqn) and fits_blas(eqn)))
        for eqn in fn.eqns
    ):
        return fn
    b = Builder(fn.name)
    with b:
        b.params = list(fn.params)
        for eqn in fn.eqns:
            if isinstance(eqn.op.lowering, Dot) and not (_contracts(eqn) and fits_blas(eqn)):
                b.loc, b.origin = eqn.loc, eqn.origin
                eqn = _transposed(eqn) if _contracts(eqn) else _elementwise(eqn)
            elif eqn.regions:
                inner = tuple(map(canonical_products, eqn.regions))
                eqn = Eqn(eqn.op, eqn.operands, eqn.attrs, eqn.results, eqn.loc, inner, eqn.origin)
            b.eqns.append(eqn)
        return b.finish(fn.results, fn.loc)


def _contracts(eqn: Eqn) -> bool:
    return bool(eqn.attrs["contract"][0])


def _elementwise(eqn: Eqn) -> Eqn:
    """An outer product: both operands spread to the axes of the result, and multiplied."""
    shape, batch = eqn.results[0].shape, eqn.attrs["batch"]
    operands, at = [], len(batch[0])
    for k, v in enumerate(eqn.operands):
        free = tuple(a for a in range(v.ndim) if a not in batch[k])
        axes = (*range(len(batch[k])), *range(at, at + len(free)))
        at += len(free)
        v = lookup("transpose")(v, axes=(*batch[k], *free))
        operands.append(lookup("broadcast")(v, shape=shape, axes=axes))
    return Eqn(lookup("mul"), tuple(operands), {}, eqn.results, eqn.loc, (), eqn.origin)


def _transposed(eqn: Eqn) -> Eqn:
    operands: list[Value] = []
    contract, batch = list(eqn.attrs["contract"]), list(eqn.attrs["batch"])
    for k, v in enumerate(eqn.operands):
        if not operand_layout(eqn, k, row_major(v.shape)).fits:
            free = [a for a in range(v.ndim) if a not in contract[k] and a not in batch[k]]
            order = (*batch[k], *free, *contract[k])
            v = lookup("transpose")(v, axes=order)
            batch[k] = tuple(range(len(batch[k])))
            contract[k] = tuple(range(len(order) - len(contract[k]), len(order)))
        operands.append(v)
    attrs = {"contract": tuple(contract), "batch": tuple(batch)}
    return Eqn(eqn.op, tuple(operands), attrs, eqn.results, eqn.loc, eqn.regions, eqn.origin)


def emit_product(kernel: Kernel, root: Root) -> None:
    """The calls: a loop over the batch axes around ?gemm or ?gemv."""
    eqn, out = root.eqn, root.value
    if dims_of(eqn):
        open_blas.emit_open_product(kernel, root)
        return
    (a_home, a_strides), (b_home, b_strides) = (source(kernel.plan, eqn, k) for k in (0, 1))
    x, y = operand_layout(eqn, 0, a_strides), operand_layout(eqn, 1, b_strides)
    nest = Nest(kernel)
    batch = tuple(extent for extent, _ in x.batch)
    c_strides = row_major(out.shape)[: len(batch)]

    def call() -> None:
        def at(v: Value, strides: list[int]) -> str:
            offset = kernel.e.offset(list(zip(strides, nest.ivs)), 0)
            base = kernel.pointer(v)
            return base if offset == "0" else kernel.e.gep(base, _element(v), offset)

        a = at(a_home, [s for _, s in x.batch])
        b = at(b_home, [s for _, s in y.batch])
        kind = "d" if out.dtype.itemsize == 8 else "s"
        if _is_gram(eqn):
            _syrk(kernel, x, a, kernel.pointer(out), kind)
        else:
            repeated = kernel.depth > 0 or prod(batch) > 1 or has_loops(kernel.fn)
            _gemm(nest, x, y, a, b, at(out, list(c_strides)), kind, repeated)

    def loops(axis: int) -> None:
        if axis == len(batch):
            call()
        else:
            nest.loop(0, batch[axis], 1, lambda: loops(axis + 1))

    loops(0)


def has_loops(fn: Function) -> bool:
    """Whether a function has loops of its own."""
    return once(fn, "has loops", lambda f: any(eqn.op.name in ("for", "while") for eqn in f.eqns))


def _element(v: Value) -> str:
    return "double" if v.dtype.itemsize == 8 else "float"


def _gemm(nest: Nest, x: Layout, y: Layout, a: str, b: str, c: str, kind: str, repeated: bool) -> None:
    """Row-major C[m, n] = X[m, k] · Y[n, k]ᵀ: the column-major product of the transposes.

    A product that is `repeated`, or beside loops, is computed in pieces: whenever threads have to wait for a
    processor, each call of BLAS that starts them would. Beside loops are those that were taken out of them.
    """
    assert x.free and y.free and x.inner and y.inner
    kernel = nest.kernel
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
    strides = (x.free[1], x.inner[1]), (y.free[1], y.inner[1]), (n, 1)

    def piece(starts: list[str], lengths: list[int]) -> None:
        i, j, p = starts
        places = []
        for home, step, at in zip((a, b, c), strides, ((i, p), (j, p), (i, j))):
            moves = [(s, start) for s, start in zip(step, at) if start != "0"]
            places.append(kernel.e.gep(home, ty, kernel.e.offset(moves, 0)) if moves else home)
        dims = [kernel.integer(lengths[axis]) for axis in (1, 0, 2)]
        kernel.call_blas(
            f"{kind}gemm",
            [*flags, *dims, one, places[1], kernel.integer(ldb), places[0], kernel.integer(lda)]
            + [zero if p == "0" else one, places[2], kernel.integer(n)],
        )

    each_piece(nest, (m, n, k), piece_sizes((m, n, k)) if repeated else (m, n, k), piece)


def _is_gram(eqn: Eqn) -> bool:
    """Whether a product is `x xᵀ`, with sums long enough to pay for mirroring one triangle."""
    x, y = eqn.operands
    (cx, cy), (bx, _) = eqn.attrs["contract"], eqn.attrs["batch"]
    return x is y and cx == cy and not bx and contracted(eqn) >= GRAM_LENGTH and eqn.results[0].ndim == 2


def _syrk(kernel: Kernel, x: Layout, a: str, c: str, kind: str) -> None:
    """C = X Xᵀ: one triangle by ?syrk (upper in BLAS's column order), the other a copy of it."""
    assert x.free and x.inner
    n, k = x.free[0], x.inner[0]
    rows, lda = x.leading()
    ty = "double" if kind == "d" else "float"
    kernel.call_blas(
        f"{kind}syrk",
        [kernel.character("U"), kernel.character("T" if rows else "N"), kernel.integer(n), kernel.integer(k)]
        + [kernel.constant(ty, 1.0), a, kernel.integer(lda), kernel.constant(ty, 0.0), c, kernel.integer(n)],
    )
    e, nest = kernel.e, Nest(kernel)

    def mirror(i: str, j: str) -> None:
        """c[i, j] = c[j, i] above the diagonal, itself below."""
        above = e.icmp("slt", Reg(i, "i64"), Reg(j, "i64"))
        here, there = (e.offset([(n, r), (1, s)], 0) for r, s in ((i, j), (j, i)))
        source = e.select(above, Reg(there, "i64"), Reg(here, "i64"))
        x = e.define(f"load {ty}, ptr {e.gep(c, ty, source.text)}", ty)
        e.put(f"store {ty} {x.text}, ptr {e.gep(c, ty, here)}")

    nest.plain_loop("0", str(n), 1, lambda i: nest.plain_loop("0", str(n), 1, lambda j: mirror(i, j)))
