//! The program as a user who owns nothing: tests run as root where CI does.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
};

use super::Place;

/// A user who owns nothing.
pub const NOBODY: u32 = 65_534;

/// What starts the program as that user, where the test may choose.
const AS_NOBODY: &str = r#"exec setpriv --reuid 65534 --regid 65534 --clear-groups -- "$0" "$@""#;

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A place that an ordinary user may use, with a `parent` that is that user's own; and what to run
/// before the program ([`Place::command_after`]), which is where that user can start it.
pub fn place_of_an_ordinary_user() -> (Place, String) {
    let place = Place::with_fixture_tools();
    let program = place.path().join("program");
    fs::copy(place.program(), &program).unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let parent = place.dir("parent");
    if is_root() {
        chown(&parent, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let program = program.to_str().unwrap();
    let prefix =
        if is_root() { AS_NOBODY.replace("\"$0\"", program) } else { format!("exec {program} \"$@\"") };
    (place, prefix)
}
