"""Header values that cannot break out of their line, whatever a subject or a name contains.

The standard library decodes encoded words inside a name that it is given and folds long ones in ways
that parsers read differently; so the few headers with people's words in them are written here.
"""

import base64
import re
from collections.abc import Iterator
from typing import Final

from rollout_portal.outbox.rendering import clean_value

MAX_TEXT: Final = 300
_LINE: Final = 76
# "=?utf-8?b?" and "?=" leave room for 60 letters of base64, which are 45 bytes.
_WORD_BYTES: Final = 45
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


def headers_text(text: str) -> str:
    """Return a text as the value of a header: one line of words, encoded where it must be (RFC 2047)."""
    text = " ".join(clean_value(text).split())
    if len(text) > MAX_TEXT:
        text = text[: MAX_TEXT - 1] + "…"
    if text.isascii() and text.isprintable() and "=?" not in text:
        return _fold(text)
    return _encoded(text)


def mailbox(name: str, spec: str) -> str:
    """Return a name and an address as the value of a header.

    :param spec: an address that was checked already.
    """
    name = " ".join(clean_value(name).split())[:MAX_TEXT]
    if not name:
        return spec
    if name.isascii() and name.isprintable() and "=?" not in name:
        if not _ATOMS.fullmatch(name):
            name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return f"{_fold(name)}\r\n <{spec}>" if len(name) + len(spec) > _LINE - 8 else f"{name} <{spec}>"
    return f"{_encoded(name)}\r\n <{spec}>"


def _encoded(text: str) -> str:
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(chunk).decode('ascii')}?=" for chunk in _chunks(text))


def _chunks(text: str) -> Iterator[bytes]:
    """Cut a text into pieces of whole letters, between words if possible, each for one encoded word."""
    chunk = b""
    for word in re.split(r"(?<= )", text):
        if chunk and len(chunk) + len(word.encode()) > _WORD_BYTES:
            yield chunk
            chunk = b""
        for letter in word:
            encoded = letter.encode()
            if len(chunk) + len(encoded) > _WORD_BYTES:
                yield chunk
                chunk = b""
            chunk += encoded
    if chunk:
        yield chunk


def _fold(text: str) -> str:
    """Break a long value before a space; taking the breaks out again gives the same value."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) >= _LINE - 10:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return "\r\n ".join(lines)
