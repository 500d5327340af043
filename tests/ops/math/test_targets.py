"""Vector code of the elementary functions on x86-64 and AArch64: no call but on rare paths."""

from __future__ import annotations

import re

import numpy as np
import pytest

from jitad.ir.op import REGISTRY
from jitad.lower import lower
from jitad.native.engine import assembly_for
from tests.lower.native import build

TARGETS = {
    "avx2": ("x86_64-unknown-linux-gnu", "haswell", "%ymm"),
    "avx512": ("x86_64-unknown-linux-gnu", "skylake-avx512", "%zmm"),
    "neon": ("aarch64-unknown-linux-gnu", "neoverse-n1", ".2d"),
}
NAMES = (
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "logaddexp", "expit", "power"),
    *("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "cbrt", "hypot"),
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "erf", "erfc", "gammaln", "digamma"),
)
BINARY = ("power", "logaddexp", "hypot", "arctan2")
#: Called for single lanes, by the function behind the rare branch.
RARE = {
    "power": {"libm.pow"},
    "arctan2": {"libm.atan2"},
    **{name: {f"libm.{name}"} for name in ("sin", "cos", "tan")},
}


def assembly(name: str, dtype: type, triple: str, cpu: str) -> str:
    operands = [np.ones(1000, dtype)] * (2 if name in BINARY else 1)
    low = lower(build(REGISTRY[name], *operands), f"jitad.{name}")
    return assembly_for(low.llvm, triple, cpu)


def called(text: str) -> set[str]:
    found = re.findall(r"^\s+(?:callq?|bl)\s+([\w.]+)", text, re.MULTILINE)
    return {symbol for symbol in found if not symbol.startswith("jitad.")}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_vectors_call_no_library(name, target):
    triple, cpu, register = TARGETS[target]
    text = assembly(name, np.float64, triple, cpu)
    assert called(text) <= RARE.get(name, set())
    assert register in text


def test_without_fma_the_library_rounds_once():
    """x86-64 before AVX2 has no fused multiply-add: the results are the same, by slow calls."""
    assert called(assembly("exp", np.float64, "x86_64-unknown-linux-gnu", "x86-64")) == {"fma"}
