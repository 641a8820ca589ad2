"""Refusals that a tester reads on a page of her own."""

from phases.exceptions import Refused


class InvitationOver(Refused):
    """No answer can be taken to this invitation; the message says why, and what to do."""
