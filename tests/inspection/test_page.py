"""The explorer page as a file: what it holds, what is escaped, how large it is."""

import importlib.resources
import inspect as python_inspect
import json
import linecache
import re
import time
from base64 import b64encode
from hashlib import sha256

import numpy as np
import pytest

import jitad as jad
from jitad.inspection.page.data import Places, _stage, page_data
from jitad.inspection.page.document import SCRIPTS, as_json, rendered
from jitad.inspection.page.folds import spans
from jitad.inspection.page.marks import CHECK, INSTRUCTION, VECTOR, is_vector
from jitad.inspection.page.weights import costs
from jitad.inspection.stages import Line, Stage

from .explored import IDX, X, gradient_of, picked

SVG = "http://www.w3.org/2000/svg"  # a name, not an address
FIRST = python_inspect.getsourcelines(picked)[1]


@pytest.fixture(scope="module")
def seen():
    return jad.inspect(picked, X, IDX, mode="grad")


@pytest.fixture(scope="module")
def data(seen):
    return page_data(seen)


def data_of(page):
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    return json.loads(text)


def test_the_page_is_written_and_returned(seen, tmp_path):
    page = seen.to_html(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page == seen.to_html()


def test_every_line_of_every_stage_is_there(seen):
    data = data_of(seen.to_html())
    for name, stage in seen.stages.items():
        shown = data["stages"][name]
        assert shown["texts"] == [line.text for line in stage.lines]
        assert shown["eqns"] == [line.eqn for line in stage.lines]
        for line, place in zip(stage.lines, shown["places"], strict=True):
            assert (line.loc is None) == (place < 0)
            if line.loc is not None:
                file, number = data["places"][place]
                assert (data["files"][file], number) == tuple(line.loc)


def test_panes_show_stages_that_there_are(data):
    titles = {pane["title"]: pane["stages"] for pane in data["panes"]}
    assert list(titles)[:6] == ["source", "IR", "adjoint", "optimised", "LLVM", "assembly"]
    assert titles["LLVM"] == ["optimized_llvm", "llvm"]
    assert {name for names in titles.values() for name in names} == set(data["stages"])


def test_a_forward_derivative_has_a_pane_of_its_own():
    data = page_data(jad.inspect(lambda x: np.sum(x * x), X, mode="jvp"))
    assert "tangent" in [pane["title"] for pane in data["panes"]] and data["derivative"] == "tangent"


def test_a_value_has_no_derivative():
    data = page_data(jad.inspect(lambda x: np.sum(x * x), X))
    assert data["derivative"] == "" and "adjoint" not in [pane["title"] for pane in data["panes"]]


def test_scripts_and_styles_are_those_that_are_allowed(seen):
    page = seen.to_html()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.S)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.S)
    for kind, text in (("style", style), ("script", script)):
        assert f"{kind}-src 'sha256-{b64encode(sha256(text.encode()).digest()).decode()}';" in policy
    assert "default-src 'none'" in policy and "connect-src 'none'" in policy and "unsafe" not in policy
    rest = page.replace(script, "").replace(SVG, "")
    assert not re.search(r"https?:|\bsrc=|href=\"(?!data:,)|@import|url\((?!#)", rest)
    assert len(SCRIPTS) == len(set(SCRIPTS))


def test_words_of_the_program_end_no_element(seen):
    page = seen.to_html()
    assert "alert(1)" in page and "</script><script>alert" not in page
    assert page.count("<script") == page.count("</script>") == 2
    assert any(
        "</script><script>alert(1)</script>" in text for text in data_of(page)["stages"]["source"]["texts"]
    )


def test_names_are_escaped():
    source = "import numpy as np\ndef f(x):\n    return np.sum(x * x)\n"
    file = "/tmp/</script><b>&\"'.py"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    names: dict = {}
    exec(compile(source, file, "exec"), names)
    f = names["f"]
    f.__name__ = f.__qualname__ = "<i>&amp;</title><script>x</script>"
    page = jad.inspect(f, X, mode="grad").to_html()
    assert "<b>" not in page.replace('<b id="name">', "") and "<i>" not in page.split("<dialog")[0]
    assert page.count("<script") == 2 and page.count("</title>") == 1
    data = data_of(page)
    assert file in data["files"] and "</title>" in data["name"]


def test_json_has_no_separators_that_end_a_line():
    text = as_json(["</script>", "<!--", "\u2028\u2029", "é"])
    assert "<" not in text and "\u2028" not in text and json.loads(text)[2] == "\u2028\u2029"


def test_loops_and_branches_fold_into_their_heads(data):
    stage = data["stages"]["ir"]
    heads = {stage["texts"][k].split("{")[0]: n for k, n in enumerate(stage["spans"]) if n}
    (loop,) = [n for text, n in heads.items() if " = for " in text]
    (branch,) = [n for text, n in heads.items() if " = cond " in text]
    assert loop > branch > 0


@pytest.mark.parametrize("name", ["ir", "lowered_ir", "optimized_llvm", "llvm", "asm", "source"])
def test_folds_are_nested(data, name):
    found = data["stages"][name]["spans"]
    ends: list = []
    for k, span in enumerate(found):
        while ends and ends[-1] < k:
            ends.pop()
        if span:
            assert k + span < len(found)
            assert not ends or k + span <= ends[-1]
            ends.append(k + span)
    assert any(found)


def test_functions_and_blocks_fold():
    asm = [
        "    .globl  f",
        "f:",
        "    push",
        ".LBB0_1:",
        "    add",
        "    .p2align        4",
        ".LBB0_2:",
        "    ret",
    ]
    assert spans("asm", asm) == [0, 6, 0, 1, 0, 0, 1, 0]
    llvm = [
        "declare void @g()",
        "define void @f() {",
        "a:",
        "  br label %b",
        "",
        "b:   ; preds = %a",
        "  ret void",
        "}",
    ]
    assert spans("llvm", llvm) == [0, 5, 1, 0, 0, 1, 0, 0]
    assert spans("python", ["def f(x):", "    if x:", "        y", "", "    z", "g"]) == [4, 1, 0, 0, 0, 0]
    assert spans("text", ["a", "b"]) == [0, 0]


@pytest.mark.parametrize(
    "text, vector",
    [
        ("    vaddpd          %zmm0, %zmm1, %zmm1", True),
        ("    vmovups         (%rax), %ymm1", True),
        ("    vmulpd          %xmm0, %xmm1, %xmm1", True),
        ("    vaddsd          %xmm0, %xmm1, %xmm1", False),
        ("    vmovsd          (%rax), %xmm1", False),
        ("    vcvtsi2sd       %rax, %xmm1, %xmm1", False),
        ("    vxorpd          %xmm0, %xmm0, %xmm0", False),
        ("    addq            $8, %rax", False),
        ("    callq           blas.dgemm@PLT", False),
        ("    callq           *%rax", False),
    ],
)
def test_vector_instructions(text, vector):
    assert is_vector("asm", text) == vector


def test_vectors_of_llvm():
    assert is_vector("llvm", "  %v1 = fadd <8 x double> %a, %b")
    assert not is_vector("llvm", "  %v1 = fadd double %a, %b")
    assert not is_vector("llvm", "declare <8 x double> @llvm.fma.v8f64(<8 x double>)")
    assert not is_vector("ir", "%0: f64[3] = sin %x")


def test_checks_of_bounds_are_marked_in_machine_code(data):
    for name in ("optimized_llvm", "asm"):
        stage = data["stages"][name]
        checks = [k for k, mark in enumerate(stage["marks"]) if mark & CHECK]
        lines = {data["places"][stage["places"][k]][1] - FIRST for k in checks if stage["places"][k] >= 0}
        assert lines == {4} and all(stage["marks"][k] & INSTRUCTION for k in checks)
    texts = [data["stages"]["asm"]["texts"][k].split()[0] for k in checks]
    assert {"cmpq", "ja"} <= set(texts)


def test_code_without_checks_has_none():
    data = page_data(jad.inspect(lambda x: np.sum(np.sin(x) * x), X, mode="grad"))
    assert not any(mark & CHECK for mark in data["stages"]["asm"]["marks"])
    assert any(mark & VECTOR for mark in data["stages"]["asm"]["marks"])


def test_measured_times_take_the_place_of_estimates():
    seen = jad.inspect(picked, np.linspace(0.0, 1.0, 100_000), IDX, mode="grad")
    profile = seen.profile()
    found = {loc.line - FIRST: cost for loc, cost in costs(seen, profile).items()}
    whole = sum(profile.lines.values())
    for loc, spent in profile.lines.items():
        cost = found[loc.line - FIRST]
        assert abs(cost.own + cost.derived - spent / whole) < 1e-9
    assert found[6].own > 0.5 or found[6].derived > 0.5
    assert data_of(seen.to_html(profile=profile))["measured"] and not data_of(seen.to_html())["measured"]


def test_shares_of_the_work_sum_to_one(seen):
    found = costs(seen)
    assert abs(sum(cost.own + cost.derived for cost in found.values()) - 1) < 1e-9
    by_line = {loc.line - FIRST: cost for loc, cost in found.items()}
    assert by_line[6].own > 0 and by_line[5].derived > 0 and by_line[6].vectors > 0


def test_the_work_of_a_loop_counts_as_often_as_it_runs():
    def once_and_often(x):
        y = np.sin(x)
        for _ in range(50):
            x = np.sin(x)
        return np.sum(x * y)

    first = python_inspect.getsourcelines(once_and_often)[1]
    by_line = {loc.line - first: cost for loc, cost in costs(jad.inspect(once_and_often, X)).items()}
    assert by_line[3].own > 20 * by_line[1].own > 0


def test_work_in_functions_that_are_called_counts():
    def layer(x, w):
        return np.tanh(w @ x) * np.cos(w @ x) + np.sin(w @ x)

    def deep(x, weights):
        for w in weights:
            x = layer(x, w)
        return np.sum(x)

    weights = [np.eye(n % 3 + 20)[:20, :20] for n in range(30)]
    seen = jad.inspect(deep, np.ones(20), weights)
    first = python_inspect.getsourcelines(layer)[1]
    by_line = {loc.line: cost for loc, cost in costs(seen).items()}
    assert by_line[first + 1].own > 0.9


def test_memory_is_told(seen, data):
    assert data["memory"]["workspace"] == seen.binary.lowered.workspace_bytes
    assert data["memory"]["tape"] == 20 * 16 and data["memory"]["each"] == 0
    texts = data["stages"]["memory"]["texts"]
    assert any("keeps 16 bytes an iteration for the reverse sweep" in text for text in texts)
    assert all(text in jad.explain(jad.grad(picked), X, IDX) for text in texts[1:])


def test_nodes_of_the_graph_know_their_lines(seen):
    pytest.importorskip("igraph")
    data = page_data(seen)
    graph, nodes = data["stages"]["graph"], seen.graph().nodes
    assert data["picture"].startswith("<svg") and len(graph["texts"]) == len(nodes)
    assert all((place < 0) == (node.loc is None) for place, node in zip(graph["places"], nodes, strict=True))


def test_a_graph_that_cannot_be_drawn_says_why(seen, monkeypatch):
    def svg(self):
        raise ImportError("the picture needs igraph: pip install jitad[viz]")

    monkeypatch.setattr(type(seen.graph()), "svg", property(svg))
    data = page_data(seen)
    assert data["picture"] == "" and "pip install jitad[viz]" in data["stages"]["graph"]["texts"][0]


def test_large_graphs_are_not_drawn(seen, monkeypatch):
    monkeypatch.setattr("jitad.inspection.page.picture.MOST", 10)
    data = page_data(seen)
    assert data["picture"] == "" and "too large to be read" in data["stages"]["graph"]["texts"][0]


@pytest.mark.parametrize("name", ["elman", "lstm", "jacobi-2d"])
def test_pages_of_gradients_are_small_and_soon_written(name, tmp_path):
    seen = gradient_of(name)
    start = time.process_time()
    page = seen.to_html(tmp_path / "page.html")
    assert time.process_time() - start <= 2.0
    assert len(page.encode()) <= 5e6


def test_long_lines_are_cut():
    names = ", ".join(f"%x{k}" for k in range(5000))
    stage = Stage("ir", "captured", "ir", (Line(f"  return {names}"), Line("}")))
    texts = _stage(stage, [0, 0], Places())["texts"]
    assert texts[0].startswith("  return %x0, %x1") and texts[0].endswith(" characters more")
    assert len(texts[0]) < 2100 and texts[1] == "}"


def test_every_file_of_the_page_is_used():
    here = importlib.resources.files("jitad.inspection.page")
    names = {path.name for path in here.iterdir() if path.name.endswith((".js", ".css", ".html"))}
    assert names == {"page.html", "page.css", *(f"{name}.js" for name in SCRIPTS)}


def test_what_is_rendered_is_what_is_given(data):
    assert data_of(rendered({**data, "live": 3}))["live"] == 3
    assert "connect-src 'self'" in rendered({**data, "live": 3})
