"""`manage.py verify_audit`: is the record whole?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rollout_portal.audit.services import verify


class Command(BaseCommand):
    help = "Walk every audit chain and compare it with the anchors outside the database."

    def handle(self, *args: Any, **options: Any) -> None:
        result = verify()
        for found in result.breaks:
            self.stderr.write(f"chain {found.scope or 'installation'}, entry {found.seq}: {found.what}")
        if not result.whole:
            raise CommandError(f"{len(result.breaks)} breaks in {result.entries} entries.")
        self.stdout.write(f"{result.entries} entries in {result.chains} chains, all whole.")
