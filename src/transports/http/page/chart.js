// How events ended over time. Counted by the server once, and from then on here, event by event.

import { thousands } from "./words.js";

export const RANGES = {
  hour: { seconds: 3_600, step: 60, series: "minute", words: "In the last hour" },
  day: { seconds: 86_400, step: 3_600, series: "hour", words: "In the last day" },
  week: { seconds: 604_800, step: 3_600, series: "hour", words: "In the last week" },
};
const HEIGHT = 132;

const TONES = { ok: "ok", refused: "away", denied: "away", folded: "away", failed: "failed", abandoned: "failed" };

export class Chart {
  #buckets = new Map();
  #range = RANGES.hour;
  #plot = null;
  #frame = 0;

  constructor({ place, says, point }) {
    Object.assign(this, { place, says, point });
    new ResizeObserver(() => this.#resize()).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#make());
    setInterval(() => document.hidden || this.#later(), 10_000);
  }

  /** What the server counted. */
  reset(range, series) {
    this.#range = RANGES[range];
    this.#buckets.clear();
    for (const bucket of series?.buckets ?? []) {
      const counts = this.#at(Date.parse(bucket.at) / 1000);
      for (const [word, tone] of Object.entries(TONES)) counts[tone] += bucket[word] ?? 0;
    }
    this.#make();
  }

  /** One event more. */
  add(event) {
    const counts = this.#at(Date.parse(event.timestamp) / 1000);
    const tone = TONES[event.outcome];
    if (tone) counts[tone] += 1;
    if (event.event === "refusals_folded") counts.away += event.details?.count ?? 0;
    this.#later();
  }

  #at(seconds) {
    const at = Math.floor(seconds / this.#range.step) * this.#range.step;
    let counts = this.#buckets.get(at);
    if (!counts) this.#buckets.set(at, (counts = { ok: 0, away: 0, failed: 0 }));
    return counts;
  }

  #later() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** Times, and for each the sums that are drawn one before the other. */
  #data() {
    const { seconds, step } = this.#range;
    const last = Math.floor(Date.now() / 1000 / step) * step;
    const first = last - seconds + step;
    const data = [[], [], [], []];
    for (const at of this.#buckets.keys()) if (at < first) this.#buckets.delete(at);
    for (let at = first; at <= last; at += step) {
      const { ok, away, failed } = this.#buckets.get(at) ?? { ok: 0, away: 0, failed: 0 };
      data[0].push(at);
      data[1].push(ok + away + failed);
      data[2].push(ok + away);
      data[3].push(ok);
    }
    return data;
  }

  #make() {
    this.#plot?.destroy();
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const bars = uPlot.paths.bars({ size: [0.78, 40], align: 1 });
    const series = (name) => ({ paths: bars, points: { show: false }, fill: colour(name), width: 0, stroke: colour(name) });
    const axis = {
      stroke: colour("--quiet"),
      font: `11px ${style.fontFamily || "sans-serif"}`,
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
    };
    const options = {
      width: this.#width(),
      height: HEIGHT,
      padding: [8, 22, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
      // a bar stands to the right of its time, so the last one needs a step more
      scales: { x: { range: (_, low, high) => [low, high + this.#range.step] }, y: { range: (_, low, high) => [0, Math.max(4, high)] } },
      axes: [
        { ...axis, grid: { show: false }, values: (_, ticks) => ticks.map((at) => this.#label(at)), space: 64, size: 26 },
        { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6], size: 44, space: 28 },
      ],
      series: [{}, series("--failed-fill"), series("--away-fill"), series("--ok-fill")],
      hooks: { setCursor: [(plot) => this.#hover(plot.cursor.idx)] },
    };
    this.#plot = new uPlot(options, this.#data(), this.place);
    this.#say();
  }

  #label(at) {
    const date = new Date(at * 1000);
    const days = this.#range === RANGES.week || (date.getHours() === 0 && date.getMinutes() === 0);
    return date.toLocaleString("en-GB", days ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit" });
  }

  #draw() {
    if (!this.#plot) return;
    this.#plot.setData(this.#data());
    this.#say();
  }

  #width() {
    return Math.max(200, this.place.clientWidth);
  }

  #resize() {
    const width = this.#width();
    if (this.#plot && this.#plot.width !== width) this.#plot.setSize({ width, height: HEIGHT });
  }

  #hover(index) {
    const counts = index === null || index === undefined ? null : this.#buckets.get(this.#plot.data[0][index]);
    const at = counts && new Date(this.#plot.data[0][index] * 1000);
    this.point.textContent = at
      ? `${at.toLocaleString("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit" })}: ${sentence(counts)}`
      : "";
  }

  #say() {
    const sum = { ok: 0, away: 0, failed: 0 };
    for (const counts of this.#buckets.values()) for (const tone of Object.keys(sum)) sum[tone] += counts[tone];
    this.says.textContent = `${this.#range.words} ${sentence(sum)}.`;
  }
}

function sentence({ ok, away, failed }) {
  return `${thousands(ok)} ended well, ${thousands(away)} turned away, ${thousands(failed)} failed`;
}
