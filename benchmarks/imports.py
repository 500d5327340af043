"""How long `import jitad` takes beyond the parts of NumPy and SciPy that it loads."""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.harness import Report, Row, Target
from benchmarks.peers import peer

PARTS = """
import sys
import jitad
print(*(n for n in sys.modules if n.split(".")[0] in ("numpy", "scipy")))
print("llvmlite.binding" in sys.modules)
"""


def seconds(code: str, repeats: int = 9) -> float:
    """Return the shortest time of a fresh interpreter that runs `code`."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        times.append(time.perf_counter() - start)
    return min(times)


def loaded() -> tuple[list[str], bool]:
    """Return the NumPy and SciPy modules that jitad loads, and whether it loads LLVM too."""
    done = subprocess.run([sys.executable, "-c", PARTS], check=True, capture_output=True, text=True)
    names, llvm = done.stdout.splitlines()
    return names.split(), llvm == "True"


def run() -> Report:
    """Measure interpreters that import nothing, the parts alone, jitad, and peers."""
    names, llvm = loaded()
    parts = "import importlib\nfor name in " + repr(names) + ":\n    importlib.import_module(name)"
    cells = {
        "Python alone": seconds("pass"),
        "NumPy and SciPy parts": seconds(parts),
        "jitad": seconds("import jitad"),
    }
    for title, name in (("JAX", "jax"), ("autograd", "autograd"), ("CasADi", "casadi"), ("Numba", "numba")):
        cells[title] = "not installed" if peer(name) is None else seconds(f"import {name}")
    cells["PyTorch"] = "not installed" if peer("torch") is None else seconds("import torch", 3)
    beyond = cells["jitad"] - cells["NumPy and SciPy parts"]
    return Report(
        "Import",
        "Wall time of a fresh interpreter that imports the tool, its start included.",
        [Row("import", cells)],
        [Target("`import jitad` beyond NumPy and SciPy", beyond, 0.25)],
        [f"`import jitad` {'loads' if llvm else 'does not load'} LLVM."],
    )
