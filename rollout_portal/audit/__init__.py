"""The record: who did what, to which object, why, before and after. Append-only and chained."""
