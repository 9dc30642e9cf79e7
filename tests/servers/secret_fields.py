"""Write stackctl/secret_fields.py: the fields that Prometheus and Alertmanager themselves take for secrets.

Both say in their Go source which fields of their configurations are secret, by the fields' types. Their modules are
downloaded, not compiled: the structs are read as text. Run it with the project's Python after an image's default has
changed, `python -m tests.servers.secret_fields`; it needs `go`, and says which fields are new.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stackctl.components import registry
from stackctl.conventions import ALERTMANAGER, PROMETHEUS
from tests.servers.go_modules import download

TARGET = Path(__file__).parents[2] / "stackctl" / "secret_fields.py"
# The oldest that stackctl works with, and one in between; the default comes after them.
OLDER = {PROMETHEUS: ("3.0.1", "3.5.0"), ALERTMANAGER: ("0.27.0", "0.28.1")}
# Where the configurations are in the modules; what they take from others is in those.
FOLDERS = {
    PROMETHEUS: ("config", "discovery", "storage/remote/azuread", "storage/remote/googleiam"),
    ALERTMANAGER: ("config", "notify"),
}
SHARED = {
    "github.com/prometheus/common": "config",
    "github.com/prometheus/common/sigv4": "",
    "github.com/prometheus/sigv4": "",
}
# Fields of the HTTP client, which is a part of many mappings: so many that their names say nothing.
OF_CLIENTS = {"bearer_token", "bearer_token_file", "proxy_connect_header"}
ANYWHERE = 6

_STRUCT = re.compile(r"^type (\w+) struct \{[^\n]*\n(.*?)^\}", re.M | re.S)
_NAMED = re.compile(r"^type (\w+) ((?:map\[\w+\]|\[\]|\*)*[\w.]*Secret\w*)$", re.M)
_FIELD = re.compile(r"^\s+(?:(\w+)\s+)?([\w.*\[\]]+)\s+`[^`]*yaml:\"([^\"]*)\"", re.M)
_NAME = re.compile(r"func \((?:\w+ )?\*?(\w+)\) Name\(\) string \{\s*return \"?(\w+)\"?")
_SECRET = re.compile(r"Secret(URL|TemplateURL)?$")


@dataclass
class Struct:
    """A struct of a configuration: its keys with their types, what it embeds, and the keys that hold it."""

    keys: dict[str, str] = field(default_factory=dict)
    inline: list[str] = field(default_factory=list)
    owners: set[str] = field(default_factory=set)


def main() -> None:
    """Write the table, and print what is new in it."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    files: dict[tuple[str, str, str], str] = {}
    versions = {product: (*older, registry.component(product).version) for product, older in OLDER.items()}
    for product, all_of_them in versions.items():
        for version in all_of_them:
            structs, secret_types = read(product, version)
            for owner, key in secret_fields(structs, secret_types):
                rows.setdefault((product, owner, key), [version, ""])
            for owner, key in file_fields(structs):
                files.setdefault((product, owner, key), version)
    for (product, owner, key), since in rows.items():
        # A `_file` may be older than the key whose content it is.
        since[1] = files.get((product, owner, f"{key}_file"), "")
    TARGET.write_text(text(versions, rows))
    sys.stdout.write(f"{len(rows)} fields\n")


def text(versions: dict[str, tuple[str, ...]], rows: dict[tuple[str, str, str], list[str]]) -> str:
    """The generated module."""
    known = "".join(
        f"    {json.dumps(product)}: ({', '.join(map(json.dumps, each))}),\n" for product, each in versions.items()
    )
    lines = "".join(f"    ({', '.join(map(json.dumps, (*key, *since)))}),\n" for key, since in sorted(rows.items()))
    return (
        '"""The secret fields of the products. Made by tests/servers/secret_fields.py: do not edit."""\n\n'
        "# The versions whose sources were read; the last one is that of the default image.\n"
        f"VERSIONS = {{\n{known}}}\n\n"
        "# Product, the mapping that has the key (* for any), the key, the first of these versions that has it, and\n"
        '# the first that reads it from a file by the key with `_file` ("" for none).\n'
        f"FIELDS = (\n{lines})\n"
    )


def secret_fields(structs: Mapping[str, Struct], secret_types: Collection[str]) -> Iterator[tuple[str, str]]:
    """Owner and key of every secret field; the owner * where many have the key."""
    yield from _owned(structs, lambda _, kind: bool(_SECRET.search(kind) or kind.rpartition(".")[2] in secret_types))


def file_fields(structs: Mapping[str, Struct]) -> Iterator[tuple[str, str]]:
    """Owner and key of every field that names a file."""
    yield from _owned(structs, lambda key, _: key.endswith("_file"))


def _owned(structs: Mapping[str, Struct], wanted: Callable[[str, str], bool]) -> Iterator[tuple[str, str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for struct in structs.values():
        for key, kind in struct.keys.items():
            if wanted(key, kind):
                found[key] |= struct.owners
    for key, owners in found.items():
        several = key in OF_CLIENTS and len(owners) > ANYWHERE
        yield from ((owner, key) for owner in (("*",) if several else owners))


def read(product: str, version: str) -> tuple[dict[str, Struct], set[str]]:
    """The structs by `package.Name`, with their owners, and the names of types that are secrets in all but name."""
    module = f"github.com/prometheus/{product}"
    root = download(module, module_version(product, version))
    required = dict(re.findall(r"^\s*(\S+) (v\S+)", (root / "go.mod").read_text(), re.M))
    places = [root / folder for folder in FOLDERS[product]]
    places += [download(each, required[each]) / folder for each, folder in SHARED.items() if each in required]
    structs: dict[str, Struct] = {}
    secret_types: set[str] = set()
    names: dict[str, str] = {}
    for place in places:
        for path in sorted(place.rglob("*.go")):
            if not path.name.endswith("_test.go"):
                _read_file(path, structs, secret_types, names)
    for name, key in names.items():
        if name in structs:
            structs[name].owners.add(f"{key}_sd_configs")
    _own(structs)
    return structs, secret_types


def _read_file(path: Path, structs: dict[str, Struct], secret_types: set[str], names: dict[str, str]) -> None:
    source = path.read_text()
    package = f"{path.parent.name}".split("@")[0]
    aliases = {alias or name: name for alias, name in re.findall(r'^\s+(\w+ )?"[^"]*?/?([\w.-]+)"$', source, re.M)}
    aliases = {alias.strip(): name for alias, name in aliases.items()}
    secret_types |= {name for name, _ in _NAMED.findall(source)}
    constants = dict(re.findall(r"^\s*(?:const )?(\w+)\s+=\s+\"(\w+)\"$", source, re.M))
    for name, body in _STRUCT.findall(source):
        struct = structs.setdefault(f"{package}.{name}", Struct())
        for _, kind, tag in _FIELD.findall(body):
            key, _, options = tag.partition(",")
            full = _full(kind, package, aliases)
            if "inline" in options:
                struct.inline.append(full)
            elif key and key != "-":
                struct.keys[key] = kind if _SECRET.search(kind) else full
    for name, value in _NAME.findall(source):
        names[f"{package}.{name}"] = constants.get(value, value)


def _full(kind: str, package: str, aliases: dict[str, str]) -> str:
    base = kind.rpartition("]")[2].lstrip("*")
    where, dot, name = base.rpartition(".")
    return f"{aliases.get(where, where)}.{name}" if dot else f"{package}.{base}"


def _own(structs: dict[str, Struct]) -> None:
    """Find the keys that hold each struct, through those that embed it."""
    changed = True
    while changed:
        changed = False
        for name, struct in structs.items():
            for key, kind in struct.keys.items():
                held = structs.get(kind)
                if held and held is not struct and key not in held.owners:
                    held.owners.add(key)
                    changed = True
            for kind in struct.inline:
                held = structs.get(kind)
                if held and kind != name and not struct.owners <= held.owners:
                    held.owners |= struct.owners
                    changed = True


def module_version(product: str, version: str) -> str:
    """The version of the Go module of a release: v0.313.5 for Prometheus 3.13.5."""
    major, minor, patch = version.split(".")
    if product == PROMETHEUS:
        return f"v0.{int(minor) if major == '2' else int(major) * 100 + int(minor)}.{patch}"
    return f"v{version}"


if __name__ == "__main__":
    main()
