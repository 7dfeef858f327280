//! The only place that prints.
//!
//! stdout is the answer; stderr is everything else.

use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
};

use anstyle::{AnsiColor, Style};
use clap::builder::PossibleValue;

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ColorChoice {
    /// Where it is a terminal that takes it.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// By hand, because derived values bring their comments into the help and make it twice as long.
impl clap::ValueEnum for ColorChoice {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Auto, Self::Always, Self::Never]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }))
    }
}

/// What a word means; the colour only repeats it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tone {
    /// It is well.
    Good,
    /// Turned away.
    Warn,
    /// Denied or failed.
    Bad,
    /// A path or a command.
    Path,
    /// Of little weight.
    Dim,
}

/// Prints answers and remarks.
#[derive(Debug)]
pub struct Printer {
    colour_out: bool,
    colour_err: bool,
    /// How often `-q` was given.
    pub quiet: u8,
    /// How often `-v` was given.
    pub verbose: u8,
}

impl Printer {
    /// A printer for this process.
    #[must_use]
    pub fn new(choice: ColorChoice, quiet: u8, verbose: u8) -> Self {
        let wants = |stream: anstream::ColorChoice| match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => !matches!(stream, anstream::ColorChoice::Never),
        };
        Self {
            colour_out: wants(anstream::AutoStream::choice(&io::stdout())),
            colour_err: wants(anstream::AutoStream::choice(&io::stderr())),
            quiet,
            verbose,
        }
    }

    /// One line of the answer, on stdout.
    ///
    /// # Errors
    ///
    /// When stdout is closed; the caller ends then, and that is success.
    pub fn line(&self, text: impl Display) -> io::Result<()> {
        writeln!(io::stdout().lock(), "{text}")
    }

    /// The answer as it is, without a line end of its own.
    ///
    /// # Errors
    ///
    /// As [`Printer::line`].
    pub fn raw(&self, bytes: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()
    }

    /// A remark, on stderr. `-q` hides it.
    pub fn note(&self, text: impl Display) {
        if self.quiet == 0 {
            self.say(text);
        }
    }

    /// What to do next, on stderr. `-q` hides it.
    pub fn hint(&self, text: impl Display) {
        if self.quiet == 0 {
            self.say(format_args!("{} {text}", self.paint_err(Tone::Path, "hint:")));
        }
    }

    /// What must be said, on stderr. A closed stderr is nobody's fault.
    pub fn say(&self, text: impl Display) {
        let _closed = writeln!(io::stderr().lock(), "{text}");
    }

    /// `text` in the colour of `tone`, if stdout takes colours.
    #[must_use]
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        paint(self.colour_out, tone, text)
    }

    /// `text` in the colour of `tone`, if stderr takes colours.
    #[must_use]
    pub fn paint_err(&self, tone: Tone, text: &str) -> String {
        paint(self.colour_err, tone, text)
    }

    /// Columns of the terminal on stdout; `None` when it is none.
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        let out = io::stdout();
        if !out.is_terminal() {
            return None;
        }
        rustix::termios::tcgetwinsize(&out)
            .ok()
            .map(|size| usize::from(size.ws_col))
            .filter(|columns| *columns > 0)
    }
}

fn paint(wanted: bool, tone: Tone, text: &str) -> String {
    if !wanted {
        return text.to_owned();
    }
    let style = match tone {
        Tone::Good => Style::new().fg_color(Some(AnsiColor::Green.into())),
        Tone::Warn => Style::new().fg_color(Some(AnsiColor::Yellow.into())),
        Tone::Bad => Style::new().fg_color(Some(AnsiColor::Red.into())),
        Tone::Path => Style::new().fg_color(Some(AnsiColor::Cyan.into())),
        Tone::Dim => Style::new().dimmed(),
    };
    format!("{style}{text}{style:#}")
}
