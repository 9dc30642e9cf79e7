"""Values of a dashboard's variable, and the ways in which Grafana writes them into a query."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

# What Grafana escapes in a value that may be one of several, as it goes into a regular expression.
_SPECIAL = re.compile(r"[$^*{}\[\]'+?.()|]")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_REGEX = re.compile(r"[\\^$*+?.()|[\]{}/]")


@dataclass(frozen=True)
class Choice:
    """Values that are chosen. `several` is whether the variable may hold more: then a query gets a regular expression.

    `literal` is what stands for All, where the dashboard says so; it goes in as it is.
    """

    values: tuple[str, ...]
    several: bool = False
    literal: str | None = None

    def written(self, name: str, form: str = "") -> str:
        """Return the text for `${name:form}`, and for `$name` when `form` is "": a Prometheus query's own way.

        A form that is not known is written as Grafana does: as a list in braces.
        """
        if self.literal is not None:
            return self.literal
        kind, _, argument = form.partition(":")
        if not kind:
            return self._in_query()
        if kind == "join":
            return (argument or ",").join(self.values)
        if kind in ("queryparam", "customqueryparam"):
            return "&".join(f"var-{quote(name)}={quote(value)}" for value in self.values)
        if kind == "distributed":
            return ",".join(f"{name}={value}" if at else value for at, value in enumerate(self.values))
        return _FORMS.get(kind, _glob)(self.values)

    def _in_query(self) -> str:
        if not self.several:
            return self.values[0].replace("\\", "\\\\") if self.values else ""
        escaped = [_SPECIAL.sub(r"\\\\\g<0>", value.replace("\\", r"\\\\")) for value in self.values]
        return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def within(values: Mapping[str, str | Choice], repeats: Collection[str]) -> dict[str, str | Choice]:
    """Return `values` as they are in a panel that shows one value of each variable in `repeats` at a time."""
    return {
        name: replace(value, values=value.values[:1], literal=None)
        if name in repeats and isinstance(value, Choice) and value.values
        else value
        for name, value in values.items()
    }


def quote(text: str, safe: str = "/") -> str:
    """Return `text` as part of a URL."""
    plain = _UNRESERVED | set(safe.encode())
    return "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in text.encode())


def _glob(values: tuple[str, ...]) -> str:
    return values[0] if len(values) == 1 else "{" + ",".join(values) + "}"


def _regex(values: tuple[str, ...]) -> str:
    escaped = [_REGEX.sub(r"\\\g<0>", value) for value in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _quoted(sign: str, inside: str) -> Callable[[tuple[str, ...]], str]:
    return lambda values: ",".join(f"{sign}{value.replace(sign, inside)}{sign}" for value in values)


_FORMS: dict[str, Callable[[tuple[str, ...]], str]] = {
    "csv": ",".join,
    "raw": ",".join,
    "pipe": "|".join,
    "text": " + ".join,
    "glob": _glob,
    "regex": _regex,
    "lucene": lambda values: values[0] if len(values) == 1 else "(" + " OR ".join(f'"{v}"' for v in values) + ")",
    "json": lambda values: json.dumps(values[0] if len(values) == 1 else list(values), ensure_ascii=False),
    "doublequote": _quoted('"', '\\"'),
    "singlequote": _quoted("'", "\\'"),
    "sqlstring": _quoted("'", "''"),
    "percentencode": lambda values: quote(_glob(values), safe=""),
    "uriencode": lambda values: quote(_glob(values)),
}
