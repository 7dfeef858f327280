// Who, which tools, which codes: the busiest, each a filter. Counted by the server once, and from
// then on here, event by event.

import { el, show, thousands } from "./words.js";

const SHOWN_MAX = 8;
const WORDS_MAX = 2_000;

export const KINDS = ["who", "tool", "code"];
const OUTCOMES = new Set(["ok", "refused", "denied", "failed", "abandoned"]);
const FIELDS = { who: "identifier", tool: "tool", code: "code" };

export class Counts {
  #counts = new Map(KINDS.map((kind) => [kind, new Map()]));
  #frame = 0;

  /** `lists` has an element for each kind; `filter(kind, word)` is asked to set or take back one. */
  constructor({ lists, filters, filter }) {
    Object.assign(this, { lists, filters, filter });
    for (const kind of KINDS) {
      lists[kind].addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (button) this.filter(kind, button.word);
      });
    }
  }

  /** What the server counted. */
  reset(by) {
    for (const kind of KINDS) {
      // the server counts what has no code by its outcome
      const rows = (by[kind]?.rows ?? []).filter(({ word }) => kind !== "code" || !OUTCOMES.has(word));
      this.#counts.set(kind, new Map(rows.map(({ word, count }) => [word, count])));
    }
    this.draw();
  }

  /** One event more. */
  add(event) {
    for (const kind of KINDS) {
      const word = event[FIELDS[kind]];
      const counts = this.#counts.get(kind);
      if (word === undefined || (counts.size >= WORDS_MAX && !counts.has(word))) continue;
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.draw();
    });
  }

  draw() {
    for (const kind of KINDS) this.#drawOne(kind, this.lists[kind]);
  }

  #drawOne(kind, list) {
    const rows = [...this.#counts.get(kind)].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const most = rows[0]?.[1] ?? 1;
    const focused = list.contains(document.activeElement) ? document.activeElement.word : undefined;
    const items = rows.slice(0, SHOWN_MAX).map(([word, count]) => this.#item(kind, word, count, most));
    if (rows.length > SHOWN_MAX) {
      const others = rows.length - SHOWN_MAX;
      items.push(el("li", { className: "quiet" }, `and ${thousands(others)} more`));
    }
    if (rows.length === 0) items.push(el("li", { className: "quiet" }, "none"));
    list.replaceChildren(...items);
    if (focused !== undefined) {
      [...list.querySelectorAll("button")].find((button) => button.word === focused)?.focus();
    }
  }

  #item(kind, word, count, most) {
    const isOn = this.filters().has(kind, word);
    const bar = el("i", { className: "bar", "aria-hidden": "true" });
    bar.style.width = `${Math.max(2, (100 * count) / most)}%`;
    const button = el(
      "button",
      { type: "button", className: "top-row", "aria-pressed": String(isOn) },
      bar,
      el("bdi", { className: "word" }, show(word) || "\u201c\u201d"),
      el("span", { className: "count" }, thousands(count)),
    );
    button.word = word;
    return el("li", {}, button);
  }
}
