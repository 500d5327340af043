"""Which lines can be folded: loops, branches and functions of IR, functions and blocks of machine code."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_LABEL = re.compile(r"[\w.\"$@-]+:")
#: Directives before a label belong to it.
_LEADS = ("    .globl", "    .p2align")


def spans(language: str, texts: Sequence[str]) -> list[int]:
    """For each line, how many lines after it fold into it; 0: it heads none."""
    rule = {"python": _by_indentation, "ir": _by_braces, "llvm": _llvm, "asm": _asm}.get(language)
    return rule(texts) if rule else [0] * len(texts)


def _by_indentation(texts: Sequence[str]) -> list[int]:
    found = [0] * len(texts)
    open_: list[tuple[int, int]] = []  # indentation and number of lines whose blocks may go on
    last = -1
    for k, text in enumerate(texts):
        if not text.strip():
            continue
        indent = len(text) - len(text.lstrip())
        while open_ and open_[-1][0] >= indent:
            head = open_.pop()[1]
            found[head] = last - head
        open_.append((indent, k))
        last = k
    for _, head in open_:
        found[head] = last - head
    return found


def _by_braces(texts: Sequence[str]) -> list[int]:
    found = [0] * len(texts)
    heads: list[int] = []
    for k, text in enumerate(texts):
        if text.lstrip().startswith("}") and heads:
            head = heads.pop()
            found[head] = k - head - 1
        if text.endswith("{"):
            heads.append(k)
    return found


def _llvm(texts: Sequence[str]) -> list[int]:
    found = _by_braces([text if text.startswith(("define", "}")) else "" for text in texts])
    inside = _covered(found)
    is_label = lambda k: inside[k] and _LABEL.match(texts[k]) is not None
    ends = lambda k: is_label(k) or texts[k] == "}"
    return _to_next(texts, found, is_label, ends)


def _asm(texts: Sequence[str]) -> list[int]:
    is_label = lambda k: _LABEL.match(texts[k]) is not None
    is_function = lambda k: is_label(k) and not texts[k].startswith(".L")
    found = _to_next(texts, [0] * len(texts), is_function, is_function)
    inner = lambda k: is_label(k) and not is_function(k)
    return _to_next(texts, found, inner, is_label)


def _covered(found: Sequence[int]) -> list[bool]:
    covered = [False] * len(found)
    for head, span in enumerate(found):
        covered[head + 1 : head + 1 + span] = [True] * span
    return covered


def _to_next(
    texts: Sequence[str], found: list[int], begins: Callable[[int], bool], ends: Callable[[int], bool]
) -> list[int]:
    """With spans from where one begins up to the next line that ends it, what leads to that one aside."""
    out = list(found)
    head = -1
    for k in range(len(texts) + 1):
        if head >= 0 and (k == len(texts) or ends(k)):
            last = k - 1
            while last > head and (not texts[last] or texts[last].startswith(_LEADS)):
                last -= 1
            out[head] = last - head
            head = -1
        if k < len(texts) and begins(k):
            head = k
    return out
