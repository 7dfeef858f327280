//! What stands in a directory.

use cap_std::fs::{DirEntry, FileType, FileTypeExt};

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
        }
    }

    /// What `entry` is. Some file systems do not say it in the listing; then
    /// the entry is asked.
    pub(super) fn of(entry: &DirEntry) -> Self {
        let listed = entry.file_type().map_or(Self::Unknown, Self::from);
        if listed == Self::Unknown {
            return entry.metadata().map_or(Self::Unknown, |facts| facts.file_type().into());
        }
        listed
    }
}

impl From<FileType> for Kind {
    fn from(kind: FileType) -> Self {
        if kind.is_file() {
            Self::File
        } else if kind.is_dir() {
            Self::Directory
        } else if kind.is_symlink() {
            Self::Link
        } else if kind.is_fifo() {
            Self::Fifo
        } else if kind.is_socket() {
            Self::Socket
        } else if kind.is_char_device() || kind.is_block_device() {
            Self::Device
        } else {
            Self::Unknown
        }
    }
}
