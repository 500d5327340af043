// Pointing at a line: what came from it and what it came from, in every pane. A click pins.

const trace = { pane: null, k: -1, place: -1, eqn: -1, pinned: false };

/** The user's line and the equation of a line. */
function keysOf(pane, k) {
  return { place: pane.stage.places[k], eqn: pane.stage.eqns[k] };
}

/** Mark, in all panes, what belongs with a line; nothing for k = −1. */
function point(pane, k) {
  trace.pane?.lines[trace.k]?.classList.remove("here");
  Object.assign(trace, { pane, k }, k < 0 ? { place: -1, eqn: -1 } : keysOf(pane, k));
  pane?.lines[k]?.classList.add("here");
  for (const each of panes) {
    const same = each.stage.byPlace.get(trace.place) ?? [], fine = each.stage.byEqn.get(trace.eqn) ?? [];
    each.related = fine.length ? fine : same;
    each.count.textContent = same.length || "";
    each.chip.dataset.count = same.length || "";
    if (each.section.hidden) continue;
    for (const chunk of each.near) dress(each, chunk);
    each.drawStrip([[same, colours.on], [fine, colours.fine]]);
  }
  element("status").textContent = k < 0 ? "" : told(pane, k);
}

/** Mark the lines of a chunk. Only what is near the view is marked: a line may have become thousands. */
function dress({ stage: { places, eqns } }, chunk) {
  for (const line of chunk.children) {
    const fine = trace.eqn >= 0 && eqns[line.k] === trace.eqn;
    const mark = fine ? "fine" : trace.place >= 0 && places[line.k] === trace.place ? "on" : "";
    if (mark === (line.mark ?? "")) continue;
    if (line.mark) line.classList.remove(line.mark);
    if (mark) line.classList.add(mark);
    line.mark = mark;
  }
}

/** What is known of a line, in words. */
function told(pane, k) {
  const { origins, marks, eqns, places } = pane.stage;
  if (places[k] < 0) return origins[k] === LIBRARY ? "an elementary function" : "of no line in particular";
  const said = [placeName(places[k])];
  if (origins[k] === DERIVED) said.push(data.derivative);
  if (marks[k] & INFERRED) said.push("by the instructions next to it");
  if (marks[k] & CHECK) said.push("bounds check");
  const cost = costs.get(places[k]);
  if (cost) {
    const [own, derived, instructions, vectors] = cost;
    said.push(`${percent(own + derived)} of the ${data.measured ? "time" : "work"}`);
    said.push(`${instructions} instructions, ${vectors} of vectors`);
  }
  const lowered = eqns[k] >= 0 && stages.lowered_ir.byEqn.get(eqns[k]);
  if (lowered) said.push(stages.lowered_ir.texts[lowered[0]].trim());
  return said.join(" · ");
}

/** Keep the marks of a line, and bring the first line that belongs with it into view everywhere. */
function pin(pane, k) {
  if (trace.pinned && trace.pane === pane && trace.k === k) return unpin();
  unpin();
  point(pane, k);
  if (trace.place < 0) return;
  trace.pinned = true;
  pane.lines[k].classList.add("pin");
  document.body.classList.add("pinned");
  for (const each of panes) if (each !== pane && each.section.offsetParent) bringFirst(each);
}

function bringFirst(pane) {
  const found = pane.related.find((k) => pane.kept[k]) ?? pane.related.find((k) => pane.reveal(k));
  if (found !== undefined) pane.scrollTo(found, true);
}

function unpin() {
  if (trace.pinned) trace.pane.lines[trace.k]?.classList.remove("pin");
  trace.pinned = false;
  document.body.classList.remove("pinned");
}

/** Another stage is shown where the line was: go to the one there that belongs with it. */
function moveTo(pane) {
  const { place, eqn, pinned } = trace;
  unpin();
  const [k] = pane.stage.byEqn.get(eqn) ?? pane.stage.byPlace.get(place) ?? [-1];
  if (k < 0) return point(pane, -1);
  if (pinned) pin(pane, k);
  else point(pane, k);
  pane.scrollTo(k, true);
}

/** Make a line the current one of its pane: that which keys move. */
function enter(pane, k) {
  const old = pane.lines[pane.current];
  if (old) {
    old.classList.remove("current");
    old.removeAttribute("id");
  }
  pane.current = k;
  const line = pane.lines[k];
  line.classList.add("current");
  line.id = `current-${pane.number}`;
  line.role = "option";
  pane.body.setAttribute("aria-activedescendant", line.id);
  if (!trace.pinned) point(pane, k);
}

/** The pane and number of the line that an event is about. */
function lineAt(event) {
  const line = event.target.closest?.(".l, .n"), body = line?.closest(".body");
  return body ? [body.pane, line.k] : null;
}

function followPointer() {
  const main = element("panes");
  main.addEventListener("pointerover", (event) => {
    const at = lineAt(event);
    if (at && !trace.pinned && !(trace.pane === at[0] && trace.k === at[1])) point(...at);
  });
  main.addEventListener("click", (event) => {
    const at = lineAt(event);
    if (!at || String(getSelection())) return;
    const [pane, k] = at;
    if (event.target.closest(".g") && pane.stage.spans[k]) return pane.fold(k);
    enter(pane, k);
    pin(pane, k);
  });
  document.addEventListener("shown", ({ detail: pane }) => {
    if (trace.pane === pane) moveTo(pane);
    else if (trace.pane) point(trace.pane, trace.k);
  });
}
