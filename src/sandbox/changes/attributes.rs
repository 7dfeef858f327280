//! What a file has besides its content: mode, owner, times, extended attributes.

use std::{ffi::CString, io, os::fd::AsFd};

use data_encoding::HEXLOWER;
use rustix::{
    fs::{Gid, Mode, Stat, Timespec, Timestamps, UTIME_OMIT, Uid, XattrFlags},
    io::Errno,
};

use crate::{
    journal::Attributes,
    refusal::{Code, Refusal},
};

/// An extended attribute, in bytes (`XATTR_SIZE_MAX` of Linux).
const VALUE_BYTES_MAX: usize = 64 << 10;
/// Their names together, in bytes (`XATTR_LIST_MAX` of Linux).
const NAMES_BYTES_MAX: usize = 64 << 10;
/// The bits that `chmod` sets.
const MODE_BITS: u32 = 0o7777;

/// Without extended attributes.
#[allow(clippy::useless_conversion, clippy::unnecessary_cast, reason = "the types differ between systems")]
pub(super) fn of_stat(stat: &Stat) -> Attributes {
    Attributes {
        mode: u32::from(stat.st_mode) & MODE_BITS,
        uid: stat.st_uid,
        gid: stat.st_gid,
        modified: (i64::from(stat.st_mtime), stat.st_mtime_nsec.cast_signed()),
        extended: Vec::new(),
    }
}

/// All of them.
pub(super) fn of(file: impl AsFd, stat: &Stat) -> io::Result<Attributes> {
    let extended = match extended(&file) {
        Err(Errno::NOTSUP | Errno::NOSYS) => Vec::new(),
        read => read?,
    };
    Ok(Attributes { extended, ..of_stat(stat) })
}

fn extended(file: &impl AsFd) -> Result<Vec<(String, String)>, Errno> {
    let mut names = vec![0; NAMES_BYTES_MAX];
    let length = rustix::fs::flistxattr(file, &mut names)?;
    names.truncate(length);
    let mut all = Vec::new();
    for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let Ok(c_name) = CString::new(name) else { continue };
        let mut value = vec![0; VALUE_BYTES_MAX];
        match rustix::fs::fgetxattr(file, &c_name, &mut value) {
            Ok(length) => value.truncate(length),
            Err(Errno::NODATA) => continue,
            Err(error) => return Err(error),
        }
        // the names that people give are text; one that is none is not given back
        all.push((String::from_utf8_lossy(name).into_owned(), HEXLOWER.encode(&value)));
    }
    all.sort_unstable();
    Ok(all)
}

/// The access control list of a file (acl(5)).
const ACCESS_LIST: &str = "system.posix_acl_access";

/// Whether what cannot be kept is an error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Keep {
    /// It is.
    All,
    /// It is left as the system makes it.
    WhatCanBe,
}

/// Gives `file` the owner, the extended attributes and the mode, in this order: a new owner clears bits of the mode.
pub(super) fn give(file: impl AsFd, wanted: &Attributes, keep: Keep, shown: &str) -> Result<(), Refusal> {
    let stat = rustix::fs::fstat(&file).map_err(io::Error::from)?;
    let judge = |given: Result<(), Errno>, what: &str| match given {
        Err(error) if keep == Keep::All => {
            let says = format!(
                "{shown}: {what} cannot be kept, so it was left as it is; the owner can allow that with `files.keep_owner = false`"
            );
            Err(Refusal::Failed { code: Code::NotKept, says: says.into(), cause: Some(error.to_string()) })
        }
        _ => Ok(()),
    };
    if (stat.st_uid, stat.st_gid) != (wanted.uid, wanted.gid) {
        let (uid, gid) = (Uid::from_raw(wanted.uid), Gid::from_raw(wanted.gid));
        judge(rustix::fs::fchown(&file, Some(uid), Some(gid)), "its owner")?;
    }
    let has = extended(&file).unwrap_or_default();
    // a list that the directory gives to what is new would let others in
    let is_wanted = |name: &str| wanted.extended.iter().any(|(wanted, _)| wanted == name);
    if has.iter().any(|(name, _)| name == ACCESS_LIST) && !is_wanted(ACCESS_LIST) {
        judge(rustix::fs::fremovexattr(&file, ACCESS_LIST), "its access list")?;
    }
    for (name, value) in wanted.extended.iter().filter(|attribute| !has.contains(attribute)) {
        let value = HEXLOWER.decode(value.as_bytes()).unwrap_or_default();
        let Ok(c_name) = CString::new(name.as_bytes()) else { continue };
        let given = rustix::fs::fsetxattr(&file, &c_name, &value, XattrFlags::empty());
        judge(given, &format!("its extended attribute `{name}`"))?;
    }
    rustix::fs::fchmod(&file, Mode::from_raw_mode(wanted.mode as _)).map_err(io::Error::from)?;
    Ok(())
}

/// Sets when the content changed last.
pub(super) fn set_modified(file: impl AsFd, (seconds, nanoseconds): (i64, i64)) -> io::Result<()> {
    let omitted = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    let modified = Timespec { tv_sec: seconds, tv_nsec: nanoseconds as _ };
    Ok(rustix::fs::futimens(file, &Timestamps { last_access: omitted, last_modification: modified })?)
}
