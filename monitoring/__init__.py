"""Metrics, their targets, and their readings."""
