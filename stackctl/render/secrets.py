"""Secrets leave the configuration: each becomes a file, and its key the `_file` twin that names it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from stackctl import conventions as c
from stackctl.errors import Problem
from stackctl.source import Attached, Position, Secret
from stackctl.tree import File, digest

_LONGEST_NAME = 100

# Where a product reads a secret from a file: the mapping that holds the key, and the key. The same key has no
# twin elsewhere (`password` of basic_auth has one, that of openstack_sd_configs has not).
_HTTP_CLIENT = {
    ("basic_auth", "password"),
    ("authorization", "credentials"),
    ("oauth2", "client_secret"),
    ("tls_config", "key"),
}
_TWINS = {
    c.PROMETHEUS: _HTTP_CLIENT | {("marathon_sd_configs", "auth_token"), ("scaleway_sd_configs", "secret_key")},
    c.ALERTMANAGER: _HTTP_CLIENT
    | {
        ("discord_configs", "webhook_url"),
        ("email_configs", "auth_password"),
        ("email_configs", "auth_secret"),
        ("global", "opsgenie_api_key"),
        ("incidentio_configs", "alert_source_token"),
        ("mattermost_configs", "webhook_url"),
        ("global", "slack_api_url"),
        ("global", "smtp_auth_password"),
        ("msteams_configs", "webhook_url"),
        ("msteamsv2_configs", "webhook_url"),
        ("opsgenie_configs", "api_key"),
        ("pagerduty_configs", "routing_key"),
        ("pagerduty_configs", "service_key"),
        ("pushover_configs", "token"),
        ("pushover_configs", "user_key"),
        ("rocketchat_configs", "token"),
        ("rocketchat_configs", "token_id"),
        ("slack_configs", "api_url"),
        ("slack_configs", "app_token"),
        ("telegram_configs", "bot_token"),
        ("victorops_configs", "api_key"),
        ("webhook_configs", "url"),
        ("wechat_configs", "api_secret"),
    },
}
# What has the name of a secret and is none: the address of a service, the name of a route.
_OPEN = {
    *(
        (f"{name}_configs", "api_url")
        for name in ("jira", "opsgenie", "pushover", "telegram", "victorops", "webex", "wechat")
    ),
    ("victorops_configs", "routing_key"),
}
# Relative paths begin at the folder of the configuration. Alertmanager does so for its HTTP clients only: all else is
# read from where it runs, so that it has to run in the folder above the tree.
# The older way to give a token lies directly in the block of the client, whatever that is called.
_TWINS_ANYWHERE = {"bearer_token"}


@dataclass
class SecretFiles:
    """Collects the secrets of one component's configuration as files of the tree, and what cannot be moved.

    `salt` is the stack's own, b"" in a plain tree.
    """

    component: str
    salt: bytes = b""
    files: dict[str, File] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def plain(self, value: Any, path: tuple[str, ...], origin: Position) -> Any:
        """`value` without secrets. `path` says where it lies in the configuration, `origin` in the manifest."""
        return self._plain(value, path, path[-1], origin)

    def add(self, name: str, content: str) -> str:
        """A secret file with `content`: its path in the tree."""
        path = f"{c.SECRETS_DIR}/{self.component}/{name}"
        self.files[path] = File(content.encode(), secret=True)
        return path

    def _plain(self, value: Any, path: tuple[str, ...], owner: str, origin: Position) -> Any:
        if isinstance(value, Mapping):
            return dict(self._item(key, item, (*path, str(key)), owner, origin) for key, item in value.items())
        if isinstance(value, list | tuple):
            return [self._plain(item, (*path, str(index)), owner, origin) for index, item in enumerate(value)]
        if isinstance(value, Secret):
            self._refuse(owner, path[-1], origin)
            return str(value)
        return self._attached(value, owner, path) if isinstance(value, Attached) else value

    def _item(self, key: str, value: Any, path: tuple[str, ...], owner: str, origin: Position) -> tuple[str, Any]:
        if not isinstance(value, Secret):
            return key, self._plain(value, path, key, origin)
        if (owner, key) in _TWINS[self.component] or key in _TWINS_ANYWHERE:
            return f"{key}_file", f"{self._folder(owner, key)}/{self.add(file_name(*path), value.reveal())}"
        if (owner, key) in _OPEN:
            return key, value.reveal()
        self._refuse(owner, key, origin)
        return key, str(value)

    def _attached(self, file: Attached, owner: str, path: tuple[str, ...]) -> str:
        """The path of a file of the user's in the tree, as the server reaches it."""
        if not file.secret:
            name = f"{self.component}/files/{_kept_path(file.name)}"
            self.files[name] = File(file.content.encode())
            return f"../{name}"
        key = path[-1]
        return f"{self._folder(owner, key.removesuffix('_file'))}/{self.add(file_name(*path), file.content)}"

    def _folder(self, owner: str, key: str) -> str:
        """The tree, as the server reaches it: from its configuration, or from the folder that it runs in."""
        from_configuration = self.component != c.ALERTMANAGER or (owner, key) in _HTTP_CLIENT or key in _TWINS_ANYWHERE
        return ".." if from_configuration else c.CURRENT

    def _refuse(self, owner: str, key: str, origin: Position) -> None:
        product = self.component.capitalize()
        self.problems.append(
            Problem(
                f"{owner}: {product} cannot read `{key}` from a file",
                origin,
                f"It is a secret, and it would stand readable in {product}'s configuration.",
                f"Give it another way that {product} offers, such as a file of your own, basic_auth or authorization.",
            )
        )


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
