"""Remarks for the person who adopts a set-up: parts that are left out or differ, secrets that have moved."""

from __future__ import annotations

from stackctl.diagnostic import Diagnostic
from stackctl.source import Position


def left_out(what: str, position: Position | None, why: str, remedy: str = "") -> Diagnostic:
    """Return that a part of the set-up is not in the manifest."""
    return Diagnostic("adopt.left-out", f"{what} is left out", position, why, remedy, status="warn")


def changed(summary: str, position: Position | None, why: str = "", remedy: str = "") -> Diagnostic:
    """Return that something is not as it was."""
    return Diagnostic("adopt.changed", summary, position, why, remedy, status="warn")


def moved_secret(name: str, position: Position | None) -> Diagnostic:
    """Return that a secret which stood in clear is in `.env` now."""
    return Diagnostic(
        "adopt.secret",
        f"a secret in clear text is now `{name}` in .env",
        position,
        remedy="Keep .env out of version control. If the old file was in it, replace the secret.",
        status="warn",
    )


def unknown_secret(name: str, server: str) -> Diagnostic:
    """Return that a server keeps a secret to itself."""
    return Diagnostic(
        "adopt.secret",
        f"{server} does not tell the secret `{name}`",
        remedy=f"Write it into .env, as `{name}=...`.",
        status="warn",
    )


def secret_elsewhere(name: str, position: Position | None) -> Diagnostic:
    """Return that a secret is in a file that the set-up does not have."""
    return Diagnostic(
        "adopt.secret",
        f"a secret that only the container has in a file is now `{name}` in .env",
        position,
        "The set-up does not have that file.",
        f"Write it into .env, as `{name}=...`.",
        status="warn",
    )
