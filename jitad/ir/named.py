"""The names of errors: docs/errors.md has a section for each, with cause and cure."""

from __future__ import annotations

import re

NAMES = (
    "argnums",
    "argument-type",
    "axis",
    "branch-effect",
    "branch-raise",
    "branch-types",
    "debug-nan",
    "escaped-trace",
    "hidden-input",
    "index",
    "loop-roll",
    "lost-array",
    "no-memory",
    "no-source",
    "not-differentiable",
    "not-finite",
    "not-scalar",
    "not-supported",
    "open-size",
    "outside-write",
    "print-format",
    "recursion",
    "result-type",
    "shapes",
    "static-argument",
    "tape-budget",
    "traced-bool",
    "traced-number",
    "types",
    "unbound",
    "value",
    "written-argument",
)

_NAMED = re.compile(rf" \[({'|'.join(NAMES)})\]")


def named(name: str, text: str) -> str:
    """The text of an error whose first line ends with its name, as in `… [traced-bool]`."""
    if name not in NAMES:
        raise KeyError(name)
    first, newline, rest = unnamed(text).partition("\n")
    return f"{first} [{name}]{newline}{rest}"


def unnamed(text: str) -> str:
    """The text without the names of errors in it."""
    return _NAMED.sub("", text)


def name_in(text: str) -> str | None:
    """The name of an error in its text."""
    found = _NAMED.search(text)
    return None if found is None else found[1]


def extended(text: str, more: str) -> str:
    """The text with more at the end of its first line, in front of its name."""
    name = name_in(text)
    first, newline, rest = unnamed(text).partition("\n")
    longer = f"{first}{more}{newline}{rest}"
    return longer if name is None else named(name, longer)
