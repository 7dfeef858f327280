-- One call of hello_world, the same again and again. The environment gives era,
-- key and whether every answer is to be read (CHECK): reading costs the client
-- as much as answering costs the server, so measured rounds do without.

local era = os.getenv("ERA")

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json, text/event-stream"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("KEY")
wrk.headers["MCP-Protocol-Version"] = era

local meta = ""
if era == "2026-07-28" then
  wrk.headers["Mcp-Method"] = "tools/call"
  wrk.headers["Mcp-Name"] = "hello_world"
  meta = [[,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",]]
    .. [["io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1.0.0"},]]
    .. [["io.modelcontextprotocol/clientCapabilities":{}}]]
end
wrk.body = [[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"hello_world","arguments":{}]]
  .. meta .. "}}"

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

if os.getenv("CHECK") then
  wrong = 0
  function response(status, _, body)
    if status ~= 200 or not body:find("Hello, World!", 1, true) or body:find('"isError":true', 1, true) then
      wrong = wrong + 1
    end
  end
end

function done(summary, latency)
  local errors = summary.errors
  local bad = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  for _, thread in ipairs(threads) do
    bad = bad + (thread:get("wrong") or 0)
  end
  io.write(string.format("RESULT %.0f %d %d\n",
    summary.requests / (summary.duration / 1e6), latency:percentile(99), bad))
end
