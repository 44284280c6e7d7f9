// The virtualised tree and waterfall: about forty row elements, re-used while scrolling, however long the run is.

import { formatCount, formatDuration, isParent } from "./core.js";
import { el } from "./dom.js";

export const ROW = 25;
const MARGIN = 6;
const DEEPEST_INDENT = 14; // guides beyond this depth would push the name out of sight

/** `state()` gives the explorer's state. `onSelect(row)`, `onToggle(row)`, `onShow(rows)`. Returns {draw, show, page}. */
export function createGrid(element, state, { onSelect, onToggle, onShow }) {
  const pad = el("div", { class: "pad", role: "presentation" });
  const layer = el("div", { class: "layer", role: "rowgroup" });
  element.append(pad, layer);
  const pool = [];

  function draw() {
    const { rows, selected } = state();
    pad.style.height = `${rows.length * ROW}px`;
    element.setAttribute("aria-rowcount", rows.length);
    const first = Math.max(0, Math.floor(element.scrollTop / ROW) - MARGIN);
    const last = Math.min(rows.length, Math.ceil((element.scrollTop + element.clientHeight) / ROW) + MARGIN);
    while (pool.length < last - first) pool.push(layer.appendChild(newRow()));
    pool.forEach((row, n) => {
      row.hidden = n >= last - first;
      if (row.hidden) row.className = "row";
      else fill(row, first + n);
    });
    element.setAttribute("aria-activedescendant", `row-${selected}`);
    onShow(rows.slice(first, last));
  }

  function fill(row, position) {
    const { model, rows, selected, open, root, zoom, hits, query, near } = state();
    const i = rows[position];
    const { kind, error } = model;
    const parent = isParent(model, i);
    const level = model.depth[i] - (root < 0 ? 0 : model.depth[root]);
    row.className = ["row", i === selected && "selected", near.has(i) && "near", parent && "parent"]
      .filter(Boolean)
      .join(" ");
    row.style.top = `${position * ROW}px`;
    row.id = `row-${i}`;
    row.dataset.row = i;
    row.setAttribute("aria-level", level + 1);
    row.setAttribute("aria-posinset", position + 1);
    row.setAttribute("aria-selected", i === selected);
    if (parent) row.setAttribute("aria-expanded", Boolean(open[i]) || hits !== null);
    else row.removeAttribute("aria-expanded");

    const { indent, fold, letter, name, note, tag, tokens, cost, time, bar } = row.parts;
    indent.style.width = `${Math.min(level, DEEPEST_INDENT) * 14}px`;
    fold.textContent = parent ? (open[i] || hits !== null ? "▾" : "▸") : "";
    letter.textContent = model.letters[kind[i]];
    letter.className = `letter ${model.kinds[kind[i]]}`;
    letter.title = model.kinds[kind[i]].replace("_", " ");
    name.replaceChildren(...highlighted(model.name[i], query));
    name.title = model.name[i];
    note.textContent = model.note[i] ?? "";
    tag.textContent = model.mark[i] ?? "";
    tag.className = `tag ${model.mark[i] ?? ""}`;
    tokens.textContent = formatCount(model.tokenSum[i]);
    cost.textContent = model.costSum[i] === null ? "" : `$${model.costSum[i].toFixed(3)}`;
    time.textContent = formatDuration(model.duration[i]);
    const width = zoom[1] - zoom[0];
    bar.style.left = `${(100 * (model.start[i] - zoom[0])) / width}%`;
    bar.style.width = `${(100 * (model.duration[i] ?? 0)) / width}%`;
    bar.className = `bar ${error[i] ? "failed" : model.kinds[kind[i]]}`;
  }

  /** Scroll so that the row at this position is in view, with a little air around it. */
  function show(position) {
    const top = position * ROW;
    const below = element.scrollTop + element.clientHeight;
    if (top < element.scrollTop + ROW) element.scrollTop = Math.max(0, top - 3 * ROW);
    else if (top > below - 2 * ROW) element.scrollTop = top - element.clientHeight / 2;
  }

  element.onscroll = () => requestAnimationFrame(draw);
  layer.onclick = (event) => {
    const row = event.target.closest(".row");
    if (!row) return;
    if (event.target.closest(".fold")) onToggle(Number(row.dataset.row));
    else onSelect(Number(row.dataset.row));
    element.focus({ preventScroll: true });
  };
  layer.ondblclick = (event) => {
    const row = event.target.closest(".row");
    if (row) onToggle(Number(row.dataset.row));
  };
  return { draw, show, page: () => Math.max(1, Math.floor(element.clientHeight / ROW) - 1) };
}

function newRow() {
  const parts = {
    indent: el("span", { class: "indent" }),
    fold: el("span", { class: "fold", "aria-hidden": "true" }),
    letter: el("span", { class: "letter" }),
    name: el("bdi", { class: "name" }),
    note: el("bdi", { class: "note" }),
    tag: el("span", { class: "tag" }),
    tokens: el("div", { class: "number tokens", role: "gridcell" }),
    cost: el("div", { class: "number cost", role: "gridcell" }),
    time: el("div", { class: "number", role: "gridcell" }),
    bar: el("span", { class: "bar" }),
  };
  const title = el("div", { class: "title", role: "gridcell" });
  title.append(parts.indent, parts.fold, parts.letter, parts.name, parts.tag, parts.note);
  const lane = el("div", { class: "lane", "aria-hidden": "true" }, parts.bar);
  const row = el("div", { role: "row" }, title, parts.tokens, parts.cost, parts.time, lane);
  row.parts = parts;
  return row;
}

function highlighted(name, query) {
  const at = query ? name.toLowerCase().indexOf(query) : -1;
  if (at < 0) return [name];
  return [name.slice(0, at), el("mark", {}, name.slice(at, at + query.length)), name.slice(at + query.length)];
}
