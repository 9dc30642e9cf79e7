"""From a pack that is used to what it stands for: groups of rules, or a dashboard in the compact form."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.base import Model
from stackctl.manifest.document import Document
from stackctl.manifest.packs.schema import DASHBOARD, RULES, PackRuleModel
from stackctl.manifest.packs.template import fill
from stackctl.manifest.packs.uses import Use
from stackctl.manifest.rule_schema import GroupModel, RuleModel
from stackctl.manifest.validate import validate
from stackctl.tree import digest

if TYPE_CHECKING:
    from stackctl.manifest.compact import CompactFile

RUNBOOKS = "docs/runbooks"


@dataclass(frozen=True)
class Refused:
    """Return why there are none."""

    problems: list[Diagnostic]


class _Rules(Model):
    rules: list[PackRuleModel]


def rules(use: Use) -> list[PackRuleModel] | Refused:
    """The rules of a pack for its subject."""
    filled = fill(use.pack.document, RULES, use.context)
    if isinstance(filled, list):
        return Refused(filled)
    model = validate(_below(filled, RULES), _Rules)
    return Refused(model) if isinstance(model, list) else model.rules


def rule_group(use: Use) -> GroupModel | list[Diagnostic]:
    """The rules of a pack for its subject, as a group."""
    found = rules(use)
    if isinstance(found, Refused):
        return found.problems
    name = ": ".join(_names(use))
    return GroupModel.model_construct(
        _fields_set={"name", "rules"}, name=name, rules=[_plain(rule, use) for rule in found]
    )


def _below(document: Document, key: str) -> Document:
    """The document with its whole value under `key`."""
    places = {(key, *path): path for path in document.places}
    return document.rearranged({key: document.value}, places)


def _plain(rule: PackRuleModel, use: Use) -> RuleModel:
    """`rule` as Prometheus knows it; an alert of stackctl's own names its runbook."""
    fields = {name: getattr(rule, name) for name in RuleModel.model_fields if name in rule.model_fields_set}
    if rule.alert and use.pack.shipped:
        kept = use.context["runbooks"].rstrip("/")
        runbook = {
            "runbook": f"{RUNBOOKS}/{rule.alert}.md",
            **({"runbook_url": f"{kept}/{rule.alert}"} if kept else {}),
        }
        fields["annotations"] = {**(rule.annotations or {}), **runbook}
    return RuleModel.model_construct(_fields_set=set(fields), **fields)


def board(use: Use) -> CompactFile | list[Diagnostic]:
    """The dashboard of a pack for its subject, as if it were a file of its own."""
    from stackctl.manifest.compact import CompactFile

    filled = fill(use.pack.document, DASHBOARD, use.context)
    if isinstance(filled, list):
        return filled
    shown = f"pack {' for '.join(_names(use))}"
    return CompactFile(shown, _uid(use), replace(filled, file=use.pack.document.file))


def _uid(use: Use) -> str:
    name = "-".join(_names(use))
    uid = re.sub(r"[^A-Za-z0-9_-]", "-", name)
    return uid if uid == name and c.DASHBOARD_UID.fullmatch(uid) else digest(name)


def _names(use: Use) -> list[str]:
    """The pack and its subject; `redis` for the component `redis` is said once."""
    return list(dict.fromkeys(part for part in (use.pack.name, use.subject) if part))
