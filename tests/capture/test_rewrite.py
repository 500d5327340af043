"""Rewritten functions do on plain values what the originals do."""

import pytest
from odd_functions import CASES
from rewriting import outcome, rewritten

from jitad.capture import callees, closure, operators
from jitad.capture.trace import Trace


@pytest.fixture(autouse=True)
def mode():
    """Once, not natively and interpreted."""


@pytest.mark.parametrize("f, calls", CASES, ids=[f.__name__ for f, _ in CASES])
def test_same_results_exceptions_and_effects(f, calls):
    g = rewritten(f)
    for args in calls:
        assert outcome(g, *args) == outcome(f, *args)


@pytest.mark.parametrize("f, calls", CASES, ids=[f.__name__ for f, _ in CASES])
def test_the_same_in_a_trace(f, calls, monkeypatch):
    """Calls go to clones of functions, methods and classes; loops are Python's."""
    monkeypatch.setattr(operators, "STAGING", None)
    monkeypatch.setattr(callees, "REDIRECTS", {})
    for args in calls:
        expected = outcome(f, *args)
        with Trace("test"):
            assert outcome(closure.clone(f), *args) == expected
