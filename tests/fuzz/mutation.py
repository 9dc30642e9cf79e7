"""Inputs made of others: cut, doubled, swapped, and with what people and attackers write in the place of a value."""

from __future__ import annotations

import re

from hypothesis import strategies as st

_TOKEN = re.compile(rb"[\w.$-]+|\S")
# What stands where something else belongs.
ODD = (
    b"", b"null", b"~", b"[]", b"{}", b"[x]", b"{a: b}", b"true", b"-1", b"0", b"1e999", b"NaN", b".inf", b"9" * 500,
    b"0x1f", b"*a", b"&a x", b"!!python/x y", b"<<: *x", b"|", b"${A}", b"${A:-}", b"$${", b"${", b"[[ x ]]", b"[%",
    b"{{ . }}", b"{{", b"\xff\xfe", b"\0", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud800", b"\t", b"\r\n",
    b"\xe2\x80\xa8", b"\x1b[31m", b"---\n", b"...\n", b"(" * 300, b"[" * 3000, b"{a: " * 120, b"- " * 300,
    b'{"a":' * 2000, b"((a+)+)+b", b"(?P<x>", b"999999999y", b"-5m", b"../../../etc/passwd", b"/dev/zero",
    b"http://[::1", b"localhost:99999", b"x" * 5000, b"a@b:c@d", b"\"", b"'", b"`", b"#", b": ",
)  # fmt: skip


def mutated(seeds: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """One of the seeds after some changes, or at times something else altogether."""
    changes = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 1 << 16), st.integers(0, 1 << 16)), max_size=6)
    from_seeds = st.tuples(st.sampled_from(seeds), st.sampled_from(seeds), changes).map(lambda each: _changed(*each))
    return st.one_of(from_seeds, from_seeds, from_seeds, st.binary(max_size=300), st.text(max_size=200).map(_encoded))


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _changed(seed: bytes, other: bytes, changes: list[tuple[int, int, int]]) -> bytes:
    for kind, one, two in changes:
        seed = _change(seed, other, kind, one, two)[:20_000]
    return seed


def _change(seed: bytes, other: bytes, kind: int, one: int, two: int) -> bytes:
    tokens = [match.span() for match in _TOKEN.finditer(seed)]
    at = one % (len(seed) + 1)
    if kind == 0 and tokens:  # another value
        begin, end = tokens[one % len(tokens)]
        return seed[:begin] + ODD[two % len(ODD)] + seed[end:]
    if kind == 1:  # something more
        return seed[:at] + ODD[two % len(ODD)] + seed[at:]
    if kind == 2:  # something less
        return seed[:at] + seed[at + two % 40 :]
    lines = seed.splitlines(keepends=True)
    if kind == 3 and lines:  # a line twice
        return b"".join([*lines[: one % len(lines)], lines[two % len(lines)], *lines[one % len(lines) :]])
    if kind == 4 and lines:  # a line less, or indented otherwise
        index = one % len(lines)
        line = [b"  " + lines[index]] if two % 2 else []
        return b"".join([*lines[:index], *line, *lines[index + 1 :]])
    if kind == 5:  # the rest of another one
        return seed[:at] + other[two % (len(other) + 1) :]
    if tokens and other:  # a token of another place
        begin, end = tokens[one % len(tokens)]
        first, last = tokens[two % len(tokens)]
        return seed[:begin] + seed[first:last] + seed[end:]
    return seed
