"""Measurements, each as a ratio to a yardstick of the same run: `python -m benchmarks.<name>`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()
