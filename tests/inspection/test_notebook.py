"""What a notebook shows: run by nbclient, as a reader would run it."""

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = (
    "import numpy as np\nimport jitad as jad",
    "def f(x1, x2):\n    for _ in range(3):\n        x1 = np.sin(x1) * x2\n    return x1",
    "seen = jad.inspect(f, 0.5, 2.0, mode='grad')\nseen",
    "seen.adjoint_ir",
    "seen.graph()",
    "seen.asm",
    "jad.inspect(lambda x1, x2: x1 * x2 + np.sin(x1), 2.0, 3.0).accumulation()",
    "seen.profile(repeat=3)",
)


@pytest.fixture(scope="module")
def outputs():
    """By cell, the kinds of its result and their texts."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
    NotebookClient(book, timeout=300, kernel_name="python3").execute()
    return [[dict(out["data"]) for out in cell.outputs if "data" in out] for cell in book.cells]


def test_the_summary_is_text(outputs):
    (shown,) = outputs[2]
    assert shown["text/plain"].startswith("grad_f(x1: f64, x2: f64)\n  source ")


def test_stages_are_html_in_colour(outputs):
    for cell in (3, 5):
        (shown,) = outputs[cell]
        assert "<pre" in shown["text/html"] and "<span" in shown["text/html"]
    assert "f.adjoint" in outputs[3][0]["text/html"]


def test_source_lines_are_those_of_the_cell(outputs):
    assert "sin" in outputs[3][0]["text/html"]


def test_graphs_are_pictures(outputs):
    assert outputs[4][0]["image/svg+xml"].startswith("<svg")
    assert "reverse sweep" in outputs[4][0]["image/svg+xml"]


def test_accumulation_is_a_table_and_a_picture(outputs):
    shown = outputs[6][0]["text/html"]
    assert "<pre>" in shown and "<svg" in shown and "v₁ = x1 · x2" in shown


def test_profiles_name_the_lines_of_the_cell(outputs):
    assert "x1 = np.sin(x1) * x2" in outputs[7][0]["text/plain"]
