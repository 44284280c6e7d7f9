// The component's renderer: keeps one Explorer per mounted element, and a new one per revision of the run.

import { el } from "./dom.js";
import { Explorer } from "./view.js";

const mounted = new WeakMap();

/** Called again for every change of `data` or of the theme, so it only does what is new. `columns` is a promise. Returns the clean-up. */
export default function render({ parentElement, data, columns, setStateValue, setTriggerValue }) {
  const report = (spanId) => setStateValue("sel", spanId);
  const goTo = (where) => data[where] && setTriggerValue("go", data[where]);
  const before = mounted.get(parentElement);
  if (before?.revision === data.revision) {
    Object.assign(before, { report, goTo });
    before.explorer?.draw();
    return before.dispose;
  }
  const entry = { revision: data.revision, report, goTo, explorer: null, dispose };
  mounted.set(parentElement, entry);
  const root = parentElement.querySelector(".explorer");
  columns.then(
    (loaded) => {
      if (mounted.get(parentElement) !== entry) return;
      const selectedId = before?.explorer?.selectedId() ?? data.sel;
      before?.explorer?.dispose();
      entry.explorer = new Explorer(root, loaded, {
        selectedId,
        report: (spanId) => entry.report(spanId),
        goTo: (where) => entry.goTo(where),
        addresses: {
          at: (row) => `${data.notes}&from=${row}`,
          saying: (words) => `${data.saying}&words=${encodeURIComponent(words)}`,
        },
        before: before?.explorer,
      });
    },
    (error) => root.replaceChildren(el("p", { class: "notice" }, `The spans could not be loaded: ${error.message}`)),
  );
  function dispose() {
    entry.explorer?.dispose();
    if (mounted.get(parentElement) === entry) mounted.delete(parentElement);
  }
  return dispose;
}
