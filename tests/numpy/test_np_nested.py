"""Functions that mix values of several open traces, arrays from outside and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import jitad as jad
import jitad.numpy as jnp
from jitad.scipy.special import logsumexp

X = np.array([0.5, 1.5, 2.0])
OUTSIDE = np.array([1.0, -1.0, 2.0])

MIXTURES: list[Any] = [
    lambda a, b: a * b,
    lambda a, b: b - a,
    lambda a, b: np.maximum(a, b),
    lambda a, b: np.stack([a, b, OUTSIDE]),
    lambda a, b: np.concatenate([b, a[:1]]) * 2.0,
    lambda a, b: jnp.array([a[0], b[1], 3.0]),
    lambda a, b: np.where(a > 1, b, OUTSIDE),
    lambda a, b: np.clip(a * 2, 0.1, b),
    lambda a, b: a @ np.outer(b, OUTSIDE),
    lambda a, b: np.einsum("i,j,k->ijk", a, b, OUTSIDE),
    lambda a, b: np.linspace(a, b, 4),
    lambda a, b: np.pad(a, 1, constant_values=b[0]),
    lambda a, b: np.append(a, b)[np.array([0, 4, 2])],
    lambda a, b: np.full_like(a, b[1]) * a,
    lambda a, b: np.insert(a, 1, b[2]),
    lambda a, b: np.average(a, weights=b),
    lambda a, b: np.interp(a, np.cumsum(b), OUTSIDE),
    lambda a, b: logsumexp(a, b=b),
    lambda a, b: np.polyval(a, b),
    lambda a, b: np.hypot(*np.broadcast_arrays(a, b)),
    lambda a, b: np.tensordot(a, b, 1) + np.vdot(b, a),
    lambda a, b: np.select([a > 1, b > 1], [a, b], 0.5),
    lambda a, b: np.diff(a, prepend=b[0]),
    lambda a, b: np.mean(a, where=b > 1) + np.sum(a, initial=b[1]),
    lambda a, b: [x * y for x, y in zip(a, b)][1],
    lambda a, b: b.tolist()[0] * a,
    lambda a, b: round(b[0] * 10.0, 1) * a + abs(b[1]) * a,
]


@pytest.mark.parametrize("number", range(len(MIXTURES)))
def test_operands_of_two_traces_mix(number: int) -> None:
    f = MIXTURES[number]
    weigh = lambda y: np.sum(np.reshape(y, -1) * np.arange(1.0, 1 + np.size(y)))
    inner = lambda a, b: jad.grad(lambda a: weigh(f(a, b)))(a)

    def mixed(b: Any) -> Any:
        return np.sum(inner(X, b) * X) + np.sum(jad.grad(lambda a: weigh(f(a, b)) * b[0])(b))

    jad.check_grads(mixed, (X + 0.3,), rtol=1e-5, atol=1e-5)
    with jad.disable_jit():
        expected = jad.grad(mixed)(X + 0.3)
    np.testing.assert_allclose(jad.grad(mixed)(X + 0.3), expected, rtol=1e-12, atol=1e-12)
