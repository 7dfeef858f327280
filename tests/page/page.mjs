// The page in a real browser, against a real server. One line a check.
//
//   scripts/page.sh [WORD]...      the checks whose name holds one of the words; all, if there is none
//
// SHOTS=DIR keeps the pictures.

import fs from "node:fs";
import path from "node:path";

import { Tab, launch } from "./browser.mjs";
import { Server, sleep, until } from "./server.mjs";

const { ROOT, SHOTS } = process.env;
const corpus = (name) =>
  fs.readFileSync(path.join(ROOT, "tests", "corpus", name), "utf8").split("\n")
    .filter((line) => line && !line.startsWith("# "))
    .map((line) => JSON.parse(line.split("\t")[2]));

function same(what, seen, wanted) {
  const [a, b] = [JSON.stringify(seen), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}: ${a}, not ${b}`);
}
function is(what, holds) {
  if (!holds) throw new Error(what);
}

const CHECKS = {
  async "a wrong key is refused with a reason, and is not kept"(browser, server) {
    const tab = await Tab.open(browser, server);
    await tab.give("wrong-key-wrong-key-wrong-key-wrong-key");
    await tab.page.waitForSelector("#ask-why:not([hidden])");
    is("it says why", (await tab.text("#ask-why")).includes("not known"));
    await tab.give(server.keys.maker);
    await tab.page.waitForFunction(() => document.getElementById("ask-why").textContent.includes("may not"));
    is("nothing is shown", await tab.page.locator("#view").isHidden());
    same("kept", await tab.page.evaluate(() => [sessionStorage.length, localStorage.length, document.cookie]), [0, 0, ""]);
    return tab;
  },

  async "a key is asked for once a tab, and forgotten when told to"(browser, server) {
    await server.calls(3);
    const tab = await Tab.live(browser, server);
    await tab.page.waitForSelector("#rows > tr");
    await tab.page.reload();
    await tab.status("Live");
    await tab.page.click("#forget");
    is("asks again", await tab.page.locator("#ask").isVisible());
    await tab.page.reload();
    is("asks after loading", await tab.page.locator("#ask").isVisible());
    same("kept", await tab.page.evaluate(() => sessionStorage.length), 0);
    return tab;
  },

  async "a call appears while it is looked at, as the command line tells it"(browser, server) {
    const tab = await Tab.live(browser, server);
    const times = [];
    for (let n = 0; n < 5; n += 1) {
      const name = `Ada ${n}`;
      await sleep(150);
      const seen = (await tab.rows()).filter((event) => event.tool === "hello_world").length;
      const start = Date.now();
      const call = server.call("hello_world", { name });
      await tab.page.waitForFunction(
        (count) => [...document.querySelectorAll("#rows > tr")].filter((row) => row.event.tool === "hello_world").length > count,
        seen,
        { polling: 10 },
      );
      times.push(Date.now() - start);
      same("answered", (await call).status, 200);
    }
    is(`seen after ${times} ms`, Math.max(...times) < 10_000);
    console.log(`      a call is seen after ${times.join(", ")} ms`);
    const told = server.cli("events", "tail", "-n", "1", "--tool", "hello_world", "--color", "never").trim().split("\n").at(-1);
    const row = tab.page.locator("#rows > tr", { hasText: "hello_world" }).first();
    for (const cell of ["outcome", "what", "who"]) {
      const text = (await row.locator(`.${cell}`).innerText()).trim();
      is(`${text} is in ${told}`, told.includes(text));
    }
    is("the chart says it", /[1-9]\d* ended well/.test(await tab.text("#chart-says")));
    is("the chart is drawn", await tab.page.locator("#chart canvas").isVisible());
    return tab;
  },

  async "each count is a filter, kept in the address and taken back"(browser, server) {
    await server.calls(4, "read_text_file", () => ({ path: "todo.txt" }));
    for (let n = 0; n < 3; n += 1) await server.call("read_text_file", { path: "../x" });
    await server.calls(2);
    const tab = await Tab.live(browser, server);
    const { page } = tab;
    await page.locator("#top-tool button", { hasText: "read_text_file" }).click();
    await tab.status("Live");
    await page.waitForFunction(() => {
      const rows = [...document.querySelectorAll("#rows > tr")];
      return rows.length > 0 && rows.every((row) => row.event.tool === "read_text_file");
    });
    same("address", new URL(page.url()).hash, "#tool=read_text_file");
    await page.locator("#top-code button", { hasText: "path_leaves_root" }).click();
    await page.waitForFunction(() => {
      const rows = [...document.querySelectorAll("#rows > tr")];
      return rows.length > 0 && rows.every((row) => row.event.code === "path_leaves_root");
    });
    // what comes is filtered too
    await server.call("hello_world");
    const before = (await tab.rows()).length;
    await server.call("read_text_file", { path: "../y" });
    await page.waitForFunction((count) => document.querySelectorAll("#rows > tr").length === count + 1, before);
    // the address opens the same view in another tab
    const other = await Tab.live(browser, server, { hash: new URL(page.url()).hash });
    await other.page.waitForFunction((count) => document.querySelectorAll("#rows > tr").length === count, before + 1);
    same("nothing went wrong there", await other.close(), []);
    await page.locator(".chip", { hasText: "tool" }).click();
    await page.locator(".chip", { hasText: "code" }).click();
    await page.waitForFunction(() => [...document.querySelectorAll("#rows > tr")].some((row) => row.event.tool === "hello_world"));
    await page.selectOption("#outcome", "refused");
    await page.waitForFunction(() => {
      const rows = [...document.querySelectorAll("#rows > tr")];
      return rows.length > 0 && rows.every((row) => row.event.outcome === "refused");
    });
    await page.selectOption("#outcome", "");
    await page.fill("#grep", "todo\\.txt");
    await page.press("#grep", "Enter");
    await page.waitForFunction(() => {
      const rows = [...document.querySelectorAll("#rows > tr")];
      return rows.length > 0 && rows.every((row) => JSON.stringify(row.event).includes("todo.txt"));
    });
    await page.fill("#grep", "(");
    await page.press("#grep", "Enter");
    await tab.status("Stopped");
    is("says why", (await tab.text("#status")).includes("grep"));
    return tab;
  },

  async "of a long log at most 300 rows stand in the document, and every event is reached"(browser, server) {
    await server.calls(1_200);
    const tab = await Tab.live(browser, server);
    // what happens before the page is there is on it; what the page itself asks for comes on top
    const logged = server.events().filter((event) => event.tool === "hello_world").map((event) => `${event.run}/${event.seq}`);
    is(`${logged.length} events`, logged.length >= 1_200);
    const seen = await tab.scrollThrough();
    const most = await tab.page.evaluate(() => window.rowsMost);
    is(`${most} rows at once`, most > 20 && most <= 300);
    const wanted = new Set(seen);
    same("missing", logged.filter((key) => !wanted.has(key)), []);
    is("it says that these are all", (await tab.text("#log-says")).includes("all there are"));
    // what is read stays where it is, whatever comes
    await tab.page.evaluate(() => (document.getElementById("scroller").scrollTop = 8_000));
    await sleep(300);
    const inSight = () => tab.page.evaluate(() => {
      const box = document.getElementById("scroller").getBoundingClientRect();
      const at = document.elementFromPoint(box.left + 60, box.top + box.height / 2).closest("tr");
      return `${at.event.run}/${at.event.seq}`;
    });
    const before = await inSight();
    await server.calls(40);
    await sleep(1_000);
    same("in sight", await inSight(), before);
    await tab.page.click("#newest");
    await tab.page.waitForFunction(() => document.getElementById("scroller").scrollTop === 0);
    return tab;
  },

  async "one event in full, with what it means and what to do, by keyboard alone"(browser, server) {
    await server.call("read_text_file", { path: "../secret" });
    const tab = await Tab.live(browser, server);
    const { page } = tab;
    await page.waitForSelector("#rows > tr");
    const at = (await tab.rows()).findIndex((event) => event.code === "path_leaves_root");
    await page.locator('#rows button[tabindex="0"]').focus();
    for (let n = 0; n < at; n += 1) await page.keyboard.press("ArrowDown");
    const focused = () => page.evaluate(() => document.activeElement.closest("tr")?.event.id);
    const id = await focused();
    await page.keyboard.press("Enter");
    await page.waitForSelector("#event[open]");
    const text = await tab.text("#event");
    for (const part of ["path_leaves_root", "means", "to do", "read_text_file", "key:maker", "reason", id]) is(`it says ${part}`, text.includes(part));
    await page.keyboard.press("Escape");
    await page.waitForSelector("#event:not([open])", { state: "attached" });
    same("back at the row", await focused(), id);
    await page.keyboard.press("Home");
    is("Home is the newest", await page.evaluate(() => document.activeElement.closest("tr").getAttribute("aria-rowindex") === "2"));
    // by pointer, and on to all of its kind
    await page.locator("#rows > tr", { hasText: "path_leaves_root" }).first().click();
    await page.locator("#event .only[aria-label='Only this code']").click();
    await page.waitForFunction(() => location.hash === "#code=path_leaves_root");
    // Tab leads through the page and never into every row
    await page.locator("#pause").focus();
    const stops = [];
    for (let n = 0; n < 40; n += 1) {
      stops.push(await page.evaluate(() => document.activeElement.id || document.activeElement.className || document.activeElement.tagName));
      if (stops.at(-1) === "BODY") break; // once around
      await page.keyboard.press("Tab");
    }
    is(`the list is one stop: ${stops}`, stops.filter((stop) => stop === "open").length <= 1 && stops.includes("posture-again"));
    return tab;
  },

  async "paused, nothing moves and what came is counted; resumed, it is there"(browser, server) {
    await server.calls(2);
    const tab = await Tab.live(browser, server);
    const { page } = tab;
    await page.waitForSelector("#rows > tr");
    // what the page's own reading left behind has come
    await until("it is quiet", async () => {
      const before = JSON.stringify(await tab.rows());
      await sleep(700);
      return before === JSON.stringify(await tab.rows());
    });
    await page.click("#pause");
    const before = await tab.rows();
    await server.calls(3);
    await page.waitForFunction(() => document.getElementById("pause").textContent === "Resume (3 new)");
    same("rows", await tab.rows(), before);
    await page.click("#pause");
    await page.waitForFunction((count) => document.querySelectorAll("#rows > tr").length === count + 3, before.length);
    same("newest", (await tab.rows()).slice(3), before);
    return tab;
  },

  async "a key that is revoked ends the page within moments"(browser) {
    const server = await Server.start("revoked");
    const tab = await Tab.live(browser, server);
    const start = Date.now();
    server.configure(["maker"]);
    await tab.page.waitForSelector("#ask:not([hidden])");
    console.log(`      a revoked key is noticed after ${Date.now() - start} ms`);
    is("it says why", (await tab.text("#ask-why")).includes("does not open the log any more"));
    is("nothing is shown", await tab.page.locator("#view").isHidden());
    same("kept", await tab.page.evaluate(() => sessionStorage.length), 0);
    await server.stop();
    return tab;
  },

  async "a server that goes and comes back loses nothing and doubles nothing"(browser) {
    const server = await Server.start("gone");
    await server.calls(5);
    const tab = await Tab.live(browser, server);
    await server.calls(5);
    for (const signal of ["SIGKILL", "SIGTERM"]) {
      await server.stop(signal);
      await tab.status("The server is gone");
      await server.again();
      await server.calls(20);
      await tab.status("Live");
      await server.calls(5);
    }
    const calls = () => server.events().filter((event) => event.event === "tool_called").map((event) => `${event.run}/${event.seq}`);
    same("calls", calls().length, 60);
    await until("all are shown", async () => (await tab.rows()).filter((event) => event.event === "tool_called").length >= 60);
    const seen = (await tab.rows()).map((event) => `${event.run}/${event.seq}`);
    same("doubled", seen.filter((key, at) => seen.indexOf(key) !== at), []);
    same("missing", calls().filter((key) => !seen.includes(key)), []);
    const counted = await tab.text("#top-tool");
    is(`60 are counted: ${counted}`, /hello_world\s+60/.test(counted));
    await server.stop();
    return tab;
  },

  async "what a client sends is only ever text"(browser) {
    const server = await Server.start("hostile");
    const texts = [
      ...corpus("unicode.txt"), ...corpus("commands.txt"),
      "<img src=x onerror='window.ran=1'>", "<script>window.ran=1</script>", "\"><svg onload=window.ran=1>", "{{constructor.constructor('window.ran=1')()}}",
      "javascript:window.ran=1", "</bdi></table><h1 style='position:fixed;inset:0'>x</h1>", "__proto__", "constructor", "x".repeat(4_000),
      `a${"\u0301\u0323".repeat(300)}`, "\u{fdfd}".repeat(60), "אבג ".repeat(80), "&lt;b&gt;&amp;",
    ];
    const tab = await Tab.live(browser, server);
    const narrow = await Tab.live(browser, server, { width: 400, height: 800 });
    for (const text of texts) {
      await Promise.all([
        server.call(text),
        server.call("hello_world", { name: text }),
        server.call("read_text_file", { path: text, [text]: text }),
        server.call("hello_world", {}, { client: text }),
        server.call("hello_world", {}, { headers: { Origin: Buffer.from(text).toString("latin1").replace(/[^\x20-\x7e\x80-\xff]/g, "?") } }),
      ]);
    }
    for (const one of [tab, narrow]) {
      const { page } = one;
      const hostile = await until("the events are there", async () => {
        const rows = await one.rows();
        return rows.length > 60 && rows;
      });
      same("layout", await one.layout(), []);
      is("names are shown", hostile.some((event) => event.tool));
      for (let n = 0; n < 40; n += 1) {
        await page.evaluate((step) => (document.getElementById("scroller").scrollTop += step), 900);
        await sleep(40);
        same("layout", await one.layout(), []);
      }
      for (let n = 0; n < 25; n += 1) {
        await page.evaluate((at) => {
          const rows = document.querySelectorAll("#rows > tr");
          rows[(at * 7) % rows.length].querySelector("button").click();
        }, n);
        await page.waitForSelector("#event[open]");
        same("layout", await one.layout(), []);
        await page.keyboard.press("Escape");
      }
      // a filter made of such a text comes back as what it was
      await page.evaluate(() => document.querySelector("#top-tool li:nth-of-type(3) button").click());
      await one.status("Live");
      await page.waitForFunction(() => {
        const rows = [...document.querySelectorAll("#rows > tr")];
        return rows.length > 0 && new Set(rows.map((row) => row.event.tool)).size === 1;
      });
      same("layout", await one.layout(), []);
    }
    same("nothing went wrong in the narrow one", await narrow.close(), []);
    await server.stop();
    return tab;
  },

  async "the policy of the page holds against what would be put into it"(browser, server) {
    const tab = await Tab.open(browser, server);
    await tab.page.evaluate(() => {
      const script = document.createElement("script");
      try {
        script.textContent = "window.ran = 1";
        document.body.append(script);
      } catch {
        // trusted types
      }
      try {
        document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.ran=1'>");
      } catch {
        // trusted types
      }
      const image = document.createElement("img");
      image.src = "http://127.0.0.1:9/x.png";
      document.body.append(image);
      return fetch("http://127.0.0.1:9/").catch(() => {});
    });
    same("ran", await tab.page.evaluate(() => window.ran), 0);
    await until("violations are seen", () => tab.wrong.filter((text) => /policy|Content Security Policy|TrustedHTML/.test(text)).length >= 3);
    tab.wrong.length = 0;
    return tab;
  },

  async "a server that asks for no key says how to make one"(browser) {
    const server = await Server.start("no-auth", { args: ["--no-auth"] });
    const tab = await Tab.open(browser, server);
    is("it says so", (await tab.text("#off")).includes("mcp-server keys generate"));
    is("no key is asked for", await tab.page.locator("#ask").isHidden());
    same("axe", (await tab.axe()).violations, []);
    await server.stop();
    return tab;
  },

  async "axe-core finds nothing, in light and dark, wide and narrow"(browser, server) {
    await server.calls(30);
    await server.call("read_text_file", { path: "../secret" });
    const tabs = [];
    for (const [name, options] of [
      ["light", {}],
      ["dark", { scheme: "dark" }],
      ["narrow", { width: 400, height: 860 }],
      ["narrow-dark", { width: 400, height: 860, scheme: "dark" }],
    ]) {
      const tab = await Tab.open(browser, server, options);
      const look = async (part) => {
        const { violations, passes } = await tab.axe();
        is(`${passes} rules looked at something`, passes > 10);
        same(`${name}, ${part}`, violations, []);
      };
      await look("asking");
      await tab.give("wrong");
      await tab.page.waitForSelector("#ask-why:not([hidden])");
      await look("refused");
      await tab.give(server.keys.reader);
      await tab.status("Live");
      await tab.page.waitForSelector("#rows > tr");
      await look("live");
      await tab.page.locator("#rows > tr", { hasText: "path_leaves_root" }).first().click();
      await look("one event");
      await tab.page.keyboard.press("Escape");
      await tab.page.locator("#top-tool button").first().click();
      await tab.status("Live");
      await look("filtered");
      same("layout", await tab.layout(), []);
      tabs.push(tab);
    }
    const wrong = (await Promise.all(tabs.slice(1).map((tab) => tab.close()))).flat();
    same("nothing went wrong", wrong, []);
    return tabs[0];
  },
};

const words = process.argv.slice(2);
const chosen = Object.entries(CHECKS).filter(([name]) => words.length === 0 || words.some((word) => name.includes(word)));
const browser = await launch();
let failed = 0;
for (const [name, check] of chosen) {
  const started = Date.now();
  let server;
  try {
    server = await Server.start(`s${started}`);
    const tab = await check(browser, server);
    same("nothing went wrong", await tab.close(), []);
    console.log(`ok    page: ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  page: ${name}: ${String(error.stack).slice(0, 3_000)}`);
  } finally {
    await server?.stop();
  }
}
if (SHOTS) await (await import("./shots.mjs")).take(browser, SHOTS);
await browser.close();
process.exit(failed > 0 ? 1 : 0);
