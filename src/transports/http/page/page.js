// The page: asks for a key once, then shows what the server says with it.

import { Chart, RANGES } from "./chart.js";
import { Counts, KINDS } from "./counts.js";
import { Sheet } from "./event.js";
import { List } from "./list.js";
import { posture } from "./posture.js";
import { Refusal, follow, read } from "./server.js";
import { clock, el, foreign, thousands } from "./words.js";

const $ = (id) => document.getElementById(id);
const STORED = "mcp-server key";
const PAGE = 200;
const HELD_MAX = 20_000;
const FIELDS = ["who", "tool", "code", "event", "peer", "client", "outcome", "severity", "grep"];
const SINGLE = new Set(["outcome", "severity", "grep"]);

// --- filters: in the address of the page, so that it can be kept and sent on

const filters = {
  all() {
    const given = new URLSearchParams(location.hash.slice(1));
    return FIELDS.flatMap((field) => given.getAll(field).filter(Boolean).map((word) => [field, word]));
  },
  has: (field, word) => filters.all().some(([f, w]) => f === field && w === word),
  one: (field) => filters.all().find(([f]) => f === field)?.[1] ?? "",
  set(field, word) {
    const others = filters.all().filter(([f]) => f !== field);
    filters.write(word ? [...others, [field, word]] : others);
  },
  toggle(field, word) {
    if (SINGLE.has(field)) return filters.set(field, filters.one(field) === word ? "" : word);
    const others = filters.all().filter(([f, w]) => f !== field || w !== word);
    filters.write(filters.has(field, word) ? others : [...others, [field, word]]);
  },
  write(list) {
    const hash = new URLSearchParams(list).toString();
    if (hash === new URLSearchParams(filters.all()).toString()) return;
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname);
    restart();
  },
  // the server parts lists at commas: one that belongs to a word has a backslash before it
  query: (more) => new URLSearchParams([
    ...filters.all().map(([field, word]) => [field, SINGLE.has(field) ? word : word.replace(/[\\,]/g, "\\$&")]),
    ...Object.entries(more),
  ]).toString(),
};

// --- the parts

let key = sessionStorage.getItem(STORED);
let run = null; // what is under way; its signal ends it
let held = []; // what came while paused
let missed = false; // more came than is held
let isPaused = false;
let codes = new Map();

const sheet = new Sheet({
  dialog: $("event"), title: $("event-title"), body: $("event-body"), close: $("event-close"),
  explain: (word) => codes.get(word),
  filter: (field, word) => filters.has(field, word) || filters.toggle(field, word),
});
const list = new List({
  scroller: $("scroller"), body: $("rows"), empty: $("empty"), newest: $("newest"),
  older: (next) => older(next),
  open: (event) => sheet.open(event),
  said: (count, isAll) => {
    $("log-says").textContent = isAll ? `${thousands(count)}, all there are` : `${thousands(count)} loaded, older ones follow`;
  },
});
const counts = new Counts({
  lists: Object.fromEntries(KINDS.map((kind) => [kind, $(`top-${kind}`)])),
  filters: () => filters,
  filter: (kind, word) => filters.toggle(kind, word),
});
const chart = new Chart({ place: $("chart"), says: $("chart-says"), point: $("chart-point") });

// --- words about the connection, the only ones that are announced

function status(word, text) {
  document.body.dataset.status = word;
  if ($("status").textContent !== text) $("status").textContent = text;
}

function askForKey(why) {
  run?.abort();
  run = null;
  if (key !== null) sessionStorage.removeItem(STORED);
  key = null;
  show("ask");
  status("closed", "");
  $("ask-why").hidden = !why;
  $("ask-why").textContent = why ?? "";
  $("key").value = "";
  $("key").focus();
  if ($("event").open) $("event").close();
}

function show(which) {
  for (const id of ["off", "ask", "view"]) $(id).hidden = id !== which;
  $("actions").hidden = which !== "view";
}

const KEY_ENDED = new Set(["no_key", "unknown_key", "expired_key", "key_address", "key_reach"]);
const WHY = {
  key: (error) => `This key does not open the log: ${error.message}.`,
  reach: (error) => `This key may not read the log: ${error.message}.`,
  wait: (error) => `Too often: ${error.message}.`,
};

// --- opening

async function open(given) {
  $("open").disabled = true;
  try {
    const said = await read("/security/posture", given);
    key = given;
    sessionStorage.setItem(STORED, given);
    show("view");
    drawPosture(said);
    loadCodes();
    restart();
  } catch (error) {
    if (WHY[error.kind]) return askForKey(WHY[error.kind](error));
    // what was kept stays: the server may be back in a moment
    key = given;
    show("ask");
    $("ask-why").hidden = false;
    $("ask-why").textContent = `The server does not answer (${error.message}). Try again.`;
  } finally {
    $("open").disabled = false;
  }
}

async function loadCodes() {
  try {
    const said = await read("/security/codes", key);
    codes = new Map(said.codes.map((row) => [row.word, row]));
  } catch (error) {
    if (error.kind === "key") askForKey(WHY.key(error));
  }
}

function drawPosture(said) {
  $("name").textContent = said.server.name;
  $("posture").replaceChildren(...posture(said));
  $("posture-at").textContent = `as of ${clock(new Date())}`;
}

// --- following

/** Everything anew, with the filters as they are. */
function restart() {
  run?.abort();
  drawFilters();
  if (key === null) return;
  run = new AbortController();
  held = [];
  missed = false;
  drawPause();
  keepFollowing(run.signal).catch((error) => {
    if (error.name !== "AbortError") throw error;
  });
}

async function keepFollowing(signal) {
  let lastId;
  let isFilled = false;
  let tries = 0;
  while (!signal.aborted) {
    let early = []; // what the stream says before the page of the newest is there
    let isReady = false;
    const fill = async (isResumed) => {
      if (!isResumed || !isFilled) await loadNewest(signal);
      isFilled = true;
      isReady = true;
      arrive(early);
      early = [];
      status("live", isPaused ? "Paused" : "Live");
    };
    const attempt = new AbortController();
    const whole = AbortSignal.any([signal, attempt.signal]);
    let failed;
    try {
      const said = await follow(`/security/events?${filters.query({})}`, {
        key, lastId, signal: whole,
        onOpen: () => {
          fill(lastId !== undefined).then(() => (tries = 0)).catch((error) => {
            failed = error;
            attempt.abort();
          });
        },
        onPlace: (id) => (lastId = id),
        onEvent: (data) => {
          const event = JSON.parse(data);
          if (isReady) arrive([event]);
          else early.push(event);
        },
      });
      if (KEY_ENDED.has(said?.error)) return askForKey(`This key does not open the log any more: ${said.message}.`);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const error = failed ?? thrown;
      if (error.kind === "key" || error.kind === "reach") return askForKey(WHY[error.kind](error));
      if (!(error instanceof Refusal)) console.error(error);
      if (error.kind === "other") return status("stopped", `Stopped: ${error.message}`);
      tries = Math.max(tries, error.seconds ? Math.log2(2 * error.seconds) : 0);
    }
    const wait = Math.min(10, 0.5 * 2 ** tries) * (0.8 + 0.4 * Math.random());
    tries += 1;
    status("gone", "The server is gone; trying again");
    await sleep(wait * 1000, signal);
  }
}

const sleep = (milliseconds, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });

async function loadNewest(signal) {
  const range = RANGES[$("range").value];
  const since = new Date(Math.floor(Date.now() / 1000 / range.step - range.seconds / range.step + 1) * range.step * 1000);
  const [page, stats] = await Promise.all([
    read(`/security/events?${filters.query({ limit: PAGE })}`, key, signal),
    read(`/security/stats?${filters.query({ by: KINDS.join(","), series: range.series, since: since.toISOString() })}`, key, signal),
  ]);
  list.reset(page);
  counts.reset(stats.by);
  chart.reset($("range").value, stats.series);
}

async function older(next) {
  const more = typeof next === "string" ? { cursor: next } : next;
  const { signal } = run ?? {};
  try {
    return await read(`/security/events?${filters.query({ limit: PAGE, ...more })}`, key, signal);
  } catch (error) {
    if (signal?.aborted) return null;
    if (error.kind === "key") askForKey(WHY.key(error));
    return null; // the next scrolling tries again
  }
}

function arrive(events) {
  if (events.length === 0) return;
  if (isPaused) {
    if (held.length + events.length > HELD_MAX) missed = true;
    else held.push(...events);
    return drawPause();
  }
  for (const event of list.prepend(events)) {
    counts.add(event);
    chart.add(event);
  }
}

// --- what a person does

function drawPause() {
  $("pause").setAttribute("aria-pressed", String(isPaused));
  const waiting = missed ? `more than ${thousands(HELD_MAX)}` : thousands(held.length);
  $("pause").textContent = isPaused ? `Resume (${waiting} new)` : "Pause";
}

function pause() {
  isPaused = !isPaused;
  if (document.body.dataset.status === "live") status("live", isPaused ? "Paused" : "Live");
  if (isPaused) return drawPause();
  if (missed) return restart();
  const came = held;
  held = [];
  drawPause();
  arrive(came);
}

function drawFilters() {
  $("outcome").value = filters.one("outcome");
  $("severity").value = filters.one("severity");
  $("grep").value = filters.one("grep");
  const chips = filters.all().map(([field, word]) => {
    const chip = el("button", { type: "button", className: "chip" }, `${field} `, foreign(word), el("span", { "aria-hidden": "true" }, " \u00d7"));
    chip.setAttribute("aria-label", `Take away the filter ${chip.textContent.slice(0, -2)}`);
    chip.addEventListener("click", () => {
      filters.toggle(field, word);
      ($("chips").querySelector("button") ?? $("grep")).focus();
    });
    return el("li", {}, chip);
  });
  $("chips").replaceChildren(...chips);
  $("chips").hidden = chips.length === 0;
}

$("ask-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const given = $("key").value.trim();
  if (/^[\x21-\x7e]+$/.test(given)) open(given);
  else askForKey("A key has only letters, digits and signs, and no spaces.");
});
$("narrow").addEventListener("submit", (event) => {
  event.preventDefault();
  filters.set("grep", $("grep").value.trim());
});
for (const field of ["outcome", "severity"]) {
  $(field).addEventListener("change", () => filters.set(field, $(field).value));
}
$("range").addEventListener("change", restart);
$("pause").addEventListener("click", pause);
$("forget").addEventListener("click", () => askForKey());
$("posture-again").addEventListener("click", async () => {
  try {
    drawPosture(await read("/security/posture", key));
  } catch (error) {
    if (error.kind === "key") askForKey(WHY.key(error));
  }
});
addEventListener("hashchange", restart);

if (document.body.dataset.keys === "off") show("off");
else if (key === null) askForKey();
else open(key);
