"""The languages of testers: how people write them in lists, and what they are called in themselves."""

from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext_lazy

OWN_NAMES: Final = {"en": "English", "ms": "Bahasa Melayu", "zh-hans": "中文", "ta": "தமிழ்"}
"""What a language calls itself: on the language line of the testers' pages."""

LABELS: Final = {
    "en": gettext_lazy("English"),
    "ms": gettext_lazy("Malay"),
    "zh-hans": gettext_lazy("Chinese"),
    "ta": gettext_lazy("Tamil"),
}
"""What staff call it."""

HTML_CODES: Final = {"zh-hans": "zh-Hans"}
"""Where the `lang` attribute is spelled otherwise than the code."""

_OTHER_NAMES: Final = {
    "en": ("eng", "english", "inggeris", "英文", "英语", "ஆங்கிலம்"),
    "ms": ("may", "msa", "malay", "bm", "bahasa", "bahasa malaysia", "bahasa melayu", "melayu", "马来文"),
    "zh-hans": (
        "zh",
        "zho",
        "chi",
        "cn",
        "zh-cn",
        "zh-sg",
        "zh-my",
        "chinese",
        "mandarin",
        "中文",
        "华文",
        "华语",
    ),
    "ta": ("tam", "tamil", "தமிழ்", "தமிழ", "淡米尔文"),
}
_BY_NAME: Final = {name: code for code, names in _OTHER_NAMES.items() for name in (code, *names)}


def recognise(text: str, allowed: Iterable[str]) -> str | None:
    """Return the code of the language that `text` names, if it is one of `allowed`; else None.

    A regional code stands for its language: `ms-MY` is Malay.
    """
    codes = list(allowed)
    name = text.strip().casefold().replace("_", "-")
    for candidate in (name, _BY_NAME.get(name, ""), _BY_NAME.get(name.split("-")[0], ""), name.split("-")[0]):
        if candidate in codes:
            return candidate
    return None


def own_name(code: str) -> str:
    """Return what a language calls itself."""
    return OWN_NAMES.get(code, code)


def html_code(code: str) -> str:
    """Return the value of the `lang` attribute."""
    return HTML_CODES.get(code, code)
