"""Pictures that testers send: what is taken, and what is taken off them.

A picture is believed by its first bytes, not by its name. What a camera writes beside the picture (place,
time, device) is cut off before it is kept.
"""

import struct
from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext as _

LARGEST: Final = 5 * 1024 * 1024

_JPEG: Final = b"\xff\xd8\xff"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT: Final = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"pHYs"}
_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9


class NotAPicture(ValueError):
    """What was sent cannot be kept; the message is for the tester."""


def cleaned(content: bytes) -> tuple[bytes, str]:
    """Return a picture without what the camera wrote beside it, and its content type.

    :raises NotAPicture: when it is too large, of another kind, or cut off.
    """
    if len(content) > LARGEST:
        raise NotAPicture(_("This picture is too large: at most 5 MB."))
    try:
        if content.startswith(_JPEG):
            return b"".join(_jpeg_parts(content)), "image/jpeg"
        if content.startswith(_PNG):
            return b"".join(_png_parts(content)), "image/png"
    except (struct.error, IndexError) as error:
        raise NotAPicture(_("This picture is damaged. Please send another one.")) from error
    raise NotAPicture(_("Please send a picture in JPEG or PNG format."))


def _jpeg_parts(content: bytes) -> Iterator[bytes]:
    """Yield a JPEG without application data (APP1 to APP13, APP15) and comments."""
    yield content[:2]
    place = 2
    while True:
        if content[place] != 0xFF:
            raise IndexError("no marker where one must be")
        marker = content[place + 1]
        if marker in (_START_OF_SCAN, _END_OF_IMAGE):
            yield content[place:]
            return
        (length,) = struct.unpack_from(">H", content, place + 2)
        end = place + 2 + length
        if length < 2 or end > len(content):
            raise IndexError("a segment reaches over the end")
        # APP0 holds the density, APP14 how colours are stored: both are needed to show it rightly.
        if not (0xE1 <= marker <= 0xEF and marker != 0xEE) and marker != 0xFE:
            yield content[place:end]
        place = end


def _png_parts(content: bytes) -> Iterator[bytes]:
    """Yield a PNG with only the chunks that show it."""
    yield content[:8]
    place = 8
    while place < len(content):
        (length,) = struct.unpack_from(">I", content, place)
        kind = content[place + 4 : place + 8]
        end = place + 12 + length
        if end > len(content):
            raise IndexError("a chunk reaches over the end")
        if kind in _PNG_KEPT:
            yield content[place:end]
        if kind == b"IEND":
            return
        place = end
    raise IndexError("the picture has no end")
