"""Plan files: one YAML document with a section per room. Knows text and types, no room's words."""
