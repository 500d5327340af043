"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const panes = document.getElementById("panes");
const byPlace = new Map();
for (const pane of data.panes) {
  const stage = data.stages[pane.stages[0]];
  const section = panes.appendChild(document.createElement("section"));
  section.appendChild(document.createElement("h2")).textContent = pane.title;
  stage.texts.forEach((text, k) => {
    const line = section.appendChild(document.createElement("div"));
    line.textContent = text || " ";
    line.className = "line";
    line.place = stage.places[k];
    if (!byPlace.has(line.place)) byPlace.set(line.place, []);
    byPlace.get(line.place).push(line);
  });
}
let marked = [];
panes.addEventListener("pointerover", (event) => {
  const line = event.target.closest(".line");
  for (const old of marked) old.classList.remove("on");
  marked = line && line.place >= 0 ? byPlace.get(line.place) : [];
  for (const now of marked) now.classList.add("on");
});
