"""Pages that join the rooms. Each view reads, and hands everything to its template."""
