"""BLAS calls for products whose sizes only the running program knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..ir.graph import Eqn, Value, dims_of
from .amounts import Amount
from .emitter import Reg, llvm_type
from .fold import fill
from .index import product_of, row_major
from .nest import Nest
from .roots import Root
from .views import contracted, is_transpose

if TYPE_CHECKING:
    from .kernel import Kernel
    from .plan import Plan

#: Products of fewer multiplications than this, as far as their sizes can be guessed, are loops.
FEW = 1024
_MOST = 2**31


def fits(plan: Plan, eqn: Eqn) -> bool:
    """Whether a product of matrices and vectors is one call: large, and with sizes that no loop changes.

    In loops over sizes operands would be copied for each call.
    """
    x, y = eqn.operands
    simple = x.ndim <= 2 and y.ndim <= 2 and len(eqn.attrs["contract"][0]) == 1 and not eqn.attrs["batch"][0]
    if not (simple and eqn.results[0].ndim and eqn.results[0].type.is_float):
        return False
    large = contracted(eqn) * eqn.results[0].type.likely_size >= FEW
    return large and all(_is_fixed(plan, d) for d in dims_of(eqn))


def _is_fixed(plan: Plan, d: Value) -> bool:
    """Whether a size is known outside all regions."""
    scope: Plan | None = plan
    while scope is not None and scope.outer is not None:
        if d in scope.producer or d in scope.fn.params:
            return False
        scope = scope.outer
    return True


def source(plan: Plan, eqn: Eqn, k: int) -> tuple[Value, tuple[Any, ...]]:
    """The memory that operand `k` is read from, through transpositions, and the operand's strides in it."""
    base = eqn.operands[k]
    order = tuple(range(base.ndim))
    while (view := plan.producer.get(base)) and is_transpose(view):
        order = tuple(view.attrs["axes"][a] for a in order)
        base = view.operands[0]
    strides = row_major(base.shape)
    return base, tuple(strides[a] for a in order)


class _Matrix(NamedTuple):
    """One operand: `free` rows of `inner` elements; `rows` contiguous and `ld` apart, or else columns."""

    home: Value
    free: Amount
    inner: Amount
    rows: bool
    ld: Amount
    is_vector: bool


def emit_open_product(kernel: Kernel, root: Root) -> None:
    """The call, unless there is nothing to multiply."""
    eqn, e = root.eqn, kernel.e
    nest = Nest(kernel)
    x, y = (_matrix(nest, eqn, k, *source(kernel.plan, eqn, k)) for k in (0, 1))
    size = nest.amounts.extent(product_of((*root.value.shape,)))
    some = e.op("mul", _reg(size), _reg(x.inner))
    tag = e.label("product")
    none = e.icmp("eq", some, e.literal(0, "i64"))
    e.lines += [f"br i1 {none.text}, label %{tag}.none, label %{tag}.some", f"{tag}.none:"]
    fill(kernel, root.value, e.literal(0, llvm_type(root.value.dtype)))
    e.lines += [f"br label %{tag}.on", f"{tag}.some:"]
    _call(kernel, root, x, y)
    e.lines += [f"br label %{tag}.on", f"{tag}.on:"]


def _matrix(nest: Nest, eqn: Eqn, k: int, home: Value, strides: tuple[Any, ...]) -> _Matrix:
    v, (axis,) = eqn.operands[k], eqn.attrs["contract"][k]
    inner = nest.amounts.extent(v.shape[axis])
    if v.ndim == 1:
        return _Matrix(home, 1, inner, True, 1, True)
    free = nest.amounts.extent(v.shape[1 - axis])
    rows = strides[axis] == 1 and not (strides[1 - axis] == 1 and home.shape[-1] is v.shape[1 - axis])
    other = strides[1 - axis] if rows else strides[axis]
    return _Matrix(home, free, inner, rows, nest.amounts.extent(other), False)


def _call(kernel: Kernel, root: Root, x: _Matrix, y: _Matrix) -> None:
    out, loc = root.value, root.eqn.loc
    kind = "d" if out.dtype.itemsize == 8 else "s"
    ty = llvm_type(out.dtype)
    one, zero = kernel.constant(ty, 1.0), kernel.constant(ty, 0.0)
    number = lambda n: _integer(kernel, n, loc)
    at = lambda m: kernel.pointer(m.home)
    if x.is_vector or y.is_vector:
        matrix, vector = (x, y) if y.is_vector else (y, x)
        dims = (matrix.inner, matrix.free) if matrix.rows else (matrix.free, matrix.inner)
        pointers = [kernel.character("T" if matrix.rows else "N"), *map(number, dims), one, at(matrix)]
        pointers += [number(matrix.ld), at(vector), number(1), zero, kernel.pointer(out), number(1)]
        kernel.call_blas(f"{kind}gemv", pointers)
        return
    flags = [kernel.character("T" if y.rows else "N"), kernel.character("N" if x.rows else "T")]
    dims3 = [number(n) for n in (y.free, x.free, x.inner)]
    pointers = [*flags, *dims3, one, at(y), number(y.ld), at(x), number(x.ld), zero, kernel.pointer(out)]
    kernel.call_blas(f"{kind}gemm", [*pointers, number(y.free)])


def _integer(kernel: Kernel, n: Amount, loc: Any) -> str:
    """A pointer to a 32-bit integer; OverflowError where it does not fit."""
    if isinstance(n, int):
        return kernel.integer(n)
    e = kernel.e
    wide = _reg(n)
    large = e.icmp("sge", wide, e.literal(_MOST, "i64"))
    kernel.fail_if(large, OverflowError, "a size is too large for BLAS", loc, at_once=True)
    slot = kernel.stack_slot("i32")
    e.put(f"store i32 {e.define(f'trunc i64 {wide.text} to i32', 'i32').text}, ptr {slot}")
    return slot


def _reg(amount: Amount) -> Reg:
    return Reg(str(amount), "i64")
