//! Where the base64 of a block begins whose first line is not there.

use crate::limits;

/// What goes around a line of base64 in configuration, source code, comments and mail.
const AROUND: &[u8] = b" \t\r\n\\\"'`+,;>#*|";

/// The beginning of the lines of base64 that end at `end`, where the last line of their block stands.
pub(super) fn begin(text: &[u8], end: usize) -> usize {
    const LINE_BYTES_MIN: usize = 16;
    // Room for the last line itself.
    const END_BYTES_MAX: usize = 128;
    let floor = end.saturating_sub(limits::SECRET_BYTES_MAX - END_BYTES_MAX);
    let mut start = end;
    while start > floor {
        let rest = text.get(floor..start).unwrap_or_default();
        let around = rest.iter().rev().take_while(|byte| AROUND.contains(byte)).count();
        let mut line = rest.get(..rest.len() - around).unwrap_or_default();
        // The letter of a line end that is written `\n`, with the backslash still before it.
        while let [head @ .., b'\\', b'n' | b'r'] = line {
            line = head;
        }
        let base64 = line.iter().rev().take_while(|byte| is_base64(**byte)).count();
        let mut base64 = line.get(line.len() - base64..).unwrap_or_default();
        let at = floor + line.len() - base64.len();
        if let (Some(b'\\'), [b'n' | b'r', line @ ..]) = (text.get(..at).and_then(<[u8]>::last), base64) {
            base64 = line;
        }
        let at = floor + line.len() - base64.len();
        let is_whole = base64.len() >= LINE_BYTES_MIN || start == end || at == 0;
        if base64.is_empty() || !is_whole {
            break;
        }
        start = at;
    }
    start
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

#[cfg(test)]
mod tests {
    use super::begin;

    #[test]
    fn lines_are_followed_back_to_where_the_text_is_no_base64() {
        let lines = ["QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo", "MDEyMzQ1Njc4OWFiY2RlZg", "Zg=="];
        for newline in ["\n", "\r\n", "\\n", "\n  ", "\n# ", "\\n\" +\n  \""] {
            let block = lines.join(newline) + newline;
            for before in
                ["", "the end of it:\n", "cut off here\n", "a: ", "key: \"", "-----BEGIN KEY-----\n"]
            {
                let text = format!("{before}{block}");
                assert_eq!(begin(text.as_bytes(), text.len()), before.len(), "{text}");
            }
        }
    }

    #[test]
    fn where_there_is_no_base64_nothing_begins() {
        for text in ["", "\n", "-----BEGIN KEY-----\n", "...\n", "of a key: "] {
            assert_eq!(begin(text.as_bytes(), text.len()), text.len(), "{text}");
        }
    }
}
