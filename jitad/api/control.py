"""Loops and branches in explicit form, with JAX's names and semantics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..capture import closure
from ..capture.region import RegionTrace
from ..capture.source import user_line
from ..capture.staging import branches, install, loops
from ..capture.staging.iterables import Rolled, Unrolled, range_
from ..capture.trace import tracing
from ..capture.tracer import lift, wrap
from ..capture.trees import RESULTS, flatten, unflatten
from ..ops.shape import zeros

install()


def roll(iterable: Iterable) -> Iterable:
    """`for x in roll(range(n))`: a loop of the program, whatever it takes; an error where it cannot be one.

    iterable  a range, an array, or `enumerate`, `zip`, `reversed` of such. Outside a trace nothing changes.
    """
    return Rolled(iterable) if tracing() else iterable


def unroll(iterable: Iterable) -> Iterable:
    """`for x in unroll(range(n))`: iterations one after the other in the program, with Python numbers.

    The number of iterations has to be known while tracing. Outside a trace nothing changes.
    """
    return Unrolled(iterable) if tracing() else iterable


def cond(pred: Any, true_fun: Callable, false_fun: Callable, *operands: Any) -> Any:
    """`true_fun(*operands)` if `pred` (a scalar of any dtype) is true, else `false_fun(*operands)`.

    Only the function that is chosen runs, in derivatives too. Both give trees of the same structure, shapes
    and dtypes; Python numbers take the dtype of the other branch. Raises TypeError where results differ.
    """
    if not tracing():
        return true_fun(*operands) if pred else false_fun(*operands)
    then, orelse = closure.clone(true_fun), closure.clone(false_fun)
    return branches.if_expression(pred, lambda: then(*operands), lambda: orelse(*operands), user_line())


def switch(index: Any, branches: Sequence[Callable], *operands: Any) -> Any:
    """`branches[index](*operands)`; as in JAX an index outside 0 … len(branches)−1 takes the nearest branch.

    index  integer scalar; the functions give trees of the same structure, shapes and dtypes
    """
    if not branches:
        raise ValueError("switch() needs at least one branch")
    last = len(branches) - 1
    if not tracing():
        return branches[min(max(int(index), 0), last)](*operands)
    return _switched(index, list(branches), operands)


def _switched(index: Any, functions: list[Callable], operands: tuple) -> Any:
    """The choice among functions by halves."""
    if len(functions) == 1:
        return closure.clone(functions[0])(*operands)
    half = len(functions) // 2
    return branches.if_expression(
        index < half,
        lambda: _switched(index, functions[:half], operands),
        lambda: _switched(index - half, functions[half:], operands),
        user_line(),
    )


class _State:
    """A variable that a loop in explicit form carries."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def get(self) -> tuple:
        return (self.value,)

    def set(self, values: tuple) -> None:
        (self.value,) = values


def while_loop(cond_fun: Callable, body_fun: Callable, init_val: Any) -> Any:
    """`val = body_fun(val)` as long as `cond_fun(val)`; the last `val`.

    init_val  a tree of arrays and numbers; `body_fun` keeps its structure, shapes and dtypes, but for Python
              numbers, which may become of another dtype. Reverse mode works, with a tape that grows.
    """
    state = _State(init_val)
    if not tracing():
        while cond_fun(state.value):
            state.value = body_fun(state.value)
        return state.value
    test, body = closure.clone(cond_fun), closure.clone(body_fun)

    def step() -> None:
        state.value = body(state.value)

    loops.while_(lambda: test(state.value), step, state.get, state.set, ("val",), user_line())
    return state.value


def fori_loop(lower: Any, upper: Any, body_fun: Callable, init_val: Any) -> Any:
    """`val = body_fun(i, val)` for i = lower … upper−1; the last `val`.

    lower, upper  integers, traced or not. `init_val`: as for `while_loop`.
    """
    state = _State(init_val)
    if not tracing():
        for i in range(lower, upper):
            state.value = body_fun(i, state.value)
        return state.value
    body = closure.clone(body_fun)

    def step(i: Any) -> None:
        state.value = body(i, state.value)

    loops.for_(Rolled(range_(lower, upper)), step, state.get, state.set, ("val",), None, user_line())
    return state.value


def scan(
    f: Callable, init: Any, xs: Any = None, length: int | None = None, reverse: bool = False
) -> tuple[Any, Any]:
    """`carry, y = f(carry, x)` over the rows x of `xs`; the last carry, and the ys along a new first axis.

    xs       a tree of arrays with equal first axes, or None with `length`
    reverse  from the last row to the first; the ys keep the order of the rows
    """
    leaves, spec = flatten(xs, RESULTS)
    n = _length(leaves, length)
    if not tracing() or n == 0:
        return _scan_now(f, init, leaves, spec, n, reverse)
    step_of = closure.clone(f)
    state, stacks = _State(init), _Stacks(n)
    row = lambda k: unflatten(spec, [x[k] for x in leaves])

    def step(k: Any) -> None:
        at = n - 1 - k if reverse else k
        state.value, y = step_of(state.value, row(at))
        stacks.put(at, y)

    first = n - 1 if reverse else 0
    stacks.prepare(lambda: step_of(init, row(first))[1])
    loops.for_(Rolled(range(n)), step, state.get, state.set, ("carry",), None, user_line())
    return state.value, stacks.tree()


def _scan_now(f: Callable, init: Any, leaves: list, spec: Any, n: int, reverse: bool) -> tuple[Any, Any]:
    carry, ys = init, []
    for k in reversed(range(n)) if reverse else range(n):
        carry, y = f(carry, unflatten(spec, [x[k] for x in leaves]))
        ys.append(y)
    if not ys:
        raise ValueError("scan() over no rows cannot know what f gives; return early for empty inputs")
    columns = [flatten(y, RESULTS)[0] for y in (reversed(ys) if reverse else ys)]
    out = flatten(ys[0], RESULTS)[1]
    return carry, unflatten(out, [np.stack(column) for column in zip(*columns)])


def _length(leaves: list, length: int | None) -> int:
    found = {np.shape(x)[0] for x in leaves}
    if length is not None:
        found.add(length)
    if len(found) != 1:
        raise ValueError(
            f"scan() needs one length; the rows of xs and `length` say {sorted(found) or 'nothing'}"
        )
    return int(found.pop())


class _Stacks:
    """Arrays that collect the ys of a traced scan, row by row."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.spec: Any = None
        self.arrays: list[Any] = []

    def prepare(self, example: Callable[[], Any]) -> None:
        """Make the arrays; `example` gives a y, in a trace that is then dropped."""
        with RegionTrace("scan", user_line()):
            leaves, self.spec = flatten(example(), RESULTS)
            types = [lift(x).type for x in leaves]
        self.arrays = [wrap(zeros(t.with_shape((self.n, *t.shape)))) for t in types]

    def put(self, k: Any, y: Any) -> None:
        leaves, spec = flatten(y, RESULTS)
        if spec != self.spec:
            raise TypeError(f"scan(): f gives a y of structure {spec} after one of structure {self.spec}")
        for array, x in zip(self.arrays, leaves):
            array[k] = x

    def tree(self) -> Any:
        return unflatten(self.spec, self.arrays)
