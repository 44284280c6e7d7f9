// Elements with data-copy (a text; {link} and {origin} are filled in) or data-copy-from (an address) copy when they are clicked.

const SHOWN_MS = 1500;

/** Copy what the clicked element stands for. False where it stands for nothing. */
export function copyFor(target) {
  const element = target.closest?.("[data-copy], [data-copy-from]");
  if (!element) return false;
  textOf(element).then(
    (text) => navigator.clipboard.writeText(text).then(() => say(element, "Copied")),
    () => say(element, "Could not be read"),
  );
  return true;
}

async function textOf({ dataset }) {
  if (dataset.copyFrom === undefined) {
    return dataset.copy.replace("{link}", window.location.href).replace("{origin}", window.location.origin);
  }
  const response = await fetch(dataset.copyFrom);
  if (!response.ok) throw new Error(response.status);
  return response.text();
}

function say(element, words) {
  element.dataset.words ??= element.textContent;
  element.textContent = words;
  setTimeout(() => (element.textContent = element.dataset.words), SHOWN_MS);
}
