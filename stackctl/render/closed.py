"""Files that hold a secret in clear: whatever has put it there, such a file is a secret one as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stackctl import redaction
from stackctl.components import registry
from stackctl.model import Stack
from stackctl.tree import File


def closed(files: Mapping[str, File], stack: Stack) -> dict[str, File]:
    """Return `files`, those secret that hold a secret of the manifest: in passed-through blocks, or an argument."""
    written = _written(stack)
    return {
        path: replace(file, secret=True) if not file.secret and _holds(file.content, written) else file
        for path, file in files.items()
    }


def holds_secret(content: bytes, stack: Stack) -> bool:
    """Return whether a text holds a secret of the manifest."""
    return _holds(content, _written(stack))


def _holds(content: bytes, written: frozenset[bytes]) -> bool:
    return any(form in content for form in written)


def _written(stack: Stack) -> frozenset[bytes]:
    """The secrets of the manifest in all forms that a file may have, but for those too short to tell from words."""
    named = {service.name for service in stack.services} | {container.name for container in stack.containers}
    public = {stack.name, *named, *registry.names()}
    secrets = {part for value in stack.secrets for part in redaction.parts(value)} - public
    return frozenset(form.encode() for value in secrets for form in redaction.forms(value))
