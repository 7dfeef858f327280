//! A disk that can be full.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

/// A small disk of its own, where the system lets us have one.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None`, and a word why, where it cannot be had.
    pub fn of(bytes: usize, at: PathBuf) -> Option<Self> {
        let size = std::ffi::CString::new(format!("size={bytes},mode=0755")).unwrap();
        let flags = rustix::mount::MountFlags::empty();
        match rustix::mount::mount("tmpfs", &at, "tmpfs", flags, size.as_c_str()) {
            Ok(()) => Some(Self(at)),
            Err(error) => {
                println!("no disk can be mounted here ({error}); files are bounded instead");
                None
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Takes what space is left.
    pub fn fill(&self, name: &str) {
        let mut filler = fs::File::create(self.0.join(name)).unwrap();
        for piece in [1 << 20, 1 << 12, 1] {
            while filler.write_all(&vec![0; piece]).is_ok() {}
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _gone = rustix::mount::unmount(&self.0, rustix::mount::UnmountFlags::DETACH);
    }
}
