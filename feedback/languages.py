"""What the console calls a language: it speaks English to staff."""

from django.conf import settings


def english_name(code: str) -> str:
    """Return the English name of a language of testers; the code itself where there is none."""
    return str(dict(settings.LANGUAGES).get(code, code))
