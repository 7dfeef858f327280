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
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and not __fish_seen_subcommand_from tail list path" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and not __fish_seen_subcommand_from tail list path" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and not __fish_seen_subcommand_from tail list path" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and not __fish_seen_subcommand_from tail list path" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and not __fish_seen_subcommand_from tail list path" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and not __fish_seen_subcommand_from tail list path" -f -a "tail" -d 'Print the newest events, and follow with `-f`'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and not __fish_seen_subcommand_from tail list path" -f -a "list" -d 'Print all events that match, oldest first'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and not __fish_seen_subcommand_from tail list path" -f -a "path" -d 'Print where the log is'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -s n -l lines -d 'How many to start with, or `all`' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -s S -l since -d 'Not older than: `10m`, `2h`, `today`, `2026-11-22`, RFC 3339' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -s U -l until -d 'Not newer than' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -s p -l severity -d 'Only this grave or graver: low, medium, high' -r -f -a "low\t''
medium\t''
high\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -l event -d 'Only this event, such as `tool_called`' -r -f -a "tool_called\t''
input_validation_failed\t''
tool_execution_failed\t''
tool_started\t''
message_refused\t''
refusals_folded\t''
tool_abandoned\t''
tool_denied\t''
tool_disabled\t''
authentication_failed\t''
rate_limit_exceeded\t''
untrusted_origin_blocked\t''
http_error\t''
output_withheld\t''
server_started\t''
server_stopped\t''
events_rotated\t''
events_recovered\t''
events_pruned\t''
events_missing\t''
events_not_exported\t''
clock_jump\t''
fd_exhausted\t''
events_read\t''
request_served\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -l outcome -d 'Only this outcome: ok, refused, failed, denied, abandoned' -r -f -a "ok\t''
refused\t''
failed\t''
denied\t''
abandoned\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -l code -d 'Only this code, such as `path_leaves_root`' -r -f -a "unknown_tool\t''
unknown_prompt\t''
unknown_resource\t''
unknown_argument\t''
missing_argument\t''
wrong_type\t''
out_of_range\t''
too_long\t''
empty\t''
nul_byte\t''
line_break\t''
hidden_character\t''
not_a_name\t''
bad_glob\t''
arguments_conflict\t''
path_leaves_root\t''
link_leaves_root\t''
path_too_deep\t''
ambiguous_root\t''
not_regular\t''
not_found\t''
permission_denied\t''
is_directory\t''
not_directory\t''
not_text\t''
too_large\t''
io\t''
root_missing\t''
tool_refused\t''
tool_failed\t''
panicked\t''
deadline\t''
abandoned\t''
tool_disabled\t''
missing_capability\t''
not_recorded\t''
too_many_calls\t''
limit_address\t''
limit_key\t''
limit_tool\t''
limit_repeat\t''
penalty\t''
message_too_large\t''
message_too_deep\t''
message_too_complex\t''
not_json\t''
not_utf8\t''
duplicate_key\t''
batch\t''
bad_id\t''
id_in_flight\t''
bad_message\t''
unknown_method\t''
bad_params\t''
missing_meta\t''
unsupported_version\t''
header_mismatch\t''
missing_id\t''
no_key\t''
unknown_key\t''
expired_key\t''
key_address\t''
key_reach\t''
untrusted_origin\t''
untrusted_host\t''
https_required\t''
no_route\t''
method_not_allowed\t''
bad_request\t''
media_type\t''
not_acceptable\t''
too_many_connections\t''
too_slow\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -s t -l tool -d 'Only calls to this tool' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -s w -l who -d 'Only this caller, such as `key:laptop` or `203.0.113.9`' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -l peer -d 'Only from this address' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -l client -d 'Only clients whose name begins so' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -s g -l grep -d 'Only events whose text matches; lower case ignores case' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -s o -l output -d 'One of short, wide, full, json' -r -f -a "short\t'One line, five columns'
wide\t'One line with date, severity, event, address and client'
full\t'All fields, one a line'
json\t'One JSON object a line, as in the log'"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -s f -l follow -d 'Keep printing as events happen'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -l json -d 'Same as `--output json`: one object a line'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -l utc -d 'Show times in UTC'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from tail" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -s S -l since -d 'Not older than: `10m`, `2h`, `today`, `2026-11-22`, RFC 3339' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -s U -l until -d 'Not newer than' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -s p -l severity -d 'Only this grave or graver: low, medium, high' -r -f -a "low\t''
medium\t''
high\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -l event -d 'Only this event, such as `tool_called`' -r -f -a "tool_called\t''
input_validation_failed\t''
tool_execution_failed\t''
tool_started\t''
message_refused\t''
refusals_folded\t''
tool_abandoned\t''
tool_denied\t''
tool_disabled\t''
authentication_failed\t''
rate_limit_exceeded\t''
untrusted_origin_blocked\t''
http_error\t''
output_withheld\t''
server_started\t''
server_stopped\t''
events_rotated\t''
events_recovered\t''
events_pruned\t''
events_missing\t''
events_not_exported\t''
clock_jump\t''
fd_exhausted\t''
events_read\t''
request_served\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -l outcome -d 'Only this outcome: ok, refused, failed, denied, abandoned' -r -f -a "ok\t''
refused\t''
failed\t''
denied\t''
abandoned\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -l code -d 'Only this code, such as `path_leaves_root`' -r -f -a "unknown_tool\t''
unknown_prompt\t''
unknown_resource\t''
unknown_argument\t''
missing_argument\t''
wrong_type\t''
out_of_range\t''
too_long\t''
empty\t''
nul_byte\t''
line_break\t''
hidden_character\t''
not_a_name\t''
bad_glob\t''
arguments_conflict\t''
path_leaves_root\t''
link_leaves_root\t''
path_too_deep\t''
ambiguous_root\t''
not_regular\t''
not_found\t''
permission_denied\t''
is_directory\t''
not_directory\t''
not_text\t''
too_large\t''
io\t''
root_missing\t''
tool_refused\t''
tool_failed\t''
panicked\t''
deadline\t''
abandoned\t''
tool_disabled\t''
missing_capability\t''
not_recorded\t''
too_many_calls\t''
limit_address\t''
limit_key\t''
limit_tool\t''
limit_repeat\t''
penalty\t''
message_too_large\t''
message_too_deep\t''
message_too_complex\t''
not_json\t''
not_utf8\t''
duplicate_key\t''
batch\t''
bad_id\t''
id_in_flight\t''
bad_message\t''
unknown_method\t''
bad_params\t''
missing_meta\t''
unsupported_version\t''
header_mismatch\t''
missing_id\t''
no_key\t''
unknown_key\t''
expired_key\t''
key_address\t''
key_reach\t''
untrusted_origin\t''
untrusted_host\t''
https_required\t''
no_route\t''
method_not_allowed\t''
bad_request\t''
media_type\t''
not_acceptable\t''
too_many_connections\t''
too_slow\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -s t -l tool -d 'Only calls to this tool' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -s w -l who -d 'Only this caller, such as `key:laptop` or `203.0.113.9`' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -l peer -d 'Only from this address' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -l client -d 'Only clients whose name begins so' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -s g -l grep -d 'Only events whose text matches; lower case ignores case' -r
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -s o -l output -d 'One of short, wide, full, json' -r -f -a "short\t'One line, five columns'
wide\t'One line with date, severity, event, address and client'
full\t'All fields, one a line'
json\t'One JSON object a line, as in the log'"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -s r -l reverse -d 'Newest first'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -l json -d 'Same as `--output json`: one object a line'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -l utc -d 'Show times in UTC'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less; twice for nothing but the answer'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice for traces'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from path" -s c -l config -d 'Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]' -r -F
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from path" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mcp-server -n "__fish_mcp_server_using_subcommand events; and __fish_seen_subcommand_from path" -l current -d 'The files that running servers write to'
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
complete -c mcp-server -n "__fish_mcp_server_using_subcommand keys; and not __fish_seen_subcommand_from generate hash list" -f -a "list" -d 'List names, reach, expiry and last use'
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
