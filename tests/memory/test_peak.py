"""The memory that a gradient under a budget takes, beside what `explain` says of it."""

import pytest

from benchmarks import budget
from benchmarks.memory import CLEAR, peak_apart

STEPS, STATES = 2000, 20_000


@pytest.mark.skipif(not CLEAR.exists(), reason="the system does not tell")
@pytest.mark.parametrize("nbytes", [64 * 2**20, 12 * 2**20, 6 * 2**20], ids=["chunks", "binomial", "less"])
def test_the_peak_is_the_estimate(nbytes):
    estimate = budget.prepared(budget.OURS, STEPS, STATES, nbytes).estimate()
    assert nbytes / 8 < estimate <= nbytes
    peak = peak_apart("budget", budget.OURS, STEPS, STATES, nbytes)
    assert 0.9 < peak / estimate < 1.1
