"""Hidden inputs: random numbers, clocks and files are not baked into a trace; reaching them raises."""

from __future__ import annotations

import builtins
import random
import time
from types import ModuleType
from typing import Any, NoReturn

import numpy as np

from ..ir.named import named
from .source import at, user_line

_CLOCKS = frozenset(
    "time time_ns perf_counter perf_counter_ns monotonic monotonic_ns process_time process_time_ns "
    "thread_time thread_time_ns localtime gmtime ctime".split()
)
#: Members of numpy.random that make a generator; with a seed their numbers are the same at every call.
_SEEDED = frozenset("default_rng RandomState Generator SeedSequence PCG64 MT19937 Philox SFC64".split())


class HiddenInput:
    """Stands for something whose value changes from call to call; using it raises NotImplementedError."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return HiddenInput(f"{self._name}.{attribute}")

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(
            named(
                "hidden-input",
                f"{self._name} was called in a traced function{at(user_line())}: its result would be "
                "compiled in "
                "as a constant. Call it outside and pass the result as an argument",
            )
        )

    def __repr__(self) -> str:
        return f"<{self._name}, not available while tracing>"


class _SeededRandom(HiddenInput):
    """numpy.random with what makes seeded generators left as it is."""

    def __getattr__(self, attribute: str) -> Any:
        if attribute in _SEEDED:
            return _seeded(attribute)
        return super().__getattr__(attribute)


def _seeded(name: str) -> Any:
    make = getattr(np.random, name)

    def with_seed(*args: Any, **kwargs: Any) -> Any:
        seeds = (*args, *kwargs.values())
        if not seeds or seeds[0] is None:
            HiddenInput(f"np.random.{name}")()
        return make(*args, **kwargs)

    return with_seed


def hidden(value: Any, name: str) -> Any:
    """What stands for `value`, if that gives another result at each call; else None."""
    if value is np.random:
        return _SeededRandom("np.random")
    if value is random:
        return HiddenInput("random")
    if isinstance(value, (np.random.Generator, np.random.RandomState, random.Random)):
        return HiddenInput(name)
    owner = getattr(value, "__self__", None)
    if owner is time and getattr(value, "__name__", "") in _CLOCKS:
        return HiddenInput(f"time.{value.__name__}")
    if value is builtins.open:
        return HiddenInput("open")
    if isinstance(owner, (np.random.Generator, np.random.RandomState, random.Random)):
        return HiddenInput(name)
    return None


def hidden_attributes(module: ModuleType) -> frozenset[str]:
    """The attributes of a library module that `hidden` replaces."""
    if module is np:
        return frozenset({"random"})
    if module is time:
        return _CLOCKS
    return frozenset()
