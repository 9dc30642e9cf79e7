"""Regular expressions that others wrote: in RE2, as Prometheus and Alertmanager read them, in linear time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Protocol

# Longer ones are nobody's: Prometheus' own configuration of 10,000 targets has none of a tenth.
PATTERN_BYTES = 1 << 20


class Pattern(Protocol):
    """A compiled expression, by the methods of Python's own; `groups` is how many it has."""

    @property
    def groups(self) -> int: ...

    def fullmatch(self, text: str) -> Any: ...

    def search(self, text: str) -> Any: ...

    def finditer(self, text: str) -> Iterator[Any]: ...


class BadPattern(ValueError):
    """An expression that RE2 does not read; the message is RE2's."""


@lru_cache(maxsize=2048)
def compiled(pattern: str, *, newlines: bool = False, ignore_case: bool = False) -> Pattern:
    """`pattern`, ready to be used; with `newlines` a dot matches line breaks too, as in Prometheus' matchers.

    Raises BadPattern.
    """
    import re2

    if len(pattern) > PATTERN_BYTES:
        raise BadPattern(f"it is longer than {PATTERN_BYTES:,} characters")
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = newlines
    options.case_sensitive = not ignore_case
    try:
        made: Pattern = re2.compile(pattern, options)
    except re2.error as error:
        words = error.args[0] if error.args else ""
        raise BadPattern(words.decode(errors="replace") if isinstance(words, bytes) else str(words)) from None
    except UnicodeEncodeError:
        raise BadPattern("it contains half of a surrogate pair") from None
    return made
