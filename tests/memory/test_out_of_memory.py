"""Tapes that cannot be had: MemoryError with the loop's line, the bytes and the cure; nothing leaks."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import jitad as jad

PROGRAM = """
import resource, sys
import numpy as np
import jitad as jad

def counted(x, n):
    for _ in range(n):
        x = np.sin(x) * 1.01
    return np.sum(x)

def static(x):
    for _ in range(400_000):
        x = np.sin(x) * 1.01
    return np.sum(x)

def until(x, n):
    k = 0
    while k < n:
        x = np.sin(x) * 1.01
        k += 1
    return np.sum(x)

def used(which):
    with open("/proc/self/statm") as file:
        return int(file.read().split()[which]) * 4096

x, many = np.linspace(0.1, 1.0, 1000), 400_000  # 3.2 GB
tries = (counted, (x, 10), (x, many)), (until, (x, 10), (x, many)), (static, (x,), (x,))
gradients = [jad.grad(f) for f, _, _ in tries]
for g, (_, few, _) in zip(gradients[:2], tries):
    g(*few)
gradients[2].compile(x).address
bounded = jad.grad(counted, tape_budget=2**20)
expected = bounded(x, 1000)
resource.setrlimit(resource.RLIMIT_AS, (used(0) + 300_000_000, resource.RLIM_INFINITY))
first = None
for k in range(5):
    for g, (f, _, args) in zip(gradients, tries):
        try:
            g(*args)
        except MemoryError as error:
            text = str(error)
            line = f.__code__.co_firstlineno
            assert "bytes" in text and "jad.tape_budget" in text, text
            assert any(f"program.py:{line + d}" in text for d in (1, 2)), text
            assert any(int(word) > 1e8 for word in text.replace(":", " ").split() if word.isdigit()), text
        else:
            raise AssertionError(f.__name__)
    first = first or used(1)
assert used(1) < first + 2e7, (first, used(1))
assert np.array_equal(bounded(x, 1000), expected)
print("fine")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of the address space")
def test_a_tape_that_cannot_be_had_names_line_bytes_and_budget(tmp_path):
    (tmp_path / "program.py").write_text(textwrap.dedent(PROGRAM))
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(tmp_path / "program.py")], capture_output=True, text=True, timeout=300, env=env
    )
    assert done.stdout == "fine\n", done.stderr


@pytest.mark.parametrize("trips", [2**40, 2**61, 2**62])
def test_sizes_beyond_all_memory(trips):
    def loss(x):
        for _ in range(trips):
            x = np.sin(x)
        return np.sum(x)

    with pytest.raises(
        MemoryError, match=rf"test_out_of_memory.py:\d+ keeps {trips * 800} .*jad.tape_budget"
    ):
        jad.grad(loss)(np.linspace(0.1, 1.0, 100))
