// What the keys and buttons do, by the names used in keys.js.

import * as core from "./core.js";

export function createActions(explorer) {
  return { ...movements(explorer), ...changes(explorer) };
}

function movements(explorer) {
  const { model, state } = explorer;
  const step = (distance) => {
    const here = explorer.positions[state.selected];
    const wanted = here === core.NONE ? 0 : here + distance;
    explorer.select(state.rows[Math.min(state.rows.length - 1, Math.max(0, wanted))]);
  };
  const jump = (list, direction) => explorer.select(core.cycle(list, state.selected, direction), { push: true });
  return {
    next: () => step(1),
    previous: () => step(-1),
    pageDown: () => step(explorer.grid.page()),
    pageUp: () => step(-explorer.grid.page()),
    first: () => explorer.select(state.rows[0]),
    last: () => explorer.select(state.rows.at(-1)),
    nextDecision: () => jump(model.decisionRows, 1),
    previousDecision: () => jump(model.decisionRows, -1),
    nextProblem: () => jump(model.problemRows, 1),
    previousProblem: () => jump(model.problemRows, -1),
    nextHit: () => jump(state.found, 1),
    previousHit: () => jump(state.found, -1),
    decisive: () => explorer.select(model.decisive, { push: true }),
    nextSame: () => jump(core.namesakes(model, state.selected), 1),
    previousSame: () => jump(core.namesakes(model, state.selected), -1),
    nextRun: () => explorer.goTo("next"),
    previousRun: () => explorer.goTo("previous"),
    commit: () => explorer.commit(),
    unfold: () => {
      if (!core.isParent(model, state.selected)) return;
      if (state.open[state.selected]) explorer.select(state.selected + 1);
      else explorer.toggle(state.selected);
    },
    fold: () => {
      if (core.isParent(model, state.selected) && state.open[state.selected]) explorer.toggle(state.selected);
      else explorer.select(model.parent[state.selected]);
    },
  };
}

function changes(explorer) {
  const { model, state } = explorer;
  return {
    search: (text) => {
      const query = text.trim().toLowerCase();
      const { found, shown } = core.search(model, text, explorer.notes.known(query));
      explorer.change({ query, found, hits: shown });
      if (shown) explorer.notes.look(query, () => state.query === query);
    },
    story: () => explorer.change({ filter: "story", words: false }),
    tree: () => explorer.change({ filter: null, words: false }),
    transcript: () => explorer.change({ filter: "story", words: true }),
    filter: (name) => explorer.change({ filter: state.filter === name ? null : name }),
    focus: () => explorer.change({ root: state.selected }),
    reset: () => {
      if (explorer.closeHelp()) return;
      explorer.zoom(0, model.total);
      explorer.change({ ...core.NO_SEARCH, filter: null, root: core.NONE });
    },
    zoom: () => {
      const from = model.start[state.selected];
      const width = model.duration[state.selected] ?? 0;
      explorer.zoom(from - width * 0.1, from + width * 1.1);
    },
    unzoom: () => explorer.zoom(0, model.total),
    toggleAll: () => {
      core.toggleAll(model, state.open, state.selected);
      explorer.change({});
    },
    help: () => explorer.closeHelp() || explorer.openHelp(),
    copyLink: () => explorer.copyLink(),
  };
}
