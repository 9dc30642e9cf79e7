"""Packed content is unpacked as far as it is allowed to be, or not at all."""

from __future__ import annotations

import gzip
from functools import partial

import pytest

from stackctl.bounds.packed import unpacked


def test_content_is_unpacked_up_to_the_limit() -> None:
    assert unpacked(gzip.compress(b"abc"), 3) == b"abc"


# Without the time: the processes of a run give each test the same name.
packed = partial(gzip.compress, mtime=0)


@pytest.mark.parametrize("content", [packed(b"abcd"), packed(b"abc")[:-4], b"abc", b"", packed(bytes(1 << 20))])
def test_what_is_too_large_cut_off_or_not_packed_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"larger|cut off|not packed"):
        unpacked(content, 3)
