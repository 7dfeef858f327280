// One event in full: every field, what it means, what to do.

import { el, foreign, moment, outcome, plain, took, what } from "./words.js";

const NAMES = [
  ["identifier", "who"], ["severity", "severity"], ["event", "event"], ["code", "code"], ["tool", "tool"],
  ["method", "method"], ["transport", "door"], ["peer", "address"], ["client", "client"], ["duration_us", "took"],
  ["id", "id"], ["call", "call"], ["traceparent", "trace"], ["run", "run"], ["seq", "number"], ["prev", "line before"],
];
const KNOWN = new Set([...NAMES.map(([name]) => name), "v", "timestamp", "details", "outcome"]);
const FILTERS = { identifier: "who", tool: "tool", code: "code", event: "event", peer: "peer", client: "client" };

export class Sheet {
  /** `explain(word)` is what a code or an event means; `filter(kind, word)` narrows to one. */
  constructor({ dialog, title, body, close, explain, filter }) {
    Object.assign(this, { dialog, title, body, explain, filter });
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close(); // beside it
    });
  }

  open(event) {
    const { word, tone } = outcome(event);
    this.title.replaceChildren(
      el("span", { className: `mark ${tone}` }, word),
      " ",
      el("bdi", {}, what(event)),
    );
    this.body.replaceChildren(
      el("p", {}, el("time", { datetime: event.timestamp }, moment(new Date(event.timestamp)))),
      ...this.#explained(event),
      el("h3", {}, "Fields"),
      this.#fields(event),
      ...details(event),
      el("h3", {}, "The line, as it stands in the log"),
      el("pre", { className: "raw", tabindex: "0" }, foreign(JSON.stringify(event))),
    );
    this.dialog.showModal();
    this.dialog.scrollTop = 0;
  }

  #explained(event) {
    return [event.code, event.event].flatMap((word) => {
      const row = word === undefined ? undefined : this.explain(word);
      if (!row) return [];
      return [
        el(
          "section",
          { className: "explain", "aria-label": `What ${word} means` },
          el("h3", {}, el("code", {}, word)),
          el("dl", {}, el("dt", {}, "means"), el("dd", {}, row.meaning), el("dt", {}, "to do"), el("dd", {}, row.remedy)),
        ),
      ];
    });
  }

  #fields(event) {
    const list = el("dl", { className: "fields" });
    const put = (name, value, kind) => {
      const said = el("dd", {}, name === "took" ? took(value) : foreign(plain(value)));
      if (kind && typeof value === "string") {
        const only = el("button", { type: "button", className: "only", "aria-label": `Only this ${name}` }, "only this");
        only.addEventListener("click", () => {
          this.dialog.close();
          this.filter(kind, value);
        });
        said.append(" ", only);
      }
      list.append(el("dt", {}, foreign(name)), said);
    };
    for (const [key, name] of NAMES) if (event[key] !== undefined) put(name, event[key], FILTERS[key]);
    for (const [key, value] of Object.entries(event)) if (!KNOWN.has(key)) put(key, value);
    return list;
  }
}

function details(event) {
  const entries = Object.entries(event.details ?? {});
  if (entries.length === 0) return [];
  const rows = entries.flatMap(([key, value]) => [el("dt", {}, foreign(key)), el("dd", {}, foreign(plain(value)))]);
  return [el("h3", {}, "Details"), el("dl", { className: "fields" }, ...rows)];
}
