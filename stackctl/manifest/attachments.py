"""The files that blocks of Prometheus and Alertmanager name: read here, so that they are in the tree, wherever it runs.

Every path begins at the manifest. What a server would read from a file is put in the place of the path: a secret that
its configuration may hold itself, the content of TLS files, else the file as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stackctl.components.alertmanager import AlertmanagerSettings
from stackctl.components.prometheus import PrometheusSettings
from stackctl.diagnostic import Diagnostic
from stackctl.manifest import outside
from stackctl.manifest.crosscheck import running
from stackctl.manifest.document import Document
from stackctl.manifest.document import Path as Place
from stackctl.manifest.problems import Problems
from stackctl.manifest.schema import Manifest
from stackctl.manifest.service_schema import ServiceModel
from stackctl.manifest.text import named_files, read_named
from stackctl.manifest.tls import read_tls
from stackctl.model import Block
from stackctl.source import Attached, Position, Secret
from stackctl.tree import load_yaml

# Prometheus and Alertmanager name each key of a path `..._file`, but for those below.
_ENDING = "_file"
_OTHER_KEYS = frozenset({"token_file_path", "service_account_key_path", "private_key_path"})
# Files that a server writes.
_WRITTEN = frozenset({"query_log_file", "scrape_failure_log_file"})
# (The mapping that has it, or "" for any, and the key) -> whether the files of its list are secret.
_LISTS = {
    ("file_sd_configs", "files"): False,
    ("http_headers", "files"): True,
    ("", "rule_files"): False,
    ("", "scrape_config_files"): True,
    ("", "templates"): False,
}
# Keys of secrets that a configuration may hold itself, which rendering moves to a file again.
_HELD = {"password_file": "password", "credentials_file": "credentials", "client_secret_file": "client_secret"}
_HOLDERS = frozenset({"basic_auth", "authorization", "oauth2"})
# The keys of a group in a file of targets.
_OF_A_GROUP = frozenset({"targets", "labels"})
# Mappings whose keys are the user's own words.
_FREE = frozenset(
    {"labels", "external_labels", "params", "details", "headers", "annotations", "match", "match_re", "custom_fields"}
)


def attach_files(document: Document, manifest: Manifest, root: Path, problems: Problems) -> Manifest:
    """Return `manifest` with the files of its blocks; what is wrong with those is added to `problems`.

    `root` is where paths begin.
    """
    reader = _Reader(document, root, problems)
    update = {
        "prometheus": _prometheus(reader, manifest.prometheus),
        "alertmanager": _alertmanager(reader, manifest.alertmanager) if manifest.alertmanager else None,
        "services": {name: _service(reader, name, model) for name, model in manifest.services.items()},
    }
    for name, fields in manifest.containers.items():
        reader.refuse_outside(fields.get("env_file"), ("containers", name, "env_file"))
    for each in running(manifest):
        reader.refuse_outside(each.settings.docker.get("env_file"), (*each.path, "docker", "env_file"))
    return manifest.model_copy(update=update)


def _prometheus(reader: _Reader, model: PrometheusSettings) -> PrometheusSettings:
    place: Place = ("prometheus",)
    writes = [
        reader.mapping(block, (*place, "remote_write", index), "remote_write")
        for index, block in enumerate(model.remote_write)
    ]
    extra = reader.mapping(model.extra, (*place, "extra"), "")
    return model.model_copy(update={"remote_write": writes, "extra": extra})


def _alertmanager(reader: _Reader, model: AlertmanagerSettings) -> AlertmanagerSettings:
    place: Place = ("alertmanager",)
    receivers = {
        name: receiver.model_copy(
            update={
                kind: [
                    reader.mapping(block, (*place, "receivers", name, kind, index), kind)
                    for index, block in enumerate(getattr(receiver, kind))
                ]
                for kind in type(receiver).model_fields
            }
        )
        for name, receiver in model.receivers.items()
    }
    extra = reader.mapping(model.extra, (*place, "extra"), "")
    return model.model_copy(update={"receivers": receivers, "extra": extra})


def _service(reader: _Reader, name: str, model: ServiceModel) -> ServiceModel:
    blocks = {
        key: reader.mapping(block, ("services", name, key), "" if key == "discovery" else key)
        for key in ("discovery", "authorization", "oauth2", "http_headers")
        if (block := getattr(model, key)) is not None
    }
    reader.refuse_outside((model.run.docker or {}).get("env_file"), ("services", name, "run", "docker", "env_file"))
    return model.model_copy(update=blocks)


class _Reader:
    """Reads the files of a block, and collects what is wrong with them."""

    def __init__(self, document: Document, root: Path, problems: Problems) -> None:
        self.document = document
        self.root = root
        self.problems = problems

    def mapping(self, block: Block, place: Place, owner: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in block.items():
            below = (*place, key)
            if key == "tls_config" and isinstance(value, Mapping):
                result[key] = self._tls(value, below)
            elif owner in _HOLDERS and key in _HELD and isinstance(value, str) and value:
                result[_HELD[key]] = self._held(block, key, value, below)
            else:
                result[key] = self._value(key, value, below, owner)
        return result

    def refuse_outside(self, named: Any, place: Place) -> None:
        """Refuse the files of variables that Compose would read outside of the manifest's folder."""
        if isinstance(named, list):
            for index, item in enumerate(named):
                self.refuse_outside(item, (*place, index))
            return
        name = named.get("path") if isinstance(named, Mapping) else named
        if not isinstance(name, str) or "$" in name:
            return
        if refused := outside.refusal(self.root, name, self._at(place)):
            self.problems.add(refused)

    def _value(self, key: str, value: Any, place: Place, owner: str) -> Any:
        secret = _LISTS.get((owner, key), _LISTS.get(("", key)))
        if secret is not None and isinstance(value, list):
            files = [each for at, item in enumerate(value) for each in self._matching(item, secret, (*place, at))]
            if owner == "file_sd_configs":
                self.problems.extend(_bad_targets(files, self._at(place)))
            return files
        # To the servers an empty path is none.
        if isinstance(value, str) and value and _is_path(key):
            return self._file(value, value, self._at(place), secret=True)
        if isinstance(value, Mapping) and key not in _FREE:
            # The headers of `http_headers` have the user's names: what they hold is still Prometheus' own.
            return self.mapping(value, place, owner if owner == "http_headers" else key)
        if isinstance(value, list):
            items = enumerate(value)
            return [
                self.mapping(item, (*place, index), key) if isinstance(item, Mapping) else item for index, item in items
            ]
        return value

    def _at(self, place: Place) -> Position:
        """Return the position of a block: one integration of a receiver need not be a list."""
        written: Place = ()
        for part in place:
            if part != 0 or self.document.holds((*written, part)):
                written = (*written, part)
        return self.document.position(written)

    def _tls(self, block: Block, place: Place) -> Block:
        read = read_tls(self.document, place, block, self.root, self.problems)
        return block if read is None else read

    def _held(self, block: Block, key: str, name: str, place: Place) -> Any:
        at = self._at(place)
        if _HELD[key] in block:
            summary = f"`{key}` and `{_HELD[key]}` set the same thing"
            self.problems.add(Diagnostic("manifest.conflict", summary, at, remedy="Keep one."))
        read = self._file(name, name, at, secret=True)
        return Secret(read.content.strip()) if isinstance(read, Attached) else read

    def _matching(self, item: Any, secret: bool, place: Place) -> Iterator[Any]:
        """The files that an entry of a list names, perhaps by a pattern."""
        if not isinstance(item, str):
            yield item
            return
        at = self._at(place)
        names = named_files(item, self.root)
        if not names:
            remedy = f"Paths are relative to the manifest, in {self.root}."
            self.problems.add(Diagnostic("file.no-match", f"no file matches `{item}`", at, remedy=remedy))
        for name in names:
            yield self._file(name, item, at, secret=secret)

    def _file(self, name: str, written: str, at: Position, *, secret: bool) -> Any:
        text = read_named(self.root, name, at, self.problems, secret=secret)
        return written if text is None else Attached(name, text, secret)


def _bad_targets(files: Sequence[Any], at: Position) -> list[Diagnostic]:
    """Report what Prometheus would not read as targets."""
    remedy = 'Write `[{"targets": ["localhost:8000"], "labels": {"team": "shop"}}]`.'
    return [
        Diagnostic("file.format", f"{file.name} is not a list of targets", at, remedy=remedy)
        for file in files
        if isinstance(file, Attached) and not _are_targets(file.name, file.content)
    ]


def _are_targets(name: str, text: str) -> bool:
    """Return whether Prometheus reads it as targets; of YAML an empty file too, which a program may fill later."""
    from yaml import YAMLError

    try:
        groups = load_yaml(text)
    except YAMLError:
        return False
    if groups is None:
        return not name.endswith(".json")
    return isinstance(groups, list) and all(
        isinstance(group, dict) and group.keys() <= _OF_A_GROUP and isinstance(group.get("targets") or [], list)
        for group in groups
    )


def _is_path(key: str) -> bool:
    return (key.endswith(_ENDING) and key not in _WRITTEN) or key in _OTHER_KEYS
