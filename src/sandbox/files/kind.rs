//! What stands in a directory.

use rustix::fs::FileType;

/// What a directory entry is, itself: a link is a link, wherever it leads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A FIFO.
    Fifo,
    /// A socket.
    Socket,
    /// A character or block device.
    Device,
    /// What the system does not say.
    Unknown,
    /// Something that no tool looks into: what it is is not told.
    Protected,
}

impl Kind {
    /// The word of a listing, such as `[DIR]`.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::File => "[FILE]",
            Self::Directory => "[DIR]",
            Self::Link => "[LINK]",
            Self::Fifo => "[FIFO]",
            Self::Socket => "[SOCKET]",
            Self::Device => "[DEVICE]",
            Self::Unknown => "[UNKNOWN]",
            Self::Protected => "[protected]",
        }
    }

    /// The word of a tree, such as `directory`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "directory",
            Self::Link => "link",
            Self::Fifo => "fifo",
            Self::Socket => "socket",
            Self::Device => "device",
            Self::Unknown => "unknown",
            Self::Protected => "[protected]",
        }
    }
}

impl From<FileType> for Kind {
    fn from(kind: FileType) -> Self {
        match kind {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Directory,
            FileType::Symlink => Self::Link,
            FileType::Fifo => Self::Fifo,
            FileType::Socket => Self::Socket,
            FileType::CharacterDevice | FileType::BlockDevice => Self::Device,
            FileType::Unknown => Self::Unknown,
        }
    }
}
