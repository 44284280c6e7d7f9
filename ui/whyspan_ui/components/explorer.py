"""The explorer as a Streamlit component: decision map, minimap, tree and waterfall in one selection (assets/explorer)."""

from urllib.parse import quote

import streamlit as st

from whyspan_ui import theme
from whyspan_ui.data import Investigation

# The modules are imported by address, so that the browser keeps them and they may import each other. The renderer is
# called many times; the import happens once. The spans are asked for beside it: both take a tenth of a second.
_LOADER = """
const spans = {};

function fetched(url) {
  if (spans.url !== url) Object.assign(spans, { url, answer: load(url) });
  return spans.answer;
}

async function load(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}

export default function render(component) {
  const address = new URL(component.data.module, document.baseURI).href;
  const columns = fetched(component.data.url);
  let dispose = null;
  let gone = false;
  import(address).then((module) => {
    if (!gone) dispose = module.default({ ...component, columns });
  });
  return () => {
    gone = true;
    dispose?.();
  };
}
"""


def explorer(run_id: str, revision: str, *, initial: str, neighbours: tuple[str | None, str | None]) -> str | None:
    """Show the spans of a run; the browser fetches them from `/api/runs/<run_id>/spans.json`.

    The selection is the state `sel` of the widget `key(run_id)`, a span id.

    Args:
        run_id: the run.
        revision: its state; the browser fetches a newer one.
        initial: the id of the span to begin with.
        neighbours: the runs before and after it in the list it was opened from.

    Returns:
        the run somebody asks to go to, one of the neighbours.
    """
    component = st.components.v2.component(
        "whyspan_explorer",
        html='<div class="explorer"></div>',
        css=(theme.ASSETS / "explorer" / "explorer.css").read_text(encoding="utf-8"),
        js=_LOADER,
    )
    address = f"/api/runs/{quote(run_id, safe='')}/{{}}.json?revision={quote(revision, safe='')}"
    previous, following = neighbours
    result = component(
        key=key(run_id),
        data={
            "module": f"{theme.assets_path()}/explorer/explorer.js",
            "url": address.format("spans"),
            "notes": address.format("notes"),
            "saying": address.format("saying"),
            "revision": revision,
            "sel": initial,
            "previous": previous,
            "next": following,
        },
        on_sel_change=_nothing,
        on_go_change=_nothing,
    )
    wanted: str | None = result.go
    return wanted


def _nothing() -> None:
    """The run of the script that follows reads the state."""


def first_selected(found: Investigation) -> str:
    """The span a run opens with: that of the address, else the decisive one, else where it shows how the run ended."""
    diagnosis = found.diagnosis
    spoken_of = [ref.span_id for sentence in diagnosis.chain[-1:] for ref in sentence.refs]
    decisive = next(iter([each.span_id for each in diagnosis.hypotheses[:1]] + spoken_of), found.run.spans[0].span_id)
    return str(st.query_params.get("span", decisive))


def selected(found: Investigation) -> str:
    """The span that is selected now."""
    chosen = st.session_state.get(key(found.run.run_id), {}).get("sel") or first_selected(found)
    return chosen if chosen in found.run.order else found.run.spans[0].span_id


def key(run_id: str) -> str:
    """The widget's key."""
    return f"explorer-{run_id}"
