"""Secrets leave the configuration: each becomes a file, and its key the `_file` twin that names it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from stackctl import conventions as c
from stackctl import redaction, secret_keys
from stackctl.secret_names import sounds_secret
from stackctl.source import Attached, Secret
from stackctl.tree import File, digest

_LONGEST_NAME = 100

# Relative paths begin at the folder of the configuration. Alertmanager does so for its HTTP clients only: all else is
# read from where it runs, so that it has to run in the folder above the tree.
_OF_CLIENTS = frozenset({"basic_auth", "authorization", "oauth2", "tls_config", "http_headers"})
_CLIENTS = frozenset({"http_config"})
# These paths begin where the server runs, which is nowhere that the tree knows.
_UNRESOLVED = frozenset({"client_certificate_key"})
_SECRET_LIST, _FILE_LIST = "secrets", "files"


@dataclass
class SecretFiles:
    """Collects the secrets of one component's configuration as files of the tree.

    What the component cannot read from a file stays in its configuration: `in_clear` says so, and then the whole
    configuration is a secret file. `salt` is the stack's own, b"" in a plain tree; `image` the version of the
    component's image, () when that is not known.
    """

    component: str
    salt: bytes = b""
    image: tuple[int, ...] = ()
    runs_image: bool = True
    files: dict[str, File] = field(default_factory=dict)
    in_clear: bool = False

    def plain(self, value: Any, path: tuple[str, ...]) -> Any:
        """`value` without secrets. `path` says where it is in the configuration."""
        return self._plain(value, path, path[-1])

    def add(self, name: str, content: str) -> str:
        """A secret file with `content`: its path in the tree."""
        path = f"{c.SECRETS_DIR}/{self.component}/{name}"
        self.files[path] = File(content.encode(), secret=True)
        return path

    def _plain(self, value: Any, path: tuple[str, ...], owner: str) -> Any:
        if isinstance(value, Mapping):
            items = [self._item(str(key), item, (*path, str(key)), owner) for key, item in value.items()]
            block = _merged(dict(items), [item for key, item in items if key == _FILE_LIST])
            return self._with_files(block, path) if owner == "tls_config" else block
        if isinstance(value, list | tuple):
            return [self._plain(item, (*path, str(index)), owner) for index, item in enumerate(value)]
        if isinstance(value, Secret):
            return self._revealed(value)
        self.in_clear |= isinstance(value, str) and redaction.is_telling(value)
        return self._attached(value, owner, path) if isinstance(value, Attached) else value

    def _item(self, key: str, value: Any, path: tuple[str, ...], owner: str) -> tuple[str, Any]:
        if not isinstance(value, Secret):
            # The headers of `http_headers` have the user's names: what they hold is still the product's own.
            below = owner if owner == "http_headers" else key
            if below == "http_headers" and key == _SECRET_LIST and isinstance(value, list):
                names = [self._named(each, (*path, str(at)), owner, key) for at, each in enumerate(value)]
                return _FILE_LIST, names
            self.in_clear |= _is_clear_secret(path, owner, value)
            return key, self._plain(value, path, below)
        if key not in _UNRESOLVED and self._has_file(owner, key):
            return f"{key}_file", self._named(value, path, owner, key)
        return key, value.reveal() if secret_keys.is_open(owner, key) else self._revealed(value)

    def _has_file(self, owner: str, key: str) -> bool:
        return secret_keys.has_file(self.component, owner, key, self.image, runs_image=self.runs_image)

    def _with_files(self, block: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
        """A `tls_config` with its certificate in a file where the key is in one: promtool refuses the mixture."""
        if "key_file" not in block or "cert" not in block:
            return block
        named = self._named(block["cert"], (*path, "cert"), "tls_config", "cert")
        return {"cert_file": named, **{key: value for key, value in block.items() if key != "cert"}}

    def _named(self, value: Any, path: tuple[str, ...], owner: str, key: str) -> str:
        content = value.reveal() if isinstance(value, Secret) else str(value)
        return f"{self._folder(owner, key, path)}/{self.add(file_name(*path), content)}"

    def _revealed(self, value: Secret) -> str:
        self.in_clear = True
        return value.reveal()

    def _attached(self, file: Attached, owner: str, path: tuple[str, ...]) -> str:
        """The path of a file of the user's in the tree, as the server reaches it."""
        if not file.secret:
            name = f"{self.component}/files/{_kept_path(file.name)}"
            self.files[name] = File(file.content.encode())
            return f"../{name}"
        key = path[-1]
        folder = self._folder(owner, key.removesuffix("_file"), path)
        return f"{folder}/{self.add(file_name(*path), file.content)}"

    def _folder(self, owner: str, key: str, path: tuple[str, ...]) -> str:
        """The tree, as the server reaches it: from its configuration, or from the folder that it runs in."""
        of_client = owner in _OF_CLIENTS or key == "bearer_token"
        from_configuration = self.component != c.ALERTMANAGER or (of_client and bool(_CLIENTS & {*path}))
        return ".." if from_configuration else c.CURRENT


def _is_clear_secret(path: tuple[str, ...], owner: str, value: Any) -> bool:
    """Return whether a header or a parameter is secret: a configuration holds them only in clear."""
    if not value or owner == "http_headers" or "email_configs" in path:
        return False  # the headers of a mail are for people
    if secret_keys.holds_headers(owner):
        return secret_keys.is_secret_header(path[-1])
    return secret_keys.holds_parameters(owner) and sounds_secret(path[-1])


def _merged(block: dict[str, Any], files: list[list[Any]]) -> dict[str, Any]:
    """`block` with all lists of files in one, where secrets have become files next to others."""
    return {**block, _FILE_LIST: [name for names in files for name in names]} if len(files) > 1 else block


def _kept_path(name: str) -> str:
    """A path of the user's as it is in the tree: the same, where that is below the manifest's folder."""
    parts = PurePosixPath(name).parts
    if all(re.fullmatch(r"[\w.-]+", part) and part != ".." for part in parts):
        return "/".join(parts)
    return f"{digest(name)}/{re.sub(r'[^a-zA-Z0-9_.-]', '_', parts[-1])}"


def file_name(*parts: str) -> str:
    """A file name made of `parts`: readable, valid everywhere, and different for different parts."""
    safe = ".".join(re.sub(r"[^A-Za-z0-9_-]", "_", part) for part in parts)
    kept = safe == ".".join(parts) and all("." not in part and part for part in parts) and len(safe) <= _LONGEST_NAME
    return safe if kept else f"{safe[:_LONGEST_NAME]}-{digest(*parts)}"
