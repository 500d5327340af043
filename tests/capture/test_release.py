"""A finished trace keeps nothing of the user's alive but what its guards compare."""

import gc
import weakref

import numpy as np
import pytest

import jitad as jad


class Large:
    """Something in the module's globals that no traced function reads."""


unread = Large()


def square(x):
    return np.sum(x * x)


def failing(x):
    square(x)
    raise ValueError("while tracing")


@pytest.mark.parametrize("f", [square, failing])
def test_globals_that_are_not_read_can_be_dropped_at_once(f):
    global unread
    unread = Large()
    watch = weakref.ref(unread)
    gc.collect()
    gc.disable()  # nothing but reference counts may be needed
    try:
        try:
            jad.jit(lambda x: f(x) + square(x))(np.ones(3))
        except ValueError:
            pass
        unread = None
        assert watch() is None
    finally:
        gc.enable()
