"""The parts of a dashboard's JSON, each held to the type that it must have; what is wrong is noted with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.json_file import JsonFile, Path
from stackctl.manifest.problems import Problems

_KINDS = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}


@dataclass
class Shape:
    """A reader of one file. `problems` are what it has met so far."""

    file: JsonFile
    problems: Problems = field(default_factory=Problems)

    def wrong(self, path: Path, summary: str, cause: str = "", remedy: str = "") -> None:
        """Note a problem with the value at `path`, once for each place."""
        problem = Diagnostic("dashboard.content", summary, self.file.position(path), cause, remedy)
        if problem not in self.problems:
            self.problems.add(problem)

    def mappings(self, owner: Mapping[str, Any], key: str, path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield the mappings of the list `key` of `owner`, each with its index."""
        value = owner.get(key)
        if value is None:
            return
        if not isinstance(value, list):
            self._expected((*path, key), f"`{key}` is a list", value)
            return
        for index, item in enumerate(value):
            if isinstance(item, Mapping):
                yield index, item
            elif item is not None:
                self._expected((*path, key, index), f"an item of `{key}` is a mapping", item)

    def text(self, owner: Mapping[str, Any], key: str, path: Path) -> str:
        """Return the text `key` of `owner`, "" where it has none."""
        value = owner.get(key)
        if value is None or isinstance(value, str):
            return value or ""
        self._expected((*path, key), f"`{key}` is text", value)
        return ""

    def datasource(self, owner: Mapping[str, Any], path: Path) -> Mapping[str, Any] | str | None:
        """Return the `datasource` of `owner`: a name, or a mapping of texts."""
        value = owner.get("datasource")
        place = (*path, "datasource")
        if value is None or isinstance(value, str):
            return value
        if not isinstance(value, Mapping):
            self._expected(place, "`datasource` is a name, or a mapping with `type` and `uid`", value)
            return None
        return {key: self.text(value, key, place) for key in ("type", "uid")}

    def _expected(self, path: Path, right: str, value: Any) -> None:
        self.wrong(path, f"{right}, not {_KINDS.get(type(value), 'that')}")
