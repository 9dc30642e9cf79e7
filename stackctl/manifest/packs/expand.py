"""From a pack that is used to what it stands for: groups of rules, or a dashboard in the compact form."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.manifest.base import Model
from stackctl.manifest.document import Document
from stackctl.manifest.packs.schema import DASHBOARD, RULES, PackRuleModel
from stackctl.manifest.packs.template import fill
from stackctl.manifest.packs.uses import Use
from stackctl.manifest.problems import Problems
from stackctl.manifest.rule_schema import GroupModel, RuleModel
from stackctl.manifest.validate import validate
from stackctl.tree import digest

if TYPE_CHECKING:
    from stackctl.manifest.compact import CompactFile

RUNBOOKS = "docs/runbooks"


class _Rules(Model):
    rules: list[PackRuleModel]


def rules(use: Use, problems: Problems) -> list[PackRuleModel] | None:
    """Return the rules of a pack for its subject; None with what is wrong with them added to `problems`."""
    filled = fill(use.pack.document, RULES, use.context, problems)
    model = validate(_below(filled, RULES), _Rules, problems) if filled else None
    return model.rules if model else None


def rule_group(use: Use, problems: Problems) -> GroupModel | None:
    """Return the rules of a pack for its subject, as a group; None with what is wrong added to `problems`."""
    found = rules(use, problems)
    if found is None:
        return None
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


def board(use: Use, problems: Problems) -> CompactFile | None:
    """Return the dashboard of a pack for its subject, as if it were a file of its own.

    None if it cannot be filled in, with what is wrong added to `problems`.
    """
    from stackctl.manifest.compact import CompactFile

    filled = fill(use.pack.document, DASHBOARD, use.context, problems)
    if filled is None:
        return None
    shown = f"pack {' for '.join(_names(use))}"
    return CompactFile(shown, _uid(use), replace(filled, file=use.pack.document.file))


def _uid(use: Use) -> str:
    name = "-".join(_names(use))
    uid = re.sub(r"[^A-Za-z0-9_-]", "-", name)
    return uid if uid == name and c.DASHBOARD_UID.fullmatch(uid) else digest(name)


def _names(use: Use) -> list[str]:
    """The pack and its subject; `redis` for the component `redis` is said once."""
    return list(dict.fromkeys(part for part in (use.pack.name, use.subject) if part))
