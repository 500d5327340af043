"""The code blocks of README.md and docs/*.md run, top to bottom, and print what they say.

A ```python block is executed; in a block with `>>>` prompts the output is compared as doctest does. Blocks
of one page share their names. A block that follows the line `<!-- not run -->` is for reading only.
"""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"(?P<skip><!-- not run -->\n+)?^```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[tuple[int, str]]:
    """Return (line number, code) of each block of `page` that is to run."""
    text = page.read_text(encoding="utf-8")
    found = [m for m in BLOCK.finditer(text) if not m["skip"]]
    return [(text.count("\n", 0, m.start("code")), m["code"]) for m in found]


def run_prompts(code: str, names: dict, place: str) -> None:
    """Run a block with prompts; fail with doctest's report when an output differs."""
    test = doctest.DocTestParser().get_doctest(code, names, place, place, 0)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
    report: list[str] = []
    doctest.DocTestRunner(optionflags=flags, verbose=False).run(test, out=report.append, clear_globs=False)
    names.update(test.globs)
    assert not report, "".join(report)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_blocks_run(page, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    names: dict = {"__name__": "__docs__"}
    for line, code in blocks(page):
        place = f"{page.name}, line {line}"
        if ">>>" in code:
            run_prompts(code, names, place)
        else:
            # Blank lines in front, so that a traceback gives the line of the page.
            exec(compile("\n" * line + code, str(page), "exec"), names)


def test_readme_has_code():
    assert len(blocks(ROOT / "README.md")) >= 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """Relative links point to files of the repository."""
    targets = re.findall(r"\]\(([^)#\s]+)\)?", page.read_text(encoding="utf-8"))
    missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert missing == []
