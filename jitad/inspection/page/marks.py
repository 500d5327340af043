"""What a line is beside its text: an instruction, one of vectors, a check of bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..machine import is_instruction, is_llvm_instruction
from ..stages import Line, Stage

VECTOR, CHECK, INFERRED, INSTRUCTION = 1, 2, 4, 8

_LLVM_VECTOR = re.compile(r"<\d+ x ")
_PACKED = re.compile(r"v?\w*(pd|ps|dq|[bwdq])(\.\w+)?$")
_FULL = re.compile(r"%[yz]mm")
_SCALAR = re.compile(r"v?(mov[dq]|\w*s[sd]|\w*2si|xorp[sd]|xor|cvt\w*)$")
_SELDOM = re.compile(r"br i1 (%[\w.]+), label %(?:leave|failed)[\w.]*, .*!prof")
_LABEL = re.compile(r"[\w.\"$@-]+:")
_FAILED = re.compile(r"failed[\w.]*:")
_JUMP = re.compile(r"    (j(?!mp)\w+) +(\.L\w+)")
_COMPARE = re.compile(r"    (cmp|test|v?u?comis|vptest|kortest|kteste)\w* ")


def is_vector(language: str, text: str) -> bool:
    """Whether a line of LLVM or assembly works on several elements at once."""
    if language == "llvm":
        return is_llvm_instruction(text) and _LLVM_VECTOR.search(text) is not None
    if language != "asm" or "mm" not in text.partition("%")[2]:
        return False
    return _FULL.search(text) is not None or _is_packed(text.split()[0])


def _is_packed(mnemonic: str) -> bool:
    return not _SCALAR.match(mnemonic) and _PACKED.match(mnemonic) is not None


def marks(stages: Mapping[str, Stage]) -> dict[str, list[int]]:
    """For each stage, the sum of the marks of each line."""
    checked = _checked(stages)
    return {name: _marks(stage, checked) for name, stage in stages.items()}


def _marks(stage: Stage, checked: frozenset[int]) -> list[int]:
    checks = set(_checks(stage, checked))
    out = []
    for k, line in enumerate(stage.lines):
        instruction = _is_instruction(stage.language, line)
        mark = INSTRUCTION if instruction else 0
        mark += VECTOR if instruction and is_vector(stage.language, line.text) else 0
        out.append(mark + (CHECK if k in checks else 0) + (INFERRED if line.inferred else 0))
    return out


def _is_instruction(language: str, line: Line) -> bool:
    if language == "llvm":
        return is_llvm_instruction(line.text)
    return language == "asm" and is_instruction(line)


def _checked(stages: Mapping[str, Stage]) -> frozenset[int]:
    """The equations that can fail, as far as LLVM did not find out that they cannot."""
    lines = stages["optimized_llvm"].lines
    return frozenset({line.eqn for line in lines if _SELDOM.search(line.text)} - {-1})


def _checks(stage: Stage, checked: frozenset[int]) -> Iterator[int]:
    if stage.language == "ir":
        yield from (k for k, line in enumerate(stage.lines) if line.text.lstrip().startswith("check "))
    elif stage.language == "llvm":
        yield from _llvm_checks(stage)
    elif stage.language == "asm":
        yield from _asm_checks(stage, checked)


def _llvm_checks(stage: Stage) -> Iterator[int]:
    """Branches that are seldom taken and end the call, the comparisons that they ask, and where they go."""
    defined: dict[str, int] = {}
    failing = False
    for k, line in enumerate(stage.lines):
        text = line.text.lstrip()
        if _LABEL.match(line.text):
            failing = _FAILED.match(text) is not None
        if text.startswith("%"):
            defined[text.split(" ", 1)[0]] = k
        branch = _SELDOM.match(text)
        if branch is not None:
            yield k
            if branch[1] in defined and "cmp" in stage.lines[defined[branch[1]]].text:
                yield defined[branch[1]]
        elif is_llvm_instruction(line.text) and (failing or "ptr %status" in text):
            yield k


def _asm_checks(stage: Stage, checked: frozenset[int]) -> Iterator[int]:
    """Forward jumps of equations that can fail, and the comparisons before them."""
    places = {line.text[:-1]: k for k, line in enumerate(stage.lines) if line.text.endswith(":")}
    for k, line in enumerate(stage.lines):
        jump = _JUMP.match(line.text)
        if jump is None or line.eqn not in checked or places.get(jump[2], -1) < k:
            continue
        yield k
        if k and stage.lines[k - 1].eqn == line.eqn and _COMPARE.match(stage.lines[k - 1].text):
            yield k - 1
