"""Debug information: lines and equations of instructions, which it leaves as they are."""

import re

import numpy as np
import pytest

import jitad as jad
from jitad.lower.located import equations_of, located


def sweep(a, n):
    for _ in range(n):
        a[1:-1] = 0.5 * (a[2:] + a[:-2])
        a = np.sin(a)
    return a.sum()


def branch(x):
    total = 0.0
    for i in range(len(x)):
        if x[i] > 0.5:
            total += np.exp(x[i])
        else:
            total -= x[i] ** 2
    return total


def inner(x):
    return np.sum(np.sin(x) * x)


CASES = {
    "sweep": (jad.value_and_grad(sweep), (np.linspace(0, 1, 100), 20)),
    "branch": (jad.value_and_grad(branch), (np.linspace(0, 1, 100),)),
    "inner": (jad.jit(inner), (np.linspace(0, 1, 1000),)),
}


def _instructions(asm):
    return [line.split("#")[0].strip() for line in asm.splitlines() if re.match(r"\s+[a-z]", line)]


@pytest.mark.parametrize("name", CASES)
def test_debug_information_changes_no_instruction(name):
    f, args = CASES[name]
    binary = f.compile(*args)._version.binary
    _, asm = binary.module.texts(located(binary.lowered))
    assert ".loc" in asm
    assert _instructions(asm) == _instructions(binary.module.asm)


@pytest.mark.parametrize("name", CASES)
def test_locations_are_those_of_the_equations(name):
    f, args = CASES[name]
    lowered = f.compile(*args)._version.binary.lowered
    equations = equations_of(lowered)
    found = re.findall(r"!DILocation\(line: (\d+), column: (\d+)", located(lowered))
    columns = {int(column) for _, column in found}
    assert len(columns - {0}) >= 2
    for line, column in found:
        if column != "0" and equations[int(column) - 1].loc is not None:
            assert equations[int(column) - 1].loc.line == int(line)


def test_multiplication_by_sine_belongs_to_its_line():
    lowered = CASES["inner"][0].compile(*CASES["inner"][1])._version.binary.lowered
    text, equations = located(lowered), equations_of(lowered)
    names = {eqn.op.name for eqn in equations}
    sines = [line for line in text.splitlines() if "jitad.sin" in line and "!dbg" in line]
    assert {"sin", "dot"} <= names or {"sin", "mul", "sum"} <= names
    for line in sines:
        number = re.search(r"!dbg (!\d+)", line)[1]
        column = int(re.search(rf"{number} = !DILocation\(line: \d+, column: (\d+)", text)[1])
        assert equations[column - 1].op.name == "sin"
    assert sines
