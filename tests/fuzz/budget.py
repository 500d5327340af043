"""How many random programs run: 360 over the whole suite, or as many as the environment's FUZZ says."""

from __future__ import annotations

import os
import random
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

#: What the shares of all tests add up to.
DEFAULT = 360
#: Hypothesis remembers what it has tried: a long run is many short ones.
ROUND = 1000
WANTED = int(os.environ.get("FUZZ", "0"))

#: Programs that ran, by test; and what else tests want to see in the summary (`note`).
RAN: Counter[str] = Counter()
NOTES: Counter[str] = Counter()


def programs(share: int, strategy: SearchStrategy[Any]) -> Callable[[Callable[[Any], None]], Any]:
    """Run a test on `share` of every DEFAULT generated programs, shrinking one that fails.

    Without FUZZ the programs are the same each time.
    """

    def decorate(check: Callable[[Any], None]) -> Any:
        def counted(case: Any) -> None:
            RAN[check.__name__] += 1
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's about infinities and NaN
                check(case)

        counted.__name__ = counted.__qualname__ = check.__name__

        def test() -> None:
            count = share if not WANTED else -(-WANTED * share // DEFAULT)
            while count > 0:
                _round(min(count, ROUND), strategy, counted)
                count -= ROUND

        test.__name__, test.__doc__, test.__module__ = check.__name__, check.__doc__, check.__module__
        return test

    return decorate


def _round(count: int, strategy: SearchStrategy[Any], check: Callable[[Any], None]) -> None:
    options: dict[str, Any] = {"derandomize": True} if not WANTED else {"print_blob": True}
    run = settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        **options,
    )(given(strategy)(check))
    if WANTED:
        run = seed(random.SystemRandom().getrandbits(64))(run)
    run()


def note(what: str, count: int = 1) -> None:
    """Count something for the summary."""
    NOTES[what] += count
