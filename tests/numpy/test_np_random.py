"""Random keys, subscripts, axes and shapes: traced NumPy agrees with NumPy, errors included."""

from __future__ import annotations

import os
import random
import warnings
from typing import Any

import numpy as np
import pytest
from np_harness import check_derivatives, check_same, trace

SHAPES = [(4,), (3, 4), (2, 3, 4), (2, 1, 3, 2), (0, 3), ()]


def array(shape: tuple[int, ...]) -> np.ndarray:
    return np.arange(1.0, 1 + np.prod(shape, dtype=int)).reshape(shape) / 7


def random_slice(rng: random.Random, n: int) -> slice:
    pick = lambda: rng.choice([None, *range(-n - 1, n + 2)])
    return slice(pick(), pick(), rng.choice([None, 1, 2, -1, -2, 3]))


def random_entry(rng: random.Random, n: int, advanced: bool, joint: int) -> Any:
    kind = rng.choice("iss:" + "aalm" * advanced)
    low, high = -n, max(n - 1, -n)
    if kind == "i":
        return rng.randint(low, high + (rng.random() < 0.05))
    if kind == "s":
        return random_slice(rng, n)
    if kind == ":":
        return slice(None)
    if kind == "a":
        shape = rng.choice([(joint,), (2, joint), (1,), (joint,)])
        return np.array([rng.randint(low, high) for _ in range(int(np.prod(shape)))]).reshape(shape)
    if kind == "l":
        return [rng.randint(low, high) for _ in range(joint)]
    mask = [rng.random() < 0.5 for _ in range(n)]
    return np.array(mask, bool)


def random_key(rng: random.Random, shape: tuple[int, ...]) -> Any:
    advanced, joint = rng.random() < 0.6, rng.randint(1, 3)
    entries = [random_entry(rng, n, advanced, joint) for n in shape[: rng.randint(0, len(shape))]]
    if rng.random() < 0.3:
        at = rng.randint(0, len(entries))
        tail = [
            random_entry(rng, n, advanced, joint) for n in shape[len(entries) :][::-1][: rng.randint(0, 1)]
        ]
        entries = [*entries[:at], *entries[at:], Ellipsis, *tail]
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        entries.insert(rng.randint(0, len(entries)), None)
    return entries[0] if len(entries) == 1 and rng.random() < 0.5 else tuple(entries)


def agree(f: Any, *args: Any, derivatives: bool = True) -> None:
    """Same value as NumPy, or the same kind of error, also where an old NumPy only announces it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", DeprecationWarning)
            f(*args)
    except DeprecationWarning:
        return
    except (IndexError, ValueError, TypeError) as error:
        kinds = (IndexError, ValueError) if isinstance(error, (IndexError, ValueError)) else TypeError
        with pytest.raises(kinds):
            trace(f, *args)
        return
    check_same(f, *args)
    if derivatives:
        check_derivatives(f, *args)


@pytest.mark.parametrize("seed", range(12))
def test_random_keys(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(60):
        x = array(rng.choice(SHAPES))
        key = random_key(rng, x.shape)
        agree(lambda x, key=key: x[key], x, derivatives=rng.random() < 0.3)


@pytest.mark.parametrize("seed", range(6))
def test_random_einsum(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(25):
        sizes = {c: rng.randint(1, 3) for c in "abcd"}
        terms = [
            "".join(rng.choice("abcd") for _ in range(rng.randint(0, 3))) for _ in range(rng.randint(1, 3))
        ]
        letters = sorted({c for t in terms for c in t})
        rng.shuffle(letters)
        subscripts = ",".join(terms) + "->" + "".join(letters[: rng.randint(0, len(letters))])
        if rng.random() < 0.2:
            subscripts = subscripts.partition("->")[0]
        arrays = [array(tuple(sizes[c] if rng.random() < 0.95 else 1 for c in t)) for t in terms]
        agree(lambda *xs, s=subscripts: np.einsum(s, *xs), *arrays)


@pytest.mark.parametrize("seed", range(4))
def test_random_reductions(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(40):
        x = array(rng.choice(SHAPES)) * 0.3
        f = getattr(np, rng.choice(["sum", "prod", "max", "min", "mean", "var", "std"]))
        axes = rng.sample(range(-x.ndim - (rng.random() < 0.05), x.ndim), rng.randint(0, x.ndim))
        axis = rng.choice([None, tuple(axes), *axes])
        keep = rng.random() < 0.5
        agree(lambda x, f=f, a=axis, k=keep: f(x, axis=a, keepdims=k), x, derivatives=False)


@pytest.mark.parametrize("seed", range(4))
def test_random_broadcasting(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(40):
        full = [rng.randint(0, 3) for _ in range(rng.randint(0, 3))]
        shapes = [
            tuple(n if rng.random() < 0.6 else 1 for n in full[rng.randint(0, len(full)) :]) for _ in range(2)
        ]
        f = rng.choice([np.add, np.multiply, np.arctan2, np.maximum, lambda a, b: np.where(a > 1.01, a, b)])
        agree(f, *[array(s) + 0.5 * k for k, s in enumerate(shapes)])


@pytest.mark.parametrize("seed", range(4))
def test_random_products(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(40):
        shapes = [tuple(rng.choice([1, 2, 2, 2, 3]) for _ in range(rng.randint(0, 4))) for _ in range(2)]
        f = rng.choice([np.matmul, np.dot, np.inner, np.kron, np.outer, np.tensordot, np.vecdot])
        agree(f, *map(array, shapes), derivatives=rng.random() < 0.3)


def rearrangement(rng: random.Random, x: np.ndarray) -> Any:
    axis, n = rng.randrange(-x.ndim, x.ndim), rng.randint(-4, 4)
    mode = rng.choice(["edge", "reflect", "symmetric", "wrap", "constant"])
    at = rng.randrange(x.shape[axis])
    return rng.choice([
        lambda x: np.roll(x, n, axis),
        lambda x: np.roll(x, n),
        lambda x: np.flip(x, axis),
        lambda x: np.pad(x, (abs(n), 2), mode=mode),
        lambda x: np.diff(x, abs(n) % 3, axis=axis),
        lambda x: np.repeat(x, abs(n), axis=axis),
        lambda x: np.moveaxis(x, axis, 0),
        lambda x: np.array_split(x, abs(n) + 1, axis),
        lambda x: np.cumsum(x, axis),
        lambda x: np.delete(x, at, axis),
        lambda x: np.expand_dims(x, axis),
        lambda x: np.tile(x, (abs(n), 2)),
        lambda x: np.take(x, [0, -1], axis),
        lambda x: np.rot90(x, n) if x.ndim > 1 else x,
        lambda x: np.insert(x, at, 3.0, axis),
    ])  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_random_rearrangements(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(30):
        x = array(rng.choice(SHAPES[:4]))
        agree(rearrangement(rng, x), x, derivatives=rng.random() < 0.3)


def test_fuzz_numpy_surface() -> None:
    """As many further seeds as FUZZ / 100 says (`make fuzz`); 2 without it."""
    seeds = range(100, 100 + max(2, int(os.environ.get("FUZZ", "0")) // 100))
    tests = (
        test_random_keys, test_random_einsum, test_random_reductions, test_random_broadcasting,
        test_random_products, test_random_rearrangements,
    )  # fmt: skip
    for seed in seeds:
        for test in tests:
            test(seed)
    print(f"numpy surface: {len(seeds) * len(tests)} batches of random programs ran")
