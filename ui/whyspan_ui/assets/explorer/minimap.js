// The whole run in 34 pixels: every span as a bar, drag to zoom, click to select, double click to see everything.

import { rowAt } from "./core.js";

const HEIGHT = 34;
const LEVELS = 7;

/** `state()` gives {model, zoom: [from, to], selected}; `onZoom(from, to)`, `onSelect(row)`. Returns {element, draw}. */
export function createMinimap(element, colours, state, { onZoom, onSelect }) {
  const canvas = element.appendChild(document.createElement("canvas"));
  let from = null;

  function draw() {
    const { model, zoom, selected } = state();
    const width = element.clientWidth;
    const scale = window.devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = HEIGHT * scale;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const colour = colours();
    const levels = Math.min(LEVELS, model.maxDepth + 1);
    const step = (HEIGHT - 4) / levels;
    const x = (ms) => (width * ms) / model.total;
    for (let i = 0; i < model.size; i++) {
      pen.globalAlpha = model.end[i] > i ? 0.3 : 0.9;
      pen.fillStyle = model.error[i] ? colour.red : colour.kinds[model.kind[i]];
      const top = 2 + Math.min(model.depth[i], levels - 1) * step;
      pen.fillRect(x(model.start[i]), top, Math.max(1, x(model.duration[i] ?? 0)), Math.max(1.5, step - 1));
    }
    pen.globalAlpha = 0.75;
    pen.fillStyle = colour.paper;
    pen.fillRect(0, 0, x(zoom[0]), HEIGHT);
    pen.fillRect(x(zoom[1]), 0, width, HEIGHT);
    pen.globalAlpha = 1;
    if (model.decisive !== null) diamond(pen, x(model.start[model.decisive]), colour.red);
    pen.strokeStyle = colour.accent;
    pen.lineWidth = 1.5;
    pen.strokeRect(x(model.start[selected]), 1, Math.max(3, x(model.duration[selected] ?? 0)), HEIGHT - 2);
  }

  function diamond(pen, x, colour) {
    pen.fillStyle = colour;
    pen.beginPath();
    for (const [dx, y] of [[0, 1], [5, 6], [0, 11], [-5, 6]]) pen.lineTo(Math.max(5, x) + dx, y);
    pen.fill();
  }

  const moment = (event) => (state().model.total * event.offsetX) / element.clientWidth;
  element.onpointerdown = (event) => {
    from = event;
    element.setPointerCapture(event.pointerId);
  };
  element.onpointerup = (event) => {
    if (from === null) return;
    const [a, b] = [moment(from), moment(event)].sort((p, q) => p - q);
    if (Math.abs(event.offsetX - from.offsetX) > 4) onZoom(a, b);
    else onSelect(rowAt(state().model, moment(event)));
    from = null;
  };
  element.ondblclick = () => onZoom(0, state().model.total);
  return { draw };
}
