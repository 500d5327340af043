"""Random chains of shifted slices set and added into arrays, in loops too: native against the interpreter."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jitad import ops
from jitad.ir.builder import Builder
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import const
from jitad.ir.types import BOOL, F32, F64, I64, type_of
from jitad.ir.verify import check
from jitad.ops import control
from jitad.opt import contract, optimize, sink

from .native import build, compile_function, run

SHAPES = ((5,), (19,), (40,), (7, 5), (6, 21), (12, 33), (5, 6, 17), (6, 18, 3), (3, 4, 5, 9))


class Stencils:
    """Emits updates of arrays of one shape by expressions of slices of them."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.shape = self.random.choice(SHAPES)
        self.dtype = self.random.choice((F64, F64, F64, F32))

    def region(self):
        """The shape of a region: mostly all but a border, sometimes thin, sometimes any."""
        kind = self.random.random()
        if kind < 0.6:
            return tuple(n - self.random.choice((0, 1, 2, 2)) for n in self.shape)
        if kind < 0.85:
            thin = self.random.randrange(len(self.shape))
            return tuple(1 if a == thin else n - 1 for a, n in enumerate(self.shape))
        return tuple(self.random.randrange(1, n + 1) for n in self.shape)

    def start(self, shape):
        return tuple(self.random.randrange(n - s + 1) for n, s in zip(self.shape, shape))

    def part(self, x, shape):
        """A slice of x of a shape, sometimes turned round."""
        start, step = list(self.start(shape)), [1] * len(shape)
        if self.random.random() < 0.2:
            a = self.random.randrange(len(shape))
            start[a], step[a] = start[a] + shape[a] - 1, -1
        return ops.slice(x, start=tuple(start), step=tuple(step), shape=shape)

    def expression(self, pool, shape):
        out = self.part(self.random.choice(pool), shape)
        for _ in range(self.random.randrange(4)):
            y = self.part(self.random.choice(pool), shape)
            kind = self.random.randrange(5)
            if kind == 0:
                out = ops.mul(ops.sub(out, y), const(0.5, self.dtype))
            elif kind == 1:
                out = ops.select(ops.gt(y, const(0.0, self.dtype)), out, ops.sin(y))
            elif kind == 2:
                out = ops.mul(out, ops.sin(y))
            else:
                out = ops.mul(ops.add(out, y), const(0.5, self.dtype))
        return out

    def mask(self, pool, shape):
        """A selection by flags that were themselves set in part."""
        base = ops.broadcast(const(False, BOOL), shape=self.shape, axes=())
        some = self.region()
        flags = ops.gt(self.part(pool[-1], some), const(0.0, self.dtype))
        flags = ops.set_at(base, flags, start=self.start(some), step=(1,) * len(some))
        return ops.select(flags, pool[-1], self.random.choice(pool))

    def step(self, pool):
        if self.random.random() < 0.1:
            return self.mask(pool, self.shape)
        if self.random.random() < 0.1:
            axis = self.random.randrange(len(self.shape))
            cut = self.random.randrange(1, self.shape[axis])
            shapes = [
                tuple(s if a == axis else n for a, n in enumerate(self.shape))
                for s in (cut, self.shape[axis] - cut)
            ]
            return ops.concatenate(*(self.expression(pool, s) for s in shapes), axis=axis)
        shape = self.region()
        base = self.random.choice(pool)
        if self.random.random() < 0.2:
            base = ops.broadcast(const(0.0, self.dtype), shape=self.shape, axes=())
        write = self.random.choice((ops.set_at, ops.add_at, ops.add_at))
        return write(base, self.expression(pool, shape), start=self.start(shape), step=(1,) * len(shape))

    def steps(self, pool, most):
        for _ in range(self.random.randrange(1, most)):
            pool.append(self.step(pool))

    def loop(self, pool):
        b = Builder("body")
        b.param(type_of(I64))
        n = self.random.randrange(1, 4)
        params = [b.param(x.type) for x in pool[-n:]]
        with b:
            inner = [*pool[-1:], *params] if self.random.random() < 0.4 else list(params)
            self.steps(inner, 9)
            results = inner[-n:]
        trips = self.random.choice((0, 1, 2, 5))
        operands = [const(trips, I64), *pool[-n:]]
        attrs = {"trips": self.random.choice((-1, trips)), "carried": n, "reverse": False}
        pool.extend(control.region_op(control.for_, operands, (b.finish(results),), **attrs))

    def program(self):
        b = Builder("f")
        pool = [b.param(type_of(self.dtype, self.shape)) for _ in range(3)]
        with b:
            for _ in range(self.random.randrange(1, 3)):
                self.steps(pool, 14)
                if self.random.random() < 0.6:
                    self.loop(pool)
            results = [self.random.choice(pool), pool[-1]]
            if self.random.random() < 0.3:
                results.append(ops.sum(pool[-2], axes=(self.random.randrange(len(self.shape)),)))
        return check(b.finish(results))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_random_stencils(seed, optimised):
    stencils = Stencils(seed)
    fn = stencils.program()
    if optimised:
        fn = check(contract(sink(optimize(fn))))
    rng = np.random.default_rng(seed)
    arguments = [rng.normal(size=stencils.shape).astype(stencils.dtype) for _ in range(3)]
    tolerance = 1e-9 if stencils.dtype == F64 else 2e-3
    for x, y in zip(run(fn, *arguments), evaluate(fn, *arguments), strict=True):
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)


def adjoint_of_laplacian(*shape):
    """Seven or fewer shifted pieces added into one array, and that into another one."""

    def make(a):
        inner = tuple(n - 2 for n in shape)
        ones, middle = (1,) * len(shape), (1,) * len(shape)
        for _ in range(2):
            part = ops.slice(a, start=middle, step=ones, shape=inner)
            out = ops.broadcast(const(0.0), shape=shape, axes=())
            out = ops.add_at(out, ops.mul(part, const(-4.0)), start=middle, step=ones)
            for axis in range(len(shape)):
                for side in (0, 2):
                    start = tuple(side if b == axis else 1 for b in range(len(shape)))
                    out = ops.add_at(out, part, start=start, step=ones)
            a = out
        return a

    return make


@pytest.mark.parametrize("shape", [(50,), (20, 30), (12, 11, 20), (9, 10, 9, 10), (30, 4)], ids=str)
def test_an_adjoint_is_gathered(shape):
    a = np.random.default_rng(0).normal(size=shape)
    fn = build(adjoint_of_laplacian(*shape), a)
    low, call = compile_function(fn)
    status, (found,) = call(a)
    assert status == 0
    np.testing.assert_allclose(found, evaluate(fn, a)[0], rtol=1e-12, atol=1e-12)
    if shape[-1] >= 8:
        assert low.workspace_bytes <= a.nbytes + 64
        assert {root.kind for step in low.plan.steps for root in step.roots} == {"map"}


def test_thin_updates_of_what_dies_need_no_copy():
    """Borders set from their neighbours, as between the iterations of a Poisson solver."""

    def make(p):
        for _ in range(3):
            inner = ops.mul(ops.slice(p, start=(0, 1), step=(1, 1), shape=(38, 38)), const(0.5))
            p = ops.set_at(p, inner, start=(1, 1), step=(1, 1))
            column = ops.slice(p, start=(0, 38), step=(1, 1), shape=(40, 1))
            p = ops.set_at(p, column, start=(0, 39), step=(1, 1))
            row = ops.slice(p, start=(1, 0), step=(1, 1), shape=(1, 40))
            p = ops.set_at(p, row, start=(0, 0), step=(1, 1))
        return p

    p = np.random.default_rng(0).normal(size=(40, 40))
    fn = build(make, p)
    low, call = compile_function(fn)
    status, (found,) = call(p)
    assert status == 0
    np.testing.assert_allclose(found, evaluate(fn, p)[0], rtol=1e-12)
    assert low.workspace_bytes <= 2 * p.nbytes
