"""The tree: what rendering makes and what the runtimes run, held in memory before anything is written."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import PurePosixPath
from typing import Any

from stackctl import conventions as c
from stackctl.bounds.json_text import loads
from stackctl.runtimes import registry as runtimes


@dataclass(frozen=True)
class File:
    """The content of one rendered file. A `secret` file is readable by its owner and its server only."""

    content: bytes = field(repr=False)
    secret: bool = False


@dataclass(frozen=True)
class Unit:
    """One thing that runs: a component of the stack, or a service that the stack starts.

    name      unique in the stack
    service   its name in compose.yaml and on the stack's network, "" when it is the same
    address   host:port on the user's machine, "" when it has none
    ready     URL that returns 200 when the unit is ready, "" when running is all there is to know
    reload    URL that takes a POST to re-read the configuration, "" when only a restart does
    user      who asks it, with the password in `password_file`; "" where no login is needed
    ca_file   what has signed its certificate, which has the name `server_name`; "" is as in `stackctl.access`
    spec      hash of all that only a restart can change (image, flags, files read at start)
    reads     hash of the files that `reload` makes it read again
    tool      native: the binary's name in stackctl.tools; "" when `command` is the whole command
    command   native: the arguments; `{tree}` and `{data}` stand for the live tree and the unit's data folder
    cwd       native: the folder it runs in; `{mount}` stands for the one above the live tree, "" for the data folder
    volumes   docker: the names of the volumes that Compose makes for it
    kind      its component, "" when that has its name, or it is no component
    """

    name: str
    service: str = ""
    address: str = ""
    ready: str = ""
    reload: str = ""
    user: str = ""
    password_file: str = ""
    ca_file: str = ""
    server_name: str = ""
    spec: str = ""
    reads: str = ""
    image: str = ""
    tool: str = ""
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    env_file: str = ""
    cwd: str = ""
    profiles: tuple[str, ...] = ()
    required: bool = False
    volumes: tuple[str, ...] = ()
    kind: str = ""

    @property
    def scheme(self) -> str:
        """Return the scheme of its address."""
        return self.ready.partition("://")[0] or "http"

    @property
    def url(self) -> str:
        """The base of its URLs on the user's machine, "" when it is not asked."""
        return "/".join(self.ready.split("/")[:3])

    @property
    def in_compose(self) -> str:
        """The name of its service in compose.yaml."""
        return self.service or self.name


@dataclass(frozen=True)
class Tree:
    """Relative POSIX path -> file, with the units that run on it. `runtime` is the name of one, or of an export."""

    stack: str
    runtime: str
    files: Mapping[str, File]
    units: tuple[Unit, ...]

    @property
    def has_users(self) -> bool:
        """Return whether its units run as users of their own, who read their secret files."""
        runtime = runtimes.find(self.runtime)
        return runtime is not None and runtime.has_users

    def unit(self, name: str) -> Unit | None:
        """The unit of that name, None where the stack has none."""
        return next((unit for unit in self.units if unit.name == name), None)

    def loaded(self) -> dict[str, str]:
        """Return what each unit has read (`Unit.reads`) once it runs on this tree."""
        return {unit.name: unit.reads for unit in self.units}

    def yaml(self, path: str) -> Any:
        """The data of a file that is YAML."""
        return load_yaml(self.files[path].content)

    def __iter__(self) -> Iterator[tuple[str, File]]:
        return iter(sorted(self.files.items()))


def ignored(files: Mapping[str, File]) -> dict[str, File]:
    """The file that keeps the secret ones among `files` out of version control; nothing where there are none."""
    secret = [path for path, file in files.items() if file.secret]
    within = any(path.startswith(f"{c.SECRETS_DIR}/") for path in secret)
    apart = sorted(f"/{path}" for path in secret if not path.startswith(f"{c.SECRETS_DIR}/"))
    lines = [*([f"{c.SECRETS_DIR}/"] if within else []), *apart]
    return {".gitignore": File("".join(f"{line}\n" for line in lines).encode())} if lines else {}


def reader(path: str) -> str:
    """The unit that reads the secret file at `path` of a tree; "" when none does, but Compose or its user."""
    parts = path.split("/")
    if parts[0] == c.SECRETS_DIR:
        return parts[1] if len(parts) > 2 else ""
    return parts[0] if len(parts) > 1 else ""


def load_yaml(content: bytes | str) -> Any:
    """The data of the first YAML document of a file that stackctl or a server has written, or accepts."""
    import yaml

    return next(yaml.load_all(content, getattr(yaml, "CSafeLoader", yaml.SafeLoader)), None)


def load_texts(content: bytes | str) -> Any:
    """The data of the first YAML document, with scalars as text, as Prometheus reads them: `on` is no truth value.

    Null alone is None.
    """
    import yaml

    class Text(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own attribute
            "<": [("tag:yaml.org,2002:merge", re.compile("^<<$"))],
            **{
                start: [("tag:yaml.org,2002:null", re.compile("^(~|null|Null|NULL|)$"))]
                for start in ("", "~", "n", "N")
            },
        }

    return next(iter(yaml.load_all(content, Text)), None)


def digest(*parts: bytes | str) -> str:
    """A short, stable hash of `parts`: 12 hex digits. Moving a byte from one part to the next changes it."""
    sha = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        sha.update(len(data).to_bytes(8, "big") + data)
    return sha.hexdigest()[:12]


def dump_units(stack: str, runtime: str, units: tuple[Unit, ...]) -> bytes:
    """The index file of a tree, as JSON: only what differs from the defaults of `Unit`."""
    rows = [
        {key: value for key, value in asdict(unit).items() if value != _DEFAULTS.get(key, _REQUIRED)} for unit in units
    ]
    return (json.dumps({"stack": stack, "runtime": runtime, "units": rows}, indent=2) + "\n").encode()


def load_units(content: bytes) -> tuple[str, str, tuple[Unit, ...]]:
    """The stack's name, its runtime and its units, from an index file written by `dump_units`.

    Raises ValueError, LookupError or TypeError for anything else.
    """
    index: dict[str, Any] = loads(content)
    rows = index["units"]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TypeError("its units are not a list of mappings")
    units = tuple(_unit(row) for row in rows)
    stack, runtime = index["stack"], index["runtime"]
    if not isinstance(stack, str) or runtimes.find(runtime) is None:
        raise ValueError("it names no stack, or no runtime")
    return stack, runtime, units


def _unit(row: Any) -> Unit:
    if not isinstance(row, dict):
        raise TypeError("a unit is not a mapping")
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    unit = Unit(**values)
    wrong = [f.name for f in fields(Unit) if not isinstance(getattr(unit, f.name), _TYPES[f.name])]
    if wrong:
        raise TypeError(f"{wrong[0]} of a unit has another type")
    if not all(
        isinstance(text, str) for text in (*unit.command, *unit.profiles, *unit.volumes, *unit.env, *unit.env.values())
    ):
        raise TypeError("a unit is given what is not text")
    if PurePosixPath(unit.name).name != unit.name:
        raise ValueError("the name of a unit is a path")
    return unit


_REQUIRED = object()
_TYPES = {
    f.name: {"env": dict, "command": tuple, "profiles": tuple, "volumes": tuple, "required": bool}.get(f.name, str)
    for f in fields(Unit)
}
_DEFAULTS: dict[str, Any] = {f.name: {} if f.name == "env" else f.default for f in fields(Unit) if f.name != "name"}
