//! The tools that come with the server, in the order in which every client sees them.

use super::{
    Catalog, GetFileInfo, HelloWorld, ListAllowedDirectories, ListDirectory, ReadTextFile, SearchFiles,
};

/// Adds all tools that come with the server.
pub fn add_built_in_tools(catalog: &mut Catalog) {
    catalog.add(HelloWorld);
    add_file_tools(catalog);
}

/// Adds the tools that read files. They are offered once there is a root.
pub fn add_file_tools(catalog: &mut Catalog) {
    catalog.add(ListAllowedDirectories);
    catalog.add(ReadTextFile);
    catalog.add(ListDirectory);
    catalog.add(GetFileInfo);
    catalog.add(SearchFiles);
}
