"""jad.print, breakpoint, assert_finite: values of the running program, in order, natively and interpreted."""

from __future__ import annotations

import bdb
import re
import subprocess
import sys
import threading
from typing import NamedTuple

import numpy as np
import pytest

import jitad as jad
from jitad.ir.text import parse, show


def straight(x):
    jad.print("x = {}", x)
    y = np.sin(x)
    jad.print("y = {y}, first {:.4f}", y[0], y=y)
    return np.sum(y)


def rolled(x):
    total = 0.0
    for i in range(6):
        total = total + np.sum(x) * i
        jad.print("{}: {}", i, total)
        if total > 5.0:
            jad.print("more than 5: {}", total)
        else:
            jad.print("at most 5")
    jad.print("done")
    return total


def endless(x):
    s = np.sum(x)
    while s < 50.0:
        jad.print("s = {}", s)
        s = s * 2.0
    return s


def overwritten(x):
    y = x * 1.0
    jad.print("before {}", y)
    y[1:] = y[:-1] * 2.0
    jad.print("between {}", y)
    for i in range(len(x)):
        y[i] = y[i] + 1.0
        jad.print("{} {}", i, y)
    jad.print("x {}", x)
    return y.sum()


def twice(x):
    jad.print("same")
    jad.print("same")
    jad.print("same {}", x)
    jad.print("same {}", x)
    return np.sum(x**2)


def nested(x):
    for i in range(3):
        for j in range(i, 4):
            jad.print("{} {}", i, j)
            x = x * 1.01
        jad.print("row {}", x)
    return x.sum()


@jad.checkpoint
def _inside(x):
    jad.print("inside {}", x)
    return np.sin(x)


def checkpointed(x):
    for _ in range(3):
        x = _inside(x)
    return x.sum()


def _helper(x, k):
    if k > 0:
        jad.print("helper {}", k)
        for i in range(4):
            x = np.cos(x) * i
            jad.print("x {}", x)
    return x


def called(x):
    for k in range(30):
        x = _helper(x, x.sum() + k)
    jad.print("between")
    return _helper(x, 1.0).sum()


PROGRAMS = (straight, rolled, endless, overwritten, twice, nested, checkpointed, called)
SIZES = (3, 40)


def said(capsys, f, *args):
    capsys.readouterr()
    value = f(*args)
    return value, capsys.readouterr().out


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_compiled_code_prints_what_python_prints(f, n, capsys):
    x = np.linspace(0.1, 1.0, n)
    value, plain = said(capsys, f, x.copy())
    compiled, native = said(capsys, jad.jit(f), x.copy())
    np.testing.assert_allclose(compiled, value, rtol=1e-12)
    assert rounded(native) == rounded(plain)
    with jad.disable_jit():
        assert rounded(said(capsys, jad.jit(f), x.copy())[1]) == rounded(plain)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_derivatives_print_once(f, n, capsys):
    x = np.linspace(0.1, 1.0, n)
    plain = rounded(said(capsys, f, x.copy())[1])
    assert rounded(said(capsys, jad.grad(f), x)[1]) == plain
    assert rounded(said(capsys, jad.jvp, f, (x,), (x,))[1]) == plain
    assert rounded(said(capsys, jad.grad(lambda x: np.sum(jad.grad(f)(x))), x)[1]) == plain
    for transformation in (jad.vjp, jad.linearize):
        (_, later), forward = said(capsys, transformation, f, x)
        assert rounded(forward) == plain
        assert said(capsys, later, 1.0 if transformation is jad.vjp else x)[1] == ""


@pytest.mark.parametrize("f", (rolled, overwritten, checkpointed, called), ids=lambda f: f.__name__)
def test_what_a_budget_computes_again_is_not_printed_again(f, capsys):
    x = np.linspace(0.1, 1.0, 40)
    plain = rounded(said(capsys, f, x.copy())[1])
    with jad.tape_budget(4000):
        assert rounded(said(capsys, jad.grad(f), x)[1]) == plain


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_printing_changes_no_value(f, monkeypatch):
    x = np.linspace(0.1, 1.0, 40)
    loud = jad.value_and_grad(f)(x)
    monkeypatch.setattr(jad, "print", lambda *_, **__: None)
    quiet = jad.value_and_grad(_again(f))(x)
    np.testing.assert_allclose(loud[0], quiet[0], rtol=1e-14)  # a sum may share its nest, and its order, else
    np.testing.assert_array_equal(loud[1], quiet[1])


def _again(f):
    """The same function, compiled anew."""
    return lambda x: f(x)


def rounded(text: str) -> list[str]:
    """Words, numbers to ten digits: sums may have another order."""
    words = re.findall(r"[-+.\w]+", text)
    return [f"{float(w):.8g}" if re.fullmatch(r"[-+]?\d+\.\d*(e[-+]\d+)?", w) else w for w in words]


def test_loops_stay_loops():
    compiled = jad.jit(rolled).compile(np.ones(40))
    assert str(compiled.ir).count("print") < 6
    again = show(parse(str(compiled.ir)))
    assert again == str(compiled.ir)
    plain = str(jad.jit(nested).compile(np.ones(40)).ir)
    assert plain.count("for ") == 2


def test_other_sizes_are_printed_as_they_are(capsys):
    @jad.jit
    def f(x):
        jad.print("{} {}", len(x), x)
        return np.sum(x)

    for n in (3, 5, 30, 4, 0):
        x = np.arange(float(n))
        f(x)
        assert capsys.readouterr().out == f"{n} {x}\n"
    assert f.cache_info().traces < 5


def test_values_have_their_types(capsys):
    @jad.jit
    def f(a, b, c, d, e):
        jad.print("{!r} {!r} {!r} {!r} {!r}", a, b, c, d, e)
        return a.sum()

    args = np.ones((2, 1), np.float32), np.array([[True]]), np.int16(3), 2, np.zeros((0, 2))
    f(*args)
    assert capsys.readouterr().out == "{!r} {!r} {!r} np.int64(2) {!r}\n".format(*args[:3], args[4])


def test_containers_and_static_objects(capsys):
    class Pair(NamedTuple):
        a: object
        b: object

    @jad.jit
    def f(x):
        jad.print(
            "{} {} {d} {!r:>5} {e[0]} {{}}", [x, (x,)], Pair(x, "s"), "t", d={"k": x, 1: None}, e=(x, 2)
        )
        jad.print("{:{}} {:>{w}}|{x.shape}", 3, 5, "a", w=4, x=x)
        return x

    f(2.0)
    assert capsys.readouterr().out == (
        "[np.float64(2.0), (np.float64(2.0),)] Pair(a=np.float64(2.0), b='s') "
        "{'k': np.float64(2.0), 1: None}   't' 2.0 {}\n    3    a|()\n"
    )


BAD = [
    (lambda x: jad.print("{} {}", x), IndexError, "has a field 1, and there are 1 values"),
    (lambda x: jad.print("{}", x, x), ValueError, "has no field for value 1"),
    (lambda x: jad.print("{}", x, y=x), ValueError, "has no field for value y"),
    (lambda x: jad.print("{z}", y=x), KeyError, "a field z, and no value of that name"),
    (lambda x: jad.print("{", x), ValueError, "expected '}'|Single '{'"),
    (lambda x: jad.print(x), TypeError, "the format is a .*, not a string"),
    (lambda x: jad.print(b"{}", x), TypeError, "the format is a bytes, not a string"),
]


@pytest.mark.parametrize("f, kind, text", BAD)
def test_bad_formats(f, kind, text):
    for run in (f, jad.jit(f)):
        with pytest.raises(kind, match=text) as caught:
            run(1.5)
        assert "[print-format]" in str(caught.value)
        assert __file__ in str(caught.value)


def test_formats_that_do_not_fit_are_refused_while_tracing():
    with pytest.raises(TypeError, match=r"cannot format f64\[3\].*\[print-format\]"):
        jad.jit(lambda x: jad.print("{:.3f}", x))(np.ones(3))
    with pytest.raises(ValueError, match=r"cannot format f64.*\[print-format\]"):
        jad.jit(lambda x: jad.print("{:d}", x))(1.0)
    with pytest.raises(TypeError, match=r"specification .* depends on a traced value"):
        jad.jit(lambda x: jad.print("{:{}}", 1.0, x))(3.0)

    class Holder:
        def __init__(self, x):
            self.x = x

        def __repr__(self):
            return f"Holder({self.x})"

    with pytest.raises(TypeError, match="Holder holds traced values"):
        jad.jit(lambda x: jad.print("{}", Holder(x)))(3.0)


def test_outside_a_trace_it_prints_at_once(capsys):
    jad.print("{} {b}", 1, b=np.ones(2))
    assert capsys.readouterr().out == "1 [1. 1.]\n"


def test_an_exception_while_printing_ends_the_call(monkeypatch):
    class Closed:
        def write(self, text):
            raise OSError("closed")

        def flush(self):
            pass

    @jad.jit
    def f(x):
        for i in range(10**9):
            jad.print("{}", i)
            x = x + 1.0
        return x

    with monkeypatch.context() as m:
        m.setattr(sys, "stdout", Closed())
        for _ in range(2):
            with pytest.raises(OSError, match="closed"):
                f(1.0)


def test_checks_and_prints_keep_their_order(capsys):
    @jad.jit
    def f(x):
        jad.print("a")
        assert np.all(x > 0), "negative"
        jad.print("b")
        if np.sum(x) > 100:
            raise ValueError("much")
        jad.print("c")
        return x * 2

    f(np.ones(3))
    assert capsys.readouterr().out.split() == ["a", "b", "c"]
    with pytest.raises(AssertionError, match="negative"):
        f(-np.ones(3))
    assert capsys.readouterr().out.split() == ["a"]
    with pytest.raises(ValueError, match="much"):
        f(1000 * np.ones(3))
    assert capsys.readouterr().out.split() == ["a", "b"]


def test_threads_print_their_own(capfd):
    @jad.jit
    def f(x):
        for i in range(50):
            x = np.sin(x)
            if i == 49:
                jad.print("{}", x[0] * 0 + len(x))
        return x

    f(np.ones(7))
    threads = [threading.Thread(target=f, args=(np.ones(10000 + k),)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    out = sorted(float(w) for w in capfd.readouterr().out.split())
    assert out == [7.0, 10000.0, 10001.0, 10002.0, 10003.0]


def test_numbers_that_are_found_while_tracing_print_nothing_then(capsys):
    def f(x):
        a = 0.3
        for k in range(2):
            a = 0.1 * k
            jad.print("a {}", a)
            x = np.sin(x)
        if a > 0.6:
            x = x + 1.0
        return x

    for run in (jad.jit(f), jad.grad(lambda x: np.sum(f(x)))):
        compiled = run.compile(np.ones(3))
        assert capsys.readouterr().out == ""
        assert "cond" not in str(compiled.ir)
        run(np.ones(3))
        assert capsys.readouterr().out == "a 0.0\na 0.1\n"


def test_sizes_that_are_computed_print_once(capsys):
    @jad.jit
    def f(n, x):
        m = n
        for _ in range(n):
            m = m + 1
            jad.print("m {}", m)
        return np.zeros(m) + x

    for n in (3, 4, 2):
        assert len(f(n, 1.0)) == 2 * n
        assert capsys.readouterr().out == "".join(f"m {n + k + 1}\n" for k in range(n))


# breakpoint


def test_the_debugger_sees_the_values(monkeypatch):
    seen = []

    def hook():
        frame = sys._getframe(1)
        seen.append((dict(frame.f_locals), frame.f_code.co_filename, frame.f_lineno))

    monkeypatch.setattr(sys, "breakpointhook", hook)

    def f(x, n):
        for i in range(3):
            x = x * 2.0
            jad.breakpoint(x, x + 1.0, i=i)
        return x.sum()

    line = f.__code__.co_firstlineno + 3
    for run in (jad.jit(f), jad.grad(f), f):
        seen.clear()
        run(np.ones(2), 3)
        assert len(seen) == 3
        for i, (values, file, at) in enumerate(seen):
            x = np.full(2, 2.0 ** (i + 1))
            np.testing.assert_array_equal(values["x"], x)
            np.testing.assert_array_equal(values["value1"], x + 1.0)
            assert values["i"] == i
            assert file == __file__ and at in (line, line - 1)


SESSION = """
import numpy as np, jitad as jad

@jad.jit
def f(x):
    y = np.sum(x)
    for i in range(3):
        y = y * 2.0
        jad.breakpoint(y, i)
    return y

try:
    print("result", f(np.ones(40)))
except BaseException as error:
    print("ended with", type(error).__name__)
"""


@pytest.mark.parametrize(
    "commands, expected",
    [
        ("p y, i\nc\np y\nc\nc\n", ("(np.float64(80.0), np.int64(0))", "np.float64(160.0)", "result 320.0")),
        ("q\n", ("ended with BdbQuit",)),
    ],
)
def test_a_session_in_pdb(commands, expected, tmp_path):
    script = tmp_path / "session.py"
    script.write_text(SESSION)
    run = subprocess.run(
        [sys.executable, script], input=commands, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    for text in expected:
        assert text in run.stdout
    assert f"{script}(9)" in run.stdout
    assert "-> jad.breakpoint(y, i)" in run.stdout


def test_quitting_ends_the_call(monkeypatch):
    def hook():
        raise bdb.BdbQuit

    monkeypatch.setattr(sys, "breakpointhook", hook)
    with pytest.raises(bdb.BdbQuit):
        jad.jit(lambda x: (jad.breakpoint(x), x)[1])(1.0)
    with pytest.raises(TypeError, match="not an array or number"):
        jad.jit(lambda x: (jad.breakpoint(s="text"), x)[1])(1.0)


# assert_finite


def test_what_is_not_finite_is_told():
    def f(x):
        y = np.log(x)
        jad.assert_finite(y, "the logarithm")
        return np.sum(y)

    x = np.ones((3, 20))
    bad = x.copy()
    bad[1, 4], bad[2, 0] = 0.0, -1.0
    for run in (np.errstate(all="ignore")(f), jad.jit(f), jad.grad(f), lambda x: jad.jvp(f, (x,), (x,))):
        run(x)
        with pytest.raises(FloatingPointError) as caught:
            run(bad)
        text = str(caught.value)
        assert "the logarithm: 1 NaN and 1 inf in f64[3,20], the first, -inf, at [1, 4] [not-finite]" in text
        assert f"{__file__}:{f.__code__.co_firstlineno + 2}" in text


def test_trees_numbers_and_integers_are_checked():
    @jad.jit
    def f(a, b):
        jad.assert_finite({"a": a, "b": (b, 3)})
        return a

    assert f(1.0, np.arange(3)) == 1.0
    with pytest.raises(FloatingPointError, match=r"1 inf in f64 \[not-finite\]"):
        f(np.inf, np.arange(3))
    with pytest.raises(FloatingPointError, match="1 NaN in f32"):
        f(1.0, np.array([np.nan], np.float32))
    with pytest.raises(TypeError, match="message"):
        jad.assert_finite(1.0, 3)
    with pytest.raises(TypeError, match="not a str"):
        jad.assert_finite("text")


def test_a_check_in_a_loop_stops_there(capsys):
    @jad.jit
    def f(x):
        for i in range(5):
            x = x / (3.0 - i)
            jad.assert_finite(x)
            jad.print("{}", i)
        return x

    with pytest.raises(FloatingPointError, match="1 inf"):
        f(1.0)
    assert capsys.readouterr().out.split() == ["0", "1", "2"]


def test_inspection_knows_calls_back():
    seen = jad.inspect(rolled, np.ones(40), mode="grad")
    assert "call back into Python" in str(seen.plan)
    assert "print" in str(seen.adjoint_ir)


def test_code_from_disk_prints_too(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import jitad as jad, numpy as np\n"
        "@jad.jit\n"
        "def f(x):\n"
        "    for i in range(30):\n"
        "        x = x * 0.5\n"
        "        if i > 27:\n"
        '            jad.print("{} {!r}", i, x[0])\n'
        "    return x\n"
        "f(np.ones(50))\n"
    )
    env = {"JITAD_CACHE": str(tmp_path / "kept"), "PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin"}
    for _ in range(2):
        run = subprocess.run([sys.executable, script], env=env, capture_output=True, text=True, timeout=120)
        assert run.stdout == f"28 np.float64({0.5**29!r})\n29 np.float64({0.5**30!r})\n", run.stderr
    assert list((tmp_path / "kept").iterdir())
