// What the page knows: stages as arrays, and where each line of the user's is in them.
"use strict";

const element = (id) => document.getElementById(id);
const data = JSON.parse(element("data").textContent);
const DERIVED = 1, LIBRARY = 2;
const VECTOR = 1, CHECK = 2, INFERRED = 4, INSTRUCTION = 8;

/** Where each number is in an array: number → indices. */
function indexed(numbers) {
  const found = new Map();
  numbers.forEach((number, k) => {
    if (number < 0) return;
    const places = found.get(number);
    if (places) places.push(k);
    else found.set(number, [k]);
  });
  return found;
}

class Stage {
  constructor(name, raw) {
    Object.assign(this, raw);
    this.name = name;
    this.size = raw.texts.length;
    this.byPlace = indexed(raw.places);
    this.byEqn = indexed(raw.eqns);
  }

  /** The texts in lower case, for searches. */
  get lower() {
    return (this._lower ??= this.texts.map((text) => text.toLowerCase()));
  }

  get machine() {
    return this.language === "llvm" || this.language === "asm";
  }
}

const stages = {};
for (const [name, raw] of Object.entries(data.stages)) stages[name] = new Stage(name, raw);
const costs = new Map(data.costs.map(([place, ...cost]) => [place, cost]));

/** The share of the work that is a place's. */
const shareOf = (place) => (costs.has(place) ? costs.get(place)[0] + costs.get(place)[1] : 0);

const mostShare = Math.max(0, ...data.costs.map(([place]) => shareOf(place)));

/** The title of a stage; those of outer derivatives have a number. */
function stageTitle(name) {
  const [, number] = name.split(".");
  return number ? `${stages[name].title} (${number})` : stages[name].title;
}

/** `model.py:14` of a place. */
function placeName(place) {
  const [file, line] = data.places[place];
  return `${data.files[file].split(/[\\/]/).pop()}:${line}`;
}

/** Make an element: `make("div", {className: "x"}, child, "text")`. */
function make(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

const percent = (share) => (share >= 0.0995 ? `${Math.round(100 * share)} %` : `${(100 * share).toFixed(1)} %`);
