// Search, kind filters, jumps and the key help: what is above and below the tree.

import { el } from "./dom.js";
import { BINDINGS } from "./keys.js";

const FILTERS = [
  ["story", "Story"],
  ["decisions", "Decisions"],
  ["model_call", "Model calls"],
  ["tool", "Tools"],
  ["agent", "Agents"],
];

/** `actions`: search(text), filter(kindName), and one function per key action. Returns {element, input, update}. */
export function createToolbar(model, actions) {
  const input = el("input", { type: "search", placeholder: "Search spans", "aria-label": "Search spans" });
  const count = el("span", { class: "hits", role: "status" });
  input.oninput = () => actions.search(input.value);

  const present = new Set(model.kind.map((kind) => model.kinds[kind]));
  if (model.decisions.length) present.add("decisions");
  if (present.has("step") || present.has("other")) present.add("story");
  const filters = FILTERS.filter(([name]) => present.has(name)).map(([name, words]) => {
    const letter = name === "decisions" ? "D" : model.letters[model.kinds.indexOf(name)];
    const chip = letter && el("span", { class: `letter ${name === "decisions" ? "decision" : name}` }, letter);
    const filter = button(chip ? [chip, words] : [words], { class: "filter", "aria-pressed": "false" }, () => actions.filter(name));
    filter.dataset.filter = name;
    return filter;
  });

  const problems = model.problemRows.length;
  const jumps = problems
    ? [
        button(["↑"], { title: "Previous problem (E)", "aria-label": "Previous problem" }, actions.previousProblem),
        button([`${problems} ${problems === 1 ? "problem" : "problems"} ↓`], { title: "Next problem (e)" }, actions.nextProblem),
      ]
    : [];
  if (model.decisive !== null) {
    jumps.push(button(["◆ Decisive"], { class: "decisive", title: "Go to the decisive step (r)" }, actions.decisive));
  }
  const element = el(
    "div",
    { class: "toolbar" },
    input,
    count,
    ...filters,
    el("span", { class: "space" }),
    ...jumps,
    button(["⇕"], { title: "Fold or unfold all (x)", "aria-label": "Fold or unfold all" }, actions.toggleAll),
    button(["?"], { title: "Keys (?)", "aria-label": "Keys" }, actions.help),
  );

  function update({ filter, found, query }) {
    for (const chip of filters) chip.setAttribute("aria-pressed", chip.dataset.filter === filter);
    count.textContent = query ? `${found.length} ${found.length === 1 ? "hit" : "hits"}` : "";
  }
  return { element, input, update };
}

function button(children, attributes, onClick) {
  const element = el("button", { type: "button", ...attributes }, ...children);
  element.onclick = onClick;
  return element;
}

/** The footer: a peek at the selected span, and the keys most worth knowing. */
export function createFooter(model) {
  const peek = el("bdi", { class: "peek" });
  const hint = (keys, words) => el("span", { class: "hint" }, ...keys.map((key) => el("kbd", {}, key)), ` ${words}`);
  const element = el(
    "div",
    { class: "footer" },
    peek,
    el("span", { class: "space" }),
    hint(["j", "k"], "move"),
    hint(["d"], "decision"),
    hint(["e"], "problem"),
    ...(model.decisive === null ? [] : [hint(["r"], "decisive")]),
    hint(["?"], "keys"),
  );
  return { element, peek };
}

export function createHelp() {
  const shown = BINDINGS.filter((binding) => binding.help);
  const lines = shown.flatMap(({ shown: keys, help }) => [
    el("span", {}, ...keys.split(" ").map((key) => el("kbd", {}, key))),
    el("span", {}, help),
  ]);
  return el("div", { class: "help", role: "dialog", "aria-label": "Keys" }, ...lines);
}
