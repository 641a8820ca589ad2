"""The suite's settings with one app more: every process of a chaos test can mint the test's links."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos.minting.Minting"]
