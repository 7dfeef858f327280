# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_mcp_server_global_optspecs
    string join \n c/config= color= q/quiet v/verbose h/help V/version
end

function __fish_mcp_server_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_mcp_server_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_mcp_server_using_subcommand
    set -l cmd (__fish_mcp_server_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c mcp-server -n "__fish_mcp_server_needs_command" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_needs_command" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_needs_command" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_needs_command" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_needs_command" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_needs_command" -s V -l version -d 'Print version'
complete -c mcp-server -n "__fish_mcp_server_needs_command" -f -a "serve" -d 'Run the server on stdio, or on HTTP with `--http`'
complete -c mcp-server -n "__fish_mcp_server_needs_command" -f -a "tools" -d 'List, describe and call the tools it offers'
complete -c mcp-server -n "__fish_mcp_server_needs_command" -f -a "events" -d 'Read the security event log'
complete -c mcp-server -n "__fish_mcp_server_needs_command" -f -a "config" -d 'Create, check and explain the configuration'
complete -c mcp-server -n "__fish_mcp_server_needs_command" -f -a "keys" -d 'Make, hash and list API keys'
complete -c mcp-server -n "__fish_mcp_server_needs_command" -f -a "completions" -d 'Print shell completions'
complete -c mcp-server -n "__fish_mcp_server_needs_command" -f -a "man" -d 'Print or write the manual pages'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand serve" -l http -d 'Serve on HTTP instead of stdio; an address other than loopback needs keys and more' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand serve" -l root -d 'A directory that tools may read, and write if it ends in `:rw`; repeat for more' -r -f -a "(__fish_complete_directories)"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand serve" -l tools -d 'Offer only these tools, by name or glob' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand serve" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand serve" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand serve" -l read-only -d 'Hide every tool that writes, whatever the roots say'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand serve" -l no-auth -d 'Ask for no key; on loopback only'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand serve" -l plaintext -d 'Listen beyond this machine without https'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand serve" -l check -d 'Judge the configuration as this command would, and do not serve'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand serve" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand serve" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand serve" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and not __fish_seen_subcommand_from list describe call" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and not __fish_seen_subcommand_from list describe call" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and not __fish_seen_subcommand_from list describe call" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and not __fish_seen_subcommand_from list describe call" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and not __fish_seen_subcommand_from list describe call" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and not __fish_seen_subcommand_from list describe call" -f -a "list" -d 'List what clients will see'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and not __fish_seen_subcommand_from list describe call" -f -a "describe" -d 'Tell what a tool does, with its arguments and limits'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and not __fish_seen_subcommand_from list describe call" -f -a "call" -d 'Call a tool, with the checks, limits and events of any other call'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from list" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON object'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from describe" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from describe" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from describe" -l json -d 'Print the exact definition that clients get'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from describe" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from describe" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from describe" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from call" -l args-json -d 'All arguments as one JSON object; `-` reads it from stdin' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from call" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from call" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from call" -l json -d 'Print the result as one JSON object'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from call" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from call" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand tools; and __fish_seen_subcommand_from call" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and not __fish_seen_subcommand_from path" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and not __fish_seen_subcommand_from path" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and not __fish_seen_subcommand_from path" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and not __fish_seen_subcommand_from path" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and not __fish_seen_subcommand_from path" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and not __fish_seen_subcommand_from path" -f -a "path" -d 'Print where the events are'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from path" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from path" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from path" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and not __fish_seen_subcommand_from init check show path" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and not __fish_seen_subcommand_from init check show path" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and not __fish_seen_subcommand_from init check show path" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and not __fish_seen_subcommand_from init check show path" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and not __fish_seen_subcommand_from init check show path" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and not __fish_seen_subcommand_from init check show path" -f -a "init" -d 'Write a commented file in which every key shows its default'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and not __fish_seen_subcommand_from init check show path" -f -a "check" -d 'Judge the configuration without starting'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and not __fish_seen_subcommand_from init check show path" -f -a "show" -d 'Show what is in force'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and not __fish_seen_subcommand_from init check show path" -f -a "path" -d 'Print which file is read'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from init" -l path -d 'Where to, instead of the usual place' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from init" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from init" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from init" -l stdout -d 'Print it instead'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from init" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from check" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from check" -l strict -d 'Count warnings as problems'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from check" -l json -d 'Print one JSON object'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from check" -l http -d 'Judge as `serve --http` would, with the variables that only it reads'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from show" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from show" -l origin -d 'Say where each value came from'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from show" -l all -d 'Also what is at its default'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON object'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from show" -l http -d 'As `serve --http` would see it, with the variables that only it reads'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from path" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from path" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from path" -l all -d 'Print every place that is looked at'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from path" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and not __fish_seen_subcommand_from generate hash list" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and not __fish_seen_subcommand_from generate hash list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and not __fish_seen_subcommand_from generate hash list" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and not __fish_seen_subcommand_from generate hash list" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and not __fish_seen_subcommand_from generate hash list" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and not __fish_seen_subcommand_from generate hash list" -f -a "generate" -d 'Make a key and print it once; only its hash is kept'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and not __fish_seen_subcommand_from generate hash list" -f -a "hash" -d 'Read a key from stdin and print its hash'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and not __fish_seen_subcommand_from generate hash list" -f -a "list" -d 'List names, reach and expiry'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and __fish_seen_subcommand_from generate" -l expires -d 'How long it is good for, such as `90d`' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and __fish_seen_subcommand_from generate" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and __fish_seen_subcommand_from generate" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and __fish_seen_subcommand_from generate" -l save -d 'Add it to the configuration file'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and __fish_seen_subcommand_from generate" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and __fish_seen_subcommand_from generate" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and __fish_seen_subcommand_from generate" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and __fish_seen_subcommand_from hash" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and __fish_seen_subcommand_from hash" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and __fish_seen_subcommand_from hash" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and __fish_seen_subcommand_from hash" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and __fish_seen_subcommand_from hash" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and __fish_seen_subcommand_from list" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON object'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand completions" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand completions" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand completions" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand completions" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand completions" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand man" -l dir -d 'Write all pages into this directory instead of printing the first' -r -f -a "(__fish_complete_directories)"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand man" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand man" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand man" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand man" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand man" -s h -l help -d 'Print help'
