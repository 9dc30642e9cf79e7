"""Rule files that the manifest names in Prometheus' own words, under `extra`: read as if `rules` declared them.

Passed through, they would be loaded and evaluated, and no check would know of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stackctl.errors import Problem
from stackctl.manifest.component_schema import PrometheusModel
from stackctl.manifest.document import Document
from stackctl.manifest.document import Path as Place
from stackctl.manifest.rule_schema import RuleSourceModel

_KEY = "rule_files"
_PLACE: Place = ("prometheus", "extra", _KEY)


@dataclass(frozen=True)
class ExtraRules:
    """The Prometheus section without its rule files, these as entries of `rules`, and what is wrong with them."""

    prometheus: PrometheusModel
    sources: tuple[tuple[Place, RuleSourceModel], ...]
    problems: list[Problem]


def extra_rules(document: Document, model: PrometheusModel, root: Path) -> ExtraRules:
    """Take the rule files out of `extra`. Patterns are expanded from the manifest's folder `root`."""
    patterns = model.extra.get(_KEY)
    if not isinstance(patterns, list):
        return ExtraRules(model, (), [])
    found = [(index, _files(str(pattern), root)) for index, pattern in enumerate(patterns)]
    problems = [
        Problem(
            f"no file matches `{patterns[index]}`",
            document.position((*_PLACE, index)),
            remedy="Correct the pattern: it begins at the folder of the manifest.",
        )
        for index, files in found
        if not files
    ]
    sources = [((*_PLACE, index), RuleSourceModel(file=file)) for index, files in found for file in files]
    rest = {key: value for key, value in model.extra.items() if key != _KEY}
    return ExtraRules(model.model_copy(update={"extra": rest}), tuple(sources), problems)


def _files(pattern: str, root: Path) -> list[str]:
    return list(_expanded(pattern, root)) if any(sign in pattern for sign in "*?[") else [pattern]


def _expanded(pattern: str, root: Path) -> Iterator[str]:
    try:
        yield from sorted(path.relative_to(root).as_posix() for path in root.glob(pattern) if path.is_file())
    except (ValueError, NotImplementedError):  # of no form that is a pattern below the manifest
        return
