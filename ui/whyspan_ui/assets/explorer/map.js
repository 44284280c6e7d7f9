// The decision map: a spine of decisions in order, the options not taken below each, evidence arcs above.
// Only the cards in view are drawn, so a run may have thousands of decisions.

import { NONE, decisionOf } from "./core.js";
import { svg } from "./dom.js";

const CARD = { width: 168, height: 42, gap: 24 };
const ARC_SPACE = 44;
const NO_ARC_SPACE = 12;
const PITCH = CARD.width + CARD.gap;
const OPTION_HEIGHT = 17;
const OPTIONS_SHOWN = 2; // and a third line for the rest

export const cardX = (k) => 14 + k * PITCH;
const cut = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

/** The cards whose span, or what it led to, is a decision's evidence: where its arcs start. */
export function arcsInto(model, k) {
  const sources = new Map();
  for (const row of model.decisions[k].evidence) {
    const source = decisionOf(model, row);
    if (source !== NONE && source < k) sources.set(source, (sources.get(source) ?? false) || Boolean(model.mark[row]));
  }
  return sources;
}

/** Where the cards begin and how high the map is, in pixels. */
export function layOut(model) {
  const top = model.decisions.some((_, k) => arcsInto(model, k).size) ? ARC_SPACE : NO_ARC_SPACE;
  const lines = model.decisions.map((decision) => Math.min(decision.others.length, OPTIONS_SHOWN + 1));
  return { top, height: top + CARD.height + 12 + lines.reduce((a, b) => Math.max(a, b), 0) * OPTION_HEIGHT };
}

/** `state()` gives {model, selected}; `onSelect(row)`. Returns {draw}, which also scrolls the current card into view. */
export function createMap(element, state, onSelect) {
  const model = state().model;
  const { top, height } = layOut(model);
  const drawing = svg("svg", { width: cardX(model.decisions.length), height, role: "list" });
  element.replaceChildren(drawing);

  function draw({ follow = false } = {}) {
    const current = decisionOf(model, state().selected);
    if (follow && current !== NONE) scrollTo(current);
    const first = Math.max(0, Math.floor((element.scrollLeft - 14) / PITCH) - 1);
    const last = Math.min(model.decisions.length - 1, Math.ceil((element.scrollLeft + element.clientWidth) / PITCH));
    const parts = [];
    for (let k = first; k <= Math.min(last + 6, model.decisions.length - 1); k++) parts.push(...arcs(k));
    for (let k = first; k <= last; k++) parts.push(...spine(k), ...options(k), card(k, k === current));
    drawing.replaceChildren(...parts);
  }

  function scrollTo(k) {
    const left = cardX(k);
    const inside = left > element.scrollLeft + 10 && left + CARD.width < element.scrollLeft + element.clientWidth - 10;
    if (!inside) element.scrollLeft = left - element.clientWidth / 2 + CARD.width / 2;
  }

  function arcs(k) {
    return [...arcsInto(model, k)].map(([source, suspect]) => {
      const from = cardX(source) + CARD.width * 0.62;
      const to = cardX(k) + CARD.width * 0.4;
      const peak = Math.max(5, top - 16 - 7 * (k - source));
      const d = `M${from} ${top}C${from} ${peak} ${to} ${peak} ${to} ${top - 1}`;
      return svg("path", { d, class: suspect ? "arc suspect" : "arc" });
    });
  }

  function spine(k) {
    if (k === 0) return [];
    const y = top + CARD.height / 2;
    return [
      svg("path", { class: "spine", d: `M${cardX(k - 1) + CARD.width} ${y}H${cardX(k) - 6}` }),
      svg("path", { class: "head", d: `M${cardX(k) - 7} ${y - 4}l7 4l-7 4z` }),
    ];
  }

  function options(k) {
    const { others } = model.decisions[k];
    const shown = others.length > OPTIONS_SHOWN + 1 ? others.slice(0, OPTIONS_SHOWN) : others;
    const lines = shown.map((option) => ({ text: cut(option.label, option.score === null ? 22 : 17), ...option }));
    if (shown.length < others.length) lines.push({ text: `${others.length - shown.length} more`, label: "", score: null });
    return lines.flatMap((line, n) => {
      const y = top + CARD.height + 17 + n * OPTION_HEIGHT;
      const x = cardX(k);
      return [
        svg("path", { class: "twig", d: `M${x + 16} ${y - (n ? OPTION_HEIGHT : 17)}V${y - 7}q0 4 4 4h6` }),
        svg("text", { class: "option", x: x + 30, y }, line.text, svg("title", {}, line.label)),
        ...(line.score === null
          ? []
          : [svg("text", { class: "option score", x: x + CARD.width, y }, line.score.toFixed(2))]),
      ];
    });
  }

  function card(k, current) {
    const decision = model.decisions[k];
    const x = cardX(k);
    const state = decision.decisive ? "decisive" : model.mark[decision.row] === "finding" ? "suspect" : "";
    const head = [`${decision.step}`, decision.agent, decision.decisive ? "decisive" : null].filter(Boolean).join(" · ");
    const group = svg(
      "g",
      {
        class: `card ${state} ${decision.source}${current ? " current" : ""}`,
        role: "listitem",
        "aria-label": `Decision ${decision.step}: ${decision.choice}${decision.decisive ? ", decisive" : ""}`,
      },
      svg("rect", { x, y: top, width: CARD.width, height: CARD.height, rx: 7 }),
      svg("text", { class: "step", x: x + 10, y: top + 17 }, cut(head, 26)),
      svg("text", { class: "choice", x: x + 10, y: top + 33 }, cut(decision.choice, 23)),
      svg("title", {}, `${decision.question}\n${decision.choice} (${decision.source})`),
    );
    group.onclick = () => onSelect(decision.row);
    return group;
  }

  element.onscroll = () => draw();
  return { draw };
}
