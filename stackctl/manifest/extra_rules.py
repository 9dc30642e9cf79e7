"""Rule files that the manifest names in Prometheus' own words, under `extra`: read as if `rules` declared them.

Passed through, they would be loaded and evaluated, and no check would know of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stackctl.components.prometheus import PrometheusSettings
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.document import Document
from stackctl.manifest.document import Path as Place
from stackctl.manifest.problems import Problems
from stackctl.manifest.rule_schema import RuleSourceModel
from stackctl.manifest.text import named_files

_KEY = "rule_files"
_PLACE: Place = ("prometheus", "extra", _KEY)


@dataclass(frozen=True)
class ExtraRules:
    """The Prometheus section without its rule files, and these as entries of `rules`."""

    prometheus: PrometheusSettings
    sources: tuple[tuple[Place, RuleSourceModel], ...]


def extra_rules(document: Document, model: PrometheusSettings, root: Path, problems: Problems) -> ExtraRules:
    """Take the rule files out of `extra`. Patterns are expanded from the manifest's folder `root`.

    Patterns that match no file are added to `problems`.
    """
    patterns = model.extra.get(_KEY)
    if not isinstance(patterns, list):
        return ExtraRules(model, ())
    found = [(index, named_files(str(pattern), root)) for index, pattern in enumerate(patterns)]
    problems.extend(
        Diagnostic(
            "file.no-match",
            f"no file matches `{patterns[index]}`",
            document.position((*_PLACE, index)),
            remedy="Correct the pattern: it begins at the folder of the manifest.",
        )
        for index, files in found
        if not files
    )
    # Prometheus loads a file once, however many patterns match it.
    places: dict[str, int] = {}
    for index, files in found:
        for file in files:
            places.setdefault(file, index)
    sources = [((*_PLACE, index), RuleSourceModel(file=file)) for file, index in places.items()]
    rest = {key: value for key, value in model.extra.items() if key != _KEY}
    return ExtraRules(model.model_copy(update={"extra": rest}), tuple(sources))
