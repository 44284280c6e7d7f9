// The explorer's model, without a browser: `node --test tests/ui/explorer/`.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as core from "../../../ui/whyspan_ui/assets/explorer/core.js";
import { BINDINGS, actionFor } from "../../../ui/whyspan_ui/assets/explorer/keys.js";
import { arcsInto, layOut } from "../../../ui/whyspan_ui/assets/explorer/map.js";

// 0 agent ── 1 model call (decision 1, chose search)
//         ├─ 2 tool search
//         ├─ 3 step ── 4 model call (decision 2, decisive, rests on 2)
//         │         └─ 5 tool refund (error)
//         └─ 6 tool note
function run(changes = {}) {
  return {
    run: "r1",
    kinds: ["agent", "model_call", "tool", "step"],
    letters: ["A", "M", "T", "S"],
    id: ["a", "m1", "search", "step", "m2", "refund", "note"],
    parent: [-1, 0, 0, 0, 3, 3, 0],
    depth: [0, 1, 1, 1, 2, 2, 1],
    kind: [0, 1, 2, 3, 1, 2, 2],
    name: ["support", "gpt", "search", "act", "gpt", "refund", "note"],
    note: ["", "search(kettle)", "2 hits", "", "refund(44187)", "card declined", ""],
    start: [0, 0, 100, 200, 200, 300, 400],
    duration: [500, 90, 80, 180, 90, 50, null],
    tokens: [null, 10, null, null, 20, null, null],
    cost: [null, null, null, null, null, null, null],
    error: [1, 0, 0, 1, 0, 1, 0],
    mark: [null, null, null, null, "decisive", "error", null],
    marks_of_problems: ["decisive", "error"],
    decisive: 4,
    decisions: [
      { row: 1, step: 1, agent: null, source: "derived", question: "?", choice: "search", others: [], evidence: [], led_to: [2], decisive: false },
      { row: 4, step: 2, agent: null, source: "derived", question: "?", choice: "refund", others: [{ label: "ask", score: 0.3 }], evidence: [2], led_to: [5], decisive: true },
    ],
    ...changes,
  };
}

const view = (model, changes = {}) => ({ open: core.initiallyOpen(model), root: core.NONE, filter: null, ...core.NO_SEARCH, ...changes });

test("a subtree is the rows from its root to its end", () => {
  const model = core.buildModel(run());
  assert.deepEqual([...model.end], [6, 1, 2, 5, 4, 5, 6]);
  assert.equal(model.total, 500);
});

test("tokens add up to the root and stay unknown where nothing is known", () => {
  const model = core.buildModel(run());
  assert.deepEqual(model.tokenSum, [30, 10, null, 20, 20, null, null]);
  assert.deepEqual(model.costSum, Array(7).fill(null));
});

test("an error that only repeats an inner one is no problem of its own", () => {
  assert.deepEqual(core.buildModel(run()).problemRows, [4, 5]);
});

test("a view is carried over to the next state of the run by the ids of its spans", () => {
  const model = core.buildModel(run());
  const open = core.initiallyOpen(model);
  open[3] = 0;
  const grown = run({});
  for (const name of ["id", "parent", "depth", "kind", "name", "note", "start", "duration", "tokens", "cost", "error", "mark"]) {
    grown[name] = [grown[name][0], { id: "new", parent: 0, depth: 1, start: 600, duration: 10 }[name] ?? null, ...grown[name].slice(1)];
  }
  grown.parent = [-1, 0, 0, 0, 0, 4, 4, 0];
  const after = core.buildModel(grown);
  const kept = core.carryOver(view(model, { open, root: 3, filter: "tool", zoom: [0, 500] }), model, after);
  assert.deepEqual([...kept.open], [1, 1, 1, 1, 0, 1, 1, 1]);
  assert.equal(after.id[kept.root], "step");
  assert.equal(kept.filter, "tool");
  assert.deepEqual(kept.zoom, [0, 610], "who sees the whole run goes on seeing it");
  assert.deepEqual(core.carryOver(view(model, { open, zoom: [100, 200] }), model, after).zoom, [100, 200]);
});

test("the story leaves the plumbing out, but not where something went wrong in it", () => {
  const model = core.buildModel(run());
  assert.deepEqual(core.visibleRows(model, view(model, { filter: "story" })), [0, 1, 2, 4, 5, 6]);
  const broken = core.buildModel(run({ mark: [null, null, null, "error", "decisive", "error", null] }));
  assert.deepEqual(core.visibleRows(broken, view(broken, { filter: "story" })), [0, 1, 2, 3, 4, 5, 6]);
});

test("namesakes are the spans of the same kind and name", () => {
  const model = core.buildModel(run());
  assert.deepEqual(core.namesakes(model, 1), [1, 4]);
  assert.deepEqual(core.namesakes(model, 2), [2]);
});

test("folding hides the subtree, a search and a filter look through the fold", () => {
  const model = core.buildModel(run());
  const open = core.initiallyOpen(model);
  open[3] = 0;
  assert.deepEqual(core.visibleRows(model, view(model, { open })), [0, 1, 2, 3, 6]);
  assert.deepEqual(core.visibleRows(model, view(model, { open, filter: "model_call" })), [1, 4]);
  assert.deepEqual(core.visibleRows(model, view(model, { open, filter: "decisions" })), [1, 4]);
  const { found, shown } = core.search(model, "REFUND");
  assert.deepEqual(found, [4, 5]);
  assert.deepEqual(core.visibleRows(model, view(model, { open, hits: shown })), [0, 3, 4, 5]);
});

test("focus shows one subtree only", () => {
  const model = core.buildModel(run());
  assert.deepEqual(core.visibleRows(model, view(model, { root: 3 })), [3, 4, 5]);
});

test("an empty search finds nothing and hides nothing; a vain one hides everything", () => {
  const model = core.buildModel(run());
  assert.deepEqual(core.search(model, "  "), { found: [], shown: null });
  assert.deepEqual(core.visibleRows(model, view(model, { hits: core.search(model, "zzz").shown })), []);
});

test("jumps go round at both ends", () => {
  assert.equal(core.cycle([1, 4], 1, 1), 4);
  assert.equal(core.cycle([1, 4], 4, 1), 1);
  assert.equal(core.cycle([1, 4], 3, -1), 1);
  assert.equal(core.cycle([1, 4], 0, -1), 4);
  assert.equal(core.cycle([], 0, 1), null);
});

test("revealing a row opens its ancestors only", () => {
  const model = core.buildModel(run());
  const open = new Uint8Array(model.size);
  core.reveal(model, open, 5);
  assert.deepEqual([...open], [1, 0, 0, 1, 0, 0, 0]);
});

test("fold all keeps the root open; the second time everything opens", () => {
  const model = core.buildModel(run());
  const open = core.initiallyOpen(model);
  core.toggleAll(model, open, 0);
  assert.deepEqual(core.visibleRows(model, view(model, { open })), [0, 1, 2, 3, 6]);
  core.toggleAll(model, open, 0);
  assert.equal(core.visibleRows(model, view(model, { open })).length, 7);
});

test("what is above the selected row stays open, and does not keep the rest from opening", () => {
  const model = core.buildModel(run({ parent: [-1, 0, 1, 0, 3, 3, 0], depth: [0, 1, 2, 1, 2, 2, 1] }));
  const open = core.initiallyOpen(model);
  core.toggleAll(model, open, 4);
  assert.deepEqual(core.visibleRows(model, view(model, { open })), [0, 1, 3, 4, 5, 6]);
  core.toggleAll(model, open, 4);
  assert.equal(core.visibleRows(model, view(model, { open })).length, 7);
});

test("a row belongs to its decision, to the one it carried out, else to the last before it", () => {
  const model = core.buildModel(run());
  assert.deepEqual([0, 1, 2, 4, 5, 6].map((row) => core.decisionOf(model, row)), [-1, 0, 0, 1, 1, 1]);
});

test("evidence and consequences are related in both directions", () => {
  const model = core.buildModel(run());
  assert.deepEqual([...core.related(model, 4)], [2, 5]);
  assert.deepEqual([...core.related(model, 2)].sort(), [1, 4]);
});

test("an arc runs from the decision that brought the evidence", () => {
  const model = core.buildModel(run());
  assert.deepEqual([...arcsInto(model, 1)], [[0, false]]);
  assert.deepEqual([...arcsInto(model, 0)], []);
});

test("without arcs and options the map is lower", () => {
  const bare = run();
  bare.decisions = bare.decisions.map((decision) => ({ ...decision, evidence: [], others: [] }));
  assert.ok(layOut(core.buildModel(bare)).height < layOut(core.buildModel(run())).height);
});

test("the innermost span at a moment is found", () => {
  const model = core.buildModel(run());
  assert.equal(core.rowAt(model, 320), 5);
  assert.equal(core.rowAt(model, 499), 0);
});

test("a run of 20,000 spans starts folded and is listed in one pass", () => {
  const size = 20_000;
  const column = (value) => Array.from({ length: size }, (_, i) => value(i));
  const model = core.buildModel(
    run({
      id: column((i) => `s${i}`), parent: column((i) => i - 1), depth: column((i) => i), kind: column(() => 2),
      name: column(() => "deep"), note: column(() => ""), start: column((i) => i), duration: column(() => 1),
      tokens: column(() => null), cost: column(() => null), error: column(() => 1), mark: column(() => null),
      decisions: [], decisive: null,
    }),
  );
  assert.deepEqual(core.visibleRows(model, view(model)), [0, 1]);
  assert.deepEqual(model.problemRows, [size - 1]);
});

test("durations and counts are short and never invented", () => {
  const shown = [null, 0, 0.2, 12, 999.6, 3_100, 61_000, 3_700_000, 795_360_000_000].map(core.formatDuration);
  assert.deepEqual(shown, ["", "0 ms", "<1 ms", "12 ms", "1.0 s", "3.1 s", "1 min 1 s", "1 h 1 min", "9205 d 13 h"]);
  assert.deepEqual([null, 12, 4_200, 1_300_000].map(core.formatCount), ["", "12", "4.2k", "1.3M"]);
});

test("keys with a modifier belong to the browser, and no key has two meanings", () => {
  assert.equal(actionFor({ key: "r" }), "decisive");
  assert.equal(actionFor({ key: "r", ctrlKey: true }), undefined);
  assert.equal(actionFor({ key: "q" }), undefined);
  const keys = BINDINGS.flatMap((binding) => binding.keys);
  assert.equal(new Set(keys).size, keys.length);
});
