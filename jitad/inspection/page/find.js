// Search in all panes that are shown.

const find = { text: "", hits: [], at: -1 };
const words = globalThis.Highlight && CSS.highlights ? new Highlight() : null;
if (words) CSS.highlights.set("found", words);

/** Look for a text, whatever its case, and go to the first hit. */
function search(text, moves = true) {
  for (const [pane, k] of find.hits) pane.lines[k]?.classList.remove("hit", "now");
  words?.clear();
  Object.assign(find, { text: text.toLowerCase(), hits: [], at: -1 });
  if (find.text) {
    for (const pane of searched()) {
      pane.stage.lower.forEach((line, k) => {
        if (line.includes(find.text) && (pane.kept[k] || pane.passes(k))) find.hits.push([pane, k]);
      });
    }
  }
  for (const [pane, k] of find.hits) pane.lines[k].classList.add("hit");
  for (const pane of searched()) pane.chunks.filter((c) => c.coloured).forEach((c) => showWords(pane, c));
  if (moves && find.hits.length) go(1);
  else report();
}

const searched = () => panes.filter((pane) => pane.open);

/** Go to the next hit, or back. */
function go(step) {
  const { hits } = find;
  if (!hits.length) return;
  hits[find.at]?.[0].lines[hits[find.at][1]]?.classList.remove("now");
  find.at = (find.at + step + hits.length) % hits.length;
  const [pane, k] = hits[find.at];
  pane.lines[k].classList.add("now");
  bringPane(pane);
  pane.reveal(k);
  pane.scrollTo(k);
  report();
}

function report() {
  element("count").textContent = find.text ? `${find.at + 1} / ${find.hits.length}` : "";
  element("find").classList.toggle("none", find.text !== "" && !find.hits.length);
}

/** Show the words that were found in the lines of a chunk. */
function showWords(pane, chunk) {
  if (!words || !find.text) return;
  for (const line of chunk.children) {
    if (line.classList.contains("hit")) for (const range of rangesOf(line.lastChild)) words.add(range);
  }
}

function* rangesOf(node) {
  const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  const nodes = [], starts = [];
  let whole = "";
  while (texts.nextNode()) {
    nodes.push(texts.currentNode);
    starts.push(whole.length);
    whole += texts.currentNode.data.toLowerCase();
  }
  const locate = (at) => {
    let k = starts.length - 1;
    while (starts[k] > at) k--;
    return [nodes[k], Math.min(at - starts[k], nodes[k].length - 1)];
  };
  for (let at = whole.indexOf(find.text); at >= 0; at = whole.indexOf(find.text, at + find.text.length)) {
    const range = new Range(), [last, end] = locate(at + find.text.length - 1);
    range.setStart(...locate(at));
    range.setEnd(last, end + 1);
    yield range;
  }
}

function listenForSearches() {
  const input = element("find");
  input.addEventListener("input", () => search(input.value));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") {
      input.value = "";
      search("");
      (focused() ?? panes[0]).body.focus({ preventScroll: true });
    }
  });
  element("next").onclick = () => go(1);
  element("previous").onclick = () => go(-1);
  document.addEventListener("shown", () => find.text && search(find.text, false));
  document.addEventListener("coloured", ({ detail }) => showWords(...detail));
}
