"""Registers the admin pages of the rooms below `phases`, which know no role and no rollout."""

from rollout_portal.console import admin_accounts, admin_outbox

__all__ = ["admin_accounts", "admin_outbox"]
