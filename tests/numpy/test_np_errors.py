"""Mistakes raise while tracing, as NumPy's errors do, naming the types and the user's line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special
from np_harness import jnp, run, trace

from jitad.numpy.unsupported import UNSUPPORTED

A, B, V = np.ones((3, 4)), np.ones((4, 3)), np.ones(5)
N = np.arange(4)

MISTAKES: list[tuple[type[Exception], Any, tuple[Any, ...]]] = [
    (ValueError, lambda a, b: a + b, (A, B)),
    (ValueError, lambda a, v: np.maximum(a, v), (A, V)),
    (ValueError, lambda a, v: np.where(a > 0, a, v), (A, V)),
    (ValueError, lambda a: a.reshape(5, 2), (A,)),
    (ValueError, lambda a: a.reshape(-1, 5), (A,)),
    (ValueError, lambda a: a.reshape(-1, -1), (A,)),
    (ValueError, lambda a: np.sum(a, axis=2), (A,)),
    (IndexError, lambda a: np.sum(a, axis=-3), (A,)),
    (ValueError, lambda a: np.sum(a, axis=(0, 0)), (A,)),
    (ValueError, lambda a: np.max(a, axis=0), (np.ones((0, 3)),)),
    (ValueError, lambda a: np.argmin(a), (np.ones(0),)),
    (ValueError, lambda a: np.min(a, where=a > 0), (A,)),
    (ValueError, lambda a, b: a @ a, (A, B)),
    (ValueError, lambda a: a @ 2, (A,)),
    (ValueError, lambda a, v: np.dot(a, v), (A, V)),
    (ValueError, lambda a, v: np.vdot(a, v), (A, V)),
    (ValueError, lambda a, b: np.tensordot(a, b, axes=([0], [0])), (A, B)),
    (ValueError, lambda a, b: np.einsum("ij,ij->i", a, b), (A, B)),
    (ValueError, lambda a: np.einsum("ijk->i", a), (A,)),
    (ValueError, lambda a, b: np.concatenate([a, b]), (A, B)),
    (ValueError, lambda a, b: np.stack([a, b]), (A, B)),
    (ValueError, lambda v: np.concatenate([v[0], v[1]]), (V,)),
    (ValueError, lambda v: np.split(v, 2), (V,)),
    (ValueError, lambda a: np.squeeze(a, axis=0), (A,)),
    (ValueError, lambda a: np.transpose(a, (0, 0)), (A,)),
    (ValueError, lambda v: np.broadcast_to(v, (2, 3)), (V,)),
    (ValueError, lambda a: np.trace(a[0]), (A,)),
    (ValueError, lambda v: np.cross(v, v), (V,)),
    (ValueError, lambda n: n**-1, (N,)),
    (ValueError, lambda v: jnp.array([v, v[0]]), (V,)),
    (IndexError, lambda v: v[5], (V,)),
    (IndexError, lambda v: v[-6], (V,)),
    (IndexError, lambda v: v[0, 0], (V,)),
    (IndexError, lambda v: v[1.5], (V,)),
    (IndexError, lambda v: v["a"], (V,)),
    (IndexError, lambda v: v[..., ...], (V,)),
    (IndexError, lambda v: v[np.array([True, False])], (V,)),
    (IndexError, lambda v: v[np.array([0.5])], (V,)),
    (IndexError, lambda a: a[[0, 1], [0, 1, 2]], (A,)),
    (IndexError, lambda v: v[v], (V,)),
    (IndexError, lambda v: v[[0, 5]], (V,)),
    (IndexError, lambda v: np.take(v, np.array([-6])), (V,)),
    (TypeError, lambda t: t - t, (A > 0,)),
    (TypeError, lambda t: -t, (A > 0,)),
    (TypeError, lambda a: a & a, (A,)),
    (TypeError, lambda a: ~a, (A,)),
    (TypeError, lambda n: np.sin(n), (np.arange(3, dtype=np.int8),)),
    (TypeError, lambda a: np.add(a, "x"), (A,)),
    (TypeError, lambda a: np.add(a, object()), (A,)),
    (TypeError, lambda a: a.astype(np.float16), (A,)),
    (TypeError, lambda a: a.astype(int, casting="safe"), (A,)),
    (TypeError, lambda a: a + np.ones(4, np.float16), (A,)),
    (TypeError, lambda a: np.sum(a, axis="x"), (A,)),
    (OverflowError, lambda u: u + 300, (np.arange(3, dtype=np.uint8),)),
    (OverflowError, lambda u: u * -1, (np.arange(3, dtype=np.uint8),)),
    (NotImplementedError, lambda a: a * 1j, (A,)),
    (NotImplementedError, lambda a: a + np.ones(4, complex), (A,)),
    (NotImplementedError, lambda a: a.astype(complex), (A,)),
    (NotImplementedError, lambda a: a[a > 0][0], (A,)),
    (NotImplementedError, lambda a: np.nonzero(a), (A,)),
    (NotImplementedError, lambda a: np.where(a > 0), (A,)),
    (NotImplementedError, lambda a: np.copy(a, order="F"), (A,)),
    (NotImplementedError, lambda a: np.sum(a, out=np.ones(())), (A,)),
    (NotImplementedError, lambda a: np.add(a, a, out=np.ones((3, 4))), (A,)),
    (NotImplementedError, lambda a: np.add(a, a, where=a > 0), (A,)),
    (NotImplementedError, lambda a: np.add(a, a, casting="unsafe"), (A,)),
    (NotImplementedError, lambda a: np.linalg.norm(a, 2), (A,)),
    (NotImplementedError, lambda a: np.pad(a, 1, mode="mean"), (A,)),
    (NotImplementedError, lambda a: np.add.at(np.ones((3, 4)), 0, a), (A,)),
    (NotImplementedError, lambda v: np.add.reduceat(v, [0, 1]), (V,)),
    (NotImplementedError, lambda v: np.subtract.reduce(v), (V,)),
    (NotImplementedError, lambda v: np.maximum.accumulate(v), (V,)),
    (NotImplementedError, lambda v: np.full(3, v[0]), (V,)),
    (NotImplementedError, lambda v: v.sort(), (V,)),
    (NotImplementedError, lambda v: v.tobytes(), (V,)),
    (NotImplementedError, lambda v: np.frexp(v), (V,)),
    (NotImplementedError, lambda v: scipy.special.jv(1, v), (V,)),
    (NotImplementedError, lambda s, v: np.tile(v, s), (1, V)),
    (NotImplementedError, lambda s, v: np.roll(v[s:], 1), (1, V)),
    (NotImplementedError, lambda s, v: np.sort(v[s:]), (1, V)),
]


@pytest.mark.parametrize("kind, f, args", MISTAKES, ids=map(str, range(len(MISTAKES))))
def test_mistakes_raise_at_trace_time(kind: type[Exception], f: Any, args: tuple[Any, ...]) -> None:
    with pytest.raises(kind) as info:
        trace(f, *args)
    text = str(info.value)
    assert f"test_np_errors.py:{f.__code__.co_firstlineno}" in text
    assert "object at 0x" not in text


def test_shape_errors_name_both_types() -> None:
    with pytest.raises(ValueError) as info:
        trace(lambda a, b: a + b, A, B)
    assert "f64[3,4]" in str(info.value) and "f64[4,3]" in str(info.value)
    with pytest.raises(ValueError, match=r"f64\[3,4\].*f64\[5\]"):
        trace(lambda a, v: a @ v, A, V)


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_unsupported_functions_say_so(name: str) -> None:
    module, _, last = name.rpartition(".")
    f = getattr(np.linalg if module else np, last, None)
    if f is None:
        pytest.skip("not in this NumPy")
    attempts: list[Any] = [
        lambda a: f(a), lambda a: f(a, a), lambda a: f(a, a, a), lambda a: f("x", a), lambda a: f(abs, 0, a),
        lambda a: f(a, 1, a), lambda a: f(a, a, a, 0), lambda a: f(a, [a > 0], [abs]),
    ]  # fmt: skip
    for attempt in attempts:
        try:
            trace(attempt, A)
        except NotImplementedError as error:
            assert last in str(error) and "test_np_errors.py" in str(error) and ";" in str(error)
            return
        except TypeError:
            continue
    pytest.fail(f"{name} took a traced value")


def test_traced_index_out_of_range_raises_when_run() -> None:
    with pytest.raises(IndexError):
        run(lambda v, k: v[k], V, np.array([0, 9]))


def test_scipy_functions_that_need_numbers_name_ours() -> None:
    for f in (scipy.special.logsumexp, scipy.special.softmax, scipy.special.log_softmax):
        try:
            (out,) = run(lambda v, f=f: f(v), V)
        except NotImplementedError as error:
            assert f"jitad.scipy.special.{f.__name__}" in str(error)
        else:
            np.testing.assert_allclose(out, f(V))


def test_escaped_values_raise() -> None:
    from jitad import EscapedTraceError

    kept = trace(lambda v: v * 2, V)[2]
    for f in (
        lambda: kept + 1,
        lambda: np.sum(kept),
        lambda: kept.sum(),
        lambda: jnp.exp(kept),
        lambda: kept[0],
    ):
        with pytest.raises(EscapedTraceError):
            f()
    with pytest.raises(EscapedTraceError):
        trace(lambda v: v + kept, V)
