"""Functions that run once per process, also when several threads ask at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, wraps
from typing import TypeVar

T = TypeVar("T")
_lock = threading.RLock()


def once(make: Callable[[], T]) -> Callable[[], T]:
    """`make` with its result kept. Unlike with functools.cache, no second thread can make another one."""
    kept = cache(make)

    @wraps(make)
    def get() -> T:
        with _lock:
            return kept()

    return get
