"""Random chains of shifted slices set and added into arrays whose sizes are values: bits of known sizes."""

import random

import numpy as np
import pytest

from jitad import ops
from jitad.ad import adjoint
from jitad.ir.builder import Builder
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import Function, const, renamed
from jitad.ir.types import BOOL, F32, F64, I64, type_of
from jitad.ir.verify import check
from jitad.opt import contract, optimize, sink

from .native import run

SIZES = (2, 3, 7, 8, 9, 17, 33)


class Stencils:
    """Emits updates of arrays of one shape, of sizes `n` and `m` and perhaps a number, by slices of them."""

    def __init__(self, seed, b):
        self.random = random.Random(seed)
        self.dtype = self.random.choice((F64, F64, F64, F32))
        self.sizes = [b.param(type_of(I64, ()), name) for name in "nm"]
        n, m = self.sizes
        self.shape = self.random.choice(((n,), (n,), (n, m), (n, m), (n, 12), (5, n), (n, 3), (n, m, 6)))
        self.less = {}

    def minus(self, n, by):
        """A size less a number."""
        if isinstance(n, int):
            return n - by
        if by and (n, by) not in self.less:
            self.less[n, by] = ops.sub(n, const(by, I64))
        return self.less[n, by] if by else n

    def region(self):
        """How much of each axis is missing, or None where one element of it is meant."""
        if self.random.random() < 0.7:
            return [self.random.choice((0, 1, 2, 2)) for _ in self.shape]
        thin = self.random.randrange(len(self.shape))
        return [None if a == thin else 1 for a in range(len(self.shape))]

    def extent(self, region):
        return tuple(1 if by is None else self.minus(n, by) for n, by in zip(self.shape, region))

    def starts(self, region):
        """Where such a region begins: a number, or for one element perhaps the last place."""
        found = []
        for n, by in zip(self.shape, region):
            last = by is None and self.random.random() < 0.6
            at = self.minus(n, 1) if last else self.random.randrange(2 if by is None else by + 1)
            found.append(const(at, I64) if isinstance(at, int) else at)
        return found

    def part(self, x, region):
        steps = [1] * len(region)
        starts = self.starts(region)
        if self.random.random() < 0.2 and region[0] == 0:
            steps[0] = -1
            last = self.minus(self.shape[0], 1)
            starts[0] = const(last, I64) if isinstance(last, int) else last
        return ops.window(x, *starts, step=tuple(steps), shape=self.extent(region))

    def expression(self, pool, region):
        out = self.part(self.random.choice(pool), region)
        for _ in range(self.random.randrange(4)):
            y = self.part(self.random.choice(pool), region)
            kind = self.random.randrange(4)
            if kind == 0:
                out = ops.mul(ops.sub(out, y), const(0.5, self.dtype))
            elif kind == 1:
                out = ops.select(ops.gt(y, const(0.0, self.dtype)), out, ops.sin(y))
            elif kind == 2:
                out = ops.mul(out, ops.sin(y))
            else:
                out = ops.mul(ops.add(out, y), const(0.5, self.dtype))
        return out

    def mask(self, pool):
        """A selection by flags that were themselves set in part."""
        base = ops.broadcast(const(False, BOOL), shape=self.shape, axes=())
        region = self.region()
        flags = ops.gt(self.part(pool[-1], region), const(0.0, self.dtype))
        flags = ops.set_window(base, flags, *self.starts(region), step=(1,) * len(region))
        return ops.select(flags, pool[-1], self.random.choice(pool))

    def step(self, pool):
        kind = self.random.random()
        if kind < 0.1:
            return self.mask(pool)
        base = pool[-1]
        if kind < 0.3:
            base = ops.broadcast(const(0.0, self.dtype), shape=self.shape, axes=())
        region = self.region()
        write = self.random.choice((ops.set_window, ops.add_window))
        update = self.expression(pool, region)
        return write(base, update, *self.starts(region), step=(1,) * len(region))


def _function(seed):
    b = Builder("f")
    with b:
        stencils = Stencils(seed, b)
        pool = [b.param(type_of(stencils.dtype, stencils.shape), f"x{k}") for k in range(2)]
        for _ in range(stencils.random.randrange(2, 7)):
            pool.append(stencils.step(pool))
        results = pool[-2:]
        if stencils.random.random() < 0.3:
            results.append(ops.sum(pool[-1], axes=tuple(range(len(stencils.shape)))))
    return _optimized(b.finish(results))


def _optimized(fn: Function) -> Function:
    return contract(sink(check(optimize(check(fn)))))


def _known(fn: Function, *sizes: int) -> Function:
    """The function with numbers for its sizes."""
    env = dict(zip(fn.params, (const(n, I64) for n in sizes)))
    known = renamed(fn.replace(params=fn.params[len(sizes) :]), env)
    return contract(check(optimize(check(known))))


def _arrays(fn, sizes, seed):
    rng, known = np.random.default_rng(seed), dict(zip(fn.params, sizes))
    for p in fn.params[len(sizes) :]:
        shape = tuple(known.get(d, d) for d in p.type.shape)
        yield rng.standard_normal(shape).astype(p.dtype)


@pytest.mark.parametrize("seed", range(18))
def test_pieces_of_sizes_that_are_values_give_the_bits_of_known_sizes(seed):
    fn = _function(seed)
    if seed % 3 == 0:
        fn = _optimized(adjoint(fn))
    pick = random.Random(seed)
    alike = pick.choice((3, 7, 9, 17, 33))
    for n in SIZES:
        m = pick.choice(SIZES)
        arrays = list(_arrays(fn, (n, m), seed))
        found = run(fn, np.int64(n), np.int64(m), *arrays)
        single = found[0].dtype == F32
        for x, y in zip(found, evaluate(fn, np.int64(n), np.int64(m), *arrays), strict=True):
            np.testing.assert_allclose(x, y, rtol=2e-4 if single else 1e-11, atol=1e-4 if single else 1e-12)
        if n == alike:
            for x, y in zip(found, run(_known(fn, n, m), *arrays), strict=True):
                assert not x.ndim or x.tobytes() == y.tobytes()  # sums of known sizes are cut at borders
