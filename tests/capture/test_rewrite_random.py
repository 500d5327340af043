"""Random programs of loops, branches, jumps and exceptions: rewritten, they do what they did."""

import linecache
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rewriting import outcome, rewritten

NAMES = ("a", "b", "c", "i", "j")


@pytest.fixture(autouse=True)
def mode():
    """Once, not natively and interpreted."""


@st.composite
def expressions(draw, depth=2):
    if depth == 0:
        return draw(st.sampled_from([*NAMES, "0", "1", "2", "-1"]))
    left, right = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    form = draw(
        st.sampled_from(
            [
                "{0} + {1}",
                "{0} - {1}",
                "log({0})",
                "{0} // {1}",
                "({0} and {1})",
                "({0} or log({1}))",
                "(not {0})",
                "({0} if {1} else log({0}))",
                "({0} < {1} <= 2)",
                "({0} == {1})",
                "(b := {0})",
                "sum([{0} for a in range(2) if {1}])",
                "(lambda c: {0} + c)({1})",
            ]
        )
    )
    return form.format(left, right)


def indented(body):
    return ["    " + line for line in body]


@st.composite
def blocks(draw, depth, in_loop, in_finally=False):
    out = []
    for _ in range(draw(st.integers(1, 3))):
        out += draw(statements(depth, in_loop, in_finally))
    return out


@st.composite
def statements(draw, depth, in_loop, in_finally):
    simple = ["assign", "log", "update", "return", "raise", "assert", "del", "call"]
    jumps = ["break", "continue"] * 2 if in_loop else []
    compound = ["if"] * 4 + ["for", "for", "while", "try", "with", "def", "match"] if depth else []
    kind = draw(st.sampled_from(simple + jumps + compound))
    e = draw(expressions(draw(st.integers(0, 2))))
    name = draw(st.sampled_from(NAMES))

    def block(loop=in_loop, finally_=in_finally):
        return indented(draw(blocks(depth - 1, loop, finally_)))

    if kind in ("break", "continue"):
        return [kind]
    if kind == "if":
        out = [f"if {e}:", *block()]
        if draw(st.booleans()):
            out += [f"elif {draw(expressions(1))}:", *block()]
        return out + (["else:", *block()] if draw(st.booleans()) else [])
    if kind in ("for", "while"):
        head = (
            f"for {name} in range({draw(st.integers(0, 3))}):" if kind == "for" else f"while spend() and {e}:"
        )
        out = [head, "    spend()", *block(loop=True)]
        return out + (["else:", *block()] if draw(st.booleans()) else [])
    if kind == "try":
        out = ["try:", *block()]
        form = draw(st.sampled_from(["except", "except as", "except else", "finally", "except finally"]))
        if "except" in form:
            error = draw(st.sampled_from(["ZeroDivisionError", "NameError", "ValueError", "Exception"]))
            out += [f"except {error}{' as c' if 'as' in form else ''}:", *block()]
        if "else" in form:
            out += ["else:", *block()]
        return out + (["finally:", *block(finally_=True)] if "finally" in form else [])
    if kind == "with":
        manager = draw(st.sampled_from(["suppress(ZeroDivisionError)", "nullcontext(1) as b"]))
        return [f"with {manager}:", *block()]
    if kind == "def":
        declared = draw(st.sampled_from(["nonlocal a", "a = 1"]))
        return ["def g(c):", f"    {declared}", *block(loop=False), f"{name} = g({e})"]
    if kind == "match":
        return [
            f"match {e}:",
            "    case 0 | 1:",
            *indented(block()),
            "    case int(c) if c > 1:",
            *indented(block()),
        ]
    return {
        "assign": [f"{name} = {e}"],
        "log": [f"log({e})"],
        "update": [f"{name} += {e}"],
        "return": [f"return {e}"],
        "raise": ["raise ValueError(spend())"],
        "assert": [f"assert {e}, log('message')"],
        "del": [f"del {name}"],
        "call": [f"items[{draw(st.integers(0, 2))}] -= {e}"],
    }[kind]


@st.composite
def programs(draw):
    bound = draw(st.sets(st.sampled_from(NAMES)))
    body = [f"{n} = {i}" for i, n in enumerate(sorted(bound | {"a"}))]
    body += draw(blocks(3, False)) + draw(blocks(1, False))
    result = ", ".join(f"{n} if {n!r} in bound else None" for n in sorted(bound))
    tail = [f"return [{result}], items"]
    return ["def f(log, bound, spend, items):", *indented(body + tail)], frozenset(bound)


class Spent(Exception):
    pass


def fuel():
    left = [30]

    def spend():
        left[0] -= 1
        if left[0] < -20:
            raise Spent
        return left[0] > 0

    return spend


_count = 0


def compiled(lines):
    global _count
    _count += 1
    filename = f"<program {_count}>"
    source = "\n".join(lines) + "\n"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    names = {}
    exec("from contextlib import suppress, nullcontext", names)
    exec(compile(source, filename, "exec"), names)
    return names["f"], filename


@settings(
    max_examples=100 + int(os.environ.get("FUZZ", "0")) // 10,
    derandomize=not os.environ.get("FUZZ"),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(programs())
def test_random_programs(program):
    lines, bound = program
    f, filename = compiled(lines)
    try:
        expected = outcome(f, bound, fuel(), [0, 1, 2])
        assert outcome(rewritten(f), bound, fuel(), [0, 1, 2]) == expected, "\n".join(lines)
    finally:
        del linecache.cache[filename]
