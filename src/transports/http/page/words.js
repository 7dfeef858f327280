// Words for what is in an event, and the only ways in which it reaches the document: as text.

// What must not stand raw: it controls, turns the direction, shows nothing, or has no agreed meaning.
const UNSEEN = new RegExp(
  "[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}\\p{Co}\\p{Cn}\\u{34f}\\u{115f}\\u{1160}\\u{17b4}\\u{17b5}\\u{180b}-\\u{180f}" +
    "\\u{2800}\\u{3164}\\u{fe00}-\\u{fe0f}\\u{ffa0}\\u{e0000}-\\u{e0fff}]|(?! )\\p{Zs}",
  "gu",
);
const SHORT = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Text with everything unseen written out, as `mcp-server events` prints it. */
export function show(text) {
  return String(text).replace(UNSEEN, (c) => SHORT[c] ?? `\\u{${c.codePointAt(0).toString(16)}}`);
}

/** An element with a class and children; strings become text. */
export function el(name, { className, ...attributes } = {}, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null));
  return element;
}

/** Text that a client may have sent: shown, and apart from what stands around it. */
export function foreign(text) {
  return el("bdi", {}, show(text));
}

/** A value of `details` as text. */
export function plain(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

const SPACE = "\u202f";

/** `1 204`. */
export function thousands(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, SPACE);
}

/** `1.2 kB`. */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  for (const [unit, name] of [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]]) {
    if (bytes >= unit) return `${(bytes / unit).toFixed(1)} ${name}`;
  }
}

/** `4 ms`. */
export function took(micros) {
  return micros === undefined ? "" : `${thousands(Math.floor(micros / 1000))} ms`;
}

/** `3 d 4 h`, `12 min`. */
export function span(seconds) {
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const at = units.findIndex(([unit]) => seconds >= unit);
  if (at < 0) return "0 s";
  const [unit, name] = units[at];
  const rest = units[at + 1];
  const more = rest ? Math.floor((seconds % unit) / rest[0]) : 0;
  return `${Math.floor(seconds / unit)} ${name}${more ? ` ${more} ${rest[1]}` : ""}`;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const WHOLE = new Intl.DateTimeFormat("en-GB", {
  weekday: "short", day: "numeric", month: "short", year: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, timeZoneName: "short",
});

/** `13:02:11`, with the day where it is another. */
export function clock(at, now = new Date()) {
  return at.toDateString() === now.toDateString() ? CLOCK.format(at) : `${DAY.format(at)} ${CLOCK.format(at)}`;
}

/** `Sun, 22 Nov 2026, 13:02:11.113 CET`. */
export function moment(at) {
  return WHOLE.format(at);
}

const TONES = { ok: "ok", refused: "away", denied: "away", failed: "failed", abandoned: "failed" };

/** The outcome as a word, or how grave it is where nothing came out; and its tone. */
export function outcome(event) {
  if (event.outcome === "ok") return { word: "ok", tone: "ok" };
  if (event.outcome) return { word: show(event.outcome).toUpperCase(), tone: TONES[event.outcome] ?? "away" };
  return { word: show(event.severity ?? ""), tone: event.severity === "high" ? "failed" : "plain" };
}

/** What was called; for what is no call, the door or the event. */
export function what(event) {
  const door = event.outcome && event.outcome !== "ok" ? event.transport : undefined;
  return show(event.tool ?? event.method ?? door ?? event.event ?? "");
}

const SAID = new Set(["reason", "code", "rule", "bytes_in", "bytes_out", "path", "uri", "url", "prompt", "runs"]);

/** Why and what, in as few words as tell it. */
export function detail(event) {
  const details = event.details ?? {};
  const parts = ["path", "uri", "url", "prompt"].filter((key) => typeof details[key] === "string");
  const texts = parts.map((key) => show(details[key]));
  if (event.outcome === "ok" && typeof details.bytes_out === "number") texts.push(size(details.bytes_out));
  for (const [key, value] of Object.entries(details)) {
    if (!SAID.has(key)) texts.push(`${show(key)} ${show(plain(value))}`);
  }
  const rest = texts.join(", ");
  const why = [event.code, typeof details.reason === "string" ? details.reason : undefined]
    .filter((word) => word !== undefined)
    .map(show)
    .join(": ");
  return why && rest ? `${why} (${rest})` : why || rest;
}
