// How the server stands: what it serves, to whom, how often, and what it keeps.

import { el, size, span, thousands } from "./words.js";

/** The groups of `GET /security/posture`, as elements. */
export function posture(said) {
  const { server, door, roots, tools, limits, events } = said;
  return [
    group("Server", [
      ["version", `${server.name} ${server.version}`],
      ["up for", span(server.uptimeSeconds)],
      ["under way", `${thousands(server.callsInFlight)} calls, ${thousands(server.connections)} connections`],
      ["memory", server.memoryBytes ? size(server.memoryBytes) : undefined],
      ["confined by", said.sandbox],
    ]),
    group("Door", [
      ["listens on", door.listen + (door.loopback ? " (this machine only)" : "")],
      ["keys", door.authentication === "off" ? "none asked for" : door.keys.join(", ")],
      ["https", door.https],
      ["host names", door.hosts.join(", ") || (door.loopback ? "the loopback ones" : "none")],
      ["web pages", door.origins.join(", ") || (door.loopback ? "those of this machine" : "none")],
      ["trusted proxies", String(door.trustedProxies)],
      ["largest request", size(door.bodyBytes)],
    ]),
    group("Roots", roots.map((root) => [root.name, rootSays(root)]), "no root: no file tool is offered"),
    group("Limits", limits.enabled ? [
      ["without a key", limits.address],
      ["with one key", limits.key],
      ["one tool", limits.tool],
      ["the same call", limits.repeat],
    ] : [], "off"),
    group("Log", [
      ["chain", events.chain],
      ["written", thousands(events.written)],
      ["not written", events.failing ? `${thousands(events.failed)}, and still failing` : thousands(events.failed)],
      ["size", events.bytes === null ? undefined : `${size(events.bytes)} of ${size(events.maxBytes)}`],
      ["kept for", span(events.maxAgeSeconds)],
      ["survives", events.durability === "disk" ? "a power cut" : "kill -9, not a power cut"],
      ["if it fails", events.onFailure === "serve" ? "calls go on unrecorded" : "calls are refused"],
      ["removed early", events.prunedEarly ? `${thousands(events.prunedEarly)} files` : undefined],
    ]),
    group(`Tools${said.readOnly ? " (read only)" : ""}`, tools.map((tool) => [tool.name, tool.effect]), "none"),
  ];
}

function rootSays(root) {
  return root.missing ? "missing" : root.writable ? "may be written to" : "read only";
}

function group(title, rows, otherwise) {
  const known = rows.filter(([, value]) => value !== undefined && value !== "");
  const list = known.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]);
  return el(
    "section",
    { className: "group" },
    el("h3", {}, title),
    list.length > 0 ? el("dl", {}, ...list) : el("p", { className: "quiet" }, otherwise),
  );
}
