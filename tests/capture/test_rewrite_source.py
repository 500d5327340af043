# ruff: noqa: B012, F841
"""Where the rewritten code comes from: odd sources, positions, names, and why a function runs as it is."""

import functools
import inspect
import linecache
import subprocess
import sys
import traceback

import numpy as np
import pytest
from rewriting import rewritten

import jitad as jad
from jitad.capture.rewrite import OPERATORS, rewrite, why_not


@pytest.fixture(autouse=True)
def mode():
    """Once, not natively and interpreted."""


def in_file(tmp_path, source, name="program"):
    file = tmp_path / f"{name}.py"
    file.write_text(source)
    names = {"__name__": name}
    exec(compile(source, str(file), "exec"), names)
    return names, file


def test_without_source():
    names = {}
    exec("def f(x):\n    return x * 2 if x else 0\n", names)
    assert "source is not available" in why_not(names["f"])
    assert jad.grad(lambda x: names["f"](x * 1.0) if False else x * x)(3.0) == 6.0


def test_a_function_without_source_is_traced_as_it_is():
    names = {}
    exec("def f(x):\n    return x * x\n", names)
    assert jad.grad(names["f"])(3.0) == 6.0


def test_source_that_has_changed_is_not_used(tmp_path):
    names, file = in_file(tmp_path, "def f(x):\n    return x + 1\n")
    file.write_text("def f(x):\n    return x + 2\n")
    assert "not what runs" in why_not(names["f"])


def test_lines_moved_since(tmp_path):
    names, file = in_file(tmp_path, "def f(x):\n    return x + 1\n")
    file.write_text("\n\n\ndef f(x):\n    return x + 1\n")
    assert why_not(names["f"]) is not None


def test_generators_and_frame_readers_run_as_they_are():
    def generator(n):
        yield n

    def reader(n):
        m = n
        return locals()

    def evaluates(n):
        return eval("n")

    assert why_not(generator) == "it is a generator"
    assert "locals()" in why_not(reader)
    assert "eval()" in why_not(evaluates)
    assert why_not(decorate) is None


async def coroutine(x):
    return x


def test_async_is_refused():
    with pytest.raises(TypeError, match=r"coroutine .*test_rewrite_source\.py:\d+\) is async"):
        jad.jit(coroutine)(1.0)


def test_left_plain_is_noted():
    def f(n):
        while n:
            try:
                n -= 1
            finally:
                break
        return n and (m := n)

    start = f.__code__.co_firstlineno
    assert rewrite(f).notes == (
        (start + 5, "break, continue or return in a finally clause"),
        (start + 6, "`and` or `or` whose later operands assign with :="),
    )


def test_lambdas_of_one_line():
    f, g, h = lambda x: [x] if x else 1, lambda x: [x] if x else 2, lambda y: [y, (lambda x: [x] if x else 1)]
    inner = h(0)[1]
    for k in (f, g, h, inner):
        assert why_not(k) is None
    assert rewritten(f)(0) == 1 and rewritten(g)(0) == 2
    # The same code three times on the line: told apart by the columns.
    if hasattr(f.__code__, "co_positions"):
        for k in (f, inner):
            columns = {p[2] for p in k.__code__.co_positions() if p[0] == p[1]} - {None, 0}
            assert columns >= {p[2] for p in rewrite(k).code.co_positions() if p[0] == p[1]} - {None, 0}


def test_lambda_over_several_lines():
    table = {
        "double": lambda x, *rest: (
            x * 2
            if x
            else rest
        ),
        "text": """
        a ) string (
        """,
    }  # fmt: skip
    f = rewritten(table["double"])
    assert f(2) == 4 and f(0, 1) == (1,)


def decorate(f):
    @functools.wraps(f)
    def wrapper(*args):
        return f(*args)

    return wrapper


def test_decorated():
    @decorate
    @decorate
    def f(x):
        """Text."""
        for _ in range(2):
            x = x * x
        return x

    inner = inspect.unwrap(f)
    assert why_not(inner) is None
    assert rewritten(inner)(3) == 81
    assert rewrite(inner).code.co_firstlineno == inner.__code__.co_firstlineno
    assert jad.grad(f)(1.0) == 4.0


class Model:
    @staticmethod
    def static(x):
        return x if x else None

    @classmethod
    def of_class(cls, x):
        return cls.__name__ if x else None

    @property
    def prop(self):
        return self.__class__.__name__ if self else None

    class Nested:
        def __private(self, x):
            return x and self.__private(x - 1)

        call = __private


def test_methods_of_every_kind():
    for f in (Model.static, Model.of_class.__func__, Model.prop.fget, Model.Nested.call):
        assert why_not(f) is None
    assert rewritten(Model.Nested.call)(Model.Nested(), 3) == 0


def test_what_a_function_tells_of_itself():
    cell = 3

    def f(a, /, b: int = 2, *args, c=3, **kwargs):
        """Text."""

        class Inner:
            def method(self):
                return cell if a else b

        def g():
            return a if b else c

        for _ in range(1):
            h = lambda: 1
        return Inner, g, h

    clone = rewritten(f)
    code, new = f.__code__, clone.__code__
    assert set(new.co_freevars) == {*code.co_freevars, OPERATORS}
    assert clone.__doc__ == "Text." and clone.__name__ == "f"
    assert new.co_filename == code.co_filename and new.co_firstlineno == code.co_firstlineno
    assert inspect.signature(clone).replace(return_annotation=inspect.Signature.empty) == inspect.signature(
        lambda a, /, b=2, *args, c=3, **kwargs: None
    )
    if sys.version_info >= (3, 11):
        assert [x.__qualname__ for x in clone(1)] == [x.__qualname__ for x in f(1)]


def test_tracebacks_name_the_users_functions_lines_and_columns():
    def inner(x):
        return x.missing

    def f(xs):
        for x in xs:
            if x > 0:
                inner(x)

    def frames(function):
        with pytest.raises(AttributeError) as info:
            function([0, 1])
        steps = traceback.extract_tb(info.value.__traceback__)
        own = [s for s in steps if s.filename == __file__][1:]
        return [(s.name, s.lineno, getattr(s, "colno", None), getattr(s, "end_colno", None)) for s in own]

    expected = frames(f)
    assert frames(rewritten(f))[-1] == expected[-1]
    assert frames(rewritten(f))[-2] == expected[-2]
    assert {name for name, *_ in frames(rewritten(f))} <= {"f", "inner"}


def test_equations_and_errors_name_the_users_lines():
    def f(x):
        for i in range(3):
            if i == 1:
                x = np.convolve(
                    x, x, mode="unknown"
                )  # fmt: skip
        return x

    with pytest.raises(Exception, match=rf"test_rewrite_source.py:{f.__code__.co_firstlineno + 3}"):
        jad.jit(f)(np.ones(3))


def test_functions_that_outlive_the_trace_still_run():
    kept = []

    @jad.jit
    def f(x):
        def g(n):
            total = 0
            for i in range(n):
                if i != 2:
                    total += i
            return total

        kept.append(g)
        return x * g(4)

    assert f(1.0) == 4.0
    (g,) = kept
    assert g(5) == 8
    assert jad.jit(lambda x: x * g(4))(2.0) == 8.0


def test_a_session_without_files():
    source = "def f(x):\n    for _ in range(2):\n        x = x * x\n    return x\n"
    linecache.cache["<input 7>"] = (len(source), None, source.splitlines(True), "<input 7>")
    names = {}
    exec(compile(source, "<input 7>", "exec"), names)
    assert why_not(names["f"]) is None
    assert jad.grad(names["f"])(1.0) == 4.0


def test_names_that_the_compiler_treats_specially(tmp_path):
    source = """
import math
from math import sin as s


def f(x):
    return s(x) + math.sin(x) + x.bit_length()


def g(x):
    global __late
    __late = super, f
    return __late
"""
    names, _ = in_file(tmp_path, source)
    assert why_not(names["f"]) is None
    assert rewritten(names["f"])(0) == 0


def test_future_annotations(tmp_path):
    names, _ = in_file(
        tmp_path, "from __future__ import annotations\n\n\ndef f(x):\n    y: Undefined = x\n    return y\n"
    )
    assert rewritten(names["f"])(2) == 2


def test_form_feeds_tabs_and_continued_lines(tmp_path):
    source = (
        "\f\nclass A:\n\tdef f(self, x):\n\t\t'''text\nno indent\n'''\n# comment\n"
        "\t\tfor i in range(3):\n\t\t\tx = \\\n  x + i\n\t\treturn x\n"
    )
    names, _ = in_file(tmp_path, source)
    assert rewritten(names["A"].f)(None, 1) == 4


def test_import_does_not_load_ast_for_rewriting():
    code = "import sys, jitad; print('jitad.capture.rewrite' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
