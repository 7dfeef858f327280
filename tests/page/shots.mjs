// The pictures of the page that the README shows: light, dark and narrow, of a server with a morning behind it.

import path from "node:path";

import { Tab } from "./browser.mjs";
import { Server } from "./server.mjs";

export async function take(browser, dir) {
  const server = await Server.start("shots");
  try {
    await morning(server);
    for (const [name, scheme, width, height] of [
      ["page-light", "light", 1280, 860],
      ["page-dark", "dark", 1280, 860],
      ["page-narrow", "light", 400, 860],
    ]) {
      const tab = await Tab.live(browser, server, { scheme, width, height });
      await tab.page.waitForSelector("#rows > tr");
      if (name === "page-dark") {
        await tab.page.locator("#rows > tr", { hasText: "path_leaves_root" }).first().click();
        await tab.page.waitForSelector("#event[open]");
      }
      await tab.page.screenshot({ path: path.join(dir, `${name}.png`) });
      await tab.close();
    }
  } finally {
    await server.stop();
  }
}

async function morning(server) {
  await server.calls(24);
  await server.calls(9, "read_text_file", () => ({ path: "todo.txt" }));
  await server.calls(5, "search_files", () => ({ path: ".", pattern: "*.txt" }));
  for (let n = 0; n < 3; n += 1) await server.call("read_text_file", { path: "../etc/passwd" });
  await server.call("hello_world", { name: "$(rm -rf /)" });
  await server.call("run_shell", { command: "id" });
  await server.calls(6, "list_directory", () => ({ path: "." }));
}
