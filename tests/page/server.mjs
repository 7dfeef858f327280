// The program under test, its log, and a client that sends what no browser would.

import { spawn, execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";

const { PRODUCT, RUN } = process.env;
const ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(MCP_SERVER_|API_KEY)/.test(name)));

export const sha256 = (text) => createHash("sha256").update(text).digest("hex");
export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Waits until `look` is true. A minute is what a loaded machine may take; nothing here takes one. */
export async function until(what, look, patience = 60_000) {
  const end = Date.now() + patience;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await sleep(25);
  }
}

async function freePort() {
  const probe = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** A server with keys of its own. It can be stopped and started again at the same place. */
export class Server {
  static async start(name, { args = [], keys = ["reader"] } = {}) {
    const server = new Server();
    server.dir = path.join(RUN, name);
    server.port = await freePort();
    server.args = args;
    server.keys = Object.fromEntries(["maker", ...keys].map((key) => [key, randomBytes(24).toString("hex")]));
    fs.mkdirSync(path.join(server.dir, "notes"), { recursive: true });
    fs.writeFileSync(path.join(server.dir, "notes", "todo.txt"), "milk\n");
    server.configure(["maker", ...keys]);
    await server.again();
    return server;
  }

  /** The configuration, with these keys alone. All but `maker` may read the log. */
  configure(keys) {
    const lines = [
      "[roots.notes]", `path = "${this.dir}/notes"`,
      "[limits]", "enabled = false",
      "[events]", `dir = "${this.dir}/events"`,
      ...(this.args.includes("--no-auth") ? [] : keys.flatMap((key) => [
        `[keys.${key}]`, `sha256 = "sha256:${sha256(this.keys[key])}"`, `events = ${key !== "maker"}`,
      ])),
    ];
    const file = path.join(this.dir, "config.toml");
    fs.writeFileSync(`${file}.new`, `${lines.join("\n")}\n`, { mode: 0o600 });
    fs.renameSync(`${file}.new`, file);
    this.config = file;
  }

  get origin() {
    return `http://127.0.0.1:${this.port}`;
  }

  async again() {
    const args = ["-c", this.config, "serve", `--http=127.0.0.1:${this.port}`, ...this.args];
    this.child = spawn(PRODUCT, args, { env: ENV, stdio: ["ignore", "ignore", "pipe"] });
    this.said = "";
    this.child.stderr.on("data", (text) => (this.said += text));
    await until(`the server starts: ${this.said}`, async () => {
      if (this.child.exitCode !== null) throw new Error(`the server ended: ${this.said}`);
      return (await this.send({ path: "/health", method: "GET" }).catch(() => ({}))).status === 200;
    });
  }

  /** Ends it, at once or as a person would. */
  async stop(signal = "SIGTERM") {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill(signal);
    await ended;
  }

  /** The command line on the same log. */
  cli(...args) {
    return execFileSync(PRODUCT, ["-c", this.config, ...args], { env: ENV, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }

  /** Every event in the files, oldest first. */
  events() {
    const dir = path.join(this.dir, "events");
    const files = fs.readdirSync(dir).filter((name) => name.endsWith(".jsonl")).sort();
    return files.flatMap((name) => fs.readFileSync(path.join(dir, name), "utf8").split("\n").filter(Boolean).map(JSON.parse));
  }

  /** A request as it is. */
  send({ path: target, method = "POST", headers = {}, body = "" }) {
    return new Promise((resolve, reject) => {
      const request = http.request(
        { host: "127.0.0.1", port: this.port, path: target, method, headers: { ...headers, "Content-Length": Buffer.byteLength(body) } },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (more) => (text += more));
          response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text }));
          response.on("error", reject);
        },
      );
      request.on("error", reject);
      request.setTimeout(20_000, () => request.destroy(new Error("too slow")));
      request.end(body);
    });
  }

  /** A call, by the key that makes the events. */
  call(tool, args = {}, { client, headers = {} } = {}) {
    const params = { name: tool, arguments: args };
    const said = { ...headers };
    if (client !== undefined) {
      params._meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { name: client, version: client },
        "io.modelcontextprotocol/clientCapabilities": {},
      };
      Object.assign(said, { "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": tool });
    }
    return this.send({
      path: "/mcp",
      headers: {
        Authorization: `Bearer ${this.keys.maker}`,
        "Content-Type": "application/json",
        Accept: "application/json, text/event-stream",
        ...said,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
    });
  }

  /** So many calls that end well, a few at once. */
  async calls(count, tool = "hello_world", args = () => ({})) {
    for (let at = 0; at < count; at += 8) {
      const some = Array.from({ length: Math.min(8, count - at) }, (_, n) => this.call(tool, args(at + n)));
      for (const { status } of await Promise.all(some)) if (status !== 200) throw new Error(`a call was answered ${status}`);
    }
  }
}
