"""Files of Grafana-managed alerting, in the format of Grafana's provisioning.

Grafana does not start with one that it refuses, says one mistake at a time, and ignores what it does not know. So all
of that is found here first. It replaces variables in most values, by nothing where one is not set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path as FolderPath
from typing import Any

from stackctl import redaction
from stackctl.components.grafana import FROM_FILE
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.alerting_form import COMPUTED, Found, as_seconds, items, wrong_form
from stackctl.manifest.document import Document, Path, Scalar, plain_value
from stackctl.manifest.parse import parse
from stackctl.manifest.patterns import no_match
from stackctl.manifest.problems import Problems
from stackctl.manifest.text import is_pattern, named_files, read_named
from stackctl.manifest.validate import show_path, unknown_name
from stackctl.model import AlertingFile, ContactPoint, Datasources, GrafanaQuery, GrafanaRule, Policy, policy_of
from stackctl.promql.correction import syntax_remedy
from stackctl.promql.expression import syntax_error
from stackctl.promql.grafana import MACROS, references, runnable
from stackctl.secret_names import sounds_secret
from stackctl.source import Position, Secret

_PLACE: Path = ("grafana", "alerting")
# Grafana skips files that end in anything else.
_ENDINGS = (".yml", ".yaml", ".json")
_DEFAULT_CONTACT_POINT = "grafana-default-email"
# Grafana takes these texts as they are; in all others it replaces variables.
_VERBATIM = frozenset({"annotations", "model", "muteTimes", "templates"})
_VARIABLE = re.compile(r"\$(?:__env\{(\w+)\}|\{(\w+)\}|(?!__\w+\{)([A-Za-z_]\w*|[0-9*#@!?-]))")


def read_alerting(
    document: Document,
    names: Sequence[str],
    root: FolderPath,
    datasources: Datasources,
    variables: Mapping[str, str | Secret],
    problems: Problems,
) -> tuple[AlertingFile, ...]:
    """Return the files of alerting that the manifest `document` names, from its folder `root` on.

    `datasources` are those that rules may ask, and `variables` those that the manifest gives Grafana. What is wrong is
    added to `problems`.
    """
    files: list[tuple[Document, AlertingFile]] = []
    for name, origin in _named(document, names, root, problems):
        text = read_named(root, name, origin, problems)
        if text is None:
            continue
        if not name.endswith(_ENDINGS):
            remedy = f"Rename it so that it ends in one of {', '.join(_ENDINGS)}."
            problems.add(Diagnostic("grafana.alerting", f"Grafana does not read {name}", origin, "", remedy))
            continue
        read = parse(text, name)
        _hide_settings(read.value)
        if read.problems:
            problems.extend(_without_line(each) for each in read.problems)
            continue
        problems.extend(_placed(read, each) for each in wrong_form(read.value))
        problems.extend(_placed(read, each) for each in _variables(read.value, variables))
        rules = tuple(_rules(read, datasources))
        files.append((read, AlertingFile(name, text, rules, tuple(_contact_points(read)), _policy(read))))
    problems.extend(_together(files, datasources))
    return tuple(file for _, file in files)


def _named(
    document: Document, names: Sequence[str], root: FolderPath, problems: Problems
) -> Iterator[tuple[str, Position]]:
    """Yield each file once with its place in the manifest."""
    seen: set[str] = set()
    for at, name in enumerate(names):
        origin = document.position((*_PLACE, at))
        found = named_files(name, root, recursive=True) if is_pattern(name, root) else [name]
        if not found:
            problems.add(no_match(name, origin))
        yield from ((each, origin) for each in found if each not in seen)
        seen |= {*found}


def _hide_settings(value: Any) -> None:
    """Keep the secrets of contact points out of every output: texts of secret names, and URLs."""
    points = value.get("contactPoints") if isinstance(value, dict) else None
    redaction.hide(
        [
            str(each)
            for path, each in _texts(points, ())
            if (sounds_secret(str(path[-1])) or "url" in str(path[-1]).lower()) and not _VARIABLE.fullmatch(each)
        ]
    )


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _texts(item, (*path, at))
    elif value is not None and path:
        yield path, str(value)


def _placed(document: Document, found: Found) -> Diagnostic:
    """The problem at its place. Lines of the file are not shown, as they may hold secrets of contact points."""
    path, message, remedy = found
    where = f"{show_path(path)}: " if path else ""
    return _without_line(Diagnostic("grafana.alerting", f"{where}{message}", document.position(path), "", remedy))


def _without_line(problem: Diagnostic) -> Diagnostic:
    return replace(problem, position=replace(problem.position, text="")) if problem.position else problem


# -- each file alone ------------------------------------------------------------------------------------------


def _variables(value: Any, known: Mapping[str, str | Secret]) -> Iterator[Found]:
    """Variables that Grafana replaces by something else than their values."""
    for path, text in _texts(value, ()):
        if _VERBATIM & {*path}:
            continue
        for match in _VARIABLE.finditer(text.replace("$$", "")):
            name = match[1] or match[2] or match[3]
            # What follows a dollar in a setting may be a part of a password.
            shown = f"`{match[0]}`" if "settings" not in path or match[0] == text else "a dollar and what follows it"
            if name not in known:
                remedy = "Write `$$` for a dollar, or set the variable under `grafana.extra_env`."
                yield path, f"Grafana replaces {shown} by a variable that is not set", remedy
            elif isinstance(known[name], Secret) and FROM_FILE.fullmatch(name):
                remedy = "Give it a name that does not begin with `GF_`."
                yield path, f"`{name}` is a secret setting of Grafana, whose value files may not have", remedy
            elif match[3] is None and "$" in _revealed(known[name]):
                message = f"the value of `{name}` has a dollar, and Grafana replaces variables in it once more"
                yield path, message, f"Write `${name}` without braces."


def _revealed(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


# -- the parts that are proven --------------------------------------------------------------------------------


def _rules(document: Document, datasources: Datasources) -> Iterator[GrafanaRule]:
    for path, group in items(document.value, (), "groups"):
        for place, rule in items(group, path, "rules"):
            if rule.get("uid") and rule.get("title"):
                yield GrafanaRule(
                    str(rule["uid"]),
                    str(rule["title"]),
                    str(group.get("name") or ""),
                    str(group.get("folder") or ""),
                    as_seconds(str(group.get("interval") or "")) or 0,
                    plain_value(rule),
                    tuple(_queries(document, place, rule, datasources)),
                    _shown(document.position((*place, "title"))),
                )


def _queries(
    document: Document, path: Path, rule: Mapping[str, Any], datasources: Datasources
) -> Iterator[GrafanaQuery]:
    """The queries of a rule in PromQL."""
    asked = {datasources.uid, *(each.uid for each in datasources.others if each.type == "prometheus")}
    for place, query in items(rule, path, "data"):
        model = query.get("model")
        expr = model.get("expr") if isinstance(model, dict) else None
        if query.get("datasourceUid") in asked and isinstance(expr, Scalar):
            at = (*place, "model", "expr")
            origin = _shown(document.position(at))
            yield GrafanaQuery(str(query.get("refId")), str(query["datasourceUid"]), expr, origin)


def _shown(position: Position) -> Position:
    return replace(position, text="")


def _contact_points(document: Document) -> Iterator[ContactPoint]:
    for path, point in items(document.value, (), "contactPoints"):
        for place, each in items(point, path, "receivers"):
            name, uid, type_ = (str(value or "") for value in (point.get("name"), each.get("uid"), each.get("type")))
            yield ContactPoint(name, uid, type_, _shown(document.position(place)))


def _policy(document: Document) -> Policy | None:
    first = next(items(document.value, (), "policies"), None)
    return policy_of(plain_value(first[1]), _shown(document.position(first[0]))) if first else None


# -- all files together ---------------------------------------------------------------------------------------


def _together(files: Sequence[tuple[Document, AlertingFile]], datasources: Datasources) -> Iterator[Diagnostic]:
    yield from _same(files)
    known = [datasources.uid, *(each.uid for each in datasources.others), *COMPUTED]
    points = {_DEFAULT_CONTACT_POINT, *(point.name for _, file in files for point in file.contact_points)}
    times = {str(item.get("name")) for document, _ in files for _, item in items(document.value, (), "muteTimes")}
    for document, file in files:
        for path, group in items(document.value, (), "groups"):
            for place, rule in items(group, path, "rules"):
                settings = rule.get("notification_settings")
                sent = _routes((*place, "notification_settings"), settings, points, times)
                for found in (*_asked(place, rule, known), *sent):
                    yield _placed(document, found)
        for path, policy in items(document.value, (), "policies"):
            for found in _routes(path, policy, points, times):
                yield _placed(document, found)
        for rule_ in file.rules:
            for query in rule_.queries:
                yield from _promql(rule_, query)


def _asked(path: Path, rule: Mapping[str, Any], known: Sequence[str]) -> Iterator[Found]:
    for place, query in items(rule, path, "data"):
        uid = query.get("datasourceUid")
        if isinstance(uid, str) and uid and "$" not in uid and uid not in known:
            yield (
                (*place, "datasourceUid"),
                f"Grafana has no datasource with the uid `{uid}`",
                unknown_name(uid, known, "It has"),
            )


def _routes(path: Path, policy: Any, points: set[str], times: set[str]) -> Iterator[Found]:
    """Contact points and mute timings that a policy, or a rule in place of it, names."""
    if not isinstance(policy, dict):
        return
    name = policy.get("receiver")
    if name and str(name) not in points:
        yield (
            (*path, "receiver"),
            f"there is no contact point `{name}`",
            unknown_name(str(name), sorted(points), "There are"),
        )
    for key in ("mute_time_intervals", "active_time_intervals"):
        listed = policy.get(key)
        for at, each in enumerate(listed if isinstance(listed, list) else ()):
            if str(each) not in times:
                remedy = unknown_name(str(each), sorted(times), "There are")
                yield (*path, key, at), f"there is no mute timing `{each}`", remedy
    for place, route in items(policy, path, "routes"):
        yield from _routes(place, route, points, times)


def _same(files: Sequence[tuple[Document, AlertingFile]]) -> Iterator[Diagnostic]:
    """Uids, titles and trees of policies that two parts share, in one file or in several."""
    seen: dict[tuple[str, ...], Position] = {}
    for _, file in files:
        shared: list[tuple[tuple[str, ...], Position]] = []
        shared += [(("uid", "rule", each.uid), each.origin) for each in file.rules]
        shared += [(("title", "rule of this folder", each.title, each.folder), each.origin) for each in file.rules]
        shared += [(("uid", "receiver of contact points", each.uid), each.origin) for each in file.contact_points]
        for key, origin in shared:
            if key[2] and (first := seen.setdefault(key, origin)) is not origin:
                summary = f"another {key[1]} has the {key[0]} `{key[2]}` already ({first})"
                yield Diagnostic("grafana.alerting", summary, origin, "", f"Give one of them another {key[0]}.")
    policies = [(document, *each) for document, _ in files for each in items(document.value, (), "policies")]
    for document, path, _ in policies[1:]:
        remedy = "Make it one of the `routes` of the other."
        yield _placed(document, (path, "Grafana has one tree of policies, and this one replaces another", remedy))


def _promql(rule: GrafanaRule, query: GrafanaQuery) -> Iterator[Diagnostic]:
    names = [each for each in references(query.expr) if each not in MACROS]
    for name in names:
        summary = f"{rule.title}, {query.ref}: an alert rule has no variables of a dashboard, as `${name}` is"
        yield Diagnostic("grafana.alerting", summary, query.origin, "", "Write its value in the query.")
    message = "" if names else syntax_error(runnable(query.expr, {}))
    if message:
        summary = f"{rule.title}, {query.ref}: not PromQL: {message}"
        yield Diagnostic("grafana.alerting", summary, query.origin, "", syntax_remedy(message, query.expr))
