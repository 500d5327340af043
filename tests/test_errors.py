"""Each named error has a section in docs/errors.md, whose example raises it; messages show the expression."""

from __future__ import annotations

import doctest
import linecache
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import jitad as jad
from jitad.ir.named import NAMES, named, unnamed

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## ([\w-]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
SOURCES = [p for p in sorted((ROOT / "jitad").rglob("*.py")) if p.name != "named.py"]


def test_each_name_is_used_and_has_a_section():
    text = "".join(p.read_text(encoding="utf-8") for p in SOURCES)
    called = set(re.findall(r'named\(\s*"([\w-]+)"', text))
    strings = set(re.findall(r'"([\w-]+)"', text))
    assert called <= set(NAMES)
    assert set(NAMES) <= strings
    assert sorted(SECTIONS) == sorted(NAMES)
    for name, body in SECTIONS.items():
        assert "Cure: " in body, name


@pytest.mark.parametrize("name", SECTIONS)
def test_the_example_raises_the_error(name, tmp_path):
    (code,) = re.findall(r"^```python\n(.*?)^```$", SECTIONS[name], re.MULTILINE | re.DOTALL)
    examples = doctest.DocTestParser().get_examples(code)
    path = tmp_path / f"{name}.py"
    path.write_text("".join(e.source for e in examples))
    linecache.checkcache()
    program = compile(path.read_text(), str(path), "exec")
    with pytest.raises(Exception) as caught:
        exec(program, {"np": np, "jad": jad, "__name__": "example"})
    first, *_ = str(caught.value).strip("'\"").split("\n")
    assert first.rstrip("'\"").endswith(f"[{name}]"), first
    wanted = examples[-1].exc_msg
    assert wanted is not None
    kind, text = wanted.strip().split(": ", 1)
    assert type(caught.value).__name__ == kind.split(".")[-1]
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.OutputChecker().check_output(f"{text}\n", f"{first}\n", flags), first


def test_a_name_is_put_once_at_the_end_of_the_first_line():
    assert named("axis", "text\n  from x:1") == "text [axis]\n  from x:1"
    assert named("axis", named("shapes", "text")) == "text [axis]"
    assert unnamed("a [axis] b [0]") == "a b [0]"
    with pytest.raises(KeyError):
        named("unheard-of", "text")


# pictures


class Model:
    def __init__(self):
        self.w = np.ones(4)


MODEL = Model()

PICTURES = [
    (lambda x, w: x + w, ["x + w", "~ ^ ~", "f64[3] + f64[4]"]),
    (lambda x, w: 2 * x - w, ["2 * x - w", "~~~~~ ^ ~", "f64[3] - f64[4]"]),
    (lambda x, w: (x + 1) * (w), ["(x + 1) * (w)", "~~~~~  ^  ~", "f64[3] * f64[4]"]),
    (lambda x, w: x @ w, ["x @ w", "~ ^ ~", "f64[3] @ f64[4]"]),
    (lambda x, w: x > w, ["x > w", "~ ^ ~", "f64[3] > f64[4]"]),
    (lambda x, w: np.maximum(x, w * 2), ["np.maximum(x, w * 2)", "^" * 20, "np.maximum(f64[3], f64[4])"]),
    (lambda x, w: np.sum(x, axis=3), ["np.sum(x, axis=3)", "^" * 17, "np.sum(f64[3], axis=3)"]),
    (lambda x, w: x.sum(axis=3), ["x.sum(axis=3)", "^" * 13, "f64[3].sum(axis=3)"]),
    (lambda x, w: x.reshape(2, 2), ["x.reshape(2, 2)", "^" * 15, "f64[3].reshape(2, 2)"]),
    (lambda x, w: np.concatenate([x, w[:, None]]), ["^" * 31, "np.concatenate([f64[3], f64[4,1]])"]),
    (lambda x, w: x[:, 0], ["x[:, 0]", "^^^^^^^", "f64[3][:, 0]"]),
    (lambda x, w: x[7], ["x[7]", "^^^^", "f64[3][7]"]),
    (lambda x, w: x + MODEL.w, ["x + MODEL.w", "~ ^ ~~~~~~~", "f64[3] + f64[4]"]),
    (lambda x, w: x / "é", ['x / "é"', "~ ^ ~~~", "f64[3] / 'é'"]),
    (lambda x, w: x & w, ["x & w", "~ ^ ~", "f64[3] & f64[4]"]),
    (lambda x, w: np.where(x, w, 1.0), ["^" * 19, "np.where(f64[3], f64[4], 1.0)"]),
    (lambda é, w: é + w, ["é + w", "~ ^ ~", "f64[3] + f64[4]"]),
]


@pytest.mark.skipif(
    sys.version_info < (3, 11), reason="positions of expressions are known from Python 3.11 on"
)
@pytest.mark.parametrize("f, rows", PICTURES, ids=lambda x: x[0] if isinstance(x, list) else "")
def test_the_expression_is_shown_with_types(f, rows):
    with pytest.raises((ValueError, TypeError, IndexError)) as caught:
        jad.jit(f)(np.ones(3), np.ones(4))
    lines = str(caught.value).split("\n")
    at = next(k for k, line in enumerate(lines) if line.startswith(f"  from {__file__}:"))
    source, marks, typed = lines[at + 1 :]
    start = len(typed) - len(typed.lstrip())
    assert marks.strip() == rows[-2]
    assert typed.strip() == rows[-1]
    assert len(marks) - len(marks.lstrip()) - start in (0, rows[0].startswith("("))
    if len(rows) == 3:
        assert source[start:].startswith(rows[0])


def test_statements_are_shown_too():
    def updated(x, w):
        x += w
        return x

    def stored(x, w):
        x[0:2] = w
        return x

    def looped(x, w):
        for i in range(3):
            x = (
                x
                + w * i
            )  # fmt: skip
        return x

    for f, offset, text in ((updated, 1, "x += w"), (stored, 1, "x[0:2] = w"), (looped, 3, "x")):
        with pytest.raises(ValueError, match=r"\[shapes\]") as caught:
            jad.jit(f)(np.ones(3), np.ones(4))
        assert f"  from {__file__}:{f.__code__.co_firstlineno + offset}\n      {text}\n" in str(caught.value)


def test_code_without_a_file_has_no_picture():
    names: dict = {}
    exec("def f(x, w):\n    return x + w\n", names)
    with pytest.raises(ValueError, match=r"\[shapes\]\n  with f64\[3\], f64\[4\]\n  from <string>:2$"):
        jad.jit(names["f"])(np.ones(3), np.ones(4))


def test_the_same_exception_type_as_numpy():
    for f in (lambda x, w: x + w, lambda x, w: np.sum(x, axis=3), lambda x, w: x[7], lambda x, w: x @ w):
        with pytest.raises(Exception) as numpys:
            f(np.ones(3), np.ones(4))
        with pytest.raises(Exception) as ours:
            jad.jit(f)(np.ones(3), np.ones(4))
        assert type(ours.value) is type(numpys.value) or isinstance(ours.value, ValueError)
