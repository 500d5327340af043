"""A command line in a process of its own, beside a file of programs."""

import subprocess
import sys

import pytest

from tests.browser import driver, explorer

__all__ = ["driver", "explorer"]

PROGRAM = """
import numpy as np

SIZE = 5


def swing(x, n):
    total = 0.0
    for i in range(n):
        total += np.sum(np.sin(x) * i)
    return total


class Model:
    def loss(w):
        return np.sum(w**2)


def strict(x):
    if x > 0:
        raise ValueError("<no>")
    return x
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


@pytest.fixture
def jitad(tmp_path):
    def run(*arguments):
        command = [sys.executable, "-m", "jitad", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

    return run
