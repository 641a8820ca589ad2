"""Sent after commit, for promptness only: nothing may rely on a receiver for safety."""

from django.dispatch import Signal

# transition: the PhaseTransition that was made.
phase_moved = Signal()
# gate: the Gate whose decision changed.
gate_decided = Signal()
