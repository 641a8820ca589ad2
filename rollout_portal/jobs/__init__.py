"""Long work with progress, private files, and signs of life of processes."""
