// The events, newest first. Thousands are known, at most 300 stand in the document: the
// window slides with the scrolling, every row has the same height, and the rest is room.

import { clock, detail, el, outcome, show, took, what } from "./words.js";

const ROWS_MAX = 300;
const AROUND = 60;
// Kept in memory; beyond this the oldest go, and are fetched again when they are scrolled to.
const KNOWN_MAX = 20_000;
const MORE_BEFORE_END = 120;

export const keyOf = (event) => `${event.run}/${event.seq}`;

export class List {
  #events = [];
  #known = new Set();
  #rows = new Map();
  #active = 0;
  #next = null;
  #loading = false;
  #frame = 0;

  /** `older(next)` fetches a page, `open(event)` shows one, `said(text)` tells how many there are. */
  constructor({ scroller, body, empty, newest, older, open, said }) {
    Object.assign(this, { scroller, body, empty, newest, older, open, said });
    this.table = body.closest("table");
    scroller.addEventListener("scroll", () => this.#later(), { passive: true });
    new ResizeObserver(() => this.#later()).observe(scroller);
    body.addEventListener("click", (event) => this.#click(event));
    body.addEventListener("keydown", (event) => this.#key(event));
    body.addEventListener("focusin", (event) => this.#focused(event));
    newest.addEventListener("click", () => {
      scroller.scrollTop = 0;
      this.#go(0);
    });
  }

  /** Everything anew: a page of the newest. */
  reset(page) {
    for (const row of this.#rows.values()) row.remove();
    this.#rows.clear();
    this.#events = [];
    this.#known.clear();
    this.#active = 0;
    this.scroller.scrollTop = 0;
    this.#take(page);
  }

  /** An older page. */
  #take(page) {
    for (const event of page.events) {
      const key = keyOf(event);
      if (this.#known.has(key)) continue;
      this.#known.add(key);
      this.#events.push(event);
    }
    this.#next = page.next;
    this.#later();
  }

  /** Newer ones, oldest first. Those that are known already are left out; the others come back. */
  prepend(events) {
    const fresh = events.filter((event) => !this.#known.has(keyOf(event)));
    if (fresh.length === 0) return fresh;
    for (const event of fresh) this.#known.add(keyOf(event));
    const wasAtTop = this.scroller.scrollTop < this.#height();
    this.#events = fresh.slice().reverse().concat(this.#events);
    this.#trim();
    if (this.#hasFocus() || !wasAtTop) this.#active += fresh.length;
    if (!wasAtTop) {
      // what is being read stays where it is
      this.#room();
      this.scroller.scrollTop += fresh.length * this.#height();
    }
    this.#later();
    return fresh;
  }

  /** Whether any of these is known. */
  knows(events) {
    return events.some((event) => this.#known.has(keyOf(event)));
  }

  #trim() {
    if (this.#events.length <= KNOWN_MAX * 1.2) return;
    for (const event of this.#events.splice(KNOWN_MAX)) this.#known.delete(keyOf(event));
    this.#next = { until: this.#events.at(-1).timestamp };
  }

  #height() {
    return parseFloat(getComputedStyle(this.scroller).getPropertyValue("--row")) || 28;
  }

  #later() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #room() {
    this.body.style.height = `${this.#events.length * this.#height()}px`;
  }

  #draw() {
    const height = this.#height();
    this.#room();
    const first = Math.floor(this.scroller.scrollTop / height);
    const visible = Math.ceil(this.scroller.clientHeight / height);
    const start = Math.max(0, first - AROUND);
    const end = Math.min(this.#events.length, start + ROWS_MAX - 1, first + visible + AROUND);
    const wanted = [];
    // whoever is at a row stays there, wherever the window goes
    const held = this.#hasFocus() ? this.#active : -1;
    if (held >= 0 && held < start) wanted.push(held);
    for (let index = start; index < end; index += 1) wanted.push(index);
    if (held >= end && held < this.#events.length) wanted.push(held);
    this.#place(wanted, height);
    this.#tell();
    if (this.#next !== null && end + MORE_BEFORE_END >= this.#events.length) this.#more();
  }

  #place(wanted, height) {
    const rows = new Map();
    let before = this.body.firstElementChild;
    const keep = new Set(wanted.map((index) => keyOf(this.#events[index])));
    for (const [key, row] of this.#rows) {
      if (!keep.has(key)) {
        if (row === before) before = row.nextElementSibling;
        row.remove();
      }
    }
    if (!wanted.includes(this.#active)) this.#active = wanted[Math.min(AROUND, wanted.length - 1)] ?? 0;
    for (const index of wanted) {
      const event = this.#events[index];
      const key = keyOf(event);
      const row = this.#rows.get(key) ?? this.#make(event);
      row.style.top = `${index * height}px`;
      row.setAttribute("aria-rowindex", index + 2);
      row.querySelector("button").tabIndex = index === this.#active ? 0 : -1;
      row.index = index;
      if (row === before) before = row.nextElementSibling;
      else this.body.insertBefore(row, before);
      rows.set(key, row);
    }
    this.#rows = rows;
  }

  #make(event) {
    const { word, tone } = outcome(event);
    const at = new Date(event.timestamp);
    const cell = (className, ...children) => el("td", { className, role: "cell" }, ...children);
    const button = el("button", { type: "button", className: "open" }, el("bdi", {}, what(event)));
    const row = el(
      "tr",
      { role: "row", className: `event ${tone}` },
      cell("when", el("time", { datetime: at.toISOString() }, clock(at))),
      cell("outcome", word),
      cell("what", button),
      cell("who", el("bdi", {}, show(event.identifier ?? ""))),
      cell("took", took(event.duration_us)),
      cell("detail", el("bdi", {}, detail(event))),
    );
    row.event = event;
    return row;
  }

  #tell() {
    const count = this.#events.length;
    this.table.setAttribute("aria-rowcount", this.#next === null ? count + 1 : -1);
    this.empty.hidden = count > 0;
    this.newest.hidden = this.scroller.scrollTop < 2 * this.#height();
    this.said(count, this.#next === null);
  }

  async #more() {
    if (this.#loading) return;
    this.#loading = true;
    try {
      const page = await this.older(this.#next);
      if (page) this.#take(page);
    } finally {
      this.#loading = false;
    }
  }

  #hasFocus() {
    return this.body.contains(document.activeElement);
  }

  #click(event) {
    const row = event.target.closest("tr");
    if (!row || String(getSelection()).trim()) return; // whoever marks text does not open it
    this.#active = row.index;
    row.querySelector("button").focus({ preventScroll: true });
    this.open(row.event);
  }

  #focused(event) {
    const row = event.target.closest("tr");
    if (row) this.#active = row.index;
    for (const [, other] of this.#rows) other.querySelector("button").tabIndex = other === row ? 0 : -1;
  }

  #key(event) {
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / this.#height()) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const step = event.key === "Home" ? -this.#active : steps[event.key];
    if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.#go(Math.max(0, Math.min(this.#events.length - 1, this.#active + step)));
  }

  #go(index) {
    const event = this.#events[index];
    if (!event) return;
    const height = this.#height();
    const top = index * height;
    const room = this.scroller.clientHeight - this.table.tHead.offsetHeight;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    else if (top + height > this.scroller.scrollTop + room) this.scroller.scrollTop = top + height - room;
    this.#active = index;
    this.#draw();
    this.#rows.get(keyOf(event))?.querySelector("button").focus({ preventScroll: true });
  }
}
