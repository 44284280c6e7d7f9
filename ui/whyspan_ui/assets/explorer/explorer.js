// The component's renderer: fetches the columns of a run once per revision and keeps one Explorer per mounted element.

import { el } from "./dom.js";
import { Explorer } from "./view.js";

const mounted = new WeakMap();

/** Called again for every change of `data` or of the theme, so it only does what is new. Returns the clean-up. */
export default function render({ parentElement, data, setStateValue, setTriggerValue }) {
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
  load(data.url).then(
    (columns) => {
      if (mounted.get(parentElement) !== entry) return;
      const selectedId = before?.explorer?.selectedId() ?? data.sel;
      before?.explorer?.dispose();
      entry.explorer = new Explorer(root, columns, {
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

async function load(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}
