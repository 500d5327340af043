"""docs/ir.md lists the primitives that are declared; `--bless` writes the list."""

from __future__ import annotations

from pathlib import Path

import jitad.ops  # noqa: F401  declares them
from jitad.ir.op import REGISTRY, Op

PAGE = Path(__file__).parents[2] / "docs" / "ir.md"
START, END = "<!-- primitives -->\n", "<!-- end -->\n"


def row(op: Op) -> str:
    attrs = sorted({key for s in op.samples for key in s.attrs})
    doc = op.doc.replace("|", "\\|")
    return f"| `{op.name}` | {', '.join(attrs)} | {'' if op.differentiable else '•'} | {doc} |\n"


def table() -> str:
    text = ""
    for title, elementwise in (("Elementwise", True), ("Others", False)):
        ops = [op for op in REGISTRY.values() if op.elementwise is elementwise]
        rows = [row(op) for op in sorted(ops, key=lambda op: op.name)]
        text += f"\n### {title}\n\n| op | attributes | | result |\n|---|---|---|---|\n{''.join(rows)}"
    return text + "\n"


def test_the_page_lists_the_primitives(bless: bool) -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    listed, _, after = rest.partition(END)
    if bless:
        PAGE.write_text(before + START + table() + END + after, encoding="utf-8")
    else:
        assert listed == table()
