"""The YAML files of a set-up: their data, and where each part of it is written."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackctl.manifest.document import Document, Scalar
from stackctl.manifest.parse import parse
from stackctl.manifest.problems import Problems
from stackctl.manifest.text import read_named
from stackctl.source import Position

_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?")
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
    """A YAML file: its `path` from the folder of the set-up, and its data, {} where it is no mapping."""

    path: str
    data: Mapping[str, Any] = field(default_factory=dict)
    document: Document | None = None

    def at(self, *place: str | int) -> Position:
        """Return where the part at `place` is written, or else what is around it."""
        return self.document.position(place, key=True) if self.document else Position(self.path)


def read_source(folder: Path, path: str, problems: Problems, tags: Collection[str] = ()) -> Source | None:
    """Return the YAML file at `path` from `folder`; None with what is wrong with it added to `problems`.

    A file outside of the folder is wrong, unless the command line allows it. `tags` are those that it may have.
    """
    text = read_named(folder, path, Position(path), problems, secret=True)
    return source_of(text, path, problems, tags) if text is not None else None


def source_of(text: str, path: str, problems: Problems, tags: Collection[str] = ()) -> Source | None:
    """Return the YAML file whose text this is; None with what is wrong with it added to `problems`."""
    document = parse(text, path, several=True, tags=tags)
    if problems.extend(document.problems):
        return None
    data = plain(document.value)
    return Source(path, data if isinstance(data, dict) else {}, document)


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
