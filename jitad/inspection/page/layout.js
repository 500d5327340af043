// Which panes are open and where: a grid where there is room, else one at a time, by tabs.

const NARROW = 700, COLUMN = 400; // px
let alone = null; // the pane that is shown by itself
let last = null; // the pane that had the focus last
let wasNarrow = null;
const narrow = () => innerWidth < NARROW;
const focused = () => (last?.open ? last : null);

/** Place the open panes. */
function layout() {
  if (wasNarrow !== narrow()) {
    setWrap((wasNarrow = narrow()));
    alone = null;
  }
  const open = panes.filter((pane) => pane.open);
  if (narrow() && !open.includes(alone)) alone = open[0] ?? null;
  const shown = alone?.open ? [alone] : open;
  const rows = Math.ceil(shown.length / Math.max(1, Math.floor(innerWidth / COLUMN)));
  const columns = Math.ceil(shown.length / Math.max(rows, 1));
  const main = element("panes");
  main.style.gridTemplateColumns = `repeat(${Math.max(columns, 1)}, minmax(0, 1fr))`;
  for (const pane of panes) {
    pane.section.hidden = !shown.includes(pane);
    const chosen = narrow() ? pane === alone : pane.open;
    pane.chip.role = narrow() ? "tab" : "button";
    pane.chip.setAttribute(narrow() ? "aria-selected" : "aria-pressed", chosen);
    pane.chip.removeAttribute(narrow() ? "aria-pressed" : "aria-selected");
  }
  element("chips").role = narrow() ? "tablist" : "group";
  if (trace.pane) point(trace.pane, trace.k);
}

/** A chip was pressed: open or close its pane; as a tab, show it. */
function choose(pane) {
  if (narrow()) {
    pane.open = true;
    alone = pane;
  } else {
    pane.open = !pane.open;
    if (alone === pane) alone = null;
  }
  layout();
  if (narrow() && trace.pinned && trace.pane !== pane) bringFirst(pane);
}

/** Make sure that a pane can be seen. */
function bringPane(pane) {
  if (pane.open && !pane.section.hidden) return;
  pane.open = true;
  if (alone) alone = narrow() ? pane : null;
  layout();
}

function zoom(pane) {
  if (!narrow()) alone = alone === pane ? null : pane;
  layout();
}

function placePanes() {
  for (const pane of panes) {
    pane.open = data.panes[pane.number].open;
    pane.chip = make("button", { className: "chip" }, pane.title);
    pane.chip.onclick = () => choose(pane);
    pane.zoom.onclick = () => zoom(pane);
    pane.body.addEventListener("focus", () => (last = pane));
    element("chips").append(pane.chip);
    element("panes").append(pane.section);
  }
  addEventListener("resize", layout);
  layout();
  for (const pane of panes) pane.start();
}
