"""Getting a list of people in: read the file, map its columns, check every line, write what holds."""
