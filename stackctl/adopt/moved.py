"""The paths of a Compose file, which begin at its own folder, from another folder on."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from stackctl.adopt.merging import parted
from stackctl.adopt.variables import filled

# The shell's word for the folder in which Compose is run: that of the Compose file.
_HERE = re.compile(r"\$(?:PWD|\{PWD(?::?-[^}]*)?\})(?=/|$)")
# Where a file that is written in the Compose file itself gets its place, in a key that Compose leaves to others.
PATH = "x-path"
# The beginning of a relative path of Windows.
_WINDOWS = re.compile(r"\.\.?\\")
# The keys of a service that name one file, or a list of them.
_FILES = ("env_file", "label_file")


def moved(data: Mapping[str, Any], base: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the sections of a Compose file in the folder `base` with paths from the folder of the set-up on."""
    result = dict(data)
    services = data.get("services")
    if isinstance(services, Mapping):
        result["services"] = {
            name: _service(block, base, variables) if isinstance(block, Mapping) else block
            for name, block in services.items()
        }
    for kind in ("configs", "secrets"):
        known = data.get(kind)
        if isinstance(known, Mapping):
            result[kind] = {name: _file(each, f"{kind}/{name}", base, variables) for name, each in known.items()}
    return result


def _file(block: Any, path: str, base: str, variables: Mapping[str, str]) -> Any:
    """The entry of a file for services of the Compose file; a file that is written in it gets a path of its own."""
    if base and isinstance(block, Mapping) and block.get("content"):
        return {PATH: moved_path(f"./{path}", base, variables), **block}
    return _with_path(block, "file", base, variables)


def _service(block: Mapping[str, Any], base: str, variables: Mapping[str, str]) -> dict[str, Any]:
    result = dict(block)
    if isinstance(block.get("volumes"), list):
        result["volumes"] = [_volume(each, base, variables) for each in block["volumes"]]
    for key in _FILES:
        files = block.get(key)
        if isinstance(files, str):
            result[key] = moved_path(files, base, variables)
        elif isinstance(files, list):
            result[key] = [
                moved_path(each, base, variables)
                if isinstance(each, str)
                else _with_path(each, "path", base, variables)
                for each in files
            ]
    build = block.get("build")
    if isinstance(build, str):
        result["build"] = moved_path(build, base, variables)
    elif isinstance(build, Mapping):
        result["build"] = _with_path({"context": ".", **build}, "context", base, variables) if base else dict(build)
    return result


def _volume(written: Any, base: str, variables: Mapping[str, str]) -> Any:
    written = _with_slashes(written)
    if isinstance(written, Mapping):
        is_path = str(written.get("source") or "").startswith((".", "$"))
        return _with_path(written, "source", base, variables, only_paths=True) if is_path else written
    source, *rest = parted(str(written))
    if not rest or not source.startswith((".", "$")):
        return written
    return ":".join([moved_path(source, base, variables, only_paths=True), *rest])


def _with_slashes(written: Any) -> Any:
    """Return a volume whose relative path of Windows, `.\\rules`, is one of every system."""
    if isinstance(written, Mapping):
        source = str(written.get("source") or "")
        return {**written, "source": source.replace("\\", "/")} if _WINDOWS.match(source) else written
    source, *rest = parted(str(written))
    return ":".join([source.replace("\\", "/"), *rest]) if _WINDOWS.match(source) and rest else written


def _with_path(block: Any, key: str, base: str, variables: Mapping[str, str], *, only_paths: bool = False) -> Any:
    if not isinstance(block, Mapping) or not block.get(key):
        return block
    return {**block, key: moved_path(str(block[key]), base, variables, only_paths=only_paths)}


def moved_path(path: str, base: str, variables: Mapping[str, str], *, only_paths: bool = False) -> str:
    """Return a path of a Compose file in the folder `base`, from the folder of the set-up on.

    With `only_paths`, what may be the name of a volume is a path only if it looks like one.
    """
    path = _HERE.sub(".", path)
    if not base:
        return path
    known = filled(path, variables) if path.startswith("$") else path
    if known.startswith(("/", "~")) or "://" in known or (only_paths and not known.startswith(".")):
        return path
    whole = posixpath.normpath(posixpath.join(base, known))
    return whole if whole.startswith(".") else f"./{whole}"
