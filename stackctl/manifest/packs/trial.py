"""A pack by itself: filled in with its defaults, or with stand-ins, it must be valid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.packs.expand import board, rule_group
from stackctl.manifest.packs.library import Pack
from stackctl.manifest.packs.schema import RULES, ParameterModel
from stackctl.manifest.packs.uses import Use, default
from stackctl.manifest.packs.values import EXPECTED, OFF, Unfit, fit
from stackctl.manifest.problems import Problems
from stackctl.source import Position

SERVICE = "service"
_OWN = ("service", "services", "selector")
_STAND_INS = {"duration": "5m", "number": "1", "boolean": "true", "labels": ""}


def trial(pack: Pack) -> list[Diagnostic]:
    """All that can be known to be wrong with a pack before anybody uses it."""
    problems = list(_parameters(pack))
    return problems or _filled(pack)


def trial_context(pack: Pack, given: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A context with every parameter set: as `given`, else its default, else its own name; none is `off` or false."""
    values = {"service": SERVICE, "selector": f'job="{SERVICE}"'}
    for name, parameter in pack.parameters.items():
        values[name] = given[name] if given and name in given else _stand_in(name, parameter)
    return {**values, "services": [dict(values)]} if pack.model.scope == "services" else values


def _stand_in(name: str, parameter: ParameterModel) -> str:
    if parameter.default in (None, OFF) or parameter.type == "boolean":
        return _STAND_INS.get(parameter.type, name)
    return default(parameter)


def _parameters(pack: Pack) -> Iterator[Diagnostic]:
    for name, parameter in pack.model.parameters.items():
        place = pack.document.position(("parameters", name), key=True)
        if name in _OWN:
            yield Diagnostic(
                "pack.parameter",
                f"the name `{name}` is taken",
                place,
                remedy=f"Every pack has {', '.join(_OWN)} already.",
            )
        if parameter.optional and parameter.type != "metric":
            yield Diagnostic("pack.parameter", "only a metric is `optional`", place, remedy="Give it a default.")
        yield from _default(pack, name, parameter)
        before = list(pack.model.parameters)[: list(pack.model.parameters).index(name)]
        for needed in (parameter.find.of if parameter.find else None, parameter.unless):
            if needed and needed not in before:
                yield Diagnostic(
                    "pack.parameter",
                    f"there is no parameter `{needed}` before this one",
                    place,
                    remedy="Name a parameter of type `metric`.",
                )


def _default(pack: Pack, name: str, parameter: ParameterModel) -> Iterator[Diagnostic]:
    if parameter.default is None or (parameter.optional and parameter.default == OFF):
        return
    try:
        fit(parameter.type, parameter.default)
    except Unfit as error:
        place: Position = pack.document.position(("parameters", name, "default"))
        summary = f"the default of `{name}` is {error}, not {EXPECTED[parameter.type]}"
        yield Diagnostic("pack.parameter", summary, place, remedy="Correct it.")


def _filled(pack: Pack) -> list[Diagnostic]:
    problems = Problems()
    use = Use(pack, SERVICE, trial_context(pack))
    if pack.model.kind == RULES:
        rule_group(use, problems)
        return list(problems)
    from stackctl.manifest.compact import read_compact

    file = board(use, problems)
    if file:
        read_compact(file, "", pack.document.position(()), None, problems)
    return list(problems)
