"""Large programs: bounded stack frames, bounded loop bodies, the same numbers."""

from __future__ import annotations

import platform
import re

import numpy as np
import pytest

import jitad as jad
from jitad.lower import emitter

#: Threads may have small stacks: a frame stays below this.
FRAME = 64 * 1024


def chain(step, n):
    def f(x):
        for _ in range(n):
            x = step(x) * 1.01 + 0.1
        return np.sum(x)

    return f


def all_alive(x):
    ys = [x * i for i in range(400)]
    s = 0.0
    for y in ys:
        s = s + np.exp(y)
    for y in ys[::-1]:
        s = s * y + np.sin(y)
    return np.sum(s)


def hessian(x):
    f = lambda z: np.sum(np.prod(np.sin(z)) * np.cumsum(z) ** 2)
    return np.sum(np.stack([jad.jvp(jad.grad(f), (x,), (e,))[1] for e in np.eye(16)]) ** 2)


PROGRAMS = {
    "sines of three": (chain(np.sin, 300), 3),
    "sines of registers": (chain(np.sin, 300), 16),
    "sines of an array": (chain(np.sin, 300), 1000),
    "products of an array": (chain(np.square, 2000), 100),
    "many alive": (all_alive, 100),
    "many alive in registers": (all_alive, 4),
    "a Hessian in registers": (hessian, 16),
}


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="reads x86 assembly")
@pytest.mark.parametrize("name", PROGRAMS)
def test_stack_frames_are_small(name):
    f, n = PROGRAMS[name]
    asm = jad.value_and_grad(f).compile(np.ones(n)).asm
    frames = [int(size, 0) for size in re.findall(r"sub\w*\s+\$(0x[0-9a-f]+|\d+), %rsp", asm)]
    assert max(frames, default=0) < FRAME


@pytest.mark.parametrize("name", ["sines of an array", "many alive"])
def test_few_functions_are_inlined(name):
    """LLVM is quadratic in the body of a loop: 300 sines inlined there compile for a minute."""
    f, n = PROGRAMS[name]
    text = jad.value_and_grad(f).compile(np.ones(n)).llvm
    calls = re.findall(r"call fastcc <8 x double> (@\S+?)\(", text)
    called = [name for name in calls if re.search(rf"define .*{re.escape(name)}\(.* noinline", text)]
    assert called and len(calls) - len(called) <= emitter.INLINED


def test_split_nests_compute_the_same():
    """The gradient of a long chain is the product of its slopes."""
    x = np.linspace(0.1, 0.9, 40)
    value, gradient = jad.value_and_grad(chain(np.sin, 300))(x)
    y, slope = x, 1.0
    for _ in range(300):
        y, slope = np.sin(y) * 1.01 + 0.1, slope * np.cos(y) * 1.01
    np.testing.assert_allclose(value, np.sum(y), rtol=1e-12)
    np.testing.assert_allclose(gradient, slope, rtol=1e-10)
    x = np.linspace(-0.01, 0.01, 20)
    jad.check_grads(all_alive, (x,), rtol=1e-5)
