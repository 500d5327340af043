"""Inspection: every stage, and the user's line and equation behind each line of it."""

import inspect as python_inspect

import numpy as np
import pytest

import jitad as jad
from jitad.inspection.machine import is_instruction
from jitad.inspection.stages import share_mapped
from jitad.ir.text import parse
from tests.programs import PROGRAMS
from tests.programs.program import copies, loss, results


def wave(x, w):
    y = np.sin(x) * w
    return np.sum(y * y)


LATER = ("memory", "plan", "llvm", "optimized_llvm", "asm", "remarks")
X = np.linspace(0.0, 1.0, 40)
FIRST = python_inspect.getsourcelines(wave)[1]


@pytest.fixture(scope="module")
def gradient():
    return jad.inspect(wave, X, 2.0, mode="grad")


def test_stages_of_a_gradient_are_in_order(gradient):
    names = ["source", "ir", "simplified_ir", "adjoint_ir", "optimized_ir", "lowered_ir"]
    assert list(gradient.stages) == [*names, *LATER]
    assert [stage.name for stage in gradient.stages.values()] == list(gradient.stages)


def test_stages_of_a_value_have_no_derivative():
    assert list(jad.inspect(wave, X, 2.0).stages)[:4] == ["source", "ir", "optimized_ir", "lowered_ir"]


@pytest.mark.parametrize("mode", ["value", "grad", "value_and_grad", "jvp", "vjp"])
def test_every_mode_has_code_for_its_lines(mode):
    seen = jad.inspect(wave, X, 2.0, mode=mode)
    instructions = [line for line in seen.asm.lines if is_instruction(line)]
    assert share_mapped(instructions) >= 0.9
    assert seen.asm.of_line(FIRST + 1)


def test_a_derivative_of_a_scalar():
    seen = jad.inspect(lambda x: x**3, 2.0, mode="derivative")
    assert "tangent_ir" in seen.stages and "ret" in seen.asm.text


def test_memory_says_what_loops_keep():
    def swing(x):
        for _ in range(50):
            x = np.sin(x)
        return np.sum(x)

    seen = jad.inspect(swing, X, mode="grad")
    first = swing.__code__.co_firstlineno
    kept = [line for line in seen.memory.lines if "keeps 320 bytes an iteration" in line.text]
    assert [(line.loc.line, line.origin) for line in kept] == [(first + 1, "adjoint")]
    assert seen.memory.text.startswith("workspace of ")


def test_transformed_functions_are_inspected_as_they_are(gradient):
    assert jad.inspect(jad.grad(wave), X, 2.0).optimized_ir.text == gradient.optimized_ir.text


def test_stages_of_a_second_derivative_are_numbered():
    stages = jad.inspect(jad.grad(lambda x: jad.grad(lambda y: y**4)(x)), 2.0).stages
    assert "adjoint_ir" in stages and "adjoint_ir.2" in stages


def test_ir_stages_parse_back(gradient):
    for name in ("ir", "simplified_ir", "adjoint_ir", "optimized_ir", "lowered_ir"):
        assert str(parse(gradient.stages[name].text)) == gradient.stages[name].text


def test_the_optimized_ir_is_what_compile_shows(gradient):
    assert gradient.optimized_ir.text == jad.grad(wave).compile(X, 2.0).ir


def test_lines_of_the_source_are_the_function(gradient):
    texts = [line.text for line in gradient.source.lines]
    assert texts == python_inspect.getsource(wave).splitlines()
    assert [line.loc.line for line in gradient.source.lines] == list(range(FIRST, FIRST + 3))


def test_equations_know_line_and_origin(gradient):
    sines = [line for line in gradient.adjoint_ir.lines if " = sin " in line.text]
    assert [(line.loc.line, line.origin) for line in sines] == [(FIRST + 1, "")]
    cosines = [line for line in gradient.adjoint_ir.lines if " = cos " in line.text]
    assert {(line.loc.line, line.origin) for line in cosines} == {(FIRST + 1, "adjoint")}


def test_instructions_know_their_equation(gradient):
    for line in gradient.asm.lines:
        if line.eqn >= 0:
            assert gradient.equations[line.eqn].loc == line.loc
    assert any(line.eqn >= 0 for line in gradient.asm.lines)


def test_diff_names_both_stages(gradient):
    text = gradient.diff("adjoint_ir", "optimized_ir")
    assert text.startswith("--- adjoint_ir\n+++ optimized_ir\n") and "\n-" in text


def test_diff_of_an_unknown_stage(gradient):
    with pytest.raises(ValueError, match="no stage is called 'asn'; there are source, ir"):
        gradient.diff("ir", "asn")


def test_unknown_stages_and_modes():
    with pytest.raises(ValueError, match="mode is one of value, grad"):
        jad.inspect(wave, X, 2.0, mode="gradient")
    with pytest.raises(AttributeError, match="no 'adjoint_ir'; see its `stages`"):
        _ = jad.inspect(wave, X, 2.0).adjoint_ir


def test_save_writes_each_stage(gradient, tmp_path):
    paths = gradient.save(tmp_path / "out")
    assert [p.name for p in paths][:2] == ["source.py", "ir.txt"]
    assert (tmp_path / "out" / "asm.s").read_text() == gradient.asm.text


@pytest.mark.parametrize(
    "name",
    [
        "lu",
        "jacobi-2d",
        "elman",
        "lstm",
        "thomas",
        "softmax",
        "spmv",
        "nbody-pairs",
        "cholesky",
        "crank-nicolson",
    ],
)
def test_nine_of_ten_instructions_serve_a_line_of_the_program(name):
    program, rng = PROGRAMS[name], np.random.default_rng(0)
    args = program.inputs(program.sizes["test"], rng)
    weights = [rng.standard_normal(np.shape(r)) for r in results(program.f(*copies(args)))]
    gradient = jad.value_and_grad(loss(program, weights), argnums=program.wrt)
    seen = jad.inspect(gradient, *args)
    instructions = [line for line in seen.asm.lines if is_instruction(line)]
    assert share_mapped(instructions) >= 0.9
    assert share_mapped(instructions, direct=True) >= 0.6
    file = program.f.__code__.co_filename
    source = {line.loc.line for line in seen.source.lines if line.loc and line.loc.file == file}
    assert {line.loc.line for line in instructions if line.loc and line.loc.file == file} <= source
