"""Fields of a format: which values they take, and those of the program as operands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from string import Formatter
from typing import Any, NamedTuple

import numpy as np

from ..capture.source import at, user_line
from ..capture.tracer import Traced
from ..ir.named import named


class _Field(NamedTuple):
    """Text, and the field behind it: its name ("" for none), conversion and specification."""

    text: str
    name: str | None
    spec: str
    conversion: str


def check_fields(format: Any, values: Sequence[Any], named: Mapping[str, Any]) -> list[_Field]:
    """The fields of a format, numbered; raises unless each has a value and each value a field."""
    if not isinstance(format, str):
        raise TypeError(_said(f"the format is a {type(format).__name__}, not a string"))
    fields = list(_numbered(format))
    wanted: list[Any] = []
    for f in fields:
        for name in (f.name, *(inner for _, inner, _, _ in Formatter().parse(f.spec))):
            if name is not None:
                wanted.append(_first(name))
    for key in wanted:
        if isinstance(key, int) and key >= len(values):
            raise IndexError(_said(f"{format!r} has a field {key}, and there are {len(values)} values"))
        if not isinstance(key, int) and key not in named:
            raise KeyError(_said(f"{format!r} has a field {key}, and no value of that name is given"))
    spare = [str(k) for k in range(len(values)) if k not in wanted] + [k for k in named if k not in wanted]
    if spare:
        raise ValueError(_said(f"{format!r} has no field for value {', '.join(spare)}"))
    return fields


def _said(text: str) -> str:
    return named("print-format", f"jad.print: {text}{at(user_line(3))}")


def _numbered(format: str) -> Iterator[_Field]:
    """The fields, `{}` numbered from 0."""
    count = 0
    try:
        parts = list(Formatter().parse(format))
    except ValueError as error:
        raise ValueError(_said(f"{format!r}: {error}")) from None
    for text, name, spec, conversion in parts:
        if name is not None and (not name or name[0] in ".["):
            name, count = f"{count}{name}", count + 1
        spec = spec or ""
        while "{}" in spec:
            spec, count = spec.replace("{}", f"{{{count}}}", 1), count + 1
        yield _Field(text, name, spec, conversion or "")


def _first(name: str) -> int | str:
    """The position or keyword that a field begins with."""
    end = min((name.find(c) for c in ".[" if c in name), default=len(name))
    head = name[:end]
    return int(head) if head.isdigit() else head


def template(format: Any, values: Sequence[Any], named: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The format with numbered fields for what only the running program knows, and these operands."""
    out = _Template(values, named)
    for f in check_fields(format, values, named):
        out.say(f.text)
        if f.name is not None:
            value = Formatter().get_field(f.name, values, named)[0]
            out.put(value, f.conversion, out.static(f.spec))
    return "".join(out.parts), out.operands


class _Template:
    """The text so far, and operands."""

    def __init__(self, values: Sequence[Any], named: Mapping[str, Any]) -> None:
        self.values, self.named = values, named
        self.parts: list[str] = []
        self.operands: list[Any] = []

    def say(self, text: str) -> None:
        self.parts.append(text.replace("{", "{{").replace("}", "}}"))

    def static(self, spec: str) -> str:
        """A specification whose own fields are filled, with what is known while tracing."""
        text = Formatter().vformat(spec, self.values, self.named)
        if "<traced" in text:
            raise TypeError(_said(f"the specification {spec!r} depends on a traced value"))
        return text

    def put(self, value: Any, conversion: str, spec: str) -> None:
        """Append a field for `value`."""
        if isinstance(value, Traced) or (isinstance(value, np.ndarray) and value.dtype.kind in "fiub"):
            self.operand(value, conversion, spec)
        elif type(value) in (tuple, list, dict) or hasattr(value, "_fields"):
            self.container(value, conversion, spec)
        else:
            self.say(self.known(value, conversion, spec))

    def operand(self, value: Any, conversion: str, spec: str) -> None:
        field = f"{'!' + conversion if conversion else ''}{':' + spec if spec else ''}"
        try:
            f"{{{field}}}".format(np.zeros((1,) * value.ndim, value.dtype)[()])
        except (TypeError, ValueError) as error:
            kind = value.type if isinstance(value, Traced) else value.dtype
            raise type(error)(_said(f"the field {{{field}}} cannot format {kind}: {error}")) from None
        self.parts.append(f"{{{len(self.operands)}{field}}}")
        self.operands.append(value)

    def container(self, value: Any, conversion: str, spec: str) -> None:
        """The text of a container, with fields for what is in it."""
        if spec or conversion == "a":
            self.say(self.known(value, conversion, spec))
            return
        if isinstance(value, dict):
            self._listed("{", [(f"{k!r}: ", v) for k, v in value.items()], "}")
        elif hasattr(value, "_fields"):
            self._listed(
                f"{type(value).__name__}(", [(f"{k}=", v) for k, v in zip(value._fields, value)], ")"
            )
        elif isinstance(value, list):
            self._listed("[", [("", v) for v in value], "]")
        else:
            self._listed("(", [("", v) for v in value], ",)" if len(value) == 1 else ")")

    def _listed(self, begin: str, items: list[tuple[str, Any]], end: str) -> None:
        self.say(begin)
        for k, (name, value) in enumerate(items):
            self.say(", " * (k > 0) + name)
            self.put(value, "r", "")
        self.say(end)

    def known(self, value: Any, conversion: str, spec: str) -> str:
        """The text of an object that is known while tracing."""
        field = f"{{{'!' + conversion if conversion else ''}{':' + spec if spec else ''}}}"
        text = field.format(value)
        if "<traced" in text:
            raise TypeError(
                _said(f"a {type(value).__qualname__} holds traced values; pass these by themselves")
            )
        return text


__all__ = ["check_fields", "template"]
