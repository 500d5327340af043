"""The table: NumPy expressions over arguments; `m` is numpy or jitad.numpy.

A row is (expression, arguments by name). `d` in front of an expression asks for a derivative check as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

_rng = np.random.default_rng(1)


def _r(*shape: int) -> Any:
    return _rng.uniform(0.2, 2.0, shape)


A = {
    "a": _rng.standard_normal((3, 4)),
    "b": _rng.standard_normal((3, 4)),
    "c": _rng.standard_normal((2, 3, 4)),
    "v": _rng.standard_normal(4),
    "w": _rng.standard_normal(5),
    "p": _r(3, 4),
    "q": _r(4),
    "s": np.float64(0.7),
    "n": np.arange(12).reshape(3, 4) - 4,
    "k": np.array([3, 0, 2, 1]),
    "u": np.arange(4, dtype=np.uint8),
    "i": np.array([1, -2, 3, 5], dtype=np.int32),
    "f": _r(3, 4).astype(np.float32),
    "t": _rng.uniform(size=(3, 4)) > 0.5,
    "l": np.array([True, False, True, True]),
    "e": np.empty((0, 3)),
    "o": np.ones((1, 4)),
    "x": np.array([1.0, np.nan, np.inf, -np.inf]),
    "sq": _rng.standard_normal((3, 3)),
    "v3": _rng.standard_normal(3),
    "w3": _rng.standard_normal((2, 3)),
}  # fmt: skip

REDUCTIONS = """
d m.sum(a)
d m.sum(a, axis=0)
d m.sum(a, -1)
d m.sum(c, axis=(0, -1), keepdims=True)
m.sum(n)
m.sum(i)
m.sum(u)
m.sum(t, axis=1)
m.sum(f)
m.sum(f, axis=0, dtype=np.float64)
m.sum(i, dtype=np.float32)
d m.sum(a, where=t)
d m.sum(a, axis=0, initial=2.0, where=l)
m.sum(e)
m.sum(e, axis=0)
m.sum(s)
m.sum(a, axis=())
d a.sum(1, keepdims=True)
d m.prod(a, axis=1)
m.prod(i)
m.prod(u)
d a.prod()
d m.max(a)
d m.max(a, axis=-2, keepdims=True)
d a.max(axis=(0, 1))
d m.amax(a, 1)
m.max(n, axis=0)
m.max(t, axis=0)
d m.max(a, axis=0, initial=0.3, where=t)
m.max(e, axis=1, initial=-1.0)
m.max(x)
d m.min(a, axis=1)
d m.amin(c, axis=0)
m.min(i)
m.min(t)
a.min()
d m.ptp(a, axis=1)
m.any(t)
m.any(a > 0, axis=1)
m.any(n, axis=0, keepdims=True)
t.any(0)
m.all(t, axis=0)
m.all(a)
m.all(t, axis=1, where=l)
m.any(t, axis=1, where=l)
m.count_nonzero(n)
m.count_nonzero(t, axis=0, keepdims=True)
m.argmax(a)
m.argmax(a, axis=1)
m.argmin(n, axis=-1, keepdims=True)
m.argmax(t, axis=0)
m.argmin(f, axis=0)
a.argmax()
m.argmax(a, keepdims=True)
a.argmin(axis=0)
m.argmax(x)
d m.mean(a)
d m.mean(a, axis=(0, 1), keepdims=True)
m.mean(n, axis=0)
m.mean(f)
m.mean(t)
d m.mean(a, where=t)
d a.mean(-1)
m.mean(f, dtype=np.float64)
d m.var(a)
d m.var(a, axis=1, ddof=1)
d m.var(c, axis=(0, 2), keepdims=True)
m.var(n, axis=0)
m.var(f, axis=0)
d m.var(a, where=t)
d a.var(0)
d m.std(a, axis=0)
d a.std(ddof=1)
m.std(i)
d m.average(a, axis=1)
d m.average(a, axis=1, weights=q)
d m.average(a, weights=p)
m.average(n, axis=0)
m.average(a, axis=0, weights=p, returned=True)
d m.cov(a)
d m.cov(a, rowvar=False, bias=True)
m.cov(v)
d m.cumsum(a)
d m.cumsum(a, axis=1)
m.cumsum(i)
m.cumsum(t, axis=0)
m.cumsum(f, axis=-1)
d a.cumsum(0)
d m.cumprod(a, axis=0)
m.cumprod(i)
d v.cumprod()
m.nansum(x)
d m.nansum(a, axis=0)
d m.nanprod(a, axis=0)
d m.nanmean(a, axis=1)
m.nanmean(x[:2])
"""

SHAPES = """
d m.reshape(a, (4, 3))
d m.reshape(a, -1)
d m.reshape(a, (2, -1), order="F")
m.reshape(a, shape=(6, 2))
d a.reshape(2, 6)
d a.reshape((2, -1))
a.reshape(-1)
m.reshape(e, (3, 0))
d m.ravel(a)
m.ravel(a, order="F")
d a.ravel()
d a.flatten()
m.ravel(e)
d m.transpose(c)
d m.transpose(c, (1, -1, 0))
d a.T
d c.transpose(2, 0, 1)
c.transpose((2, 0, 1))
c.transpose()
m.permute_dims(c, (2, 0, 1))
d m.matrix_transpose(c)
c.mT
d m.swapaxes(c, 0, -1)
c.swapaxes(1, 2)
d m.moveaxis(c, 0, -1)
m.moveaxis(c, (0, 1), (-1, 0))
m.rollaxis(c, 2)
m.rollaxis(c, 0, 2)
d m.squeeze(o)
m.squeeze(o, axis=0)
o.squeeze()
d m.expand_dims(a, 1)
m.expand_dims(a, (0, -1))
d m.broadcast_to(v, (3, 4))
m.broadcast_to(s, (2,))
m.broadcast_arrays(a, v, s)
m.atleast_1d(s)
m.atleast_2d(v)
m.atleast_3d(v, a)
m.copy(a)
a.copy()
a.astype(np.float32).astype(float)
a.astype(int)
n.astype(bool)
t.astype(np.float32)
a.astype("f4")
m.shape(a)
m.ndim(a)
m.size(a)
m.size(a, 1)
a.shape, a.ndim, a.size, a.itemsize, a.nbytes, len(a)
a.dtype.num
a.view()
d m.concatenate([a, b])
d m.concatenate((a, o), axis=0)
d m.concatenate([a, b], axis=-1)
m.concatenate([a, b], axis=None)
m.concatenate([a, n])
m.concatenate([f, a])
m.concatenate([a, f], dtype=np.float32)
m.concat([v, w])
m.concatenate([e, e])
d m.stack([a, b])
d m.stack([a, b], axis=-1)
m.stack((v, v), 1)
d m.vstack([a, v])
d m.hstack([a, b])
d m.hstack([v, w])
m.hstack([s, s])
m.dstack([a, b])
m.column_stack([v, v, a.T])
m.block([[a, b], [b, a]])
m.block([v, w])
d m.append(v, w)
m.append(a, o, axis=0)
d m.split(c, 2)
m.split(a, 2, axis=1)
m.split(w, [1, 3])
m.array_split(w, 3)
m.array_split(a, [1, 7], axis=1)
m.hsplit(a, 2)
m.vsplit(a, 3)
m.dsplit(c, 2)
m.unstack(a)
m.unstack(a, axis=1)
d m.tile(v, 3)
d m.tile(a, (2, 1, 2))
m.tile(s, 2)
d m.repeat(a, 2)
d m.repeat(a, 3, axis=1)
d m.repeat(a, [1, 0, 2], axis=0)
v.repeat(2)
d m.delete(w, 1)
d m.delete(a, [0, 2], axis=1)
m.delete(a, slice(1, 3), axis=1)
m.delete(a, 2)
d m.insert(w, 2, 5.0)
m.insert(a, 1, v, axis=0)
m.insert(w, -1, 7.0)
d m.flip(a)
d m.flip(a, 0)
m.flip(c, (0, 2))
m.fliplr(a)
m.flipud(a)
d m.rot90(a)
m.rot90(a, 2)
m.rot90(a, -1)
m.rot90(c, 1, (1, 2))
d m.roll(a, 1)
d m.roll(a, -1, axis=1)
m.roll(a, (1, 2), (0, 1))
m.roll(w, 7)
d m.pad(a, 1)
d m.pad(a, ((1, 2), (0, 3)), constant_values=2.0)
m.pad(v, (2, 1), mode="constant", constant_values=(1, 2))
d m.pad(a, 2, mode="edge")
d m.pad(w, (3, 2), mode="reflect")
m.pad(w, 9, mode="reflect")
d m.pad(a, ((1, 1), (2, 2)), mode="wrap")
m.pad(w, (4, 7), mode="symmetric")
d m.diff(a)
d m.diff(a, axis=0)
m.diff(w, 2)
m.diff(t)
m.diff(n, axis=0)
d m.diff(w, prepend=0.0, append=s)
m.ediff1d(a)
d m.ediff1d(w, to_begin=0.0, to_end=v)
d m.trapezoid(w)
d m.trapezoid(a, v)
d m.trapezoid(a, dx=0.1, axis=0)
m.resize(a, (5, 3))
"""

INDEXING = """
d a[0]
a[-1]
d a[1, 2]
a[1][2]
d a[1:]
a[::-1]
d a[::2, ::-2]
a[5:]
a[-100:2]
d a[..., 0]
d a[:, None, 1:3]
a[None]
a[...]
a[()]
a[:, np.newaxis]
c[1, ..., ::-1]
c[..., None]
s[()]
s[None]
d a[[0, 2]]
d a[:, [0, 2, 2]]
d a[[0, 2], [1, -1]]
a[[[0, 1], [2, 0]]]
a[np.array([2, 0]), 1]
a[1, np.array([2, 0])]
d c[:, [0, 1], [1, 2]]
d c[[0, 1], :, [1, 2]]
c[0, :, [1, 2]]
c[:, 0, [1, 2]]
c[..., [1, 2]]
c[[0, 1], None, [1, 2]]
c[None, [0, 1], :, None, [1, 2]]
c[:, None, [0, 1], [1, 2]]
c[1:, [[0], [1]], [2, 3]]
d a[np.array([True, False, True])]
d a[:, np.array([True, False, True, True])]
a[np.arange(12).reshape(3, 4) % 3 == 0]
c[:, np.arange(12).reshape(3, 4) % 5 == 0]
c[np.array([True, True]), 0]
c[np.array([False, True]), :, [1]]
a[[]]
a[np.array([], dtype=int)]
a[np.uint8(1)]
a[np.array(1)]
d a[:, k]
a[k % 3]
d v[k]
v[u]
d m.take(a, k)
d m.take(a, [0, 2], axis=1)
a.take([1, 5])
m.take(a, 1, axis=0)
m.take(v, [5, -1], mode="wrap")
m.take(v, [5, -1], mode="clip")
d m.take_along_axis(a, m.argmax(a, axis=1, keepdims=True), axis=1)
m.take_along_axis(v, k, 0)
m.take_along_axis(a, k % 3, axis=None)
m.compress([True, False, True], a, axis=0)
v.compress([True, False, True])
m.extract(np.arange(12).reshape(3, 4) % 2, a)
[x_ for x_ in a]
[r for r in v]
list(v[1:])
v.item(2)
s.item()
a.item(1, 2)
a.item(5)
v.tolist()
"""

CREATION = """
m.zeros_like(a)
m.ones_like(n)
m.ones_like(a, dtype=np.int32)
m.zeros_like(a, shape=(2, 2))
d m.full_like(a, s)
m.full_like(n, 7.9)
m.empty_like(a).shape
d m.linspace(s, 3.0, 5)
d m.linspace(0.0, v, 3, axis=-1)
m.linspace(v, 2.0, 4, endpoint=False)
m.linspace(s, 2, 1)
m.linspace(s, 2, 0)
m.linspace(i, 5, 3)
m.linspace(s, 9, 5, dtype=int)
m.linspace(s, 3.0, 5, retstep=True)
d m.logspace(s, 2.0, 4)
d m.geomspace(s, 5.0, 4)
d m.diag(v)
d m.diag(v, 1)
m.diag(v, -2)
d m.diag(a)
m.diag(a, 1)
m.diag(a, -1)
m.diag(a, 7)
d m.diagflat(a)
d m.diagonal(c)
m.diagonal(c, 1, 0, 2)
a.diagonal()
d m.tril(a)
m.tril(c, -1)
d m.triu(a, 1)
m.triu(n)
m.tril(v)
d m.trace(a)
m.trace(c, axis1=1, axis2=2)
m.trace(n, offset=1)
a.trace()
m.meshgrid(v, w)
m.meshgrid(v, w, indexing="ij")
m.meshgrid(v, w, sparse=True)
m.meshgrid(v, w, v)
d m.vander(v)
d m.vander(v, 3, increasing=True)
m.vander(i)
m.vander(v, 1)
m.vander(v, 0)
"""

PRODUCTS = """
d m.dot(a, v)
d m.dot(v, v)
d m.dot(a, b.T)
m.dot(s, a)
m.dot(a, c.transpose(0, 2, 1))
d a.dot(v)
m.dot(n, n.T)
m.dot(t, l)
m.dot(f, v)
d a @ v
d v @ a.T
v @ v
d a @ b.T
d m.matmul(c, v)
d m.matmul(c, a.T)
d m.matmul(a, c.transpose(0, 2, 1))
d m.matmul(v, c.transpose(0, 2, 1))
d m.matmul(c, c.transpose(0, 2, 1))
m.matmul(c[:, None], c.transpose(0, 2, 1)[None])
m.matmul(c[:1], c.transpose(0, 2, 1))
n @ i
m.matmul(e, sq)
d m.vecdot(a, v)
m.vecdot(a, b, axis=0)
d m.vdot(a, b)
d m.inner(a, b)
m.inner(c, v)
m.inner(s, a)
d m.outer(v, w)
m.outer(a, v)
d m.tensordot(a, b)
d m.tensordot(a, b.T, axes=1)
d m.tensordot(c, a, axes=([1, 2], [0, 1]))
m.tensordot(v, w, 0)
m.tensordot(c, b, axes=(2, 1))
d m.kron(a, sq)
m.kron(v, w)
m.kron(v, a)
d m.cross(v3, w3)
d m.cross(w3, v3)
m.cross(w3.T, w3.T, axis=0)
d m.einsum("ij,kj->ik", a, b)
d m.einsum("ij,ij", a, b)
m.einsum("ij->ji", a)
m.einsum("ii", sq)
d m.einsum("ii->i", sq)
d m.einsum("ij->", a)
m.einsum("ji", a)
d m.einsum("...j,j->...", c, v)
m.einsum("i...->...", c)
m.einsum("...ij,...kj->...ik", c, c)
d m.einsum("kij,nj,i->kn", c, a, v3)
m.einsum("ij,jk,kl->il", a, b.T, sq)
m.einsum("i,j->ij", v, w)
m.einsum("ij,ij->ij", a, b)
m.einsum("bij,bjk->bik", c, c.transpose(0, 2, 1))
m.einsum("ij,j->ij", a, v)
m.einsum("ij,ij->ij", o, a)
m.einsum("iij->j", m.broadcast_to(v, (2, 2, 4)))
m.einsum(a, [0, 1], b, [2, 1], [0, 2])
m.einsum(a, [0, 1])
m.einsum("ij,j->i", n, i)
m.einsum("ij,kj->ik", t, t)
m.einsum("ij->j", o)
d m.linalg.norm(a)
d m.linalg.norm(v)
d m.linalg.norm(a, axis=1)
m.linalg.norm(a, axis=1, keepdims=True)
m.linalg.norm(c)
d m.linalg.norm(a, "fro")
d m.linalg.norm(v, 1)
d m.linalg.norm(v, np.inf)
m.linalg.norm(v, -np.inf)
m.linalg.norm(v, 0)
d m.linalg.norm(v, 3)
d m.linalg.norm(v, 2.5)
d m.linalg.norm(a, 1)
m.linalg.norm(a, -1)
d m.linalg.norm(a, np.inf)
m.linalg.norm(a, -np.inf, keepdims=True)
m.linalg.norm(c, axis=(0, 2))
m.linalg.norm(c, 1, axis=(0, 2))
m.linalg.norm(i)
m.linalg.norm(f)
d m.linalg.vector_norm(a)
m.linalg.vector_norm(c, axis=(0, 2), keepdims=True)
m.linalg.vector_norm(a, axis=1, ord=1)
m.linalg.matrix_norm(c)
m.linalg.matmul(a, b.T)
m.linalg.outer(v, w)
m.linalg.diagonal(c)
m.linalg.trace(c)
m.linalg.cross(v3, w3)
m.linalg.tensordot(a, b)
m.linalg.vecdot(a, v)
m.linalg.matrix_transpose(a)
d m.linalg.multi_dot([a, b.T, sq])
m.linalg.multi_dot([v, a.T, sq])
d m.linalg.matrix_power(sq, 3)
m.linalg.matrix_power(sq, 0)
"""

LOGIC = """
d m.where(t, a, b)
d m.where(a > 0, a, 0)
m.where(t, a, n)
m.where(t, f, 1.5)
m.where(t, 1, 0)
m.where(l, a, s)
m.where(n, a, b)
d m.select([a > 1, a > 0], [a, b], default=3.0)
m.select([t], [n])
d m.clip(a, -0.5, 0.5)
d m.clip(a, None, 0.5)
m.clip(a, 0.1, v)
m.clip(n, -1, 2)
m.clip(n, 0.5, 2)
m.clip(a, min=0.0)
m.clip(a, max=v)
a.clip(-1, 1)
a.clip(max=0)
m.clip(u, 1, 2)
m.clip(u, -1, 2)
m.clip(i, -2**40, 2**40)
m.nan_to_num(x)
m.nan_to_num(x, nan=1.0, posinf=2.0)
d m.nan_to_num(a)
m.nan_to_num(n)
m.isclose(a, b)
m.isclose(a, a + 1e-9)
m.isclose(x, x)
m.isclose(x, x, equal_nan=True)
m.isclose(n, n)
m.allclose(a, a + 1e-10)
m.allclose(a, b)
m.array_equal(a, a)
m.array_equal(a, v)
m.array_equal(x, x, equal_nan=True)
m.array_equiv(o, o[0])
m.array_equiv(a, w)
m.round(a)
m.round(a, 2)
m.around(a * 100, -1)
a.round(1)
m.round(n)
m.fix(a)
d m.sinc(a)
m.sinc(0.0 * v)
m.isneginf(x), m.isposinf(x)
m.result_type(a, f, 1).num
m.iscomplexobj(a), m.isrealobj(a)
m.real(a)
a.real
a.conj()
round(s), round(s, 1), abs(s)
d m.polyval(v, s)
m.polyval(v, a)
m.polyval([1, 2, 3], n)
d m.gradient(w)
d m.gradient(a, 0.5)
m.gradient(a, axis=1, edge_order=2)
d m.convolve(w, v)
m.convolve(w, v, "same")
m.convolve(v, w, "valid")
d m.interp(s, np.array([0.0, 0.5, 1.0]), v3)
m.interp(a, np.array([0.0, 0.5, 1.0]), v3)
m.interp(a, np.array([0.0, 0.5, 1.0]), v3, left=-1, right=2)
m.max(m.where(t, a, -np.inf), axis=0)
m.add.reduce(a)
m.add.reduce(a, axis=None)
m.add.reduce(i, 0, np.float64)
m.multiply.reduce(a, axis=1, keepdims=True)
m.maximum.reduce(a, axis=-1)
m.minimum.reduce(a, initial=0.0)
m.logical_and.reduce(t, axis=1)
m.logical_or.reduce(a, axis=0)
m.add.accumulate(a)
m.multiply.accumulate(v)
m.multiply.outer(v, w)
m.subtract.outer(a, v)
m.maximum.outer(v, 0.5)
m.add(a, b, dtype=np.float32)
m.add(i, i, dtype=float)
m.add(v, [1, 2, 3, 4])
v + [1, 2, 3, 4]
m.stack([s, 2 * s, 3.0])
"""

TABLES = {
    "reductions": REDUCTIONS,
    "shapes": SHAPES,
    "indexing": INDEXING,
    "creation": CREATION,
    "products": PRODUCTS,
    "logic": LOGIC,
}


def names_in(expression: str) -> list[str]:
    """The arguments an expression uses, in order."""
    code = compile(expression, "case", "eval")
    return [n for n in A if n in code.co_names]


def rows() -> Iterator[tuple[str, str, bool]]:
    """(table, expression, whether its derivative is checked)."""
    for table, text in TABLES.items():
        for line in text.strip().splitlines():
            differentiable = line.startswith("d ")
            yield table, line[2:] if differentiable else line, differentiable


def function(expression: str, names: list[str], module: Any) -> Any:
    """The expression as a function of its arguments."""
    code = compile(f"lambda {', '.join(names)}: ({expression})", "case", "eval")
    return eval(code, {"np": np, "m": module})
