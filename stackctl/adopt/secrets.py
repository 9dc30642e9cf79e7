"""Secrets that a set-up has in clear text: they move to variables of `.env`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from stackctl import secret_keys, secret_names
from stackctl.adopt.remarks import moved_secret, secret_elsewhere, unknown_secret
from stackctl.adopt.source import Source
from stackctl.diagnostic import Diagnostic
from stackctl.source import Position

# A variable that a script fills in, as no server does.
_PLACEHOLDER = re.compile(r"\$[A-Z][A-Z0-9]*_[A-Z0-9_]+")
_VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}")
# What servers answer in the place of a secret.
_HIDDEN = "<secret>"
# In the place of a secret that is in a file which the set-up does not have.
NOT_KNOWN = "<secret in a file>"
# The address of a container next to it, or of this machine: it is no secret.
_NEIGHBOUR = re.compile(r"http://[A-Za-z0-9_-]+(\.[a-z]+\.internal)?(:[0-9]+)?(/[A-Za-z0-9_/-]{0,40})?")
# The parameter by which the SNMP exporter chooses an entry of its file.
_SNMP_AUTH = "auth"
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")


class Secrets:
    """The secrets that were found. `variables` are the names that are taken, with their values."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._taken = dict(variables)
        self.found: dict[str, str] = {}
        self.remarks: list[Diagnostic] = []

    def moved(self, value: str, name: str, position: Position | None) -> str:
        """Return the reference to the variable that holds a secret from now on, called `name` if that is free.

        A value that has such references already is returned as it is.
        """
        # Compose fills in no variables of `.env`: a text with one says which variable is secret, and stays.
        if not value or _VARIABLE.search(value.replace("$$", "")):
            return value
        if _PLACEHOLDER.fullmatch(value):
            return f"${{{value[1:]}}}"
        hidden = value in (_HIDDEN, NOT_KNOWN)
        chosen = self._name(name, value)
        if chosen not in self.found and self._taken.get(chosen) != value:
            self.found[chosen] = "" if hidden else value
            self._taken[chosen] = value
            unknown = secret_elsewhere(chosen, position) if value == NOT_KNOWN else unknown_secret(chosen, "the server")
            self.remarks.append(unknown if hidden else moved_secret(chosen, position))
        return f"${{{chosen}}}"

    def _name(self, wanted: str, value: str) -> str:
        base = re.sub(r"[^A-Z0-9]+", "_", wanted.upper()).strip("_") or "SECRET"
        base = base if base[0].isalpha() else f"_{base}"
        number = 1
        while (name := base if number == 1 else f"{base}_{number}") in self._taken and (
            self._taken[name] != value or value in (_HIDDEN, NOT_KNOWN)
        ):
            number += 1
        return name

    def block(self, block: Any, source: Source, place: tuple[str | int, ...], owner: str = "", named: str = "") -> Any:
        """Return a block of Prometheus' or Alertmanager's own, written at `place` of a file, without its secrets.

        `owner` is the key that the block is under, and `named` the beginning of the names of its variables.
        """
        if isinstance(block, list):
            return [self.block(item, source, (*place, index), owner, named) for index, item in enumerate(block)]
        if not isinstance(block, Mapping):
            return block
        result: dict[str, Any] = {}
        for key, value in block.items():
            below = (*place, key)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            text = str(value) if is_number else value
            if isinstance(value, list) and _is_secret(owner, key) and all(isinstance(each, str) for each in value):
                result[key] = [self.moved(each, f"{named}_{key}", source.at(*below)) for each in value]
                continue
            if isinstance(text, str) and _is_secret(owner, key) and not _NEIGHBOUR.fullmatch(text):
                result[key] = self.moved(text, f"{named}_{key}", source.at(*below))
            else:
                result[key] = self.block(value, source, below, key, named)
        return result


def _is_secret(owner: str, key: str) -> bool:
    if secret_keys.holds_headers(owner):
        return secret_keys.is_secret_header(key)
    if secret_keys.holds_parameters(owner):
        return secret_names.sounds_secret(key) and key != _SNMP_AUTH
    return secret_keys.is_secret(owner, key)


def env_line(name: str, value: str) -> str:
    """A line of `.env` that sets a variable, as Compose reads it. One without a value is left to be filled in."""
    if not value:
        return f"# {name}=\n"
    if _PLAIN.fullmatch(value):
        return f"{name}={value}\n"
    if "'" not in value and not value.endswith("\\"):
        return f"{name}='{value}'\n"
    escaped = re.sub(r'([\\"$])', lambda match: f"\\{match[1]}", value).replace("\n", "\\n")
    return f'{name}="{escaped}"\n'
