// The page begins.

const kept = (() => {
  // What one visit leaves for the next, where the browser allows it.
  try {
    return data.live ? sessionStorage : localStorage;
  } catch {
    return { getItem: () => null, setItem() {} };
  }
})();

/** A number of bytes as people read it. */
function bytes(n) {
  if (n < 1e3) return `${n} B`;
  return n < 1e6 ? `${(n / 1e3).toPrecision(3)} kB` : `${(n / 1e6).toPrecision(3)} MB`;
}

let colours = {};

/** Colours that canvases need as values. */
function readColours() {
  const style = getComputedStyle(document.body);
  const probe = make("i", {});
  document.body.append(probe);
  const read = (name) => {
    probe.style.color = style.getPropertyValue(name);
    return getComputedStyle(probe).color;
  };
  colours = { on: read("--strip-on"), fine: read("--strip-fine") };
  probe.remove();
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  element("theme").textContent = dark ? "☀" : "☾";
  element("theme").title = `${dark ? "light" : "dark"} (t)`;
  element("theme").next = dark ? "light" : "dark";
  readColours();
  if (trace.pane) point(trace.pane, trace.k);
}

function setWrap(wrap) {
  document.body.classList.toggle("wrap", wrap);
  element("wrap").setAttribute("aria-pressed", wrap);
}

function setFilter(name, on) {
  filters[name] = on;
  document.body.classList.toggle(`only-${name}`, on);
  for (const pane of panes) pane.refresh();
  if (trace.pane) point(trace.pane, trace.k);
  if (find.text) search(find.text, false);
}

function sums() {
  const { tape, each, workspace } = data.memory;
  const number = (mark) => stages.asm.marks.filter((marks) => marks & mark).length;
  const vectors = number(VECTOR) / Math.max(number(INSTRUCTION), 1);
  const said = [`workspace ${bytes(workspace)}`, `${percent(vectors)} vectors`];
  const parts = each ? [`${bytes(each)} an iteration`] : [];
  if (tape || !each) parts.unshift(bytes(tape));
  if (data.derivative) said.unshift(`tape ${parts.join(" + ")}`);
  return said.join(" · ");
}

/** Lines of the source that have nothing of a derivative. */
function markUntouched() {
  const touched = new Set();
  for (const stage of Object.values(stages)) {
    if (stage.language === "python") continue;
    stage.origins.forEach((origin, k) => origin === DERIVED && touched.add(stage.places[k]));
  }
  for (const pane of panes) {
    if (pane.stage.language !== "python") continue;
    pane.lines.forEach((line, k) => line.classList.toggle("untouched", !touched.has(pane.stage.places[k])));
  }
}

/** Ask the server whether there is a newer page; keep what is chosen over the reload. */
function followFile() {
  if (!data.live) return;
  let asking = false; // the answer takes as long as the page takes to make
  setInterval(async () => {
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch("version");
      if (answer.ok && Number(await answer.text()) !== data.live) {
        remember();
        location.reload();
      }
    } catch {
      // the server is gone: ask again
    }
    asking = false;
  }, 700);
}

function remember() {
  const open = panes.map((pane) => [pane.title, pane.open, pane.stage.name, pane.body.scrollTop]);
  const pinned = trace.pinned ? placeName(keysOf(trace.pane, trace.k).place) : "";
  kept.setItem("jitad", JSON.stringify({ open, filters, pinned }));
}

function restore() {
  const state = data.live ? JSON.parse(kept.getItem("jitad") ?? "null") : null;
  if (!state) return;
  for (const [title, open, name, top] of state.open) {
    const pane = panes.find((each) => each.title === title);
    if (!pane) continue;
    pane.open = open;
    if (pane.names.includes(name) && pane.stage.name !== name) pane.show(name);
    pane.body.scrollTop = top;
  }
  for (const name of Object.keys(filters)) if (state.filters[name]) element(name).click();
  layout();
  const source = panes[0], k = source.stage.places.findIndex((p) => p >= 0 && placeName(p) === state.pinned);
  if (k >= 0) pin(source, k);
}

const panes = data.panes.map((pane, number) => paneOf(pane, number));
element("name").textContent = data.name;
element("signature").textContent = `(${data.signature})`;
element("name").parentNode.title = `${data.name}(${data.signature})`;
element("sums").textContent = sums();
element("derived-label").textContent = `only ${data.derivative || "derivative"}`;
element("bars").textContent = data.measured ? "measured time" : "estimated work";
element("derived").disabled = !data.derivative;
element("derived-label").classList.toggle("off", !data.derivative);
for (const name of Object.keys(filters)) {
  element(name).onchange = (event) => setFilter(name, event.target.checked);
}
element("theme").onclick = () => {
  setTheme(element("theme").next);
  try {
    kept.setItem("jitad-theme", document.documentElement.dataset.theme);
  } catch {
    // nothing may be stored: this page only
  }
};
element("wrap").onclick = () => setWrap(!document.body.classList.contains("wrap"));
element("help").onclick = () => element("help-dialog").showModal();
placePanes();
setTheme(kept.getItem("jitad-theme") ?? "");
matchMedia("(prefers-color-scheme: dark)").onchange = () => setTheme(document.documentElement.dataset.theme);
markUntouched();
followPointer();
listenForSearches();
document.addEventListener("keydown", pressed);
restore();
followFile();
