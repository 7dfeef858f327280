-- Calls as they come: most read a file, some greet, one of a hundred asks for a
-- path that leaves its root. The environment gives the key.

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json, text/event-stream"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("KEY")
wrk.headers["MCP-Protocol-Version"] = "2025-11-25"

local function call(name, arguments)
  return wrk.format(nil, nil, nil, [[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"]]
    .. name .. [[","arguments":]] .. arguments
    .. [[,"_meta":{"io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1.0.0"}}}}]])
end

local calls = {}

function init(args)
  for at = 1, 100 do
    if at == 100 then
      calls[at] = call("read_text_file", [[{"path":"../secrets"}]])
    elseif at % 4 == 0 then
      calls[at] = call("hello_world", [[{"name":"Ada"}]])
    else
      calls[at] = call("read_text_file", string.format([[{"path":"notes/%02d.md"}]], at))
    end
  end
end

local at = 0

function request()
  at = at % 100 + 1
  return calls[at]
end

function done(summary, latency)
  local errors = summary.errors
  local bad = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %.0f %d %d\n",
    summary.requests / (summary.duration / 1e6), summary.requests, bad))
end
