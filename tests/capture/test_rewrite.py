"""Rewritten functions do on plain values what the originals do."""

import pytest
from odd_functions import CASES
from rewriting import outcome, rewritten


@pytest.fixture(autouse=True)
def mode():
    """Once, not natively and interpreted."""


@pytest.mark.parametrize("f, calls", CASES, ids=[f.__name__ for f, _ in CASES])
def test_same_results_exceptions_and_effects(f, calls):
    g = rewritten(f)
    for args in calls:
        assert outcome(g, *args) == outcome(f, *args)
