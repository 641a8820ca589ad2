"""The text of one line, without its Markdown."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# What stands for a picture or a mark: arrows and mathematical signs are text and stay.
_PICTURES = re.compile(
    "[\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\ufe0e\ufe0f\u200b-\u200f\u2060\ufeff"
    "\U0001f000-\U0001faff\U000e0020-\U000e007f]+"
)
_DONE = "✅✔☑🟢👍"
_REFUSED = "❌✖✗✘⛔🚫🔴🛑👎"
_LINK = re.compile(
    r"!?\[([^\[\]]*)\]\((?:[^()\s]|\([^()]*\))*(?:\s+\"[^\"]*\")?\)|!?\[([^\[\]]+)\]\[[^\[\]]*\]"
)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>|<!--.{0,2000}?-->", re.DOTALL)
_STRONG = re.compile(r"(\*\*\*|\*\*|__(?=\S)(?!_))(?=\S)(.+?)(?<=\S)\1")
_EMPHASIS = re.compile(
    r"(?<![\w*])\*(?=[^\s*])([^*]+?)(?<=[^\s*])\*(?![\w*])|(?<![\w_])_(?=[^\s_])([^_]+?)(?<=[^\s_])_(?![\w_])"
)
_CODE = re.compile(r"(`+)(.+?)\1(?!`)")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")
_SPACE = re.compile(r"\s+")
_ENTITIES = {
    "&lt;": "<",
    "&gt;": ">",
    "&amp;": "&",
    "&nbsp;": " ",
    "&le;": "≤",
    "&ge;": "≥",
    "&quot;": '"',
    "&#124;": "|",
}
_ENTITY = re.compile("|".join(map(re.escape, _ENTITIES)))
_SIGNS = str.maketrans(
    {
        "٪": "%",
        "٫": ".",
        "٬": ",",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "〜": "~",
        "～": "~",
        "−": "-",
        "≦": "≤",
        "≧": "≥",
        "⩽": "≤",
        "⩾": "≥",
        "，": ", ",
        "、": ", ",
        "；": "; ",
        "：": ": ",
        "（": " (",
        "）": ") ",
        "【": "[",
        "】": "]",
        "。": ". ",
        "‑": "-",
        "‐": "-",
    }
)


@dataclass(frozen=True, slots=True)
class Text:
    """One line as it is read.

    :ivar plain: without marks, pictures and links; wide signs as their narrow ones.
    :ivar bold: the text that it begins with in bold; the whole of it when `all_bold`.
    :ivar mark: "yes" or "no" when it begins with a tick or a cross.
    """

    plain: str
    bold: str = ""
    all_bold: bool = False
    mark: str = ""
    link: bool = False


@lru_cache(maxsize=20_000)
def read(raw: str) -> Text:
    """Read the Markdown of one line."""
    raw = _TAG.sub(" ", raw.strip())
    raw = _ENTITY.sub(lambda match: _ENTITIES[match.group()], raw)
    head = raw.lstrip("*_ \t")[:1]
    mark = "yes" if head and head in _DONE else "no" if head and head in _REFUSED else ""
    link = bool(re.fullmatch(r"\[[^\[\]]+\]\(#[^()]*\)", raw))
    unmarked = _PICTURES.sub(
        " ", _LINK.sub(lambda match: match.group(1) or match.group(2) or "", raw)
    ).strip()
    strong = _STRONG.match(unmarked)
    bold = plain(strong.group(2)) if strong else ""
    rest = unmarked[strong.end() :] if strong else ""
    all_bold = bool(strong) and not rest.strip(" :：.!-–—*")
    return Text(plain(unmarked), bold, all_bold, mark, link)


def plain(text: str) -> str:
    """Strip emphasis, code marks and pictures, and bring signs and digits to one form."""
    text = _CODE.sub(lambda match: match.group(2), text)
    for _nested in range(2):
        text = _STRONG.sub(lambda match: match.group(2), text)
        text = _EMPHASIS.sub(lambda match: match.group(1) or match.group(2), text)
    text = _ESCAPE.sub(r"\1", _PICTURES.sub(" ", text))
    return _SPACE.sub(" ", narrow(text)).strip().strip("*").strip()


def narrow(text: str) -> str:
    """Bring wide and foreign forms of signs and digits to the common ones."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text.translate(_SIGNS)).translate(_SIGNS)
    return "".join(str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() else c for c in text)
