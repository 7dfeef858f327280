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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_tools_are_well_defined_and_in_order() {
        let mut catalog = Catalog::default();
        add_built_in_tools(&mut catalog);
        assert_eq!(catalog.lint(), Ok(()));
        let names: Vec<_> = catalog.rows().map(|row| row.definition().name).collect();
        let wanted = [
            "hello_world",
            "list_allowed_directories",
            "read_text_file",
            "list_directory",
            "get_file_info",
            "search_files",
        ];
        assert_eq!(names, wanted);
    }
}
