"""The tokens of the IR's text, with the position that a syntax error names."""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<skip>[ \t\r\n]+)
      | (?P<comment>;[^\n]*)
      | (?P<value>%[\w.]+)
      | (?P<symbol>@(?:[\w.]+|"[^"\n]*"))
      | (?P<string>"(?:[^"\\\n]|\\.)*")
      | (?P<arrow>->)
      | (?P<bits>0x[0-9a-f]*)
      | (?P<number>-?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|(?:inf|nan)\b))
      | (?P<word>[A-Za-z_][\w.]*)
      | (?P<mark>[][(){}<>,:=])""",
    re.VERBOSE,
)


class IRSyntaxError(ValueError):
    """Text that is not in the grammar of docs/ir.md; names the line and column."""


class Token(NamedTuple):
    kind: str
    text: str
    start: int


class Tokens:
    """A cursor over the tokens of `text`. Comments are skipped, except by `comment`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []
        self.at = 0
        end = 0
        while end < len(text):
            m = _TOKEN.match(text, end)
            if m is None:
                raise self.error(f"unexpected {text[end]!r}", end)
            end = m.end()
            kind = m.lastgroup or ""
            if kind != "skip" and not (kind == "comment" and self._opens_line(m.start())):
                self.tokens.append(Token(kind, m.group(), m.start()))
        self.tokens.append(Token("end", "the end of the text", len(text)))

    def _opens_line(self, start: int) -> bool:
        return not self.text[self.text.rfind("\n", 0, start) + 1 : start].strip()

    def comment(self) -> str:
        """The comment at the cursor, which it passes; "" if there is none."""
        token = self.tokens[self.at]
        if token.kind != "comment":
            return ""
        self.at += 1
        return token.text

    def peek(self) -> Token:
        """The next token that is no comment; the cursor stays."""
        return self.tokens[self._ahead()]

    def _ahead(self) -> int:
        at = self.at
        while self.tokens[at].kind == "comment":
            at += 1
        return at

    def next(self) -> Token:
        """Pass comments and one token; return that token."""
        self.at = self._ahead()
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def accept(self, text: str) -> bool:
        """Pass the token `text` if it is next."""
        found = self.peek().text == text
        if found:
            self.next()
        return found

    def expect(self, text: str) -> None:
        token = self.next()
        if token.text != text:
            raise self.error(f"expected {text!r}, found {token.text!r}", token.start)

    def take(self, kind: str, what: str) -> str:
        """Pass a token of this kind; `what` names it in the error."""
        token = self.next()
        if token.kind != kind:
            raise self.error(f"expected {what}, found {token.text!r}", token.start)
        return token.text

    def error(self, message: str, start: int | None = None) -> IRSyntaxError:
        start = self.tokens[max(self.at - 1, 0)].start if start is None else start
        line = self.text.count("\n", 0, start) + 1
        column = start - self.text.rfind("\n", 0, start)
        return IRSyntaxError(f"line {line}, column {column}: {message}")
