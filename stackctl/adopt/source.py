"""The YAML files of a set-up: their data, and where each part of it is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.document import Document, Scalar
from stackctl.manifest.parse import parse
from stackctl.manifest.problems import Problems
from stackctl.manifest.text import read_named
from stackctl.source import Position

_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?")
_MARKUP = re.compile(r"\{%.*?%\}|<%.*?%>|\{\{.*?\}\}")
_WORDS = {"true": True, "false": False}
# The words for them in YAML 1.1, in small letters, and the options of servers that are booleans.
_SPELLINGS = {"y": True, "yes": True, "on": True, "n": False, "no": False, "off": False, **_WORDS}
_BOOLEANS = frozenset(
    {"honor_labels", "honor_timestamps", "track_timestamps_staleness", "enable_compression", "follow_redirects"}
    | {"enable_http2", "insecure_skip_verify", "proxy_from_environment", "insecure", "extra_scrape_metrics"}
    | {"scrape_native_histograms", "always_scrape_classic_histograms", "scrape_classic_histograms"}
    | {"convert_classic_histograms_to_nhcb", "read_recent", "filter_external_labels", "send_exemplars"}
    | {"send_native_histograms", "send", "allow_stale", "all_tenants"}
    | {"continue", "send_resolved", "require_tls", "smtp_require_tls", "short", "link_names", "html"}
    | {"disable_notifications", "update_alerts"}
    | {"isDefault", "editable", "withCredentials", "basicAuth", "readOnly", "disableDeletion", "allowUiUpdates"}
    | {"foldersFromFilesStructure", "tlsSkipVerify", "tlsAuth", "tlsAuthWithCACert"}
)


@dataclass(frozen=True)
class Source:
    """A YAML file: its `path` from the folder of the set-up, and its data, {} where it is no mapping.

    `others` are the documents of further files that its data is from, too: each counts over those before it.
    """

    path: str
    data: Mapping[str, Any] = field(default_factory=dict)
    document: Document | None = None
    others: tuple[Document, ...] = ()

    def at(self, *place: str | int) -> Position:
        """Return where the part at `place` is written, or else what is around it."""
        found = [each for each in self.others if _depth(each, place)]
        nearest = max(reversed(found), key=lambda each: _depth(each, place), default=self.document)
        return nearest.position(place, key=True) if nearest else Position(self.path)


def _depth(document: Document, place: tuple[str | int, ...]) -> int:
    """Return how many steps of a place a document has."""
    known = (document.key_starts, document.value_starts)
    return next((end for end in range(len(place), 0, -1) if any(place[:end] in each for each in known)), 0)


def read_source(folder: Path, path: str, problems: Problems, tags: Collection[str] = ()) -> Source | None:
    """Return the YAML file at `path` from `folder`; None with what is wrong with it added to `problems`.

    A file outside of the folder is wrong, unless the command line allows it. `tags` are those that it may have.
    """
    text = read_named(folder, path, Position(path), problems, secret=True)
    return source_of(text, path, problems, tags) if text is not None else None


def source_of(text: str, path: str, problems: Problems, tags: Collection[str] = ()) -> Source | None:
    """Return the YAML file whose text this is; None with what is wrong with it added to `problems`."""
    document = parse(text, path, several=True, tags=tags)
    if problems.extend(_as_template(document, text) or document.problems):
        return None
    data = plain(document.value)
    return Source(path, data if isinstance(data, dict) else {}, document)


def markup(text: str) -> str:
    """Return what a text has that a template engine fills in, as Jinja or Helm; "" for none."""
    found = _MARKUP.search(text)
    return found[0] if found else ""


def _as_template(document: Document, text: str) -> list[Diagnostic]:
    """Return that a file which is not YAML is a template; nothing for any other file."""
    found = next((each for each in enumerate(map(_MARKUP.search, text.splitlines()), start=1) if each[1]), None)
    if not document.problems or found is None or found[1] is None:
        return []
    at = Position(document.file, found[0], found[1].start() + 1)
    why = f"`{found[1][0]}` is for a template engine, as that of Ansible or Helm. Without it the file is not YAML."
    remedy = "Render it first, and adopt what comes out. If no engine renders this file, put the value in quotes."
    summary = f"{document.file} is a template, which has to be rendered first"
    return [Diagnostic("yaml.syntax", summary, at, why, remedy)]


def plain(value: Any) -> Any:
    """The data of a document in YAML's own types: a program that reads it as text is given the same text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, Scalar) or not value.plain:
        return None if value is None else str(value)
    if value in _WORDS:
        return _WORDS[value]
    # What would not read back as it was written stays text: 007, 1e3, 0x10.
    if _NUMBER.fullmatch(value) and len(value) < 16:
        number = float(value) if "." in value else int(value)
        return number if str(number) == value else str(value)
    return str(value)


def with_booleans(data: Any, key: str = "") -> Any:
    """Return the data of a server's file, in which the value of an option is a boolean in any of YAML 1.1's words.

    Servers take them only where an option is a boolean: as the value of a label, `yes` is text to them too.
    """
    if isinstance(data, Mapping):
        return {name: with_booleans(value, name) for name, value in data.items()}
    if isinstance(data, list):
        return [with_booleans(each, key) for each in data]
    is_word = key in _BOOLEANS and isinstance(data, str) and data.lower() in _SPELLINGS
    return _SPELLINGS[data.lower()] if is_word else data


def as_text(value: Any) -> str:
    """A value of `plain` as the text that a server reads where it takes text; "" for one that is not there."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """Return a part of a set-up, or of a manifest, with each of its texts changed; keys stay as they are."""
    if isinstance(value, Mapping):
        return {key: with_texts(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [with_texts(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


def texts(value: Any) -> Iterator[str]:
    """The texts in a part of a set-up, or of a manifest."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value
