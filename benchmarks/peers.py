"""The tools jitad is measured beside: which are installed, their versions, and the machine."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from benchmarks.harness import NOT_INSTALLED

PACKAGES = (
    "numpy",
    "scipy",
    "llvmlite",
    "optree",
    "jax",
    "autograd",
    "casadi",
    "numba",
    "torch",
    "enzyme-ad",
)


def peer(name: str) -> ModuleType | None:
    """Return the module `name`, set to 64-bit floats on the CPU, or None when it is not installed."""
    if importlib.util.find_spec(name) is None:
        return None
    if name == "jax":
        os.environ["JAX_PLATFORMS"] = "cpu"
        importlib.import_module("jax").config.update("jax_enable_x64", True)
    return importlib.import_module(name)


def measure_with(name: str, measure: Callable[[ModuleType], float | str | None]) -> float | str | None:
    """Return `measure(module)` for the peer `name`, or the remark that it is not installed."""
    module = peer(name)
    return NOT_INSTALLED if module is None else measure(module)


def versions() -> str:
    """Return Python's and each package's version in one line."""
    parts = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            parts.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            parts.append(f"{package} {NOT_INSTALLED}")
    return ", ".join(parts)


def processor() -> str:
    """Return the processor's model and the number of cores this process may use."""
    model = platform.processor() or platform.machine()
    if sys.platform == "linux":
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        model = names[0] if names else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model}, {cores} cores"
