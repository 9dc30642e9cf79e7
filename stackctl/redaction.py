"""Redaction of all output: the values of secrets, known to this process from the manifest, and what shows by itself
that it is one: logins and parameters in addresses, and tokens that begin as those of a well-known service.

Lines of files are redacted by positions, where they are read. This is the second net: every text that leaves the
process goes through `shown`, so that a checker's, a server's or a program's own words cannot repeat a secret either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import escape
from urllib.parse import quote, quote_plus

from stackctl.secret_names import sounds_secret

MASK = "***"
# A shorter secret is not taken out of texts by its value: it would take parts of other words with it.
SHORTEST = 6

# Nothing is looked at twice: a line of a stranger's would else take time by the square of its length.
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,30}://", re.IGNORECASE)
_WORD = re.compile(r"[^\s\"'`<>]+")
_WHOLE_WORD = re.compile(r"\S+")
# Without a scheme before it, a login has nothing that PromQL may hold, and a host after it.
_BEFORE_LOGIN = re.compile(r"[\[\]{}(),=/@]")
_AFTER_LOGIN = re.compile(r"@(?:\[|(?!start\(|end\()[\w-]{0,256}[a-z.])", re.IGNORECASE)
# A parameter of an address; its name decides.
_PARAMETER = re.compile(r"[?&;]([\w.%\[\]-]{1,64})=([^\s&;#\"'`<>]{1,4096})")
_WHOLE_PARAMETER = re.compile(r"[?&;]([\w.%\[\]-]{1,64})=([^\s&;#]{1,4096})")
# In a value that is one address nothing else can follow, so blanks and quotes belong to its parts.
_PARAMETER_OF_ADDRESS = re.compile(r"[?&;]([\w.%\[\]-]{1,64})=([^&;#\n]{1,4096})")
_AUTHORITY = re.compile(r"[^/?#\n]{0,4096}")
# Behind a host is a port, or a variable that holds it: anything else is a password that has lost its `@`.
_PORT = re.compile(r":([0-9]{0,5}|[$%{<].*)")
# What services give out as a secret, by how it begins; what is in the group is not part of it.
_TOKEN = re.compile(
    r"((?:hooks\.slack\.com/[a-z]+|discord(?:app)?\.com/api/webhooks|\.webhook\.office\.com)/|api\.telegram\.org/bot)[\w/@:.-]{8,1024}"
    r"|\b(?:xox[a-z]-|xapp-|gh[a-z]_|github_pat_|glpat-|gls?[ac]_|eyJ[\w-]{10,1024}\.eyJ)[\w.=-]{12,4096}"
)
# What is in every text that reveals a secret other than a token; and an escape.
_SIGN = re.compile(r"[@?&;\\]|://")
_VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*(?::?[-?+=][^}\n]*)?\}")
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
    """`text` as it may be shown: without the secrets that are known, and without those that it reveals by itself."""
    return without_telling(without_values(text))


def without_values(text: str) -> str:
    """`text` without the secrets that are known."""
    pattern = _pattern()
    return pattern.sub(MASK, text) if pattern else text


def without_telling(text: str) -> str:
    """`text` without the logins and secret parameters of its addresses, and without well-known tokens."""
    for start, end in reversed([*_logins(text, _WORD)]):
        text = f"{text[:start]}{MASK}{text[end:]}"
    if "=" in text:
        text = _PARAMETER.sub(_masked_parameter, text)
    return _TOKEN.sub(lambda match: f"{match[1] or ''}{MASK}", text)


def _logins(text: str, words: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of users and passwords in the addresses of a text. `words` are what no login extends beyond."""
    for word in words.finditer(text) if "@" in text else ():
        if "@" not in word[0]:
            continue
        scheme = _SCHEME.search(word[0])
        at = word[0].rfind("@")
        if scheme and scheme.end() <= at:
            yield word.start() + scheme.end(), word.start() + at
        else:
            yield from ((word.start() + start, word.start() + end) for start, end in _bare_logins(word[0]))


def _bare_logins(word: str) -> Iterator[tuple[int, int]]:
    """Yield the places of `user:password` before the `@` of a host."""
    begin = 0
    for end in (at for at, sign in enumerate(word) if sign in "/@{}"):
        colon = word.find(":", begin, end)
        if word[end] == "@" and begin < colon < end - 1 and _AFTER_LOGIN.match(word, end):
            left = word[begin:colon]
            user = _BEFORE_LOGIN.split(left)[-1]
            before = word[colon - len(user) - 1 : colon - len(user)] if colon > len(user) else ""
            if user and before not in ("/", "@"):
                yield colon - len(user), end
        begin = end + 1


def _masked_parameter(match: re.Match[str]) -> str:
    return f"{match[0][: -len(match[2])]}{MASK}" if sounds_secret(match[1]) else match[0]


def _address_login(value: str, *, is_address: bool = False) -> tuple[int, int] | None:
    """Return the place of the user and the password in a value that is one address, even an incomplete one.

    One that `is_address` for certain needs no scheme, and its password may hold any character.
    """
    scheme = _SCHEME.match(value)
    begin = scheme.end() if scheme else 0
    last = value.rfind("@") if is_address else -1
    if ":" in value[begin : max(begin, last)]:
        return begin, last
    authority = _AUTHORITY.match(value, begin) if scheme else None
    if authority is None:
        return None
    if (at := authority[0].rfind("@")) >= 0:
        return begin, begin + at
    # The colon before the default of a variable is none of the address.
    host = _VARIABLE.sub(lambda match: "$" * len(match[0]), authority[0])
    colon = host.rfind(":")
    if colon < 0 or host.endswith("]") or _PORT.fullmatch(host, colon):
        return None
    return begin, authority.end()


def as_address(value: str) -> str:
    """A value that should be one address, as a message may quote it: without its login, whatever that holds."""
    if login := _address_login(value, is_address=True):
        begin, end = login
        hide([value[begin:end].partition(":")[2]])
        value = f"{value[:begin]}{MASK}{value[end:]}"
    return without_telling(_PARAMETER_OF_ADDRESS.sub(_masked_parameter, value))


def telling(value: str) -> list[str]:
    """The secrets that a text reveals by itself: passwords of logins, secret parameters, well-known tokens."""
    address = _address_login(value)
    logins = [*_logins(value, _WHOLE_WORD), *([address] if address else [])]
    parameters = _PARAMETER_OF_ADDRESS if _SCHEME.match(value) else _WHOLE_PARAMETER
    found = [value[start:end].partition(":")[2] for start, end in logins]
    found += [match[2] for match in parameters.finditer(value) if sounds_secret(match[1])]
    found += [match[0].removeprefix(match[1] or "") for match in _TOKEN.finditer(value)]
    return [each for each in found if each]


def may_tell(text: str) -> bool:
    """Return whether a value of a file may reveal a secret by itself: no, where this `text` of the file holds neither
    what begins such a secret, nor an escape that may stand for it.
    """
    return bool(_SIGN.search(text) or _TOKEN.search(text))


def without_defaults(text: str) -> str:
    """`text` without the defaults of its variables."""
    return _DEFAULT.sub(lambda match: f"{match[1]}{MASK}", text)


def is_telling(value: str) -> bool:
    """Return whether a text holds a secret that it reveals by itself."""
    return bool(telling(value))


def spans(line: str) -> list[tuple[int, int]]:
    """The parts of a line that are not shown whatever its key is: what shows by itself that it is secret, defaults of
    variables, known secrets."""
    found: list[tuple[int, int]] = []
    if may_tell(line) or "${" in line:
        found += [*_logins(line, _WORD), *_logins(line, _WHOLE_WORD)]
        found += [match.span(2) for match in _PARAMETER.finditer(line) if sounds_secret(match[1])]
        found += [(match.start() + len(match[1] or ""), match.end()) for match in _TOKEN.finditer(line)]
        found += [(match.end(1), match.end()) for match in _DEFAULT.finditer(line)]
    pattern = _pattern()
    return found + ([match.span() for match in pattern.finditer(line)] if pattern else [])


def is_maskable(value: str) -> bool:
    """Return whether a secret can be removed from texts by its value: it is long enough, and no public word."""
    return len(value) >= SHORTEST and value not in _known.public


def parts(value: str) -> set[str]:
    """Return the parts of a secret that reveal it: all of it, or a line of a long one."""
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
