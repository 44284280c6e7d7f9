// The explorer's model: pure functions over the columns of /api/runs/<id>/spans.json, no DOM. Tested with `node --test`.
//
// Rows are in causal order, parents first, so the subtree of row i is the interval [i, end[i]] and every walk is a loop.

export const NONE = -1;

/** The part of the view a search sets, as it is without one. */
export const NO_SEARCH = { query: "", found: [], hits: null };

/** Derive what the columns imply: intervals, first children, sums of tokens and cost, lists to jump through. */
export function buildModel(columns) {
  const { id, parent, depth, start, duration, tokens, cost } = columns;
  const size = id.length;
  const end = new Int32Array(size);
  for (let i = 0; i < size; i++) end[i] = i;
  for (let i = size - 1; i >= 0; i--) {
    if (parent[i] !== NONE) end[parent[i]] = Math.max(end[parent[i]], end[i]);
  }
  const carriedOutBy = new Map(); // row -> the last decision that led to it
  columns.decisions.forEach((decision, k) => decision.led_to.forEach((row) => carriedOutBy.set(row, k)));
  let total = 1;
  for (let i = 0; i < size; i++) total = Math.max(total, start[i] + (duration[i] ?? 0));
  const decisionsAt = new Map();
  columns.decisions.forEach((decision, k) => {
    if (!decisionsAt.has(decision.row)) decisionsAt.set(decision.row, []);
    decisionsAt.get(decision.row).push(k);
  });
  return {
    ...columns,
    size,
    end,
    total,
    maxDepth: depth.reduce((a, b) => Math.max(a, b), 0),
    tokenSum: sumUp(parent, tokens),
    costSum: sumUp(parent, cost),
    rowOf: new Map(id.map((spanId, i) => [spanId, i])),
    decisionsAt,
    carriedOutBy,
    decisionRows: [...decisionsAt.keys()].sort((a, b) => a - b),
    problemRows: problems(columns, end),
  };
}

/** Marked rows, and rows with an error that none of their descendants explains: outer spans repeat the inner error. */
function problems({ error, mark, marks_of_problems: wanted }, end) {
  const rows = [];
  let lastError = Infinity; // the nearest row after i that has an error
  for (let i = error.length - 1; i >= 0; i--) {
    if (wanted.includes(mark[i]) || (error[i] && lastError > end[i])) rows.push(i);
    if (error[i]) lastError = i;
  }
  return rows.reverse();
}

/** Add every value to all ancestors; null stays null where nothing below is known. */
function sumUp(parent, values) {
  const sums = values.slice();
  for (let i = values.length - 1; i >= 0; i--) {
    if (parent[i] !== NONE && sums[i] !== null) sums[parent[i]] = (sums[parent[i]] ?? 0) + sums[i];
  }
  return sums;
}

export const isParent = (model, i) => model.end[i] > i;

/** Large runs start folded below their first level: 800 rows are about as many as anybody scrolls. */
export function initiallyOpen(model) {
  const open = new Uint8Array(model.size).fill(1);
  if (model.size > 800) for (let i = 0; i < model.size; i++) open[i] = model.depth[i] < 1 ? 1 : 0;
  return open;
}

/**
 * Rows to show, in order. `view`: `open` flags, `root` of the focused subtree or NONE, `filter` (a kind, "decisions",
 * "story", which leaves the plumbing out, or null), `hits` of a search with their ancestors or null. A filter or a search looks through folded rows.
 */
export function visibleRows(model, view) {
  const rows = [];
  const last = view.root === NONE ? model.size - 1 : model.end[view.root];
  const through = view.hits !== null || view.filter !== null;
  for (let i = Math.max(view.root, 0); i <= last; ) {
    if (passes(model, view.filter, i) && (view.hits === null || view.hits.has(i))) rows.push(i);
    i = view.open[i] || through ? i + 1 : model.end[i] + 1;
  }
  return rows;
}

const PLUMBING = ["step", "other"];

function passes(model, filter, i) {
  if (filter === null) return true;
  const kind = model.kinds[model.kind[i]];
  if (filter === "decisions") return model.decisionsAt.has(i);
  if (filter === "story") return !PLUMBING.includes(kind) || model.marks_of_problems.includes(model.mark[i]);
  return kind === filter;
}

/** The rows of the same kind and name, in order: the calls of one tool, the calls to one model. */
export function namesakes(model, i) {
  return model.id.map((_, k) => k).filter((k) => model.kind[k] === model.kind[i] && model.name[k] === model.name[i]);
}

/** Rows whose name or note contains the query, case-insensitively, or that are in the set `known`, and the same with all their ancestors. */
export function search(model, query, known = new Set()) {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return { found: [], shown: null };
  const found = [];
  const shown = new Set();
  for (let i = 0; i < model.size; i++) {
    if (!known.has(i) && !`${model.name[i]}\n${model.note[i] ?? ""}\n${model.id[i]}`.toLowerCase().includes(wanted)) continue;
    found.push(i);
    for (let a = i; a !== NONE && !shown.has(a); a = model.parent[a]) shown.add(a);
  }
  return { found, shown };
}

/** The next (direction 1) or previous (-1) element of a sorted list after `from`, going round at the ends; null if empty. */
export function cycle(list, from, direction) {
  if (!list.length) return null;
  if (direction > 0) return list.find((i) => i > from) ?? list[0];
  return list.findLast((i) => i < from) ?? list.at(-1);
}

/** Open all ancestors of a row. */
export function reveal(model, open, i) {
  for (let a = model.parent[i]; a !== NONE; a = model.parent[a]) open[a] = 1;
}

/** What a newer state of the run keeps of a view: rows by the ids of their spans, as far as they are still there. */
export function carryOver(before, model, after) {
  const row = (old) => (old === NONE ? NONE : (after.rowOf.get(model.id[old]) ?? NONE));
  const open = new Uint8Array(after.size).fill(1);
  for (let i = 0; i < model.size; i++) if (after.rowOf.has(model.id[i])) open[row(i)] = before.open[i];
  const whole = before.zoom[0] === 0 && before.zoom[1] === model.total;
  return { open, root: row(before.root), filter: before.filter, words: before.words, zoom: whole ? [0, after.total] : before.zoom };
}

/** Fold everything but the roots and what is above the selected row, or unfold everything when that is how it is already. */
export function toggleAll(model, open, selected) {
  const above = new Set();
  for (let a = model.parent[selected]; a !== NONE; a = model.parent[a]) above.add(a);
  const isKept = (i) => model.depth[i] === 0 || above.has(i);
  const folded = !model.id.some((_, i) => !isKept(i) && isParent(model, i) && open[i]);
  for (let i = 0; i < model.size; i++) open[i] = folded || isKept(i) ? 1 : 0;
}

/** The innermost span at a moment (milliseconds from the start of the run). */
export function rowAt(model, moment) {
  let best = 0;
  for (let i = 1; i < model.size; i++) {
    const within = model.start[i] <= moment && moment <= model.start[i] + (model.duration[i] ?? 0);
    if (within && model.depth[i] >= model.depth[best]) best = i;
  }
  return best;
}

/** The decision a row belongs to: its own, the last one that was carried out by it, else the last one before it. */
export function decisionOf(model, i) {
  return model.decisionsAt.get(i)?.[0] ?? model.carriedOutBy.get(i) ?? decisionBefore(model, i);
}

function decisionBefore({ decisionRows, decisionsAt }, i) {
  let low = 0;
  let high = decisionRows.length; // decisionRows[low - 1] < i <= decisionRows[high]
  while (low < high) {
    const middle = (low + high) >> 1;
    if (decisionRows[middle] < i) low = middle + 1;
    else high = middle;
  }
  return low > 0 ? decisionsAt.get(decisionRows[low - 1]).at(-1) : NONE;
}

/**
 * Rows related to the selected one: for a decision its evidence and what it led to, for anything else the decisions
 * that rested on it or caused it.
 */
export function related(model, i) {
  const rows = new Set();
  for (const decision of model.decisions) {
    if (decision.row === i) for (const other of [...decision.evidence, ...decision.led_to]) rows.add(other);
    else if (decision.evidence.includes(i) || decision.led_to.includes(i)) rows.add(decision.row);
  }
  rows.delete(i);
  return rows;
}

export function formatDuration(ms) {
  if (ms === null || ms === undefined) return "";
  if (ms < 1) return ms > 0 ? "<1 ms" : "0 ms";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const hours = Math.floor(seconds / 3600);
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  return `${hours} h ${Math.floor((seconds % 3600) / 60)} min`;
}

export function formatCount(n) {
  if (n === null || n === undefined) return "";
  if (n < 1000) return String(n);
  return n < 999_500 ? `${(n / 1000).toFixed(1)}k` : `${(n / 1_000_000).toFixed(1)}M`;
}
