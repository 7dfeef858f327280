// Passes requests on with a key added, for clients that know of none.
//
//     KEY=… node key-proxy.mjs http://127.0.0.1:8080/mcp
//
// Prints the address it listens on. A Host that names this proxy becomes the
// server's own; any other is passed on as it came, so that the server, and not
// the proxy, decides about it.

import http from 'node:http';

const target = new URL(process.argv[2]);
const authorization = `Bearer ${process.env.KEY}`;

const proxy = http.createServer((request, response) => {
  const own = `:${proxy.address().port}`;
  const host = request.headers.host?.endsWith(own) ? target.host : request.headers.host;
  const passed = http.request({
    hostname: target.hostname,
    port: target.port,
    path: request.url,
    method: request.method,
    headers: { ...request.headers, host, authorization },
  });
  passed.on('response', (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
  });
  passed.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  response.on('close', () => passed.destroy());
  request.pipe(passed);
});

proxy.listen(0, '127.0.0.1', () => {
  console.error(`listening on http://127.0.0.1:${proxy.address().port}${target.pathname}`);
});
