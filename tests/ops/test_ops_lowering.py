"""Lowering rules, run on arrays by an emulated emitter, give what the references give."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
import pytest
from ops_emulator import Emulator
from ops_programs import cases, program

from jitad.ir.op import REGISTRY
from jitad.ops.lowering import ArgReduce, Piecewise, Reduce, Scalar, Scan, View


class Index:
    """An affine index `scale·i + offset` of the loop variable number `axis`."""

    def __init__(self, axis, scale=1, offset=0):
        self.axis, self.scale, self.offset = axis, scale, offset

    def affine(self, scale, offset):
        return Index(self.axis, self.scale * scale, self.offset * scale + offset)

    def at(self, index):
        return self.scale * index[self.axis] + self.offset


def _of_kind(kind):
    return [op.name for op in REGISTRY.values() if isinstance(op.lowering, kind)]


def _samples(name):
    for op, sample, which in cases():
        if op.name == name:
            (eqn,) = program(op, sample).eqns
            xs = [np.asarray(x) for x in sample.operands]
            with np.errstate(all="ignore"):
                yield eqn, xs, np.asarray(op.reference(*sample.operands, **sample.attrs)), which


def _same(found, expected, which, rtol, atol=0.0):
    if expected.dtype.kind == "f":
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol, err_msg=which)
        nonzero = np.abs(expected) > 0
        assert np.array_equal(np.signbit(found[nonzero]), np.signbit(expected[nonzero]))
    else:
        np.testing.assert_array_equal(found.astype(expected.dtype), expected, err_msg=which)


def _rtol(dtype):
    return 4e-6 if dtype == np.float32 else 1e-14


@pytest.mark.parametrize("name", _of_kind(Scalar))
def test_scalar_rules(name):
    for eqn, xs, expected, which in _samples(name):
        lanes = [np.broadcast_to(x, expected.shape).copy() for x in xs]
        with np.errstate(all="ignore"):
            found = eqn.op.lowering.emit(Emulator(), eqn, *lanes)
        if expected.dtype.kind in "iu":
            found = found.view(expected.dtype)
        assert found.dtype == expected.dtype
        # SciPy's gammaln is 20 ULP off near its zeros.
        _same(found, expected, which, _rtol(expected.dtype), 1e-15 if name == "gammaln" else 0.0)


@pytest.mark.parametrize("name", _of_kind(Reduce))
def test_reductions_fold(name):
    for eqn, (x,), expected, which in _samples(name):
        axes = eqn.attrs["axes"]
        count = prod(x.shape[a] for a in axes)
        flat = np.moveaxis(x, axes, range(len(axes))).reshape(count, *expected.shape)
        acc = np.full(expected.shape, eqn.op.lowering.init(x.dtype), x.dtype)
        with np.errstate(all="ignore"):
            for element in flat:
                acc = eqn.op.lowering.combine(Emulator(), eqn, acc, element)
        _same(acc, expected, which, 1e-5 if x.dtype == np.float32 else 1e-14)


@pytest.mark.parametrize("name", _of_kind(Scan))
def test_scans_fold(name):
    for eqn, xs, expected, which in _samples(name):
        axis, found = eqn.attrs["axis"], np.empty_like(expected)
        xs = [np.moveaxis(x, axis, 0) for x in xs]
        out = np.moveaxis(found, axis, 0)
        acc = np.full(out.shape[1:], eqn.op.lowering.init(expected.dtype), expected.dtype)
        order = range(len(out))
        for k in reversed(order) if eqn.attrs["reverse"] else order:
            acc = eqn.op.lowering.combine(Emulator(), eqn, acc, *[x[k] for x in xs])
            out[k] = acc
        _same(found, expected, which, 1e-5 if expected.dtype == np.float32 else 1e-14)


@pytest.mark.parametrize("name", _of_kind(ArgReduce))
def test_positions(name):
    for eqn, (x,), expected, which in _samples(name):
        x = np.moveaxis(x, eqn.attrs["axis"], 0)
        best, at = x[0].copy(), np.zeros(expected.shape, np.int64)
        for k in range(1, len(x)):
            wins = eqn.op.lowering.better(Emulator(), eqn, x[k], best)
            best, at = np.where(wins, x[k], best), np.where(wins, k, at)
        _same(at, expected, which, 0)


@pytest.mark.parametrize("name", _of_kind(View))
def test_views_are_index_arithmetic(name):
    for eqn, (x,), expected, which in _samples(name):
        index = eqn.op.lowering.index(eqn, tuple(Index(a) for a in range(expected.ndim)))
        assert len(index) == x.ndim
        for at in np.ndindex(expected.shape):
            assert x[tuple(i.at(at) for i in index)] == expected[at], which


@pytest.mark.parametrize("name", _of_kind(Piecewise))
def test_pieces_cover_the_result(name):
    for eqn, xs, expected, which in _samples(name):
        pieces = eqn.op.lowering.pieces(eqn)
        for at in np.ndindex(expected.shape):
            assert _element(pieces, xs, at) == expected[at], which


def _element(pieces, xs, at):
    """The element at `at`, by the contract in `Piece`."""
    for n, piece in enumerate(pieces):
        for k in product(*map(range, piece.count)):
            if all(lo + by * i == a for lo, by, i, a in zip(piece.lo, piece.step, k, at)):
                found = xs[piece.operand][k]
                return found + _element(pieces[n + 1 :], xs, at) if piece.add else found
    raise AssertionError(f"no piece covers {at}")


STRUCTURE = ["broadcast", "reshape", "transpose", "slice", "set_at", "concatenate", "gather"]


@pytest.mark.parametrize("name", STRUCTURE)
@pytest.mark.parametrize("dtype", [object, np.int64, bool])
def test_references_move_any_elements(name, dtype):
    """The lowering runs structural references on arrays of positions to learn the permutation."""
    for op, sample, which in cases():
        if op.name != name:
            continue
        data = {"gather": 1, "set_at": 2, "broadcast": 1}.get(name, len(sample.operands))
        xs, count = list(sample.operands), 0
        for k in range(data):
            size = np.size(xs[k])
            xs[k] = np.arange(count, count + size).reshape(np.shape(xs[k])).astype(dtype)
            count += size
        out = np.asarray(op.reference(*xs, **sample.attrs))
        assert out.dtype == dtype, which
        assert out.shape == np.shape(op.reference(*sample.operands, **sample.attrs))
