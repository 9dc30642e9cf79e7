"""Recording rules that write the same series. Prometheus keeps the samples of both, so the value alternates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, islice

from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Prometheus
from stackctl.model import Rule
from stackctl.promql.expression import same
from stackctl.verification import targets
from stackctl.verification.context import Context

# How many pairs of rules are compared: files with more rules of one name have labels that set them apart.
_PAIRS = 200


def rivals(context: Context, rules: Sequence[tuple[str, Rule]]) -> Mapping[str, tuple[str, int]]:
    """Return the recording rules of which another, earlier one has series in common, with that one and their number.

    `rules` are rules with the names of their rows, which are the names in the result. Rules with the same expression
    write the same values, and do no harm. Nothing is said of a rule that cannot be queried.
    """
    pairs = list(islice(_pairs(rules), _PAIRS))
    if not pairs:
        return {}
    targets.settle(context)  # before the first scrapes no expression has series
    client, found = context.prometheus(), dict[str, tuple[str, int]]()
    for (first, one), (later, other) in pairs:
        if later not in found and (count := _common(client, one.expr, other.expr)):
            found[later] = (first, count)
    return found


def _pairs(rules: Sequence[tuple[str, Rule]]) -> Iterator[tuple[tuple[str, Rule], tuple[str, Rule]]]:
    """Yield the pairs of recording rules with the same name and labels, and different expressions."""
    alike: dict[tuple[str, frozenset[tuple[str, str]]], list[tuple[str, Rule]]] = {}
    for row, rule in rules:
        if rule.kind == "record":
            alike.setdefault((rule.name, frozenset(rule.labels.items())), []).append((row, rule))
    for group in alike.values():
        yield from (pair for pair in combinations(group, 2) if not same(pair[0][1].expr, pair[1][1].expr))


def _common(client: Prometheus, one: str, other: str) -> int:
    """Count the series that both expressions have, their names aside."""
    try:
        return client.count(f"({one}) and ({other})")
    except NoAnswer:  # one of them is a number, or its own row reports why it fails
        return 0
