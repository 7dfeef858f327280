// A page in a real browser, with everything watched that must never happen in it.

import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";

const { PACKAGES, CHROMIUM } = process.env;
const require = createRequire(path.join(PACKAGES, "node_modules", "x.js"));
const { chromium } = require("playwright-core");
const AXE = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

export const launch = () => chromium.launch({ executablePath: CHROMIUM, args: FLAGS });

/** One tab with a session of its own. */
export class Tab {
  static async open(browser, server, { scheme = "light", width = 1280, height = 900, hash = "" } = {}) {
    const tab = new Tab();
    tab.server = server;
    tab.wrong = [];
    tab.context = await browser.newContext({ colorScheme: scheme, viewport: { width, height }, reducedMotion: "reduce" });
    tab.page = await tab.context.newPage();
    tab.page.setDefaultTimeout(30_000);
    tab.watch();
    await tab.page.addInitScript(() => {
      window.rowsMost = 0;
      window.ran = 0;
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
      new MutationObserver(() => {
        window.rowsMost = Math.max(window.rowsMost, document.querySelectorAll("#rows > tr").length);
      }).observe(document, { childList: true, subtree: true });
    });
    await tab.page.goto(`${server.origin}/${hash}`);
    return tab;
  }

  watch() {
    const { page, wrong, server } = this;
    page.on("dialog", (dialog) => {
      wrong.push(`a dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on("pageerror", (error) => wrong.push(`an error: ${error.stack}`));
    page.on("console", (message) => {
      // the browser's own word for an answer that is no 2xx, or none
      if (["error", "warning"].includes(message.type()) && !/^Failed to load resource/.test(message.text())) {
        wrong.push(`on the console: ${message.text()}`);
      }
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(`${server.origin}/`)) wrong.push(`a request to ${request.url()}`);
    });
    page.on("popup", (popup) => wrong.push(`a window: ${popup.url()}`));
    page.on("framenavigated", (frame) => {
      if (!frame.url().startsWith(`${server.origin}/`)) wrong.push(`went to ${frame.url()}`);
    });
  }

  async give(key) {
    await this.page.fill("#key", key);
    await this.page.click("#open");
  }

  /** Opened with a key, and live. */
  static async live(browser, server, options) {
    const tab = await Tab.open(browser, server, options);
    await tab.give(server.keys.reader);
    await tab.status("Live");
    return tab;
  }

  status(word) {
    return this.page.waitForFunction((text) => document.getElementById("status").textContent.startsWith(text), word);
  }

  text(selector) {
    return this.page.locator(selector).innerText();
  }

  /** The events of the rows that stand in the document, newest first. */
  rows() {
    return this.page.evaluate(() => [...document.querySelectorAll("#rows > tr")].map((row) => row.event));
  }

  /** What every event ever shown was, found by scrolling from the top to the end. */
  async scrollThrough() {
    return this.page.evaluate(async () => {
      const scroller = document.getElementById("scroller");
      const seen = new Map();
      const order = [];
      scroller.scrollTop = 0;
      let still = 0;
      while (still < 40) {
        await new Promise((resolve) => setTimeout(resolve, 25));
        for (const row of document.querySelectorAll("#rows > tr")) {
          const key = `${row.event.run}/${row.event.seq}`;
          if (!seen.has(key)) order.push(key);
          seen.set(key, (seen.get(key) ?? 0) + 1);
        }
        const before = scroller.scrollTop;
        scroller.scrollTop += scroller.clientHeight * 1.5;
        still = scroller.scrollTop === before ? still + 1 : 0;
      }
      return order;
    });
  }

  /** Nothing is wider than the window, no row higher than a row, and nothing ran. */
  async layout() {
    return this.page.evaluate(() => {
      const wrong = [];
      const width = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth > width) wrong.push(`${document.documentElement.scrollWidth} wide, not ${width}`);
      const height = parseFloat(getComputedStyle(document.getElementById("scroller")).getPropertyValue("--row"));
      for (const row of document.querySelectorAll("#rows > tr")) {
        const box = row.getBoundingClientRect();
        if (Math.abs(box.height - height) > 0.5) wrong.push(`a row of ${box.height}, not ${height}: ${row.textContent}`);
        for (const cell of row.cells) {
          const inner = cell.getBoundingClientRect();
          if (inner.height > height || inner.right > box.right + 0.5) wrong.push(`a cell out of its row: ${cell.textContent}`);
        }
      }
      for (const button of document.querySelectorAll(".top-row")) {
        if (button.getBoundingClientRect().height > 28) wrong.push(`a count too high: ${button.textContent}`);
      }
      const dialog = document.getElementById("event");
      if (dialog.open && dialog.scrollWidth > dialog.clientWidth + 1) wrong.push("the event is wider than its sheet");
      // dir="auto" and marks of direction stay within their cell
      for (const text of document.querySelectorAll("#rows bdi, #event bdi, .tops bdi")) {
        if (getComputedStyle(text).unicodeBidi !== "isolate") wrong.push(`not isolated: ${text.textContent}`);
      }
      if (window.ran || document.querySelector("main script, dialog script, main img, dialog img, main iframe")) wrong.push("something ran");
      return wrong;
    });
  }

  /** What axe-core finds. */
  async axe() {
    const session = await this.context.newCDPSession(this.page);
    await session.send("Runtime.evaluate", { expression: AXE }); // as an extension would: not subject to the page's policy
    const { result } = await session.send("Runtime.evaluate", {
      expression: `axe.run().then(({ violations, passes }) => JSON.stringify({ passes: passes.length, violations:
        violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html.slice(0, 200)).join(" | ")) }))`,
      awaitPromise: true,
      returnByValue: true,
    });
    await session.detach();
    return JSON.parse(result.value);
  }

  async close() {
    await this.context.close();
    return this.wrong;
  }
}
