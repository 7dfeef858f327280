
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'mcp-server' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'mcp-server'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'mcp-server' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the server on stdio, or on HTTP with `--http`')
            [CompletionResult]::new('tools', 'tools', [CompletionResultType]::ParameterValue, 'List, describe and call the tools it offers')
            [CompletionResult]::new('changes', 'changes', [CompletionResultType]::ParameterValue, 'List, show and undo what tools changed')
            [CompletionResult]::new('events', 'events', [CompletionResultType]::ParameterValue, 'Read the security event log')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Create, check and explain the configuration')
            [CompletionResult]::new('keys', 'keys', [CompletionResultType]::ParameterValue, 'Make, revoke, hash and list API keys')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print shell completions')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print or write the manual pages')
            break
        }
        'mcp-server;serve' {
            [CompletionResult]::new('--http', '--http', [CompletionResultType]::ParameterName, 'Serve on HTTP instead of stdio; an address other than loopback needs keys and more')
            [CompletionResult]::new('--root', '--root', [CompletionResultType]::ParameterName, 'A directory that tools may read, and write if it ends in `:rw`; repeat for more')
            [CompletionResult]::new('--tools', '--tools', [CompletionResultType]::ParameterName, 'Offer only these tools, by name or glob')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Hide every tool that writes, whatever the roots say')
            [CompletionResult]::new('--no-auth', '--no-auth', [CompletionResultType]::ParameterName, 'Ask for no key; on loopback only')
            [CompletionResult]::new('--plaintext', '--plaintext', [CompletionResultType]::ParameterName, 'Listen beyond this machine without https')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Judge the configuration as this command would, and do not serve')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-server;tools' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List what clients will see')
            [CompletionResult]::new('describe', 'describe', [CompletionResultType]::ParameterValue, 'Tell what a tool does, with its arguments and limits')
            [CompletionResult]::new('call', 'call', [CompletionResultType]::ParameterValue, 'Call a tool, with the checks, limits and events of any other call')
            break
        }
        'mcp-server;tools;list' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;tools;describe' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the exact definition that clients get')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;tools;call' {
            [CompletionResult]::new('--args-json', '--args-json', [CompletionResultType]::ParameterName, 'All arguments as one JSON object; `-` reads it from stdin')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as one JSON object')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;changes' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List what was changed, newest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one change, with the diff where there is one')
            [CompletionResult]::new('undo', 'undo', [CompletionResultType]::ParameterValue, 'Put back what a change replaced, moved or deleted')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Remove what is older or more than the journal may hold')
            break
        }
        'mcp-server;changes;list' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'How many at most')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many at most')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object a line')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;changes;show' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;changes;undo' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Also if the file was changed since; that can be undone the same way')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;changes;prune' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;events' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('tail', 'tail', [CompletionResultType]::ParameterValue, 'Print the newest events, and follow with `-f`')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Print all events that match, oldest first')
            [CompletionResult]::new('stats', 'stats', [CompletionResultType]::ParameterValue, 'Count the events that match')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check that the log is as it was written')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Say what a code or one event means, and what to do')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print where the log is')
            break
        }
        'mcp-server;events;tail' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'How many to start with, or `all`')
            [CompletionResult]::new('--lines', '--lines', [CompletionResultType]::ParameterName, 'How many to start with, or `all`')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'Not older than: `10m`, `2h`, `today`, `2026-11-22`, RFC 3339')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Not older than: `10m`, `2h`, `today`, `2026-11-22`, RFC 3339')
            [CompletionResult]::new('-U', '-U ', [CompletionResultType]::ParameterName, 'Not newer than')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Not newer than')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Only this grave or graver: low, medium, high')
            [CompletionResult]::new('--severity', '--severity', [CompletionResultType]::ParameterName, 'Only this grave or graver: low, medium, high')
            [CompletionResult]::new('--event', '--event', [CompletionResultType]::ParameterName, 'Only this event, such as `tool_called`')
            [CompletionResult]::new('--outcome', '--outcome', [CompletionResultType]::ParameterName, 'Only this outcome: ok, refused, failed, denied, abandoned')
            [CompletionResult]::new('--code', '--code', [CompletionResultType]::ParameterName, 'Only this code, such as `path_leaves_root`')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Only calls to this tool')
            [CompletionResult]::new('--tool', '--tool', [CompletionResultType]::ParameterName, 'Only calls to this tool')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Only this caller, such as `key:laptop` or `203.0.113.9`')
            [CompletionResult]::new('--who', '--who', [CompletionResultType]::ParameterName, 'Only this caller, such as `key:laptop` or `203.0.113.9`')
            [CompletionResult]::new('--peer', '--peer', [CompletionResultType]::ParameterName, 'Only from this address')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Only clients whose name begins so')
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Only events whose text matches; lower case ignores case')
            [CompletionResult]::new('--grep', '--grep', [CompletionResultType]::ParameterName, 'Only events whose text matches; lower case ignores case')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'One of short, wide, full, json')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'One of short, wide, full, json')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Keep printing as events happen')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Keep printing as events happen')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Same as `--output json`: one object a line')
            [CompletionResult]::new('--utc', '--utc', [CompletionResultType]::ParameterName, 'Show times in UTC')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;events;list' {
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'Not older than: `10m`, `2h`, `today`, `2026-11-22`, RFC 3339')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Not older than: `10m`, `2h`, `today`, `2026-11-22`, RFC 3339')
            [CompletionResult]::new('-U', '-U ', [CompletionResultType]::ParameterName, 'Not newer than')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Not newer than')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Only this grave or graver: low, medium, high')
            [CompletionResult]::new('--severity', '--severity', [CompletionResultType]::ParameterName, 'Only this grave or graver: low, medium, high')
            [CompletionResult]::new('--event', '--event', [CompletionResultType]::ParameterName, 'Only this event, such as `tool_called`')
            [CompletionResult]::new('--outcome', '--outcome', [CompletionResultType]::ParameterName, 'Only this outcome: ok, refused, failed, denied, abandoned')
            [CompletionResult]::new('--code', '--code', [CompletionResultType]::ParameterName, 'Only this code, such as `path_leaves_root`')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Only calls to this tool')
            [CompletionResult]::new('--tool', '--tool', [CompletionResultType]::ParameterName, 'Only calls to this tool')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Only this caller, such as `key:laptop` or `203.0.113.9`')
            [CompletionResult]::new('--who', '--who', [CompletionResultType]::ParameterName, 'Only this caller, such as `key:laptop` or `203.0.113.9`')
            [CompletionResult]::new('--peer', '--peer', [CompletionResultType]::ParameterName, 'Only from this address')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Only clients whose name begins so')
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Only events whose text matches; lower case ignores case')
            [CompletionResult]::new('--grep', '--grep', [CompletionResultType]::ParameterName, 'Only events whose text matches; lower case ignores case')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'One of short, wide, full, json')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'One of short, wide, full, json')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Newest first')
            [CompletionResult]::new('--reverse', '--reverse', [CompletionResultType]::ParameterName, 'Newest first')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Same as `--output json`: one object a line')
            [CompletionResult]::new('--utc', '--utc', [CompletionResultType]::ParameterName, 'Show times in UTC')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;events;stats' {
            [CompletionResult]::new('--by', '--by', [CompletionResultType]::ParameterName, 'By what: code, event, tool, who, peer, client, outcome, hour or day')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'Not older than: `10m`, `2h`, `today`, `2026-11-22`, RFC 3339')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Not older than: `10m`, `2h`, `today`, `2026-11-22`, RFC 3339')
            [CompletionResult]::new('-U', '-U ', [CompletionResultType]::ParameterName, 'Not newer than')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Not newer than')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Only this grave or graver: low, medium, high')
            [CompletionResult]::new('--severity', '--severity', [CompletionResultType]::ParameterName, 'Only this grave or graver: low, medium, high')
            [CompletionResult]::new('--event', '--event', [CompletionResultType]::ParameterName, 'Only this event, such as `tool_called`')
            [CompletionResult]::new('--outcome', '--outcome', [CompletionResultType]::ParameterName, 'Only this outcome: ok, refused, failed, denied, abandoned')
            [CompletionResult]::new('--code', '--code', [CompletionResultType]::ParameterName, 'Only this code, such as `path_leaves_root`')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Only calls to this tool')
            [CompletionResult]::new('--tool', '--tool', [CompletionResultType]::ParameterName, 'Only calls to this tool')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Only this caller, such as `key:laptop` or `203.0.113.9`')
            [CompletionResult]::new('--who', '--who', [CompletionResultType]::ParameterName, 'Only this caller, such as `key:laptop` or `203.0.113.9`')
            [CompletionResult]::new('--peer', '--peer', [CompletionResultType]::ParameterName, 'Only from this address')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Only clients whose name begins so')
            [CompletionResult]::new('-g', '-g', [CompletionResultType]::ParameterName, 'Only events whose text matches; lower case ignores case')
            [CompletionResult]::new('--grep', '--grep', [CompletionResultType]::ParameterName, 'Only events whose text matches; lower case ignores case')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object')
            [CompletionResult]::new('--utc', '--utc', [CompletionResultType]::ParameterName, 'Hours, days and times in UTC')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;events;verify' {
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'Only files that were written to since: `10m`, `2h`, `today`, `2026-11-22`, RFC 3339')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only files that were written to since: `10m`, `2h`, `today`, `2026-11-22`, RFC 3339')
            [CompletionResult]::new('-U', '-U ', [CompletionResultType]::ParameterName, 'Only runs that had started by then')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only runs that had started by then')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;events;explain' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON: one object, or one a line for all words')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;events;path' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--current', '--current', [CompletionResultType]::ParameterName, 'The files that running servers write to')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;config' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a commented file in which every key shows its default')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Judge the configuration without starting')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show what is in force')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print which file is read')
            break
        }
        'mcp-server;config;init' {
            [CompletionResult]::new('--path', '--path', [CompletionResultType]::ParameterName, 'Where to, instead of the usual place')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--stdout', '--stdout', [CompletionResultType]::ParameterName, 'Print it instead')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;config;check' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Count warnings as problems')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object')
            [CompletionResult]::new('--http', '--http', [CompletionResultType]::ParameterName, 'Judge as `serve --http` would, with the variables that only it reads')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;config;show' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Say where each value came from')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Also what is at its default')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object')
            [CompletionResult]::new('--http', '--http', [CompletionResultType]::ParameterName, 'As `serve --http` would see it, with the variables that only it reads')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;config;path' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Print every place that is looked at')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;keys' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('generate', 'generate', [CompletionResultType]::ParameterValue, 'Make a key and print it once; only its hash is kept')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Take a key out of the configuration file; running servers refuse it within a second')
            [CompletionResult]::new('hash', 'hash', [CompletionResultType]::ParameterValue, 'Read a key from stdin and print its hash')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List names, reach, expiry and last use')
            break
        }
        'mcp-server;keys;generate' {
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'How long it is good for, such as `90d`')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--save', '--save', [CompletionResultType]::ParameterName, 'Add it to the configuration file')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;keys;revoke' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;keys;hash' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;keys;list' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;completions' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'mcp-server;man' {
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Write all pages into this directory instead of printing the first')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less; twice for nothing but the answer')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for traces')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
