"""Findings of `check` about a manifest without mistakes: warnings, advice, and what this machine could not check."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from stackctl.diagnostic import Diagnostic

if TYPE_CHECKING:
    from stackctl.manifest import Files
    from stackctl.manifest.queries import Review
    from stackctl.model import Stack
    from stackctl.operations.checked import Checked


def findings(checked: Checked, asked: Collection[str] = ()) -> list[Diagnostic]:
    """Return everything to report of what was checked. What the manifest accepts is skipped with its reason.

    Some codes are reported only where they are `asked` for.
    """
    from stackctl.operations.advice import advise
    from stackctl.operations.checker_errors import accept, unused_in_check

    stack, waivers = checked.stack, checked.stack.waivers
    warnings = [replace(each, status="warn") for each in _warnings(stack, checked.review)]
    results = [*checked.review.errors, *warnings, *checked.review.suggestions, *advise(stack)]
    return [
        *_skipped(checked),
        *accept(results, waivers),
        *unused_in_check(waivers, results),
        *_asked_for(stack, asked),
    ]


def _asked_for(stack: Stack, asked: Collection[str]) -> list[Diagnostic]:
    if not asked:
        return []
    from stackctl.operations.unused import find_unused

    return find_unused(stack, asked)


def findings_about(checked: Checked, files: Files, asked: Collection[str] = ()) -> list[Diagnostic]:
    """Return what is to be reported of some files, and what could not be checked."""
    return [each for each in findings(checked, asked) if each.position is None or files.has(each.position.file)]


def _skipped(checked: Checked) -> Iterator[Diagnostic]:
    """Yield what could not be checked on this machine."""
    for name in checked.missing:
        install = "" if " " in name else ": stackctl tools install"
        summary = f"{name} is not installed, so its check was skipped{install}"
        yield Diagnostic("checker.not-installed", summary, status="skip")
    for name in checked.discoveries:
        summary = f"{name} was not checked: the promtool of this machine is built without it"
        yield Diagnostic("checker.not-checked", summary, status="skip")


def _warnings(stack: Stack, review: Review) -> Iterator[Diagnostic]:
    """Yield the warnings."""
    from datetime import date

    from stackctl.manifest.alert_review import alert_warnings
    from stackctl.manifest.alert_templates import template_warnings
    from stackctl.manifest.cardinality import cardinality_warnings
    from stackctl.manifest.delivery import delivery_warnings, inhibition_warnings
    from stackctl.manifest.exposure import exposed, secret_arguments, short_secrets
    from stackctl.manifest.notification_fields import ungrouped_labels, unknown_fields
    from stackctl.manifest.panel_review import panel_warnings
    from stackctl.manifest.replicas import replica_warnings
    from stackctl.manifest.route_repeats import repeat_warnings
    from stackctl.manifest.route_times import time_warnings
    from stackctl.manifest.rule_order import order_warnings
    from stackctl.manifest.scrape_gaps import gap_warnings
    from stackctl.manifest.severity import unrouted
    from stackctl.manifest.titles import titled_like_folders
    from stackctl.support import too_old

    yield from stack.notes
    yield from exposed(stack)
    yield from secret_arguments(stack)
    yield from short_secrets(stack)
    yield from too_old(stack)
    yield from replica_warnings(stack)
    yield from titled_like_folders(stack)
    for file in stack.rules:
        yield from file.notes
    yield from review.warnings
    yield from panel_warnings(stack)
    yield from template_warnings(stack)
    yield from unknown_fields(stack)
    yield from ungrouped_labels(stack)
    yield from unrouted(stack)
    yield from alert_warnings(stack)
    yield from delivery_warnings(stack)
    yield from inhibition_warnings(stack)
    yield from time_warnings(stack, date.today())
    yield from repeat_warnings(stack)
    yield from order_warnings(stack)
    yield from gap_warnings(stack)
    yield from cardinality_warnings(stack)
    yield from _ended(stack)


def _ended(stack: Stack) -> Iterator[Diagnostic]:
    """Yield the exceptions of `ignore` that do not hold any more."""
    from datetime import date

    for each in stack.waivers:
        if each.until is not None and each.until < date.today():
            summary = f"ignore: the exception from `{each.check}` ended on {each.until}"
            remedy = "Remove it, or set a later date."
            yield Diagnostic(
                "ignore.expired", summary, each.origin, "`verify` reports the failures that it accepted again.", remedy
            )
