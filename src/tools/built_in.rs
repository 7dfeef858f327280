//! The tools that come with the server, in the order in which every client sees them.

use super::{
    Catalog, CopyFile, CreateDirectory, DeleteFile, DirectoryTree, EditFile, GetFileInfo, HelloWorld,
    ListAllowedDirectories, ListChanges, ListDirectory, ListDirectoryWithSizes, MoveFile, ReadMediaFile,
    ReadMultipleFiles, ReadTextFile, SearchFileContents, SearchFiles, UndoChange, WriteFile,
};

/// Adds all tools that come with the server.
pub fn add_built_in_tools(catalog: &mut Catalog) {
    catalog.add(HelloWorld);
    add_file_tools(catalog);
    add_writing_tools(catalog);
}

/// Adds the tools that read files. They are offered once there is a root.
pub fn add_file_tools(catalog: &mut Catalog) {
    catalog.add(ListAllowedDirectories);
    catalog.add(ReadTextFile);
    catalog.add(ReadMediaFile);
    catalog.add(ReadMultipleFiles);
    catalog.add(ListDirectory);
    catalog.add(ListDirectoryWithSizes);
    catalog.add(DirectoryTree);
    catalog.add(SearchFiles);
    catalog.add(SearchFileContents);
    catalog.add(GetFileInfo);
}

/// Adds the tools that change files. They are offered once a root is writable.
pub fn add_writing_tools(catalog: &mut Catalog) {
    catalog.add(WriteFile);
    catalog.add(EditFile);
    catalog.add(CreateDirectory);
    catalog.add(MoveFile);
    catalog.add(CopyFile);
    catalog.add(DeleteFile);
    catalog.add(ListChanges);
    catalog.add(UndoChange);
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
            "read_media_file",
            "read_multiple_files",
            "list_directory",
            "list_directory_with_sizes",
            "directory_tree",
            "search_files",
            "search_file_contents",
            "get_file_info",
            "write_file",
            "edit_file",
            "create_directory",
            "move_file",
            "copy_file",
            "delete_file",
            "list_changes",
            "undo_change",
        ];
        assert_eq!(names, wanted);
    }
}
