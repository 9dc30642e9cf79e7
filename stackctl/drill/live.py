"""A drill that notifies the real receivers: what each of their blocks has taken, by Alertmanager's own account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from stackctl import conventions as c
from stackctl.checks.notified import Failure
from stackctl.clients.alertmanager import Account
from stackctl.tree import Tree
from stackctl.verification.receivers import integrations

Accounts = Mapping[tuple[str, str], Account]
_NONE = Account()


def blocks(tree: Tree, receiver: str) -> dict[str, str]:
    """The ways of a declared receiver, one for each of its blocks -> their names for people."""
    return {f"{receiver}/{each}": _name(receiver, each) for each in _numbered(_kinds(tree, receiver))}


def delivered(tree: Tree, chosen: Set[str], before: Accounts, now: Accounts, failures: Iterable[Failure]) -> set[str]:
    """The ways by which a notification was taken since `before`: attempts minus failures of that receiver.

    `chosen` are the receivers that the alerts under drill are routed to. Where the counters do not name the receiver,
    all blocks of an integration share one account, and the log says which of them failed.
    """
    failed = {(each.receiver, each.integration) for each in failures}
    found: set[str] = set()
    for kind in {kind for receiver in chosen for kind in _kinds(tree, receiver)}:
        shared = ("", kind) in now
        for group in [sorted(chosen)] if shared else [[receiver] for receiver in sorted(chosen)]:
            ways = [
                (receiver, each)
                for receiver in group
                for each in _numbered(_kinds(tree, receiver))
                if each.startswith(f"{kind}[")
            ]
            key = ("", kind) if shared else (group[0], kind)
            well = [way for way in ways if way not in failed]
            taken = _taken(before.get(key, _NONE), now.get(key, _NONE))
            # One block alone needs no log to be told from others: what was taken in the end was taken by it.
            if len(ways) == 1 and taken >= 1:
                well = ways
            if well and taken >= len(well):
                found.update(f"{receiver}/{each}" for receiver, each in well)
    return found


def _taken(before: Account, now: Account) -> float:
    """The attempts that did not fail. Counters that are lower than before have begun again, as after a reload."""
    since = before if now.tried >= before.tried and now.failed >= before.failed else _NONE
    return (now.tried - since.tried) - (now.failed - since.failed)


def _kinds(tree: Tree, receiver: str) -> tuple[str, ...]:
    receivers: list[Mapping[str, Any]] = tree.yaml(c.ALERTMANAGER_FILE).get("receivers") or []
    return tuple(kind for each in receivers if each["name"] == receiver for kind in integrations(each))


def _numbered(kinds: Iterable[str]) -> Iterator[str]:
    """The blocks as Alertmanager names them: `slack[0]`, `webhook[0]`, `webhook[1]`."""
    counts: dict[str, int] = {}
    for kind in kinds:
        yield f"{kind}[{counts.get(kind, 0)}]"
        counts[kind] = counts.get(kind, 0) + 1


def _name(receiver: str, block: str) -> str:
    kind, _, number = block.rstrip("]").partition("[")
    return f"{receiver}/{kind}" + (f" {int(number) + 1}" if number != "0" else "")
