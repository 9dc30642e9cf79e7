"""Review of an expression: that it matches nothing, or does not mean what it seems to. One module for each subject."""

from __future__ import annotations

from dataclasses import replace

from stackctl.promql.catalogue import Catalogue
from stackctl.promql.remark import Remark
from stackctl.promql.review import counters, histograms, matching, meaning, names, numbers
from stackctl.promql.review.reviewed import Look, Reviewed

_SUBJECTS = (names, counters, histograms, matching, meaning, numbers)
_LOOKS: tuple[Look, ...] = tuple(look for subject in _SUBJECTS for look in subject.LOOKS)


def review(expr: str, catalogue: Catalogue, *, is_alert: bool = False) -> list[Remark]:
    """Return all there is to say about `expr`, the condition of an alert or another expression; nothing about one that
    does not parse. What is said twice of the same thing is said once, at its first place.
    """
    found = _review(expr, catalogue, is_alert)
    if not catalogue.exported or not any(remark.certain for remark in found):
        return found
    # What rests on the catalogue of a component is a warning: another version may serve something else.
    promised = {(each.code, each.part) for each in _review(expr, catalogue.promised_only, is_alert) if each.certain}
    return [each if (each.code, each.part) in promised else replace(each, certain=False) for each in found]


def _review(expr: str, catalogue: Catalogue, is_alert: bool) -> list[Remark]:
    try:
        reviewed = Reviewed.of(expr, catalogue, is_alert=is_alert)
    except ValueError:
        return []
    said: dict[Remark, Remark] = {}
    for look in _LOOKS:
        for remark in look(reviewed):
            said.setdefault(replace(remark, part=None), remark)
    return list(said.values())
