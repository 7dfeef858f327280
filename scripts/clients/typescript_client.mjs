// The official TypeScript clients against one server, through one door, in one era.
//
//     node typescript_client.mjs product|fixtures ERA URL
//     node typescript_client.mjs product|fixtures ERA COMMAND [ARG...]
//
// ERA is `v1` (the older package, by handshake), `legacy` (by handshake),
// `auto` (asks which) or `2026-07-28` (no handshake). The key for URL is in
// $KEY, the directory behind the server's root in $NOTES, the folder with the
// packages in $PACKAGES. One line a check; exit code 1 if one failed.

import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [what, era, ...target] = process.argv.slice(2);
const { KEY, NOTES, PACKAGES, ...env } = process.env;
const door = target[0].startsWith('http://') ? 'http' : 'stdio';
const expected = { v1: '2025-11-25', legacy: '2025-11-25', auto: '2026-07-28' }[era] ?? era;
const INVALID_PARAMS = -32602;

/** How a request without handshake asks for log messages. */
const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

let failed = 0;
const logged = [];

function check(sentence, holds, seen) {
  if (!holds) failed += 1;
  const note = holds ? '' : ` (saw ${String(seen?.message ?? JSON.stringify(seen)).slice(0, 300)})`;
  console.log(`${holds ? 'ok   ' : 'FAIL '} typescript ${door} ${era}: ${sentence}${note}`);
}

const text = (result) => result.content[0].text;

const load = (name) => import(pathToFileURL(createRequire(join(PACKAGES, 'package.json')).resolve(name)));

async function packages() {
  if (era === 'v1') {
    const [{ Client }, { StreamableHTTPClientTransport }, { StdioClientTransport }] = await Promise.all([
      load('@modelcontextprotocol/sdk/client/index.js'),
      load('@modelcontextprotocol/sdk/client/streamableHttp.js'),
      load('@modelcontextprotocol/sdk/client/stdio.js'),
    ]);
    return { Client, StreamableHTTPClientTransport, StdioClientTransport };
  }
  return { ...(await load('@modelcontextprotocol/client')), ...(await load('@modelcontextprotocol/client/stdio')) };
}

async function connect() {
  const { Client, StreamableHTTPClientTransport, StdioClientTransport } = await packages();
  const mode = era === 'legacy' || era === 'auto' ? era : { pin: era };
  const options = era === 'v1' ? {} : { versionNegotiation: { mode } };
  const client = new Client({ name: 'typescript-client', version: '1.0.0' }, options);
  await onLog(client, ({ params }) => logged.push(params.data));
  const headers = KEY ? { Authorization: `Bearer ${KEY}` } : {};
  const transport =
    door === 'http'
      ? new StreamableHTTPClientTransport(new URL(target[0]), { requestInit: { headers } })
      : new StdioClientTransport({ command: target[0], args: target.slice(1), env });
  await client.connect(transport);
  // The older package has no word for the version; its transport keeps what it sends.
  return { client, version: client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion ?? expected };
}

/** The newer package knows notifications by their name, the older by their schema. */
async function onLog(client, handler) {
  const named =
    era === 'v1'
      ? (await load('@modelcontextprotocol/sdk/types.js')).LoggingMessageNotificationSchema
      : 'notifications/message';
  client.setNotificationHandler(named, handler);
}

/** `callTool` takes its options second in the newer package, third in the older. */
const call = (client, name, args, options) =>
  era === 'v1'
    ? client.callTool({ name, arguments: args }, undefined, options)
    : client.callTool({ name, arguments: args }, options);

async function product(client) {
  const tools = (await client.listTools()).tools.map((tool) => tool.name);
  check('the tools are listed', tools.includes('hello_world') && tools.includes('read_text_file'), tools);

  const hello = await call(client, 'hello_world', { name: 'Ada' });
  check('hello_world greets', !hello.isError && text(hello).includes('Ada'), hello);

  const unknown = await call(client, 'no_such_tool', {}).catch((error) => error);
  check('an unknown tool is a protocol error', unknown.code === INVALID_PARAMS, unknown);

  const bad = await call(client, 'hello_world', { name: 'Ada\u202e!' });
  const isNamed = bad.isError && text(bad).includes('name') && !text(bad).includes('Ada');
  check('a bad argument is named, its value is not repeated', isNamed, bad);

  const outside = await call(client, 'read_text_file', { path: '../outside.txt' });
  check('a path that leaves the root is refused', outside.isError, outside);

  const { resources } = await client.listResources();
  check('the root is listed as a resource', resources.some((r) => r.uri.startsWith('root://')), resources);

  const refused = [];
  for (const file of readdirSync(NOTES).sort()) {
    const read = await call(client, 'read_text_file', { path: file });
    if (read.isError || text(read) !== readFileSync(join(NOTES, file), 'utf8')) refused.push(text(read));
  }
  check('200 files are read one after another', refused.length === 0, refused[0]);
}

async function fixtures(client) {
  const stepByStep = async () => {
    const steps = [];
    const onprogress = ({ progress }) => steps.push(progress);
    const done = await call(client, 'test_tool_with_progress', {}, { onprogress });
    return !done.isError && steps.length === 3 && steps.every((step, i) => i === 0 || step >= steps[i - 1]);
  };
  const calls = await Promise.all([stepByStep(), stepByStep(), stepByStep()]);
  check('progress arrives in order, on three calls at once', calls.every(Boolean), calls);

  await client.callTool({ name: 'test_tool_with_logging', arguments: {}, _meta: { [LOG_LEVEL]: 'info' } });
  check('what the call logs arrives', logged.length === 3, logged);

  const cancel = new AbortController();
  setTimeout(() => cancel.abort('enough'), 300);
  const waited = await call(client, 'wait_until_cancelled', {}, { signal: cancel.signal }).catch((error) => error);
  check('a call is cancelled', cancel.signal.aborted && waited.content === undefined, waited);
  const started = Date.now();
  const next = await call(client, 'test_simple_text', {});
  check('the next call is answered', !next.isError && Date.now() - started < 1000, next);

  const prompt = await client.getPrompt({
    name: 'test_prompt_with_arguments',
    arguments: { arg1: 'one', arg2: 'two' },
  });
  check('a prompt has its arguments put in', prompt.messages[0].content.text.includes('one'), prompt);

  const ref = { type: 'ref/prompt', name: 'test_prompt_with_arguments' };
  const { completion } = await client.complete({ ref, argument: { name: 'arg1', value: 'par' } });
  check('an argument of a prompt is completed', completion.values.includes('paris'), completion);

  const { contents } = await client.readResource({ uri: 'test://template/42/data' });
  check('a resource template is read', contents[0].text.includes('42'), contents);
}

try {
  const { client, version } = await connect();
  check(`${expected} is spoken`, version === expected, version);
  await { product, fixtures }[what](client);
  await client.close();
} catch (error) {
  check('the conversation goes on to its end', false, error);
}
process.exit(failed > 0 ? 1 : 0);
