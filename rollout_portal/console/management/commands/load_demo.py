"""`manage.py load_demo`: the MediMate rollout, alive, for somebody who looks around."""

from typing import Any

from django.core.management.base import BaseCommand

from rollout_portal.console.demo import story


class Command(BaseCommand):
    help = "Load the demo rollout with its people, unless a rollout is there already."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(story.load())
