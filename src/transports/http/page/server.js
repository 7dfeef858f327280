// The server: requests with the key, and the stream of events. Nothing here knows the document.

/** Why a request came to nothing. `kind` is one of key, reach, wait, gone, other. */
export class Refusal extends Error {
  constructor(kind, message, seconds) {
    super(message);
    this.kind = kind;
    this.seconds = seconds;
  }
}

async function refusal(response) {
  let said = {};
  try {
    said = await response.json();
  } catch {
    // a proxy's own page: the status says enough
  }
  const words = typeof said.message === "string" ? said.message : `the server answered ${response.status}`;
  const hint = typeof said.hint === "string" ? said.hint : "";
  const wait = Number(response.headers.get("Retry-After")) || undefined;
  const kind = { 401: "key", 403: "reach", 429: "wait", 503: "wait" }[response.status] ?? "other";
  return new Refusal(kind, hint ? `${words} (${hint})` : words, wait);
}

async function ask(path, { key, headers = {}, signal }) {
  let response;
  try {
    response = await fetch(path, {
      headers: { Authorization: `Bearer ${key}`, ...headers },
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refusal("gone", "the server does not answer");
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

/** The JSON at `path`. */
export async function read(path, key, signal) {
  const response = await ask(path, { key, signal });
  try {
    return await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refusal("gone", "the server broke off");
  }
}

const SILENCE_MS = 60_000;
const LINE_CHARS_MAX = 1 << 20;

/**
 * Follows the events at `path` until the server breaks off. `onOpen` runs once
 * there is an answer, `onEvent(data)` for each event, `onPlace(id)` for the place
 * behind it. Resolves to what the server said at the end, if it said something.
 */
export async function follow(path, { key, lastId, signal, onOpen, onEvent, onPlace }) {
  const headers = { Accept: "text/event-stream" };
  if (lastId) headers["Last-Event-ID"] = lastId;
  const response = await ask(path, { key, headers, signal });
  onOpen();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new Parser();
  try {
    for (;;) {
      const { done, value } = await within(SILENCE_MS, reader.read());
      if (done) return null;
      for (const { type, data, id } of parser.push(value)) {
        if (type === "end") return JSON.parse(data);
        if (data) onEvent(data);
        if (id) onPlace(id);
      }
    }
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  } finally {
    reader.cancel().catch(() => {});
  }
}

function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("silence")), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Parts a stream into events, as the HTML standard has it (9.2.6). */
export class Parser {
  #rest = "";
  #type = "";
  #data = [];
  #id = "";
  #isPlaced = false;

  push(text) {
    const events = [];
    this.#rest += text;
    // a lone CR at the end may be half of a CR LF
    const lines = this.#rest.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    if (this.#rest.length > LINE_CHARS_MAX) throw new Error("a line without an end");
    for (const line of lines) this.#line(line, events);
    return events;
  }

  #line(line, events) {
    if (line === "") {
      if (this.#data.length > 0 || this.#type || this.#isPlaced) {
        events.push({ type: this.#type || "message", data: this.#data.join("\n"), id: this.#id });
      }
      this.#type = "";
      this.#data = [];
      this.#isPlaced = false;
      return;
    }
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.#type = value;
    if (name === "data") this.#data.push(value);
    if (name === "id" && !value.includes("\0")) {
      this.#id = value;
      this.#isPlaced = true;
    }
  }
}
