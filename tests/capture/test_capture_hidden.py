"""Random numbers, clocks and files are not baked into compiled code."""

import random
import time
from random import gauss
from time import perf_counter

import numpy as np
import numpy.random as npr
import pytest
from numpy.random import normal

import jitad as jad

GENERATOR = np.random.default_rng(0)
LEGACY = np.random.RandomState(0)


def from_helper(x):
    return x * np.random.rand()


SOURCES = {
    "np.random": lambda x: x + np.random.normal(),
    "np.random.default_rng()": lambda x: x + np.random.default_rng().normal(),
    "module": lambda x: x + npr.uniform(),
    "imported": lambda x: x + normal(),
    "generator": lambda x: x + GENERATOR.normal(),
    "legacy": lambda x: x + LEGACY.rand(),
    "random": lambda x: x + random.random(),
    "gauss": lambda x: x + gauss(0, 1),
    "time": lambda x: x + time.time(),
    "perf_counter": lambda x: x + perf_counter(),
    "helper": from_helper,
}


@pytest.mark.parametrize("f", SOURCES.values(), ids=SOURCES)
def test_hidden_inputs_raise(f):
    text = r"was called in a traced function \(.*test_capture_hidden.py:\d+\).*pass the result as an argument"
    for g in (jad.jit(f), jad.grad(lambda x: f(x))):
        with pytest.raises(NotImplementedError, match=text):
            g(1.0)


def test_files_raise(tmp_path):
    path = str(tmp_path / "number")
    with open(path, "w") as file:
        file.write("2.0")

    def f(x):
        with open(path) as file:
            return x * float(file.read())

    with pytest.raises(NotImplementedError, match="open was called in a traced function"):
        jad.jit(f)(1.0)


def test_seeded_generators_are_constants():
    f = lambda x: x * np.random.default_rng(3).normal(size=2)
    g = jad.jit(f)
    for _ in range(2):
        np.testing.assert_array_equal(g(2.0), f(2.0))


def test_the_rest_of_these_modules_works():
    f = lambda x: x * np.sqrt(np.pi) + (time.struct_time is None)
    np.testing.assert_allclose(jad.jit(f)(2.0), f(2.0))
