"""The receivers of the rendered configuration, declared ones and those that `extra` adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackctl import conventions as c
from stackctl.model import Stack
from stackctl.source import Position
from stackctl.tree import Tree

# The keys of what integrations post to.
_URLS = ("url", "api_url", "webhook_url")


@dataclass(frozen=True)
class RenderedReceiver:
    """A receiver of alertmanager.yml: its name, the integrations that it notifies by, and where it is declared."""

    name: str
    kinds: tuple[str, ...]
    origin: Position


def rendered_receivers(stack: Stack, tree: Tree) -> list[RenderedReceiver]:
    """Every receiver of `tree` but the one that stackctl's own drills end in; none without an Alertmanager."""
    if stack.alertmanager is None:
        return []
    declared = {receiver.name: receiver.origin for receiver in stack.alertmanager.receivers}
    return [
        RenderedReceiver(name, integrations(block), declared.get(name, stack.alertmanager.origin))
        for block in tree.yaml(c.ALERTMANAGER_FILE).get("receivers") or ()
        if (name := str(block["name"])) != c.DRILL_RECEIVER
    ]


def posted_urls(tree: Tree, receiver: str) -> dict[str, str]:
    """Return the URLs that a receiver's own blocks post to, by Alertmanager's names of the blocks: `webhook[0]`."""
    return {
        f"{key.removesuffix('_configs')}[{number}]": url
        for each in tree.yaml(c.ALERTMANAGER_FILE).get("receivers") or ()
        if str(each["name"]) == receiver
        for key, blocks in each.items()
        if key.endswith("_configs")
        for number, block in enumerate(blocks or ())
        for name in _URLS
        if (url := _url(tree, block, name))
    }


def _url(tree: Tree, block: Mapping[str, Any], key: str) -> str:
    """The URL under `key`, or in the file of the tree that is named instead."""
    # Alertmanager runs in the folder above the tree.
    file = tree.files.get(str(block.get(f"{key}_file", "")).partition("/")[2])
    return str(block.get(key) or "") or (file.content.decode(errors="replace").strip() if file else "")


def integrations(receiver: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of what a receiver notifies by, one for each of its blocks: `("slack", "webhook", "webhook")`."""
    return tuple(
        key.removesuffix("_configs")
        for key, blocks in receiver.items()
        if key.endswith("_configs")
        for _ in blocks or ()
    )
