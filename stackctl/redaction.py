"""What no output may show: the values of secrets, known to this process from the manifest, and logins in addresses.

Lines of files are redacted by positions, where they are read. This is the second net: every text that leaves the
process goes through `shown`, so that a checker's, a server's or a program's own words cannot repeat a secret either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from html import escape
from urllib.parse import quote, quote_plus

MASK = "***"
# A shorter secret is not taken out of texts by its value: it would take parts of other words with it.
SHORTEST = 6

# The lengths are bounded, as a line of a stranger's would else take time by the square of its length.
# A user and a password before a host: with a scheme before them anything, without one nothing that PromQL may hold.
_LOGIN = re.compile(
    r"([a-z][a-z0-9+.-]{0,30}://)[^\s\"'`<>]{0,4096}@"
    r"|(?<![\w./@-])[^\s/:@\"'`\[\]{}(),=<>]{1,256}:[^\s/@\"'`<>{}]{1,4096}@(?=\[|(?!start\(|end\()[\w-]*[a-z.])",
    re.IGNORECASE,
)
# The default of a variable: what a person wrote where a secret belongs.
_DEFAULT = re.compile(r"(\$\{[A-Za-z_][A-Za-z0-9_]*:?[-?+=])[^}\n]*")


class _Known:
    """The secrets that this process has seen, and the words that are public whatever they are the password of."""

    def __init__(self) -> None:
        self.values: set[str] = set()
        self.public: set[str] = set()


_known = _Known()


def hide(values: Iterable[str]) -> None:
    """Take `values` out of everything that this process shows from now on."""
    found = {part for value in values for part in parts(value)}
    if not found <= _known.values:
        _known.values |= found
        _pattern.cache_clear()


def publish(words: Iterable[str]) -> None:
    """Show `words` all the same: the names of a stack and its parts, which every output repeats."""
    if not (new := {*words}) <= _known.public:
        _known.public |= new
        _pattern.cache_clear()


def forget() -> None:
    """Forget all secrets: for a process that goes on with another stack."""
    _known.values.clear()
    _known.public.clear()
    _pattern.cache_clear()


def shown(text: str) -> str:
    """`text` as it may be shown: without the secrets that are known, and without logins in addresses."""
    return without_logins(without_values(text))


def without_values(text: str) -> str:
    """`text` without the secrets that are known."""
    pattern = _pattern()
    return pattern.sub(MASK, text) if pattern else text


def without_logins(text: str) -> str:
    """`text` without the users and passwords of its addresses."""
    return _LOGIN.sub(lambda match: f"{match[1] or ''}{MASK}@", text) if "@" in text else text


def passwords(text: str) -> list[str]:
    """The passwords of the logins in a text."""
    found = [match[0].removeprefix(match[1] or "")[:-1] for match in _LOGIN.finditer(text)] if "@" in text else []
    return [password for login in found if (password := login.partition(":")[2])]


def without_defaults(text: str) -> str:
    """`text` without the defaults of its variables."""
    return _DEFAULT.sub(lambda match: f"{match[1]}{MASK}", text)


def has_login(text: str) -> bool:
    """Whether a text holds an address with a password."""
    found = _LOGIN.search(text) if "@" in text else None
    return bool(found and ":" in found[0].removeprefix(found[1] or ""))


def spans(line: str) -> list[tuple[int, int]]:
    """The parts of a line that are not shown whatever its key is: logins, defaults of variables, known secrets."""
    found = [(match.start() + len(match[1] or ""), match.end() - 1) for match in _LOGIN.finditer(line)]
    found += [(match.end(1), match.end()) for match in _DEFAULT.finditer(line)]
    pattern = _pattern()
    return found + ([match.span() for match in pattern.finditer(line)] if pattern else [])


def is_maskable(value: str) -> bool:
    """Whether a secret is long enough, and not a public word, so that it can be taken out of texts by its value."""
    return len(value) >= SHORTEST and value not in _known.public


def parts(value: str) -> set[str]:
    """What a text may hold of a secret, long enough to tell: all of it, or a line of a long one."""
    lines = {line.strip() for line in value.splitlines()}
    return {part for part in (value, value.strip(), *(lines if len(lines) > 1 else ())) if len(part) >= SHORTEST}


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str] | None:
    values = {form for value in _known.values if is_maskable(value) for form in forms(value)}
    return re.compile("|".join(re.escape(value) for value in sorted(values, key=len, reverse=True))) if values else None


def forms(value: str) -> set[str]:
    """`value` as outputs and files may write it: in JSON, YAML, HTML, Go, a URL."""
    quoted = json.dumps(value)[1:-1]
    return {
        value,
        quoted,
        json.dumps(value, ensure_ascii=False)[1:-1],
        quoted.replace("\\", "\\\\"),
        value.replace("'", "''"),
        value.replace("$", "$$"),
        escape(value),
        quote(value),
        quote(value, safe=""),
        quote_plus(value),
    }
