"""Which feature is on for whom."""
