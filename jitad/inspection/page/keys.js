// Keys.

const inPane = {
  ArrowDown: (pane) => step(pane, 1),
  ArrowUp: (pane) => step(pane, -1),
  PageDown: (pane) => step(pane, page(pane)),
  PageUp: (pane) => step(pane, -page(pane)),
  Home: (pane) => step(pane, -Infinity),
  End: (pane) => step(pane, Infinity),
  ArrowLeft: (pane, event) => (event.shiftKey ? pane.foldAll(true) : outwards(pane)),
  ArrowRight: (pane, event) => (event.shiftKey ? pane.foldAll(false) : pane.fold(pane.current, false)),
  Enter: (pane) => pane.current >= 0 && pin(pane, pane.current),
  " ": (pane) => pane.current >= 0 && pin(pane, pane.current),
  n: (pane) => toNext(pane, 1),
  N: (pane) => toNext(pane, -1),
  z: (pane) => zoom(pane),
  "+": (pane) => pane.scale?.(1.25),
  "-": (pane) => pane.scale?.(0.8),
  s: (pane) => pane.show(pane.names[(pane.names.indexOf(pane.stage.name) + 1) % pane.names.length]),
};
const anywhere = {
  "/": () => {
    element("find").focus();
    element("find").select();
  },
  "?": () => element("help-dialog").showModal(),
  Escape: () => {
    unpin();
    point(null, -1);
  },
  t: () => element("theme").click(),
  w: () => element("wrap").click(),
  d: () => element("derived").click(),
  v: () => element("vector").click(),
  b: () => element("checks").click(),
};

const page = (pane) => Math.max(1, Math.floor(pane.body.clientHeight / LINE) - 2);

/** Move the current line by so many that are shown. */
function step(pane, by) {
  let k = pane.current < 0 ? -1 : pane.current;
  if (!Number.isFinite(by)) k = by < 0 ? pane.next(-1, 1) : pane.next(pane.lines.length, -1);
  else {
    for (let left = Math.abs(by); left > 0; left--) {
      const next = pane.next(k, Math.sign(by));
      if (next < 0) break;
      k = next;
    }
  }
  if (k < 0) return;
  enter(pane, k);
  pane.scrollTo(k);
}

/** Fold the region of the current line; if there is none to fold, go to the line that it is in. */
function outwards(pane) {
  const k = pane.current;
  if (k < 0) return;
  if (pane.stage.spans[k] && !pane.closed.has(k)) return pane.fold(k, true);
  enter(pane, pane.headOf(k));
  pane.scrollTo(pane.current);
}

/** The next hit of the search; without one, the next line of what is marked in this pane. */
function toNext(pane, direction) {
  if (find.hits.length) return go(direction);
  const shown = (pane.related ?? []).filter((k) => pane.kept[k]);
  const after = shown.find((k) => k > pane.current) ?? shown[0];
  const before = shown.findLast((k) => k < pane.current) ?? shown.at(-1);
  const found = direction > 0 ? after : before;
  if (found === undefined) return;
  enter(pane, found);
  pane.scrollTo(found);
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input[type=search], select, dialog")) return;
  const pane = event.target.closest(".body")?.pane;
  if (!pane && [" ", "Enter"].includes(event.key)) return; // of buttons
  const number = "123456789".indexOf(event.key);
  const act = (pane && inPane[event.key]) || anywhere[event.key];
  if (act) act(pane, event);
  else if (number >= 0 && panes[number]) {
    bringPane(panes[number]);
    panes[number].body.focus();
  } else return;
  event.preventDefault();
}
