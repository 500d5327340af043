// A pane: one stage as lines, in chunks that are drawn when they come into view; folds and filters.

const CHUNK = 64;
const LINE = 18; // px, as in the style sheet
const filters = { derived: false, vector: false, checks: false };
const part = (className, ...children) => make("span", { className }, ...children);
const template = make("div", { className: "l" }, part("g"), part("c"));

class Pane {
  constructor({ title, stages: names }, number) {
    this.title = title;
    this.number = number;
    this.names = names;
    this.count = part("count");
    this.select = make("select", { tabIndex: -1, title: "stage (s)", ariaLabel: `stage of ${title}` });
    for (const name of names) this.select.append(new Option(stageTitle(name), name));
    this.select.onchange = () => this.show(this.select.value);
    this.zoom = make("button", { tabIndex: -1, title: "this pane alone (z)", ariaLabel: "alone" }, "⤢");
    const what = names.length > 1 ? this.select : part("what", stages[names[0]].title);
    this.body = make("div", { className: "body", tabIndex: 0, role: "listbox", ariaLabel: title });
    this.strip = make("canvas", { className: "strip" });
    this.strip.ariaHidden = "true";
    const head = make("header", {}, make("h2", {}, title), what, this.count, this.zoom);
    const frame = make("div", { className: "frame" }, this.body, this.strip);
    this.section = make("section", { className: "pane" }, head, frame);
    this.body.pane = this;
    this.current = -1;
    this.watch = new IntersectionObserver((entries) => entries.forEach((e) => this.arrive(e)), {
      root: this.body,
      rootMargin: "600px 0px",
    });
    this.drawn = []; // what the strip shows: lines and their colour
    this.show(names[0]);
    new ResizeObserver(([{ contentRect }]) => this.resizeStrip(contentRect)).observe(this.strip);
  }

  /** Show a stage. */
  show(name) {
    this.stage = stages[name];
    this.select.value = name;
    this.watch.disconnect();
    this.current = -1;
    this.closed = new Set();
    this.body.dataset.language = this.stage.language;
    this.lines = this.stage.texts.map((text, k) => this.line(text, k));
    this.chunks = [];
    this.near = new Set(); // chunks in or near the view
    for (let k = 0; k < this.lines.length; k += CHUNK) {
      const chunk = make("div", { className: "k" }, ...this.lines.slice(k, k + CHUNK));
      chunk.first = k;
      this.chunks.push(chunk);
    }
    const width = Math.max(20, ...this.stage.texts.map((text) => text.length));
    const inner = make("div", { className: "inner" }, ...this.chunks);
    inner.style.setProperty("--width", `${width + 2}ch`);
    this.body.replaceChildren(inner);
    this.hidden = new Uint8Array(this.lines.length);
    this.refresh();
    this.chunks.forEach((chunk) => this.watch.observe(chunk));
    document.dispatchEvent(new CustomEvent("shown", { detail: this }));
  }

  line(text, k) {
    const { origins, spans, places, language } = this.stage;
    const line = template.cloneNode(true);
    line.k = k;
    const [gutter, code] = line.children;
    gutter.textContent = language === "python" ? (places[k] < 0 ? "" : data.places[places[k]][1]) : k + 1;
    code.textContent = text;
    if (origins[k] === DERIVED) line.classList.add("derived");
    if (origins[k] === LIBRARY) line.classList.add("library");
    if (spans[k]) line.classList.add("head");
    if (language === "python" && shareOf(places[k]) >= 0.0005) this.heat(line, costs.get(places[k]));
    return line;
  }

  /** The bar of what a line costs: the program's own part, then that of the derivative. */
  heat(line, [own, derived]) {
    const bar = part("heat", make("i", { className: "own" }), make("i", { className: "added" }));
    bar.children[0].style.width = `${(100 * own) / mostShare}%`;
    bar.children[1].style.width = `${(100 * derived) / mostShare}%`;
    line.children[0].after(bar, part("share", percent(own + derived)));
    line.classList.add("hot");
  }

  /** A chunk comes near, or goes: colour and mark its lines. */
  arrive({ target: chunk, isIntersecting }) {
    if (!isIntersecting) return this.near.delete(chunk);
    this.near.add(chunk);
    dress(this, chunk);
    if (chunk.coloured) return;
    chunk.coloured = true;
    for (const line of chunk.children) {
      colour(line.lastChild, this.stage.texts[line.k], this.stage.language);
    }
    document.dispatchEvent(new CustomEvent("coloured", { detail: [this, chunk] }));
  }

  /** Begin where there is something to see: at the line that costs most, or the first that serves a line. */
  start() {
    const { places, language } = this.stage;
    const known = places.flatMap((place, k) => (place >= 0 ? [k] : []));
    if (language === "python") known.sort((a, b) => shareOf(places[b]) - shareOf(places[a]));
    else if (!this.stage.machine) return;
    if (known.length) this.scrollTo(Math.max(0, known[0] - (language === "python" ? 0 : 4)), true);
  }

  /** Whether a line passes the filters. */
  passes(k) {
    const { origins, marks, machine, language, texts } = this.stage;
    if (filters.checks && marks[k] & CHECK) return false;
    if (filters.vector && machine && !(marks[k] & VECTOR)) return false;
    if (filters.derived && (machine || language === "ir") && origins[k] !== DERIVED) return false;
    return texts[k] !== "" || !(machine && (filters.vector || filters.derived));
  }

  /** Hide what filters and folds hide. */
  refresh() {
    const { spans, texts, size } = this.stage;
    const keep = new Uint8Array(size);
    const after = new Int32Array(size + 2); // lines kept from here on
    for (let k = size - 1; k >= 0; k--) {
      const end = k + 1 + spans[k];
      keep[k] = this.passes(k) || (spans[k] > 0 && after[k + 1] > after[Math.min(end, size)]);
      after[k] = after[k + 1] + keep[k];
    }
    for (let k = 0; k < size; k++) {
      const end = k + 1 + spans[k];
      if (keep[k] && spans[k] && end < size && texts[end].trimStart().startsWith("}")) keep[end] = 1;
    }
    for (const head of this.closed) keep.fill(0, head + 1, head + 1 + spans[head]);
    this.kept = keep;
    this.rank = new Int32Array(size + 1);
    for (let k = 0; k < size; k++) {
      this.rank[k + 1] = this.rank[k] + keep[k];
      if (this.hidden[k] === keep[k]) {
        this.hidden[k] = 1 - keep[k];
        this.lines[k].classList.toggle("hidden", !keep[k]);
      }
    }
    this.body.classList.toggle("empty", this.rank[size] === 0);
    for (const chunk of this.chunks) {
      const shown = this.rank[Math.min(chunk.first + CHUNK, size)] - this.rank[chunk.first];
      chunk.style.containIntrinsicBlockSize = `${shown * LINE}px`;
      chunk.classList.toggle("hidden", shown === 0);
    }
  }

  /** Fold or unfold the region that a line heads. */
  fold(k, close = !this.closed.has(k), draw = true) {
    if (!this.stage.spans[k]) return;
    if (close) this.closed.add(k);
    else this.closed.delete(k);
    this.lines[k].classList.toggle("closed", close);
    this.lines[k].lastChild.dataset.folded = `${this.stage.spans[k]} lines`;
    if (draw) this.refresh();
  }

  foldAll(close) {
    this.stage.spans.forEach((span, k) => span && this.fold(k, close, false));
    this.refresh();
  }

  /** Unfold what a line is folded into; whether it can be seen then. */
  reveal(k) {
    const { spans } = this.stage;
    const around = [...this.closed].filter((head) => head < k && k <= head + spans[head]);
    around.forEach((head) => this.fold(head, false, false));
    if (around.length) this.refresh();
    return this.kept[k] === 1;
  }

  /** The line that is around a line, or itself. */
  headOf(k) {
    const { spans } = this.stage;
    for (let head = k - 1; head >= 0; head--) if (head + spans[head] >= k) return head;
    return k;
  }

  /** Bring a line into the upper middle, unless it is well in view. */
  scrollTo(k, always = false, again = true) {
    const frame = this.body.getBoundingClientRect();
    const top = this.lines[k].getBoundingClientRect().top - frame.top;
    if (always || top < LINE || top > frame.height - 3 * LINE) this.body.scrollTop += top - frame.height / 3;
    // Chunks that were never drawn have estimated heights where lines are broken.
    if (again) requestAnimationFrame(() => this.lines[k] && this.scrollTo(k, false, false));
  }

  /** The next line that is shown, in one direction. */
  next(k, step) {
    for (k += step; k >= 0 && k < this.lines.length; k += step) if (this.kept[k]) return k;
    return -1;
  }

  /** The strip beside the lines has another size. Asking for it while pointing would cost a layout. */
  resizeStrip({ width, height }) {
    this.strip.width = Math.round(width);
    this.strip.height = Math.round(height);
    this.drawStrip();
  }

  /** Draw where marked lines are, beside the scroll bar. */
  drawStrip(marks = this.drawn) {
    this.drawn = marks;
    const { width, height } = this.strip, whole = Math.max(this.rank[this.stage.size], 1);
    const pen = this.strip.getContext("2d"), scale = Math.min(height / whole, LINE);
    pen.clearRect(0, 0, width, height);
    for (const [ks, style] of marks) {
      pen.fillStyle = style;
      let last = -1;
      for (const k of ks) {
        const y = Math.floor(this.rank[k] * scale);
        if (y > last && this.kept[k]) pen.fillRect(0, y, width, Math.max(scale, 2));
        last = y;
      }
    }
  }
}
