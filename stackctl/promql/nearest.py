"""The known name that a word was probably meant to be, found without a comparison with every one of them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection
from functools import cached_property
from heapq import nsmallest

# A number, and its unit.
_NUMBER = re.compile(r"\d+[a-z]*")
# So many of the names that share most with a word are compared with it letter by letter.
_COMPARED = 12


def closest(word: str, names: Collection[str], cutoff: float = 0.6) -> str:
    """Return the one of a few names that is most like `word`, at least by the ratio `cutoff` of difflib's, or ""."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(names), n=1, cutoff=cutoff)), "")


class Names:
    """Names to look in. Nothing is computed before the first question; each word is looked for once."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self._answers: dict[tuple[str, float], str] = {}

    def nearest(self, word: str, cutoff: float = 0.8) -> str:
        """The name most like `word`, at least by the ratio `cutoff` of difflib's; "" when there is none."""
        if not self._names:
            return ""
        if (word, cutoff) not in self._answers:
            self._answers[word, cutoff] = self._find(word, cutoff)
        return self._answers[word, cutoff]

    def _find(self, word: str, cutoff: float) -> str:
        shared: Counter[str] = Counter()
        # What many names have in common says little, and takes long to count.
        for names in sorted((self._index.get(part, []) for part in _parts(word)), key=len)[: len(word) // 2 + 1]:
            shared.update(names)
        # Many names may begin with the word: those that are about as long come first.
        likely = nsmallest(_COMPARED, shared, key=lambda name: (-shared[name], abs(len(name) - len(word)), name))
        return closest(word, likely, cutoff)

    @cached_property
    def _index(self) -> dict[str, list[str]]:
        """Part of a name -> the names that have it."""
        index: defaultdict[str, list[str]] = defaultdict(list)
        for name in sorted(self._names):
            for part in _parts(name):
                index[part].append(name)
        return index


def _parts(word: str) -> set[str]:
    """Each three letters of a word that follow each other, its ends marked."""
    marked = f"\0\0{word}\0\0"
    return {marked[at : at + 3] for at in range(len(marked) - 2)}


def is_slip(word: str, meant: str) -> bool:
    """Return whether `word` is `meant` with one or two letters mistyped. Numbers are not: 5m and 1d are two things."""
    if abs(len(word) - len(meant)) > 2 or _NUMBER.findall(word) != _NUMBER.findall(meant):
        return False
    return _distance(word, meant) <= 2


def _distance(one: str, other: str) -> int:
    """Return how many letters have to be changed, added or removed."""
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        current = [row]
        for column, meant in enumerate(other, 1):
            current.append(min(last[column] + 1, current[-1] + 1, last[column - 1] + (letter != meant)))
        last = current
    return last[-1]
