"""A numerical program, its inputs and sizes, and the weighted sum of what it computes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Sizes = dict[str, int]


@dataclass(frozen=True)
class Program:
    """A plain NumPy function and what is needed to run it.

    f         returns the array, or the tuple of arrays and numbers, that it computes, those included which it
              writes in place
    inputs    inputs(sizes, rng) returns fresh arguments: floats, integers and contiguous arrays
    wrt       numbers of the arguments that are differentiated
    sizes     "test" for tests, "S" and "M" for measurements: NPBench's where it has the program
    features  what the program asks of a compiler
    source    where its definition is published
    """

    name: str
    f: Callable
    inputs: Callable[[Sizes, np.random.Generator], tuple]
    wrt: tuple[int, ...]
    sizes: dict[str, Sizes]
    features: str
    source: str

    def arguments(self, size: str = "test", seed: int = 0) -> tuple:
        """Return fresh arguments of the size of that name."""
        return self.inputs(self.sizes[size], np.random.default_rng(seed))

    def weights(self, arguments: tuple, seed: int = 1) -> tuple[Any, ...]:
        """Return random weights for `loss`: one array or number for each that the program returns.

        It runs the program on copies to learn the shapes.
        """
        rng = np.random.default_rng(seed)
        return tuple(rng.uniform(0.5, 1.5, np.shape(out)) for out in results(self.f(*copies(arguments))))


def loss(program: Program, weights: tuple) -> Callable:
    """Return the function of the program's arguments that is the sum of weights times results.

    A plain sum will not do: of a softmax it is constant.
    """
    f = program.f

    def weighted(*args: Any) -> Any:
        total = 0.0
        for weight, out in zip(weights, results(f(*args))):
            total += np.sum(weight * out)
        return total

    weighted.__name__ = program.name.replace("-", "_")
    return weighted


def sized(test: Sizes, small: Sizes, medium: Sizes) -> dict[str, Sizes]:
    """Return the sizes under their names."""
    return {"test": test, "S": small, "M": medium}


def results(returned: Any) -> tuple:
    """Return what a program returned as a tuple."""
    return returned if isinstance(returned, tuple) else (returned,)


def copies(arguments: tuple) -> tuple:
    """Return the arguments with fresh arrays."""
    return tuple(a.copy() if isinstance(a, np.ndarray) else a for a in arguments)
