"""Random programs with nested loops, branches and updates: machine code against the interpreter."""

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jitad import ops
from jitad.ir.builder import Builder
from jitad.ir.evaluate import evaluate
from jitad.ir.graph import const
from jitad.ir.types import BOOL, F64, I64, type_of
from jitad.ir.verify import check
from jitad.ops import control

from .native import run

SHAPES = ((), (3,), (20,), (4, 12))
SCALAR, INDEX, FLAG = type_of(F64), type_of(I64), type_of(BOOL)


class Programs:
    """Emits random equations; every scope has a pool of values, those of the scopes around it included."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.budget = 40

    def pick(self, pool, type):
        return self.random.choice([v for v in pool if v.type is type])

    def array_type(self):
        return type_of(F64, self.random.choice(SHAPES))

    def index(self, pool, extent):
        """An index in range, from a counter or a carried integer."""
        i = ops.remainder(self.pick(pool, INDEX), const(extent, I64))
        return ops.sub(i, const(extent, I64)) if self.random.random() < 0.3 else i

    def step(self, pool, depth):
        self.budget -= 1
        kinds = [self.elementwise] * 3 + [self.read, self.update, self.update, self.reduce, self.shift]
        if depth < 3 and self.budget > 0:
            kinds += [self.loop, self.loop, self.branch, self.search]
        pool.extend(self.random.choice(kinds)(pool, depth))

    def elementwise(self, pool, depth):
        t = self.array_type()
        x, y = self.pick(pool, t), self.pick(pool, self.random.choice((t, SCALAR)))
        kind = self.random.randrange(5)
        if kind == 0:
            return [ops.sin(x)]
        if kind == 1:
            return [ops.mul(x, ops.sin(y))]
        if kind == 2:
            return [ops.mul(ops.sub(x, y), const(0.5))]
        if kind == 3:
            return [ops.broadcast(ops.sin(self.pick(pool, SCALAR)), shape=t.shape, axes=())]
        return [ops.mul(ops.add(x, y), const(0.5))]

    def read(self, pool, depth):
        if self.random.random() < 0.5:
            x = self.pick(pool, type_of(F64, (20,)))
            return [ops.gather(x, self.index(pool, 20))]
        m = self.pick(pool, type_of(F64, (4, 12)))
        row = ops.gather(m, self.index(pool, 4))
        return [ops.sum(row, axes=(0,)), ops.gather(m, self.index(pool, 4), self.index(pool, 12))]

    def update(self, pool, depth):
        write = self.random.choice((ops.scatter_set, ops.scatter_add))
        s = ops.sin(self.pick(pool, SCALAR))
        kind = self.random.randrange(4)
        if kind == 0:
            return [write(self.pick(pool, type_of(F64, (20,))), s, self.index(pool, 20))]
        if kind == 1:
            return [write(self.pick(pool, type_of(F64, (3,))), s, self.index(pool, 3))]
        m = self.pick(pool, type_of(F64, (4, 12)))
        if kind == 2:
            return [write(m, s, self.index(pool, 4), self.index(pool, 12))]
        i, j = self.index(pool, 4), self.index(pool, 4)
        return [write(m, ops.mul(ops.gather(m, i), s), self.random.choice((i, j)))]

    def reduce(self, pool, depth):
        t = type_of(F64, self.random.choice(SHAPES[1:]))
        return [ops.sin(ops.sum(self.pick(pool, t), axes=tuple(range(t.ndim))))]

    def shift(self, pool, depth):
        x = self.pick(pool, type_of(F64, (20,)))
        part = ops.slice(x, start=(0,), step=(1,), shape=(15,))
        write = self.random.choice((ops.set_at, ops.add_at))
        flat = ops.reshape(self.pick(pool, type_of(F64, (4, 12))), shape=(48,))
        changed = ops.set_at(flat, ops.sin(part), start=(7,), step=(2,))
        return [
            write(x, part, start=(self.random.choice((0, 2)),), step=(1,)),
            ops.reshape(changed, shape=(4, 12)),
        ]

    def region(self, types, pool, depth, results, extra=()):
        """A region with such parameters, and results of the types `results`."""
        b = Builder("body")
        inner = list(pool) + [b.param(t) for t in types] + list(extra)
        with b:
            for _ in range(self.random.randrange(1, 6)):
                self.step(inner, depth + 1)
            found = [self.result(inner, t) for t in results]
        return b.finish(found)

    def result(self, pool, t):
        """Mostly the newest value of a type."""
        fitting = [v for v in pool if v.type is t]
        return fitting[-1] if self.random.random() < 0.8 else self.random.choice(fitting)

    def types(self):
        return [self.array_type() for _ in range(self.random.randrange(1, 4))]

    def loop(self, pool, depth):
        carried, elements = self.types(), self.types()
        trips = self.random.choice((-1, -1, 0, 1, 3, 5))
        if trips < 0:
            elements, count = [], ops.remainder(self.pick(pool, INDEX), const(4, I64))
        else:
            count = const(trips, I64)
        stacks = [
            ops.broadcast(self.pick(pool, t), shape=(trips, *t.shape), axes=tuple(range(1, t.ndim + 1)))
            for t in elements
        ]
        collected = [t for t in elements if self.random.random() < 0.6]
        body = self.region([INDEX, *carried, *elements], pool, depth, [*carried, *collected])
        inits = [self.pick(pool, t) for t in carried]
        out = control.region_op(
            control.for_,
            [count, *inits, *stacks],
            (body,),
            trips=trips,
            carried=len(carried),
            reverse=self.random.random() < 0.4,
        )
        return [*out[: len(carried)], *(ops.sum(v, axes=(0,)) for v in out[len(carried) :])]

    def branch(self, pool, depth):
        results = self.types()
        flag = ops.gt(ops.sin(self.pick(pool, SCALAR)), const(0.1))
        regions = tuple(self.region([], pool, depth, results) for _ in range(2))
        return list(control.region_op(control.cond, [flag], regions))

    def search(self, pool, depth):
        """A `while` with a counter, so that it ends."""
        carried = [INDEX, *self.types()]
        b = Builder("test")
        i, *_ = [b.param(t) for t in carried]
        with b:
            more = ops.lt(i, const(self.random.randrange(4), I64))
        test = b.finish([more])
        c = Builder("body")
        params = [c.param(t) for t in carried]
        with c:
            inner = [*pool, *params]
            for _ in range(self.random.randrange(1, 5)):
                self.step(inner, depth + 1)
            results = [ops.add(params[0], const(1, I64)), *(self.result(inner, t) for t in carried[1:])]
        inits = [const(0, I64), *(self.pick(pool, t) for t in carried[1:])]
        return list(control.region_op(control.while_, inits, (test, c.finish(results))))

    def program(self):
        b = Builder("f")
        pool = [b.param(type_of(F64, s)) for s in SHAPES] + [b.param(INDEX), b.param(INDEX)]
        with b:
            for _ in range(self.random.randrange(2, 10)):
                self.step(pool, 0)
        return check(b.finish([self.result(pool, type_of(F64, s)) for s in SHAPES]))


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 5), st.integers(0, 9))
def test_random_programs_of_regions(seed, n, m):
    fn = Programs(seed).program()
    rng = np.random.default_rng(seed)
    arguments = [*(np.asarray(rng.normal(size=s)) for s in SHAPES), np.int64(n), np.int64(m)]
    for x, y in zip(run(fn, *arguments), evaluate(fn, *arguments), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9)
