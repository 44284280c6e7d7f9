// The explorer itself: decision map, minimap, tree and waterfall over one selection.
//
// The browser owns the selection. A change is painted at once, written to the address and, 90 ms after the last one,
// reported to Python, which fills the detail panel. Any element of the page with data-span="<span id>" selects that
// span when clicked.

import { createActions } from "./actions.js";
import { copyFor } from "./copy.js";
import * as core from "./core.js";
import { el } from "./dom.js";
import { createGrid } from "./grid.js";
import { actionFor } from "./keys.js";
import { createMap } from "./map.js";
import { createMinimap } from "./minimap.js";
import { createNotes } from "./notes.js";
import { createFooter, createHelp, createToolbar } from "./toolbar.js";

const REPORT_AFTER_MS = 90;
const MAP_KEYS = { ArrowRight: "nextDecision", ArrowLeft: "previousDecision" };
const LEAST_HEIGHT = 480;
const BELOW = 168; // room for what is folded below: chart, claims and form

export class Explorer {
  /**
   * `report(spanId)` is called when the selection has come to rest, `goTo("next" | "previous")` for another run; `addresses` are where notes and hits are fetched, see notes.js;
   * `before` is the explorer of an earlier state of the run, or undefined.
   */
  constructor(root, columns, { selectedId, report, goTo, addresses, before }) {
    this.root = root;
    this.report = report;
    this.goTo = goTo;
    this.model = core.buildModel(columns);
    this.notes = createNotes(this.model, addresses, () => this.noted());
    this.positions = new Int32Array(this.model.size).fill(core.NONE);
    this.state = {
      model: this.model,
      rows: [],
      selected: 0,
      near: new Set(),
      open: core.initiallyOpen(this.model),
      ...core.NO_SEARCH,
      filter: null,
      words: false, // the transcript: rows of words without figures and bars
      root: core.NONE,
      zoom: [0, this.model.total],
      ...(before ? core.carryOver(before.state, before.model, this.model) : {}),
    };
    const scrolled = before?.treegrid.scrollTop ?? 0;
    const query = before?.toolbar.input.value ?? "";
    const focused = before?.treegrid.matches(":focus");
    this.actions = createActions(this);
    this.layOut();
    this.listen();
    this.fit();
    this.change({});
    this.drawAxis();
    if (query) this.actions.search((this.toolbar.input.value = query));
    this.treegrid.scrollTop = scrolled;
    this.initial = this.model.rowOf.get(selectedId) ?? this.model.decisive ?? 0;
    this.select(this.initial, { commit: false });
    if (focused) this.treegrid.focus({ preventScroll: true });
    root.dataset.ready = "true";
  }

  layOut() {
    const { model, root } = this;
    const map = el("div", { class: "map", tabindex: "0", role: "group", "aria-label": "Decision map, arrow keys move" });
    const minimap = el("div", { class: "minimap", "aria-hidden": "true" });
    this.axis = el("div", { class: "axis" });
    this.treegrid = el("div", { class: "grid", role: "treegrid", tabindex: "0", "aria-label": "Spans", "aria-readonly": "true" });
    this.announcement = el("div", { class: "announcement", role: "status", "aria-live": "polite" });
    this.toolbar = createToolbar(model, this.actions);
    this.footer = createFooter(model);
    const heading = (words) => el("div", { class: `number ${words.toLowerCase()}` }, words);
    const headings = el("div", { class: "headings", "aria-hidden": "true" }, el("div", {}, "Span"));
    headings.append(heading("Tokens"), heading("Cost"), heading("Time"), this.axis);
    const swatches = el("div", { class: "swatches" }, ...model.kinds.map((kind) => el("i", { class: `letter ${kind}` })));
    root.replaceChildren(
      this.toolbar.element,
      model.decisions.length ? map : el("p", { class: "notice" }, model.no_decisions),
      minimap,
      headings,
      this.treegrid,
      this.footer.element,
      this.announcement,
      swatches,
    );
    root.classList.toggle("without-cost", model.costSum.every((cost) => cost === null));
    root.classList.toggle("without-tokens", model.tokenSum.every((tokens) => tokens === null));
    const read = () => this.state;
    const onSelect = (row) => this.select(row, { push: true });
    this.map = createMap(map, read, onSelect);
    this.minimap = createMinimap(minimap, () => this.colours(swatches), read, { onZoom: (a, b) => this.zoom(a, b), onSelect });
    const onToggle = (row) => this.toggle(row);
    this.grid = createGrid(this.treegrid, read, { onSelect, onToggle, onShow: (rows) => this.notes.want(rows) });
  }

  /** The theme's colours as the canvas needs them: resolved. */
  colours(swatches) {
    const styles = getComputedStyle(this.root);
    const value = (name) => styles.getPropertyValue(name).trim();
    return {
      red: value("--st-red-color"),
      paper: value("--st-background-color"),
      accent: value("--st-primary-color"),
      kinds: [...swatches.children].map((swatch) => getComputedStyle(swatch).backgroundColor),
    };
  }

  listen() {
    const stop = new AbortController();
    const { signal } = stop;
    this.root.addEventListener("keydown", (event) => this.press(event), { signal });
    document.addEventListener("click", (event) => this.follow(event), { signal });
    window.addEventListener("popstate", () => this.goBack(), { signal });
    window.addEventListener("resize", () => this.fit(), { signal });
    const resized = new ResizeObserver(() => this.draw());
    resized.observe(this.root);
    this.dispose = () => {
      stop.abort();
      resized.disconnect();
      clearTimeout(this.timer);
    };
  }

  /** Explorer and detail panel end where the window does. */
  fit() {
    const room = window.innerHeight - this.root.getBoundingClientRect().top - BELOW;
    document.documentElement.style.setProperty("--pane-height", `${Math.max(LEAST_HEIGHT, Math.floor(room))}px`);
  }

  draw() {
    this.minimap.draw();
    this.map.draw();
    this.grid.draw();
  }

  /** Notes have come: show them, and look through them where somebody searches. */
  noted() {
    if (this.state.query) this.actions.search(this.toolbar.input.value);
    else this.grid.draw();
    this.describe(this.state.selected);
  }

  /** Apply a change of the view (search, filter, focus) and list the rows anew. */
  change(view) {
    Object.assign(this.state, view);
    if (!this.state.query) this.toolbar.input.value = "";
    this.state.rows = core.visibleRows(this.model, this.state);
    this.positions.fill(core.NONE);
    this.state.rows.forEach((row, position) => {
      this.positions[row] = position;
    });
    this.toolbar.update(this.state);
    this.root.classList.toggle("transcript", this.state.words);
    this.grid.draw();
    if (this.positions[this.state.selected] !== core.NONE) this.grid.show(this.positions[this.state.selected]);
  }

  select(row, { push = false, commit = true } = {}) {
    if (row === null || row === undefined || row === core.NONE) return;
    this.state.selected = row;
    this.state.near = core.related(this.model, row);
    if (this.positions[row] === core.NONE) this.uncover(row);
    this.grid.show(this.positions[row]);
    this.grid.draw();
    this.minimap.draw();
    this.map.draw({ follow: true });
    this.describe(row);
    if (!commit) return;
    this.writeAddress(row, push);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.commit(), REPORT_AFTER_MS);
  }

  /** Make a row visible: unfold its ancestors, and leave whatever search, filter or focus hides it. */
  uncover(row) {
    const { hits, root } = this.state;
    core.reveal(this.model, this.state.open, row);
    this.change({
      filter: null,
      root: root !== core.NONE && (row < root || row > this.model.end[root]) ? core.NONE : root,
      ...(hits !== null && !hits.has(row) ? core.NO_SEARCH : {}),
    });
  }

  describe(row) {
    const { model, footer, announcement } = this;
    const kind = model.kinds[model.kind[row]].replace("_", " ");
    footer.peek.textContent = `${kind} · ${model.name[row]}${model.note[row] ? ` — ${model.note[row]}` : ""}`;
    announcement.textContent = `${kind} ${model.name[row]}${model.mark[row] ? `, ${model.mark[row]}` : ""}`;
    for (const link of document.querySelectorAll("[data-span]")) {
      if (link.dataset.span === model.id[row]) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  selectedId() {
    return this.model.id[this.state.selected];
  }

  commit() {
    clearTimeout(this.timer);
    this.report(this.selectedId());
  }

  /** Jumps and clicks get an entry of the browser's history; walking with the arrow keys does not. */
  writeAddress(row, push) {
    const url = new URL(window.location.href);
    if (url.searchParams.get("span") === this.model.id[row]) return;
    url.searchParams.set("run", this.model.run);
    url.searchParams.set("span", this.model.id[row]);
    window.history[push ? "pushState" : "replaceState"](window.history.state, "", url);
  }

  goBack() {
    const { searchParams } = new URL(window.location.href);
    if (searchParams.get("run") !== this.model.run) return;
    const row = this.model.rowOf.get(searchParams.get("span")) ?? this.model.decisive ?? this.initial;
    if (row === this.state.selected) return;
    this.select(row, { commit: false });
    this.commit();
  }

  follow(event) {
    if (event.target.closest?.("[data-copy]")) this.writeAddress(this.state.selected, false);
    if (copyFor(event.target)) return;
    const row = this.model.rowOf.get(event.target.closest?.("[data-span]")?.dataset.span);
    if (row === undefined) return;
    event.preventDefault();
    this.select(row, { push: true });
  }

  press(event) {
    if (event.target === this.toolbar.input) {
      this.pressInSearch(event);
      return;
    }
    const onMap = event.target.classList.contains("map");
    const action = (onMap && MAP_KEYS[event.key]) || actionFor(event);
    const onButton = event.target.tagName === "BUTTON" && action === "commit";
    if (!action || onButton) return;
    event.preventDefault();
    event.stopPropagation(); // Streamlit has an `r` and a `c` of its own
    if (action === "search") this.toolbar.input.focus();
    else this.actions[action]();
  }

  pressInSearch(event) {
    event.stopPropagation();
    if (event.key === "Enter") this.actions[event.shiftKey ? "previousHit" : "nextHit"]();
    if (event.key === "Escape") this.actions.reset();
    if (event.key === "Enter" || event.key === "Escape") this.treegrid.focus();
  }

  toggle(row) {
    if (!core.isParent(this.model, row)) return;
    this.state.open[row] = this.state.open[row] ? 0 : 1;
    this.change({});
  }

  zoom(from, to) {
    const least = this.model.total / 2000;
    this.state.zoom = [Math.max(0, from), Math.min(this.model.total, Math.max(to, from + least))];
    this.drawAxis();
    this.grid.draw();
    this.minimap.draw();
  }

  drawAxis() {
    const [from, to] = this.state.zoom;
    const ticks = [0.125, 0.375, 0.625, 0.875].map((share) => {
      const tick = el("span", {}, core.formatDuration(from + share * (to - from)));
      tick.style.left = `${100 * share}%`;
      return tick;
    });
    this.axis.replaceChildren(...ticks);
  }

  openHelp() {
    this.help = this.root.appendChild(createHelp());
  }

  /** True when there was a help panel to close. */
  closeHelp() {
    const open = Boolean(this.help);
    this.help?.remove();
    this.help = null;
    return open;
  }

  copyLink() {
    this.writeAddress(this.state.selected, false);
    navigator.clipboard?.writeText(window.location.href);
    this.footer.peek.textContent = this.announcement.textContent = "Link copied";
  }
}
