
use builtin;
use str;

set edit:completion:arg-completer[mcp-server] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'mcp-server'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'mcp-server'= {
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand serve 'Run the server on stdio, or on HTTP with `--http`'
            cand tools 'List, describe and call the tools it offers'
            cand events 'Read the security event log'
            cand config 'Create, check and explain the configuration'
            cand keys 'Make, hash and list API keys'
            cand completions 'Print shell completions'
            cand man 'Print or write the manual pages'
        }
        &'mcp-server;serve'= {
            cand --http 'Serve on HTTP instead of stdio; an address other than loopback needs keys and more'
            cand --root 'A directory that tools may read, and write if it ends in `:rw`; repeat for more'
            cand --tools 'Offer only these tools, by name or glob'
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand --read-only 'Hide every tool that writes, whatever the roots say'
            cand --no-auth 'Ask for no key; on loopback only'
            cand --plaintext 'Listen beyond this machine without https'
            cand --check 'Judge the configuration as this command would, and do not serve'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mcp-server;tools'= {
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
            cand list 'List what clients will see'
            cand describe 'Tell what a tool does, with its arguments and limits'
            cand call 'Call a tool, with the checks, limits and events of any other call'
        }
        &'mcp-server;tools;list'= {
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand --json 'Print one JSON object'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mcp-server;tools;describe'= {
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand --json 'Print the exact definition that clients get'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mcp-server;tools;call'= {
            cand --args-json 'All arguments as one JSON object; `-` reads it from stdin'
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand --json 'Print the result as one JSON object'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mcp-server;events'= {
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
            cand path 'Print where the events are'
        }
        &'mcp-server;events;path'= {
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mcp-server;config'= {
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
            cand init 'Write a commented file in which every key shows its default'
            cand check 'Judge the configuration without starting'
            cand show 'Show what is in force'
            cand path 'Print which file is read'
        }
        &'mcp-server;config;init'= {
            cand --path 'Where to, instead of the usual place'
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand --stdout 'Print it instead'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mcp-server;config;check'= {
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand --strict 'Count warnings as problems'
            cand --json 'Print one JSON object'
            cand --http 'Judge as `serve --http` would, with the variables that only it reads'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mcp-server;config;show'= {
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand --origin 'Say where each value came from'
            cand --all 'Also what is at its default'
            cand --json 'Print one JSON object'
            cand --http 'As `serve --http` would see it, with the variables that only it reads'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mcp-server;config;path'= {
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand --all 'Print every place that is looked at'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mcp-server;keys'= {
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
            cand generate 'Make a key and print it once; only its hash is kept'
            cand hash 'Read a key from stdin and print its hash'
            cand list 'List names, reach and expiry'
        }
        &'mcp-server;keys;generate'= {
            cand --expires 'How long it is good for, such as `90d`'
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand --save 'Add it to the configuration file'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mcp-server;keys;hash'= {
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mcp-server;keys;list'= {
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand --json 'Print one JSON object'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mcp-server;completions'= {
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'mcp-server;man'= {
            cand --dir 'Write all pages into this directory instead of printing the first'
            cand -c 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --config 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]'
            cand --color 'When to use colour'
            cand -q 'Say less; twice for nothing but the answer'
            cand --quiet 'Say less; twice for nothing but the answer'
            cand -v 'Say more; twice for traces'
            cand --verbose 'Say more; twice for traces'
            cand -h 'Print help'
            cand --help 'Print help'
        }
    ]
    $completions[$command]
}
