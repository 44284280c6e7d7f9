// What came out of each span, in one line: fetched for the rows in view, and for all of them once somebody searches.

/** `at(from)` is the address of a block of notes; `changed()` is called when notes have come. */
export function createNotes(model, at, changed) {
  const size = model.notes_at_once;
  const asked = new Map(); // block -> promise
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

  return { want, all };
}
