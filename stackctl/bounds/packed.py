"""Content that somebody else has packed by gzip: a few bytes can stand for more than there is memory."""

from __future__ import annotations

import zlib

UNPACKED_BYTES = 64 << 20
_GZIP = 16 + zlib.MAX_WBITS


def unpacked(content: bytes, limit: int = UNPACKED_BYTES) -> bytes:
    """Return the unpacked content. Raises ValueError for what is not packed, is cut off, or is larger than `limit`."""
    stream = zlib.decompressobj(_GZIP)
    try:
        found = stream.decompress(content, limit + 1)
    except zlib.error as error:
        raise ValueError(f"not packed by gzip: {error}") from None
    if len(found) > limit:
        raise ValueError(f"larger than {limit} bytes")
    if not stream.eof:
        raise ValueError("cut off")
    return found
