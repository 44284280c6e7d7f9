// Which key does what. The explorer looks the action up; the help panel shows the same table.

export const BINDINGS = [
  { keys: ["j", "ArrowDown"], action: "next", shown: "j k", help: "next, previous row" },
  { keys: ["k", "ArrowUp"], action: "previous" },
  { keys: ["ArrowRight", "l"], action: "unfold", shown: "→ ←", help: "unfold, fold; then child, parent" },
  { keys: ["ArrowLeft", "h"], action: "fold" },
  { keys: ["d"], action: "nextDecision", shown: "d D", help: "next, previous decision" },
  { keys: ["D"], action: "previousDecision" },
  { keys: ["e"], action: "nextProblem", shown: "e E", help: "next, previous problem" },
  { keys: ["E"], action: "previousProblem" },
  { keys: ["r"], action: "decisive", shown: "r", help: "decisive step" },
  { keys: ["]"], action: "nextSame", shown: "[ ]", help: "previous, next call of the same" },
  { keys: ["["], action: "previousSame" },
  { keys: ["1"], action: "story", shown: "1 2 3", help: "story, tree, transcript" },
  { keys: ["2"], action: "tree" },
  { keys: ["3"], action: "transcript" },
  { keys: ["J"], action: "nextRun", shown: "J K", help: "next, previous run of the list" },
  { keys: ["K"], action: "previousRun" },
  { keys: ["Enter"], action: "commit", shown: "Enter", help: "open the details now" },
  { keys: ["/"], action: "search", shown: "/", help: "search" },
  { keys: ["n"], action: "nextHit", shown: "n N", help: "next, previous hit" },
  { keys: ["N"], action: "previousHit" },
  { keys: ["f"], action: "focus", shown: "f", help: "only this subtree" },
  { keys: ["z"], action: "zoom", shown: "z 0", help: "zoom to the span, whole time" },
  { keys: ["0"], action: "unzoom" },
  { keys: ["x"], action: "toggleAll", shown: "x", help: "fold or unfold all" },
  { keys: ["y"], action: "copyLink", shown: "y", help: "copy a link to the span" },
  { keys: ["Escape"], action: "reset", shown: "Esc", help: "leave search, filter, subtree" },
  { keys: ["?"], action: "help", shown: "?", help: "this list" },
  { keys: ["PageDown"], action: "pageDown" },
  { keys: ["PageUp"], action: "pageUp" },
  { keys: ["Home"], action: "first" },
  { keys: ["End"], action: "last" },
];

const ACTIONS = new Map(BINDINGS.flatMap(({ keys, action }) => keys.map((key) => [key, action])));

/** The action of a key event, or undefined. Keys with Ctrl, Meta or Alt belong to the browser. */
export function actionFor({ key, ctrlKey, metaKey, altKey }) {
  return ctrlKey || metaKey || altKey ? undefined : ACTIONS.get(key);
}
