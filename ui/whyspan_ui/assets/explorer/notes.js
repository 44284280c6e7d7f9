// What came out of each span, in one line: fetched for the rows in view. Who searches a short run gets all of them, in a
// long one the text index is asked which spans say the words: the notes of 20,000 spans are a hundred requests.

const SHORT = 5; // blocks
const TYPED_AFTER_MS = 200;

/** `at(from)` is the address of a block of notes, `saying(words)` that of the spans that say them; `changed()` is called when either has come. */
export function createNotes(model, { at, saying }, changed) {
  const size = model.notes_at_once;
  const asked = new Map(); // block -> promise
  const answers = new Map(); // query -> rows
  let filling = false;

  function fetchBlock(block) {
    if (!asked.has(block)) asked.set(block, load(block));
    return asked.get(block);
  }

  async function load(block) {
    try {
      const response = await fetch(at(block * size));
      if (!response.ok) throw new Error(response.status);
      (await response.json()).forEach((note, n) => {
        model.note[block * size + n] ??= note;
      });
      changed();
    } catch {
      asked.delete(block); // the next look tries again
    }
  }

  /** The rows in view. */
  function want(rows) {
    for (const row of rows) if (model.note[row] === null) fetchBlock(Math.floor(row / size));
  }

  /** Every note, one block after the other, as long as `isWanted()`; stops where a block does not come. */
  async function all(isWanted) {
    if (filling) return;
    filling = true;
    for (let block = 0; block * size < model.size && isWanted(); block++) {
      if (!model.note.slice(block * size, (block + 1) * size).includes(null)) continue;
      await fetchBlock(block);
      if (!asked.has(block)) break;
    }
    filling = false;
  }

  /** What the index says of a query, once it has. */
  const known = (query) => answers.get(query);

  /** Look further than the notes that are here, as long as `isWanted()`. */
  async function look(query, isWanted) {
    if (model.size <= SHORT * size) return all(isWanted);
    if (answers.has(query)) return;
    await new Promise((resolve) => setTimeout(resolve, TYPED_AFTER_MS));
    if (!isWanted() || answers.has(query)) return;
    answers.set(query, new Set());
    try {
      const response = await fetch(saying(query));
      if (!response.ok) throw new Error(response.status);
      answers.set(query, new Set((await response.json()).map((id) => model.rowOf.get(id))));
      if (isWanted()) changed();
    } catch {
      answers.delete(query); // the next look tries again
    }
  }

  return { want, known, look };
}
