"""Rollout Portal: the plan of record for a staged product rollout."""

__version__ = "0.1.0"
