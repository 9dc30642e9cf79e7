"""Datasources that a dashboard asks: which of them are this stack's Prometheus, and which cannot be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from stackctl import conventions as c
from stackctl.model import Datasource
from stackctl.promql import grafana

# Prometheus under other names: Grafana's plugins that ask the same API with another login.
PROMETHEUS_TYPES = frozenset(
    {"prometheus", "grafana-amazonprometheus-datasource", "grafana-azureprometheus-datasource"}
)
BUILT_IN_TYPES = frozenset({"datasource", "grafana", "__expr__", "mixed", "dashboard", "public-ds"})
BUILT_IN_NAMES = frozenset(
    {"grafana", "__expr__", "-- Grafana --", "-- Mixed --", "-- Dashboard --", "-- Expression --", "-100"}
)
MIXED = "-- Mixed --"
OF_DASHBOARD = "-- Dashboard --"
_REFERENCE = re.compile(r"\$\{([^}:.]+)(?:[:.][^}]*)?\}|\$(\w+)|\[\[(\w+)(?::\w+)?\]\]")
_WORD = re.compile(r"\w+")
# Keys of a query in another language than PromQL, with what it is.
_OTHER_LANGUAGES = {
    "rawSql": "SQL",
    "rawQuery": "another language",
    "target": "Graphite",
    "measurement": "InfluxQL",
    "bucketAggs": "Elasticsearch",
    "metricAggs": "Elasticsearch",
    "jql": "JQL",
    "query": "another language",
    "queryText": "another language",
}

Kind = Literal["prometheus", "other", "built-in", "foreign", "by name", "default", "undefined"]


@dataclass(frozen=True)
class Source:
    """A datasource as a dashboard names it. `shown` is that name, or its type when it is known to be foreign.

    `other` is the one of the manifest that it means, where that is not the stack's Prometheus.
    """

    kind: Kind
    shown: str = ""
    other: Datasource | None = None

    @property
    def is_open(self) -> bool:
        """Return whether only the query can tell if this is a Prometheus."""
        return self.kind in ("by name", "default")


@dataclass(frozen=True)
class Sources:
    """Meanings of datasource names: inputs of an export and variables of the dashboard, name -> plugin.

    A variable that is no choice of datasources has the plugin "". `declared` are the datasources of the manifest, and
    `own` are the name and the uid of that of the stack's Prometheus.
    """

    inputs: Mapping[str, str]
    variables: Mapping[str, str]
    declared: tuple[Datasource, ...] = ()
    own: tuple[str, str] = (c.DATASOURCE_NAME, c.DATASOURCE_UID)

    def find(self, written: Mapping[str, Any] | str | None) -> Source:
        """Return what the `datasource` of a panel, a query or a variable is.

        One of the manifest's is known by its uid or its name, or else by its type.
        """
        name = written.get("uid") if isinstance(written, Mapping) else written
        named = next((each for each in self.declared if name in (each.uid, each.name)), None)
        if named:
            return Source("other", named.name, named)
        if name in self.own:
            return Source("prometheus", str(name))
        found = self._find(written)
        other = self.of_type(found.shown) if found.kind == "foreign" else None
        return Source("other", other.name, other) if other else found

    def of_type(self, plugin: str) -> Datasource | None:
        """Return the first datasource of the manifest that has this type."""
        return next((each for each in self.declared if each.type == plugin), None)

    def _find(self, written: Mapping[str, Any] | str | None) -> Source:
        if isinstance(written, Mapping):
            plugin, uid = written.get("type") or "", written.get("uid") or ""
            if uid in BUILT_IN_NAMES or plugin in BUILT_IN_TYPES:
                return Source("built-in", uid)
            if plugin in PROMETHEUS_TYPES:
                return Source("prometheus", uid)
            if plugin and not plugin.startswith("$"):
                return Source("foreign", plugin)
            return self._find(uid)
        if not written or written == "default":
            default = next((each for each in self.declared if each.fields.get("isDefault")), None)
            return Source("other", default.name, default) if default else Source("default")
        if written in BUILT_IN_NAMES:
            return Source("built-in", written)
        reference = _REFERENCE.fullmatch(written)
        return self._of_name(next(filter(None, reference.groups()))) if reference else Source("by name", written)

    def is_variable(self, written: str) -> bool:
        """Return whether this is a reference to a variable of the dashboard."""
        reference = _REFERENCE.fullmatch(written)
        return reference is not None and next(filter(None, reference.groups())) in self.variables

    def _of_name(self, name: str) -> Source:
        if name in self.inputs or name in self.variables:
            plugin = self.inputs.get(name) or self.variables.get(name) or ""
            if not plugin:
                return Source("by name", f"${name}")
            return Source("prometheus", name) if plugin in PROMETHEUS_TYPES else Source("foreign", plugin)
        # What is left of an export whose list of inputs was cut off.
        return Source("by name", f"${{{name}}}") if name.startswith("DS_") else Source("undefined", f"${name}")


def language(target: Mapping[str, Any], source: Source = Source("default")) -> str:
    """Return the language of a query that is not PromQL, "" for PromQL and for a query that asks nothing.

    What may be either is PromQL, unless the datasource has a name that says nothing of Prometheus.
    """
    expr = target.get("expr")
    if isinstance(expr, str) and expr.strip():
        is_unknown = source.kind == "by name" and "prom" not in source.shown.lower()
        return "LogQL" if grafana.is_logql(expr, guess=is_unknown) else ""
    return next((name for key, name in _OTHER_LANGUAGES.items() if target.get(key)), "")


def annotation_language(annotation: Mapping[str, Any], source: Source) -> str:
    """Return the language of an annotation's query that is not PromQL, "" for PromQL and for Grafana's own."""
    if not source.is_open:
        return ""
    target = annotation.get("target")
    if isinstance(target, Mapping):
        return language(target, source)
    asked = ("expr", "query", "rawQuery", "rawSql")
    return language({key: annotation[key] for key in asked if isinstance(annotation.get(key), str)}, source)


def is_calculation(target: Mapping[str, Any]) -> bool:
    """Return whether a query calculates with others, which Grafana runs for it although they are hidden."""
    source = target.get("datasource")
    names = (source.get("type"), source.get("uid")) if isinstance(source, Mapping) else (source,)
    return bool({"__expr__", "-- Expression --", "-100"} & set(map(str, names)))


def calculated_from(targets: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the queries from which a query that is shown calculates, directly or through others."""
    # Grafana names queries by letters.
    named = {str(each.get("refId") or chr(ord("A") + at)): each for at, each in enumerate(targets)}
    waiting = [each for each in targets if not each.get("hide")]
    needed: dict[str, Mapping[str, Any]] = {}
    while waiting:
        new = {name: named[name] for name in _inputs(waiting.pop()) if name in named and name not in needed}
        needed |= new
        waiting += new.values()
    return [*needed.values()]


def _inputs(target: Mapping[str, Any]) -> frozenset[str]:
    """Return the names in the expression of a calculation: `$A + $B`, `${A}`, or `A`."""
    if not is_calculation(target):
        return frozenset()
    return frozenset(_WORD.findall(f"{target.get('expression') or ''} {target.get('conditions') or ''}"))


def asks(target: Mapping[str, Any]) -> bool:
    """Return whether a query asks anything at all."""
    expr = target.get("expr")
    return bool(isinstance(expr, str) and expr.strip()) or bool(language(target))
