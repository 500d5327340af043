"""Pictures of the computational graph, and accumulation step by step."""

import re
import sys
import time
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest

import jitad as jad
from jitad.inspection.graph.layout import Item, layout_of, place


def f(x1, x2):
    return x1 * x2 + np.sin(x1)


def loop(x, w):
    for _ in range(10):
        if x[0] > 0:
            x = np.tanh(w @ x)
        else:
            x = x * 0.5
    return np.sum(x**2)


@pytest.fixture(scope="module")
def both():
    return jad.inspect(loop, np.ones(3), np.ones((3, 3)), mode="grad").graph()


def test_program_and_reverse_sweep_stand_beside_each_other(both):
    assert [box.label for box in both.boxes[:2]] == ["program", "reverse sweep"]
    places = layout_of(both)
    left, right = places.boxes[0], places.boxes[1]
    assert left.x + left.width / 2 < right.x - right.width / 2
    flows = [e for e in both.edges if e.flow]
    assert flows and all(both.nodes[e.target].origin == "adjoint" for e in flows)


def test_regions_are_nested_boxes(both):
    labels = [box.label for box in both.boxes]
    number = next(k for k, label in enumerate(labels) if label.startswith("for 10 trips, line"))
    assert both.boxes[number].outer == 0
    branch = next(k for k, label in enumerate(labels) if label.startswith("cond, line"))
    assert both.boxes[branch].outer == number
    assert [b.label for b in both.boxes if b.outer == branch] == ["then", "otherwise"]


def test_nothing_overlaps_and_boxes_hold_what_is_theirs(both):
    places = layout_of(both)
    items = list(places.nodes.values())
    for k, a in enumerate(items):
        for b in items[:k]:
            apart = abs(a.x - b.x) >= (a.width + b.width) / 2 - 1e-6
            assert apart or abs(a.y - b.y) >= (a.height + b.height) / 2 - 1e-6
    for k, node in enumerate(both.nodes):
        box, item = places.boxes[node.box], places.nodes[k]
        assert abs(item.x - box.x) <= (box.width - item.width) / 2
        assert abs(item.y - box.y) <= (box.height - item.height) / 2


def test_svg_is_well_formed_and_has_every_node(both):
    root = ET.fromstring(both.svg)
    groups = root.findall(".//{*}g")
    assert len(groups) == len(both.nodes)
    assert "http://www.w3.org/2000/svg" in root.tag


def test_text_is_escaped():
    graph = jad.inspect(lambda x: x + 1, 1.0).graph()
    odd = graph.with_lines({0: ('<script>"&',)})
    assert "<script>" not in odd.svg
    assert any("<script>" in (t.text or "") for t in ET.fromstring(odd.svg).iter())
    assert r"<script>\"&" in odd.dot


def test_dot_has_clusters_and_every_edge(both):
    assert both.dot.count("subgraph cluster_") == len(both.boxes)
    assert both.dot.count(" -> ") == len(both.edges)
    assert both.dot.count("{") == both.dot.count("}")


def test_tangents_share_the_picture_of_the_program():
    graph = jad.inspect(f, 2.0, 3.0, mode="derivative").graph()
    assert not graph.sides and {"", "tangent"} <= {n.origin for n in graph.nodes}


def test_files_by_their_endings(both, tmp_path):
    both.save(tmp_path / "a.svg")
    both.save(tmp_path / "a.dot")
    assert (tmp_path / "a.svg").read_text().startswith("<svg")
    assert (tmp_path / "a.dot").read_text().startswith("digraph")
    with pytest.raises(ValueError, match=r"a.pdf: a graph is saved as .svg, .png or .dot"):
        both.save(tmp_path / "a.pdf")


def test_png_or_a_word_on_what_is_missing(both):
    try:
        data = both.png(1.0)
    except RuntimeError as error:
        assert "no font is installed" in str(error)
    else:
        assert data[:4] == b"\x89PNG"
    with pytest.raises((ValueError, RuntimeError), match=r"zoom is a positive number|no font"):
        both.png(0.0)


@pytest.mark.parametrize("module, ask", [("igraph", lambda g: g.svg), ("resvg_py", lambda g: g.png())])
def test_missing_libraries_are_named(both, monkeypatch, module, ask):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"need {module}: pip install 'jitad\[viz\]'"):
        ask(both)


def test_300_nodes_are_laid_out_fast():
    def long(x):
        for _ in jad.unroll(range(150)):
            x = np.sin(x) * 1.01
        return x

    graph = jad.inspect(long, 1.0).graph()
    assert len(graph.nodes) >= 300
    start = time.perf_counter()
    layout_of(graph)
    assert time.perf_counter() - start < 10  # 0.1 s on an idle machine


def test_rows_keep_their_order_and_distance():
    items = [Item(50, 20) for _ in range(6)]
    place(items, [(0, 3), (0, 4), (1, 4), (2, 5), (1, 5)])
    for row in ((0, 1, 2), (3, 4, 5)):
        at = sorted((items[k].x, items[k].width) for k in row)
        assert all(b - a >= w for (a, w), (b, _) in pairwise(at))


def test_unknown_stages_are_refused():
    with pytest.raises(ValueError, match="'asm' is no IR stage; there are ir, optimized_ir"):
        jad.inspect(f, 1.0, 2.0).graph("asm")


def test_reverse_accumulation_of_the_textbook():
    steps = jad.inspect(f, 2.0, 3.0, mode="grad").accumulation()
    found = {s.name: s.value for s in steps.steps}
    assert [s.phase for s in steps.steps] == ["value"] * 5 + ["adjoint"] * 5
    assert found["v₁"] == 6 and found["v₂"] == np.sin(2.0)
    gradient = [s.value for s in steps.steps[-2:]]
    assert gradient == pytest.approx([3 + np.cos(2.0), 2.0], rel=1e-15)
    assert "v₁ = x1 · x2" in str(steps) and "2 · 3" in str(steps)


def test_forward_accumulation_follows_the_first_argument():
    steps = jad.inspect(f, 2.0, 3.0).accumulation("forward")
    assert steps.steps[-1].phase == "tangent"
    assert steps.steps[-1].value == pytest.approx(3 + np.cos(2.0), rel=1e-15)


def test_numbers_belong_to_their_arguments_whatever_is_differentiated():
    def g(a, b, c):
        return a / b - c * b

    seen = jad.inspect(jad.grad(g, argnums=2), 1.0, 2.0, 5.0)
    found = {s.name: s.value for s in seen.accumulation().steps if s.rule == "input"}
    assert found == {"a": 1.0, "b": 2.0, "c": 5.0}


def test_a_value_that_is_read_twice_has_both_terms():
    steps = jad.inspect(lambda x: x * x, 3.0).accumulation().steps
    assert steps[-1].value == 6.0 and steps[-1].numbers == "1·3 + 1·3"


def test_pictures_have_values_in_nodes_and_partials_on_edges():
    steps = jad.inspect(f, 2.0, 3.0).accumulation()
    assert len(steps.frames) == len(steps.steps)
    texts = [re.findall(r">([^<]*=[^<]*)<", frame) for frame in steps.frames]
    assert len(texts[0]) < len(texts[-1])
    labels = {e.label for e in steps.graph.edges}
    assert {"3", "2", "1", f"{np.cos(2.0):.5g}"} <= labels


@pytest.mark.parametrize(
    "g, args, why",
    [
        (lambda x: np.sum(x), (np.ones(3),), "needs a function of numbers"),
        (lambda x: (x, x), (1.0,), "needs one result; .* has 2"),
        (lambda x: jad.fori_loop(0, 100, lambda _, y: np.sin(y), x), (1.0,), "needs straight code"),
    ],
)
def test_what_cannot_be_followed_is_refused(g, args, why):
    with pytest.raises(ValueError, match=why):
        jad.inspect(g, *args).accumulation()


def test_modes_of_accumulation():
    with pytest.raises(ValueError, match="mode is forward or reverse, not 'backward'"):
        jad.inspect(f, 2.0, 3.0).accumulation("backward")


def test_stages_in_colour_and_in_notebooks():
    from rich.console import Console

    seen = jad.inspect(f, 2.0, 3.0)
    for name in ("source", "ir", "llvm", "asm", "plan"):
        console = Console()
        with console.capture() as capture:
            console.print(seen.stages[name])
        assert seen.stages[name].lines[0].text.split()[0] in capture.get()
        assert "<pre" in seen.stages[name]._repr_html_()


def test_without_pygments_notebooks_see_plain_text(monkeypatch):
    monkeypatch.setitem(sys.modules, "pygments", None)
    assert jad.inspect(f, 2.0, 3.0).ir._repr_html_().startswith("<pre>func @f(")
