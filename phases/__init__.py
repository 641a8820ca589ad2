"""Rollout, phases, gates and signatures: the plan of record."""
