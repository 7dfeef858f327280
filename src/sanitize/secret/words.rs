//! What people write instead of a secret, and how chance differs from words.

/// Whether `text` is what manuals put where a secret belongs: a word that says so, one character
/// over and over, or the alphabet.
pub(super) fn is_placeholder(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    is_run(text)
        || PLACEHOLDERS.iter().any(|word| {
            let mut places = memchr::memmem::find_iter(&lower, word.as_bytes());
            places.any(|at| is_in_one_case(text.get(at..at + word.len()).unwrap_or_default()))
        })
        || SAMPLES.iter().any(|sample| contains(text, sample))
}

/// Whether people write a word so, which chance seldom does: `your`, `YOUR` or `Your`.
fn is_in_one_case(word: &[u8]) -> bool {
    let small = word.iter().filter(|byte| byte.is_ascii_lowercase()).count();
    let capitals = word.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    small == 0 || capitals == 0 || (capitals == 1 && word.first().is_some_and(u8::is_ascii_uppercase))
}

/// In any place of a placeholder, in lower case. Short ones are left out: chance writes them as well.
const PLACEHOLDERS: [&str; 24] = [
    "****",
    "....",
    "_goes_",
    "-goes-",
    "-here",
    "_here",
    "changeme",
    "change-me",
    "change_me",
    "changeit",
    "deadbeef",
    "dummy",
    "example",
    "foobar",
    "insert",
    "invalid",
    "notreal",
    "placeholder",
    "qwerty",
    "redacted",
    "replace",
    "sample",
    "xxxx",
    "your",
];

/// From manuals, without what would make a scanner report this file.
const SAMPLES: [&str; 14] = [
    // docs.github.com: the personal access token, and the OAuth token
    "16C7e42F292c6912E7710c838347Ae178B4a",
    // docs.stripe.com: keys of accounts that everybody may use
    "4eC39HqLyjWDarjtT1zdp7dc",
    "BQokikJOvBiI2HlWgH4olfQ2",
    "26PHem9AhJZvU623DfE1x4sd",
    // learn.microsoft.com: the storage emulator (Azurite)
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq",
    // learn.microsoft.com: the Cosmos DB emulator
    "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw",
    // doc.rust-lang.org/cargo: the token of a registry
    "854DvwSlUwEHtIo3kWy6x7UCPKHfzCmy",
    // RFC 6749, RFC 6750 and RFC 7617
    "2YotnFZFEjr1zCsicMWpAA",
    "czZCaGRSa3F0MzpnWDFmQmF0M2JW",
    "mF_9.B5f-4.1JqM",
    "QWxhZGRpbjpvcGVuIHNlc2FtZQ",
    "SplxlOBeZQQYbYS6WxSbIA",
    "tGzv3JOkF0XG5Qx2TlKWIA",
    "dGVzdDoxMjPCow",
];

pub(super) fn contains(text: &[u8], word: &str) -> bool {
    memchr::memmem::find(text, word.as_bytes()).is_some()
}

/// Whether eight in a row are the same, or six follow each other as in the alphabet.
fn is_run(text: &[u8]) -> bool {
    let runs = |least: usize, step: fn(u8, u8) -> bool| {
        let mut length = 1;
        text.windows(2).any(|pair| {
            let &[one, two] = pair else { return false };
            length = if step(one, two) { length + 1 } else { 1 };
            length >= least
        })
    };
    // Long keys in base64 begin and end in zeros, which are written `A`.
    let same = |one, two| one == two && one != b'A';
    let next = |one: u8, two: u8| {
        let (one, two) = (one.to_ascii_lowercase(), two.to_ascii_lowercase());
        one.is_ascii_alphanumeric() && two.is_ascii_alphanumeric() && one + 1 == two
    };
    runs(8, same) || runs(6, next) || (text.len() < 100 && runs(8, |one, two| one == two))
}

/// How many bits each byte of `text` tells, were it drawn by chance (Shannon).
pub(super) fn entropy(text: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let total = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX).max(1));
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / total)
        .map(|share| -share * share.log2())
        .sum()
}

/// Pairs of letters that stand in most English words and names of code: these 120 of 676 make up three
/// quarters of the pairs there, and a fifth of those that chance makes.
const PAIRS: &str = "ab ac ad ag al am an ap ar as at bl ca ce ch ck cl co cr ct da de di ea ec ed ef el em en er es \
                     et ev ex fi fo ge ha he ia ic id ie ig il im in io is it ke la le li ll lo ma me mi mo mp na \
                     nc nd ne ng ni no ns nt oc od ol om on op or os ot ou ow pa pe pl po pr pt ra re ri ro rs rt \
                     ry sc se sh si so sp ss st su ta te th ti to tr ts ty ul um un ur us ut va ve vi";

/// The same for each first letter: a bit for each second one.
#[allow(clippy::indexing_slicing, reason = "out of bounds, it would not compile")]
const FOLLOWS: [u32; 26] = {
    let pairs = PAIRS.as_bytes();
    let mut follows = [0; 26];
    let mut at = 0;
    while at + 1 < pairs.len() {
        follows[letter(pairs[at])] |= 1 << letter(pairs[at + 1]);
        at += 3;
    }
    follows
};

/// The number of a letter in the alphabet, in either case.
const fn letter(byte: u8) -> usize {
    byte.to_ascii_lowercase().wrapping_sub(b'a') as usize
}

/// Whether `text` is made of words, as `my-secret-token` and `TokenProvider` are.
pub(super) fn is_wordy(text: &[u8]) -> bool {
    const LETTER_PAIRS_MIN: usize = 6;
    let (mut letters, mut common, mut turns) = (0, 0, 0);
    for pair in text.windows(2) {
        let &[one, two] = pair else { continue };
        turns += usize::from(class(one) != class(two) && !is_capital(one, two));
        if one.is_ascii_alphabetic() && two.is_ascii_alphabetic() {
            letters += 1;
            common +=
                usize::from(FOLLOWS.get(letter(one)).is_some_and(|known| known >> letter(two) & 1 == 1));
        }
    }
    // Chance turns from small letters to capitals to digits at every other step, words seldom do.
    letters >= LETTER_PAIRS_MIN && common * 2 >= letters && turns * 10 <= text.len() * 3
}

/// Whether a word begins so, as in `TokenProvider`.
const fn is_capital(one: u8, two: u8) -> bool {
    one.is_ascii_uppercase() && two.is_ascii_lowercase()
}

const fn class(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    }
}
