"""The emitter computes nothing twice where the first result is known, and everything where it is not."""

import numpy as np

import jitad as jad
from jitad.lower.emitter import Emitter, Reg

X, Y = Reg("%x", "i64"), Reg("%y", "i64")


def test_the_same_instruction_is_one_register():
    e = Emitter()
    first = e.op("mul", X, Y)
    assert e.op("mul", X, Y).text == first.text and len(e.lines) == 1
    assert e.op("mul", Y, X).text != first.text


def test_code_before_the_first_label_is_known_in_the_rest():
    e = Emitter()
    first = e.op("mul", X, Y)
    e.put("then.7:")
    assert e.op("mul", X, Y).text == first.text


def test_code_of_one_branch_is_unknown_in_the_other():
    e = Emitter()
    e.put("then.7:")
    inside = e.op("mul", X, Y)
    e.put("else.7:")
    assert e.op("mul", X, Y).text != inside.text


def test_loops_do_not_hide_what_was_known_before_them():
    e = Emitter()
    e.put("on.7:")
    before = e.op("mul", X, Y)
    e.lines += ["L.8.pre:", "L.8.body:", "L.8.latch:", "L.8.exit:"]
    assert e.op("mul", X, Y).text == before.text


def test_other_lists_of_lines_know_nothing_of_it():
    e = Emitter()
    first = e.op("mul", X, Y)
    e.lines = []
    assert e.op("mul", X, Y).text != first.text


def test_loads_happen_each_time():
    e = Emitter()
    first = e.load("%p", np.dtype(float))
    assert e.load("%p", np.dtype(float)).text != first.text


def test_offsets_with_literals_are_numbers():
    e = Emitter()
    assert e.offset([(150, "3"), (1, "142")], -1) == "591" and not e.lines
    assert e.offset([(150, "0"), (1, "%i")], 0) == "%i"
    assert e.gep("%p", "double", "0") == "%p"


def prefix_dots(a, b):
    out = np.zeros(len(a))
    for i in range(len(a)):
        out[i] = np.dot(a[:i], b[:i])
    return out


def test_sums_of_bounded_length_have_no_levels_and_the_same_bits():
    rng = np.random.default_rng(0)
    for n, levels in [(5, False), (60, False), (5000, True)]:
        a, b = rng.standard_normal(n), rng.standard_normal(n)
        compiled = jad.jit(prefix_dots).compile(a, b)
        assert (", 262143" in compiled.llvm) == levels
        direct = jad.jit(np.dot)
        some = [0, 1, n // 2, n - 1]
        assert [compiled(a, b)[i] for i in some] == [direct(a[:i], b[:i]) for i in some]
