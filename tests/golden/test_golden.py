"""Golden programs: the passes named in a file's first line turn its upper half into its lower half.

`pytest tests/golden --bless` rewrites the lower halves; read the diff as you read code.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import jitad.ops  # noqa: F401  the registry that parse reads
from jitad.ad import adjoint, split, tangent
from jitad.ir.graph import Function
from jitad.ir.same import same
from jitad.ir.text import parse, show
from jitad.ir.verify import check
from jitad.opt import contract, dce, fill_zeroed, optimize, postpone, simplify

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.ir"))
MARK = "; expect\n"
PASSES = {
    "adjoint": adjoint,
    "adjoint without results": lambda fn: adjoint(fn, results=False),
    "contract": contract,
    "dce": dce,
    "fill_zeroed": fill_zeroed,
    "optimize": optimize,
    "postpone": postpone,
    "simplify": simplify,
    "tangent": tangent,
    "forward": lambda fn: split(fn, 1).forward,
    "backward": lambda fn: split(fn, 1).backward,
}


def passes(text: str) -> list[str]:
    first = text.splitlines()[0]
    assert first.startswith("; pass: ")
    return [name.strip() for name in first.removeprefix("; pass: ").split(",")]


def run(text: str) -> tuple[Function, str]:
    fn = check(parse(text))
    out = fn
    for name in passes(text):
        out = check(PASSES[name](out))
    assert same(parse(show(fn)), fn)
    return out, show(out)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_golden(file: Path, bless: bool) -> None:
    above, mark, expected = file.read_text(encoding="utf-8").partition(MARK)
    out, text = run(above)
    if bless:
        file.write_text(above + MARK + text, encoding="utf-8")
        return
    assert mark, f"{file.name} has no line '; expect': write it with --bless"
    assert text == expected
    assert same(parse(expected), out)


def test_every_pass_has_a_golden_file() -> None:
    named = {name for file in FILES for name in passes(file.read_text(encoding="utf-8"))}
    assert named == set(PASSES)
