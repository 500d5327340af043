"""The explorer page in a browser: what pointing, pinning, filters, folds, search and keys do."""

import json
from pathlib import Path
from statistics import median

import pytest

import jitad as jad
from jitad.inspection.page.data import page_data
from jitad.inspection.page.document import rendered
from jitad.inspection.page.marks import CHECK, VECTOR

from .explored import IDX, X, gradient_of, picked

PANES = ["source", "IR", "adjoint", "optimised", "LLVM", "assembly"]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("pages") / "<&>.html"
    jad.inspect(picked, X, IDX, mode="grad").to_html(path)
    return path


@pytest.fixture
def opened(explorer, page):
    return explorer.open(page)


def lines_of(stage, key, value):
    return [k for k, x in enumerate(stage[key]) if x == value]


def test_all_panes_are_side_by_side(opened):
    boxes = opened.run(
        "const shown = bodies.filter((b) => b.offsetParent);"
        "return shown.map((b) => [b.pane.title, b.clientWidth, b.clientHeight])"
    )
    assert [title for title, _, _ in boxes] == PANES
    assert all(width > 350 and height > 200 for _, width, height in boxes)
    assert opened.driver.title == "grad_picked · jitad"


def test_pointing_at_a_line_of_the_source_marks_what_became_of_it(opened):
    k = opened.line_with("source", "np.sin(x[idx[i]])")
    opened.point("source", k)
    place = opened.stage("source")["places"][k]
    assert place >= 0 and opened.marked("source", "here") == [k]
    for title in PANES[1:]:
        stage = opened.stage(title)
        wanted = lines_of(stage, "places", place)
        assert wanted and opened.run("return pane(arguments[0]).count.textContent", title) == str(len(wanted))
        opened.run("pane(arguments[0]).scrollTo(arguments[1], true)", title, wanted[0])
        opened.frame()
        assert opened.marked(title, "on") == wanted
    adjoint = opened.stage("adjoint")
    assert any(adjoint["origins"][k] == 1 for k in opened.marked("adjoint", "on"))
    assert "explored.py:" in opened.run("return $('status').textContent")


def test_pointing_at_an_instruction_marks_its_line_and_equation(opened):
    opened.run("pane('optimised').show('lowered_ir')")
    asm = opened.stage("assembly")
    k = next(k for k, text in enumerate(asm["texts"]) if "cos" in text and asm["eqns"][k] >= 0)
    opened.click("assembly", k)
    fine = opened.marked("optimised", "fine")
    assert fine == lines_of(opened.stage("optimised"), "eqns", asm["eqns"][k])
    assert "cos" in opened.stage("optimised")["texts"][fine[0]]
    (source,) = opened.marked("source", "on")
    assert "np.sin(x[idx[i]])" in opened.stage("source")["texts"][source]
    assert opened.marked("LLVM", "fine") and set(opened.marked("LLVM", "fine")) <= set(
        lines_of(opened.stage("LLVM"), "eqns", asm["eqns"][k])
    )


def in_view(explorer, title, k):
    script = """
        const a = line(...arguments).getBoundingClientRect();
        const b = pane(arguments[0]).body.getBoundingClientRect();
        return a.top >= b.top && a.bottom <= b.bottom;
    """
    return explorer.run(script, title, k)


def test_a_click_pins_and_scrolls_to_the_first_line_of_each_pane(opened):
    k = opened.line_with("source", "np.exp(x) * x")
    opened.click("source", k)
    place = opened.stage("source")["places"][k]
    for title in PANES[1:]:
        first = lines_of(opened.stage(title), "places", place)[0]
        assert in_view(opened, title, first), title
    opened.point("IR", 0)
    assert opened.marked("source", "on") == [k], "pinned marks stay"
    opened.click("source", k)
    opened.point("IR", 1)
    assert opened.marked("source", "on") != [k], "a second click lets go"


def test_only_what_a_derivative_added(opened):
    opened.run("$('derived').click()")
    adjoint = opened.stage("adjoint")
    shown = opened.shown("adjoint")
    assert 0 < len(shown) < len(adjoint["texts"])
    kept = [k for k in shown if adjoint["origins"][k] == 1]
    assert kept == lines_of(adjoint, "origins", 1)
    others = [adjoint["texts"][k].strip() for k in shown if k not in kept and not adjoint["spans"][k]]
    assert all(text.startswith("}") for text in others), others
    assert opened.run("return getComputedStyle(line('source', 1)).opacity") < "1"
    opened.run("$('derived').click()")
    assert len(opened.shown("adjoint")) == len(adjoint["texts"])


def test_only_vector_instructions(opened):
    opened.run("$('vector').click()")
    for title in ("LLVM", "assembly"):
        stage = opened.stage(title)
        shown = opened.shown(title)
        vectors = [k for k, mark in enumerate(stage["marks"]) if mark & VECTOR]
        assert [k for k in shown if stage["marks"][k] & VECTOR] == vectors
        assert all(stage["marks"][k] & VECTOR or stage["spans"][k] or stage["texts"][k] == "}" for k in shown)
    assert len(opened.shown("IR")) == len(opened.stage("IR")["texts"])


def test_checks_of_bounds_can_be_hidden(opened):
    asm = opened.stage("assembly")
    checks = [k for k, mark in enumerate(asm["marks"]) if mark & CHECK]
    assert checks and set(checks) <= set(opened.shown("assembly"))
    opened.run("$('checks').click()")
    assert opened.shown("assembly") == [k for k in range(len(asm["texts"])) if k not in checks]


def test_search_counts_and_goes_to_each_hit(opened):
    opened.press("/")
    opened.press(*"SIN")
    hits = [
        (title, k)
        for title in PANES
        for k, text in enumerate(opened.stage(title)["texts"])
        if "sin" in text.lower()
    ]
    assert opened.run("return $('count').textContent") == f"1 / {len(hits)}"
    for number in (0, 1, 2):
        title, k = hits[number]
        assert opened.marked(title, "now") == [k] and in_view(opened, title, k)
        opened.press("\ue007")  # Enter
    opened.press_shift("\ue007")
    assert opened.run("return $('count').textContent") == f"3 / {len(hits)}"
    opened.run("$('previous').click(); $('previous').click(); $('previous').click()")
    assert opened.run("return $('count').textContent") == f"{len(hits)} / {len(hits)}"
    assert opened.marked("assembly", "now") == [hits[-1][1]]


def test_words_that_were_found_are_marked(opened):
    opened.run("$('find').value = 'np.sin'; $('find').dispatchEvent(new Event('input'))")
    ranges = opened.run("return [...CSS.highlights.get('found')].map((range) => range.toString())")
    assert ranges == ["np.sin"]


def test_search_without_hits(opened):
    opened.run("$('find').value = '<absent>'; $('find').dispatchEvent(new Event('input'))")
    assert opened.run("return [$('count').textContent, $('find').classList.contains('none')]") == [
        "0 / 0",
        True,
    ]
    opened.run("$('next').click()")


def test_regions_fold_and_a_hit_inside_unfolds(opened):
    loop = opened.line_with("IR", " = for ")
    span = opened.stage("IR")["spans"][loop]
    opened.run("line('IR', arguments[0]).firstChild.click()", loop)
    assert not set(range(loop + 1, loop + span + 1)) & set(opened.shown("IR"))
    assert f"{span} lines" == opened.run("return line('IR', arguments[0]).lastChild.dataset.folded", loop)
    assert opened.run("return bodies[0].pane.stage.name") == "source"
    opened.run("$('find').value = 'cond'; $('find').dispatchEvent(new Event('input'))")
    assert loop + 1 in opened.shown("IR")
    assert "cond" in opened.stage("IR")["texts"][opened.marked("IR", "now")[0]]


@pytest.mark.parametrize("title", ["LLVM", "assembly"])
def test_functions_and_blocks_fold(opened, title):
    stage = opened.stage(title)
    last = max(k for k, n in enumerate(stage["spans"]) if n)
    for k in (stage["spans"].index(max(stage["spans"])), last):
        before = opened.shown(title)
        opened.run("pane(arguments[0]).fold(arguments[1])", title, k)
        hidden = set(range(k + 1, k + 1 + stage["spans"][k]))
        assert set(before) - set(opened.shown(title)) == hidden & set(before)
        opened.run("pane(arguments[0]).fold(arguments[1])", title, k)
        assert opened.shown(title) == before


UP, DOWN, LEFT, RIGHT = "\ue013", "\ue015", "\ue012", "\ue014"
TAB, ESCAPE, END, HOME, SPACE = "\ue004", "\ue00c", "\ue010", "\ue011", " "


def current(explorer):
    return explorer.run(
        "const b = document.activeElement; return b.pane ? [b.pane.title, b.pane.current] : [b.id, -1]"
    )


def test_keys_move_between_lines_and_panes(opened):
    opened.press("1")
    assert current(opened) == ["source", -1]
    opened.press(DOWN, DOWN, DOWN)
    assert current(opened) == ["source", 2] and opened.marked("source", "here") == [2]
    opened.press(UP)
    assert current(opened) == ["source", 1]
    opened.press(TAB)
    assert current(opened)[0] == "IR"
    opened.press(END)
    assert current(opened) == ["IR", len(opened.stage("IR")["texts"]) - 1]
    opened.press(HOME)
    assert current(opened) == ["IR", 0]
    assert opened.run("return pane('IR').body.getAttribute('aria-activedescendant')") == opened.run(
        "return line('IR', 0).id"
    )


def test_keys_pin_fold_and_go_to_the_next_mark(opened):
    opened.press("2", HOME, DOWN, DOWN)
    loop = opened.line_with("IR", " = for ")
    opened.run("pane('IR').current = arguments[0] - 1", loop)
    opened.press(DOWN, LEFT)
    assert loop + 1 not in opened.shown("IR")
    opened.press(RIGHT, SPACE)
    assert loop + 1 in opened.shown("IR") and opened.marked("IR", "pin") == [loop]
    opened.press("5", "n")
    title, first = current(opened)
    assert title == "LLVM" and first in opened.marked("LLVM", "on") + opened.marked("LLVM", "fine")
    opened.press("n")
    assert current(opened)[1] > first
    opened.press(ESCAPE)
    assert opened.marked("IR", "pin") == [] and opened.marked("LLVM", "on") == []


def test_keys_for_stages_zoom_and_filters(opened):
    opened.press("5", "s")
    assert opened.stage("LLVM")["name"] == "llvm"
    opened.press("z")
    assert opened.run("return bodies.filter((b) => b.offsetParent).map((b) => b.pane.title)") == ["LLVM"]
    opened.press("z", "v")
    assert opened.run("return $('vector').checked")
    opened.press("?")
    assert opened.run("return $('help-dialog').open")
    opened.press(ESCAPE)
    assert not opened.run("return $('help-dialog').open")


def test_panes_open_and_close(opened):
    opened.run("[...document.querySelectorAll('.chip')].find((c) => c.textContent === 'memory').click()")
    assert opened.run("return pane('memory').body.offsetParent !== null")
    k = opened.line_with("memory", "keeps 16 bytes an iteration")
    opened.click("memory", k)
    assert [opened.stage("source")["texts"][j].strip() for j in opened.marked("source", "on")] == [
        "for i in range(len(idx)):"
    ]
    opened.run("[...document.querySelectorAll('.chip')].find((c) => c.textContent === 'IR').click()")
    assert opened.run("return pane('IR').body.offsetParent === null")


def test_nodes_of_the_graph_are_marked(opened):
    pytest.importorskip("igraph")
    opened.run("[...document.querySelectorAll('.chip')].find((c) => c.textContent === 'graph').click()")
    k = opened.line_with("source", "np.sin(x[idx[i]])")
    opened.click("source", k)
    graph = opened.stage("graph")
    wanted = lines_of(graph, "places", opened.stage("source")["places"][k])
    assert wanted and opened.marked("graph", "on") == wanted
    opened.press(ESCAPE)
    sine = opened.line_with("graph", "sin")
    opened.run("pane('graph').scrollTo(arguments[0], true)", sine)
    opened.run(
        "const over = new PointerEvent('pointerover', { bubbles: true });"
        "line('graph', arguments[0]).firstChild.dispatchEvent(over)",
        sine,
    )
    opened.frame()
    assert opened.marked("source", "on") == [k]
    width = "return pane('graph').svg.getBoundingClientRect().width"
    before = opened.run(width)
    opened.run("pane('graph').body.focus()")
    opened.press("-")
    assert opened.run(width) < before


def test_another_stage_of_a_pane_keeps_the_pin(opened):
    asm = opened.stage("LLVM")
    k = next(k for k, text in enumerate(asm["texts"]) if "@jitad.cos" in text and asm["eqns"][k] >= 0)
    opened.click("LLVM", k)
    opened.press("5", "s")
    assert opened.stage("LLVM")["name"] == "llvm"
    (pinned,) = opened.marked("LLVM", "pin")
    assert opened.stage("LLVM")["eqns"][pinned] == asm["eqns"][k] and in_view(opened, "LLVM", pinned)
    opened.press("s", ESCAPE)
    assert opened.marked("LLVM", "pin") == []


def test_light_and_dark(explorer, page):
    back = "return getComputedStyle(document.body).backgroundColor"
    light = explorer.open(page).run(back)
    dark = explorer.open(page, dark=True).run(back)
    assert light != dark
    explorer.run("$('theme').click()")
    assert explorer.run(back) == light
    explorer.open(page, dark=True)
    assert explorer.run(back) == light, "what was chosen stays"
    explorer.run("$('theme').click(); localStorage.clear()")


def test_tabs_instead_of_columns_where_it_is_narrow(explorer, page):
    explorer.open(page, 400, 800)
    visible = "return bodies.filter((b) => b.offsetParent).map((b) => b.pane.title)"
    assert explorer.run(visible) == ["source"]
    assert explorer.run("return document.documentElement.scrollWidth") <= 400
    k = explorer.line_with("source", "np.exp(x) * x")
    top = "return bodies[0].getBoundingClientRect().top"
    before = explorer.run(top)
    explorer.click("source", k)
    assert explorer.run(top) == before and explorer.marked("source", "pin") == [k]
    tabs = "return [...document.querySelectorAll('[role=tab]')].find((c) => c.textContent === arguments[0])"
    count = int(explorer.run(tabs + ".dataset.count", "assembly"))
    assert count == len(lines_of(explorer.stage("assembly"), "places", explorer.stage("source")["places"][k]))
    explorer.run(tabs + ".click()", "assembly")
    explorer.frame()
    assert explorer.run(visible) == ["assembly"] and explorer.marked("assembly", "on")
    assert explorer.run(tabs + ".ariaSelected", "assembly") == "true"
    explorer.resize(1280, 800)
    explorer.frame()
    assert explorer.run(visible) == PANES


def test_words_of_the_program_are_text(opened):
    assert opened.run("return document.querySelectorAll('script').length") == 2
    texts = opened.run("return pane('source').lines.map((l) => l.lastChild.textContent)")
    assert any("</script><script>alert(1)</script>" in text for text in texts)


def test_what_is_coloured_reads_as_before(opened):
    for title in PANES:
        near = "for (const target of p.chunks) p.arrive({ target, isIntersecting: true });"
        opened.run("const p = pane(arguments[0]);" + near, title)
        texts = opened.run("return pane(arguments[0]).lines.map((l) => l.lastChild.textContent)", title)
        assert texts == opened.stage(title)["texts"]
        assert opened.run("return pane(arguments[0]).body.querySelectorAll('.c > span').length", title) > 3


def test_no_request_leaves_the_page(explorer, page):
    explorer.driver.get_log("performance")
    explorer.open(page)
    explorer.click("source", 3)
    messages = [json.loads(entry["message"])["message"] for entry in explorer.driver.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if not url.startswith("data:")] == [page.as_uri()]
    assert explorer.run("return performance.getEntriesByType('resource').length") == 0


#: For each line of the source that costs something: seconds until its marks are set and laid out, and until
#: the frame that shows them is drawn.
HOVER = """
const done = arguments[arguments.length - 1], times = [];
const lines = document.querySelector(".body").pane.lines.filter((line) => line.classList.contains("hot"));
let left = 30;
function next() {
  if (!left--) return done(times);
  const start = performance.now();
  lines[left % lines.length].lastChild.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
  document.querySelector("main").getBoundingClientRect();
  const set = performance.now() - start;
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      times.push([set, performance.now() - start]);
      setTimeout(next, 20);
    };
    channel.port2.postMessage(0);
  });
}
next();
"""


def hover_times(explorer, record_property):
    times = explorer.driver.execute_async_script(HOVER)
    set_, drawn = zip(*times)
    record_property("hover_ms", {"marked": median(set_), "drawn": median(drawn), "drawn_least": min(drawn)})
    return min(set_), min(drawn)


@pytest.mark.parametrize("name", ["elman", "lstm", "jacobi-2d"])
def test_pointing_is_answered_within_a_frame(explorer, tmp_path, record_property, name):
    gradient_of(name).to_html(tmp_path / "page.html")
    explorer.open(tmp_path / "page.html")
    marked, drawn = hover_times(explorer, record_property)
    assert marked <= 50 and drawn <= 50


def test_pointing_in_long_listings_is_answered_within_a_frame(explorer, tmp_path, record_property):
    data = page_data(jad.inspect(picked, X, IDX, mode="grad"))
    for name in ("optimized_llvm", "asm"):
        stage = data["stages"][name]
        times = 20_000 // len(stage["texts"]) + 1
        stage.update({key: x * times for key, x in stage.items() if isinstance(x, list)})
    (tmp_path / "page.html").write_text(rendered({**data, "live": 0}))
    explorer.open(tmp_path / "page.html")
    assert len(explorer.stage("assembly")["texts"]) >= 20_000
    marked, drawn = hover_times(explorer, record_property)
    assert marked <= 50 and drawn <= 50


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_pictures_of_the_page(explorer, tmp_path, width, dark):
    """They are kept in build/pages, to be looked at."""
    directory = Path(__file__).parents[2] / "build" / "pages"
    directory.mkdir(parents=True, exist_ok=True)
    gradient_of("lstm").to_html(tmp_path / "page.html")
    explorer.open(tmp_path / "page.html", width, 800, dark)
    k = explorer.line_with("source", "gates = 1.0")
    explorer.click("source", k)
    assert explorer.marked("source", "pin") == [k]
    assert explorer.run("return document.documentElement.scrollWidth") <= width
    cut = """
        const all = [...document.querySelectorAll("#bar button, #bar label")].filter((e) => e.offsetParent);
        const cut = (e) => e.scrollWidth > e.clientWidth + 1;
        const beyond = (e) => e.getBoundingClientRect().right > innerWidth;
        return all.filter((e) => cut(e) || beyond(e)).map((e) => e.textContent);
    """
    assert explorer.run(cut) == []
    name = directory / f"explorer-{width}-{'dark' if dark else 'light'}.png"
    assert explorer.driver.save_screenshot(str(name)) and name.stat().st_size > 20_000
