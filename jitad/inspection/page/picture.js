// The graph as a pane: its nodes are what lines are elsewhere.

class Picture extends Pane {
  constructor(description, number) {
    super(description, number);
    const larger = make("button", { tabIndex: -1, title: "larger (+)", ariaLabel: "larger" }, "+");
    const smaller = make("button", { tabIndex: -1, title: "smaller (-)", ariaLabel: "smaller" }, "−");
    larger.onclick = () => this.scale(1.25);
    smaller.onclick = () => this.scale(0.8);
    this.count.after(smaller, larger);
  }

  /** Show the picture. */
  show(name) {
    this.stage = stages[name];
    const drawn = new DOMParser().parseFromString(data.picture, "image/svg+xml").documentElement;
    this.svg = document.importNode(drawn, true);
    this.lines = this.stage.texts.map((text, k) => this.node(k));
    this.chunks = [];
    this.near = new Set([{ children: this.lines }]);
    this.closed = new Set();
    this.kept = new Uint8Array(this.stage.size).fill(1);
    this.body.dataset.language = "graph";
    this.body.replaceChildren(this.svg);
    this.size = 1;
  }

  node(k) {
    const node = this.svg.getElementById(`n${k}`);
    node.k = k;
    node.classList.add("n");
    if (this.stage.origins[k] !== DERIVED) node.classList.add("untouched");
    return node;
  }

  scale(by) {
    const { width, height } = this.svg.viewBox.baseVal;
    this.size = Math.min(3, Math.max(0.2, this.size * by));
    this.svg.setAttribute("width", width * this.size);
    this.svg.setAttribute("height", height * this.size);
  }

  start() {}

  refresh() {}

  drawStrip() {}

  resizeStrip() {}

  scrollTo(k, always = false) {
    const frame = this.body.getBoundingClientRect(), at = this.lines[k].getBoundingClientRect();
    const down = at.top >= frame.top && at.bottom <= frame.bottom;
    const across = at.left >= frame.left && at.right <= frame.right;
    if (down && across && !always) return;
    this.body.scrollTop += at.top - frame.top - frame.height / 3;
    this.body.scrollLeft += at.left - frame.left - frame.width / 3;
  }
}

const paneOf = (description, number) =>
  new (stages[description.stages[0]].language === "graph" ? Picture : Pane)(description, number);
