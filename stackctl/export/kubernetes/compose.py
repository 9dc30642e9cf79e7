"""A container of the manifest, which is written in Compose's fields, in the words of a pod."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackctl import redaction, secret_keys
from stackctl.export.kubernetes.scraping import given
from stackctl.model import Block
from stackctl.source import Secret

# A reference that Compose resolves, or its way to write one dollar.
_REFERENCE = re.compile(r"\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?)([-?+])([^{}]*))?\}")
# `[host:][published:]container[/protocol]`, of which only the last counts inside.
_PORT = re.compile(r"(?:.*:)?(\d+)(?:-\d+)?(?:/(tcp|udp))?")
_PUBLISHED = re.compile(r"(?:.*:)?(\d+):(\d+)(?:/tcp)?")
_NAMED_VOLUME = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]*):(/[^:]*)(?::([a-z,]+))?")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h)")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
# Ways to restart that pods of a Deployment have anyway.
_RESTARTS = ("always", "unless-stopped")
_DEPLOY = ("replicas", "resources")
# Fields that a pod has, or that mean nothing in one, as a cluster decides when images are pulled.
_KNOWN = frozenset(
    {
        "image", "command", "entrypoint", "environment", "ports", "expose", "healthcheck", "mem_limit",
        "mem_reservation", "cpus", "deploy", "scale", "user", "working_dir", "read_only", "cap_add",
        "cap_drop", "tmpfs", "volumes", "stop_grace_period", "restart", "init", "pull_policy",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Volume:
    """A named volume of Compose, and where a container mounts it."""

    name: str
    path: str
    is_read_only: bool


@dataclass(frozen=True)
class Ran:
    """A container of the manifest: its fields in Compose, with the `variables` that these name."""

    fields: Block
    variables: Mapping[str, str]

    @property
    def image(self) -> str:
        """The image, "" where it is only built."""
        return self._text(self.fields.get("image") or "")

    @property
    def command(self) -> list[str]:
        """The program in place of that of the image; [] for the image's own."""
        return self._words("entrypoint")

    @property
    def arguments(self) -> list[str]:
        """The arguments in place of those of the image; [] for the image's own."""
        return self._words("command")

    @property
    def environment(self) -> dict[str, str]:
        """The variables whose values are known: those that are only passed through may not be."""
        return {name: value for name, value in self._environment() if value is not None}

    @property
    def ports(self) -> dict[int, str]:
        """Port inside -> its protocol."""
        found: dict[int, str] = {}
        for port in (*_listed(self.fields.get("ports")), *_listed(self.fields.get("expose"))):
            if isinstance(port, Mapping):
                target, protocol = str(port.get("target")), str(port.get("protocol", "tcp"))
            else:
                match = _PORT.fullmatch(self._text(port))
                target, protocol = (match[1], match[2] or "tcp") if match else ("", "")
            if target.isdigit():
                found[int(target)] = protocol.upper()
        return found

    @property
    def published(self) -> dict[int, int]:
        """Port of the machine -> port inside."""
        found = {}
        for port in _listed(self.fields.get("ports")):
            if isinstance(port, Mapping):
                pair = (str(port.get("published")), str(port.get("target")))
            else:
                match = _PUBLISHED.fullmatch(self._text(port))
                pair = (match[1], match[2]) if match else ("", "")
            if all(each.isdigit() for each in pair):
                found[int(pair[0])] = int(pair[1])
        return found

    @property
    def probe(self) -> dict[str, Any] | None:
        """The test of its health as the test of its readiness; None where it has none."""
        check = self.fields.get("healthcheck")
        command = self._tested(check.get("test")) if isinstance(check, Mapping) and not check.get("disable") else []
        if not command or not isinstance(check, Mapping):
            return None
        retries = check.get("retries")
        return given(
            {
                "exec": {"command": command},
                "periodSeconds": _seconds(check.get("interval")),
                "timeoutSeconds": _seconds(check.get("timeout")),
                "failureThreshold": int(str(retries)) if str(retries).isdigit() else None,
            }
        )

    @property
    def replicas(self) -> int:
        """The number of its pods."""
        deploy = self.fields.get("deploy")
        number = deploy.get("replicas") if isinstance(deploy, Mapping) else self.fields.get("scale")
        return int(str(number)) if str(number).isdigit() else 1

    @property
    def resources(self) -> dict[str, Any]:
        """Its limits and what is kept for it."""
        deploy = self.fields.get("deploy")
        of_deploy = deploy.get("resources") if isinstance(deploy, Mapping) else None
        of_deploy = of_deploy if isinstance(of_deploy, Mapping) else {}
        fields = self.fields
        limits = {"memory": fields.get("mem_limit"), "cpus": fields.get("cpus")} | _plain(of_deploy.get("limits"))
        kept = {"memory": fields.get("mem_reservation")} | _plain(of_deploy.get("reservations"))
        return given({"limits": self._quantities(limits), "requests": self._quantities(kept)})

    @property
    def user(self) -> int | None:
        """The number of its user; None where the image says who that is."""
        number = self._text(self.fields.get("user") or "").partition(":")[0]
        return 0 if number == "root" else int(number) if number.isdigit() else None

    @property
    def volumes(self) -> list[Volume]:
        """The named volumes that it mounts."""
        return [volume for volume in map(self._volume, _listed(self.fields.get("volumes"))) if volume]

    @property
    def temporary(self) -> list[str]:
        """The folders that need not be kept."""
        return [self._text(each).partition(":")[0] for each in _listed(self.fields.get("tmpfs"))]

    @property
    def working_dir(self) -> str:
        """The folder that it runs in, "" for the image's own."""
        return self._text(self.fields.get("working_dir") or "")

    @property
    def grace_seconds(self) -> int | None:
        """The time that it is given to end; None for the default."""
        return _seconds(self.fields.get("stop_grace_period"))

    @property
    def capabilities(self) -> list[str]:
        """The capabilities that it has in addition."""
        return [self._text(each).upper().removeprefix("CAP_") for each in _listed(self.fields.get("cap_add"))]

    @property
    def is_read_only(self) -> bool:
        """Return whether it writes to its volumes alone."""
        return str(self.fields.get("read_only")).lower() == "true"

    @property
    def secrets(self) -> frozenset[str]:
        """The values of the secret variables that it names, as far as they can be told from words."""
        named = {match[1] for match in _REFERENCE.finditer(repr(self.fields)) if match[1]}
        values = secret_keys.with_secrets({name: self.variables[name] for name in named & self.variables.keys()})
        return frozenset(
            part for each in values.values() if isinstance(each, Secret) for part in redaction.parts(each.reveal())
        )

    def left_out(self) -> Iterator[str]:
        """The fields that no pod has, or has with another meaning."""
        yield from (name for name in self.fields if name not in _KNOWN)
        yield from (f"environment.{name}" for name, value in self._environment() if value is None)
        deploy = self.fields.get("deploy")
        if isinstance(deploy, Mapping):
            yield from (f"deploy.{name}" for name in deploy if name not in _DEPLOY)
        if any(not self._volume(each) for each in _listed(self.fields.get("volumes"))):
            yield "volumes"
        if self.fields.get("user") and self.user is None:
            yield "user"
        if (restart := self.fields.get("restart")) and restart not in _RESTARTS:
            yield "restart"

    def _text(self, value: Any) -> str:
        return _REFERENCE.sub(self._resolved, _plain_text(value))

    def _resolved(self, match: re.Match[str]) -> str:
        name, colon, sign, word = match.groups()
        if name is None:
            return "$"
        value = self.variables.get(name)
        is_there = bool(value) if colon else value is not None
        if sign == "+":
            return word if is_there else ""
        return (value or "") if is_there or sign != "-" else word

    def _words(self, field: str) -> list[str]:
        value = self.fields.get(field)
        if isinstance(value, list | tuple):
            return [self._text(each) for each in value]
        return shlex.split(self._text(value)) if value else []

    def _environment(self) -> Iterator[tuple[str, str | None]]:
        written = self.fields.get("environment") or {}
        if isinstance(written, Mapping):
            pairs = [(str(name), value) for name, value in written.items()]
        else:
            parted = [_plain_text(each).partition("=") for each in _listed(written)]
            pairs = [(name, value if equals else None) for name, equals, value in parted]
        for name, value in pairs:
            yield name, self.variables.get(name) if value is None else self._text(value)

    def _tested(self, test: Any) -> list[str]:
        if isinstance(test, str):
            return ["sh", "-c", self._text(test)]
        words = [self._text(each) for each in _listed(test)]
        if words[:1] == ["CMD"]:
            return words[1:]
        return ["sh", "-c", *words[1:2]] if words[:1] == ["CMD-SHELL"] else []

    def _quantities(self, values: Mapping[str, Any]) -> dict[str, str]:
        memory, cpus = self._text(values.get("memory") or ""), self._text(values.get("cpus") or "")
        found = {
            "memory": quantity(memory) if memory else "",
            "cpu": f"{round(float(cpus) * 1000)}m" if re.fullmatch(r"\d+(\.\d+)?|\.\d+", cpus) else "",
        }
        return {name: value for name, value in found.items() if value}

    def _volume(self, value: Any) -> Volume | None:
        if isinstance(value, Mapping):
            name, path = str(value.get("source", "")), str(value.get("target", ""))
            is_named = value.get("type") == "volume" and name
            return Volume(name, path, str(value.get("read_only")).lower() == "true") if is_named else None
        match = _NAMED_VOLUME.fullmatch(self._text(value))
        return Volume(match[1], match[2], "ro" in (match[3] or "").split(",")) if match else None


def quantity(memory: str) -> str:
    """Compose's notation of memory as a quantity of Kubernetes: `512m` is 512 MiB. "" for what is none."""
    match = re.fullmatch(r"([0-9.]+)([bkmg]?)b?", memory.lower())
    return match[1] + {"": "", "b": "", "k": "Ki", "m": "Mi", "g": "Gi"}[match[2]] if match else ""


def _seconds(duration: Any) -> int | None:
    """A duration of Compose, `1m30s`, in whole seconds, which are at least one."""
    parts = _DURATION.findall(str(duration)) if duration else []
    return max(1, round(sum(float(number) * _SECONDS[unit] for number, unit in parts))) if parts else None


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]


def _plain(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _plain_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
