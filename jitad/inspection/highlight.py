"""Stages in colour: for terminals through rich and pygments, for notebooks as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .stages import Stage

HINT = "colours need pygments and rich: pip install 'jitad[viz]'; print(stage) needs neither"


def lexer_of(language: str) -> Any:
    """The pygments lexer of a stage's language."""
    from pygments.lexer import RegexLexer
    from pygments.lexers import GasLexer, LlvmLexer, PythonLexer, TextLexer
    from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, Text

    class IRLexer(RegexLexer):
        """The IR of docs/ir.md."""

        name = "jitad IR"
        tokens = {  # noqa: RUF012  pygments reads it of the class
            "root": [
                (r";.*", Comment),
                (r"\b(func|return)\b", Keyword),
                (r"@(\"[^\"]*\"|[\w.]+)", Name.Function),
                (r"%[\w.]+", Name.Variable),
                (r"\b(f64|f32|i64|i32|i8|bool|tape)\b", Keyword.Type),
                (r"\b[a-z_]\w*(?==)", Name.Attribute),
                (r"-?\b(\d+(\.\d*)?([eE][-+]?\d+)?|inf|nan)\b", Number),
                (r"[a-z_]\w*", Name.Builtin),
                (r"->|=", Operator),
                (r"[\[\](){},:]", Punctuation),
                (r"\s+", Text),
                (r".", Text),
            ]
        }

    known = {"python": PythonLexer, "llvm": LlvmLexer, "asm": GasLexer, "ir": IRLexer}
    return known.get(language, TextLexer)()


def rich_text(stage: Stage) -> Any:
    """What rich prints; ImportError without it or pygments."""
    try:
        from rich.syntax import Syntax

        lexer = lexer_of(stage.language)
    except ImportError:
        raise ImportError(HINT) from None
    return Syntax(str(stage), lexer, background_color="default")


def html_text(stage: Stage) -> str:
    """HTML with colours if pygments is there, else without."""
    from html import escape

    try:
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
    except ImportError:
        return f"<pre>{escape(str(stage))}</pre>"
    return highlight(str(stage), lexer_of(stage.language), HtmlFormatter(noclasses=True, nobackground=True))
