"""A drill that notifies the real receivers: what each of their blocks has taken, by Alertmanager's own account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from typing import Any

from stackctl import conventions as c
from stackctl.checks.notified import Failure
from stackctl.clients.alertmanager import Account, Group
from stackctl.clients.probe import Dial
from stackctl.tree import Tree
from stackctl.verification.receivers import integrations, posted_urls
from stackctl.verification.redirects import redirect_of

Accounts = Mapping[tuple[str, str], Account]
_NONE = Account()
_SHARED = ", of all receivers: it names them with `--enable-feature=receiver-name-in-metrics`"


def blocks(tree: Tree, receiver: str) -> dict[str, str]:
    """The ways of a declared receiver, one for each of its blocks -> their names for people."""
    return {f"{receiver}/{each}": _name(receiver, each) for each in _numbered(_kinds(tree, receiver))}


def due(groups: Iterable[Group], is_drilled: Callable[[Mapping[str, str]], bool]) -> dict[str, int]:
    """The receivers of alerts under drill that nothing keeps back -> how many messages each of their blocks gets."""
    return Counter(group.receiver for group in groups if any(map(is_drilled, group.active)))


def delivered(
    tree: Tree,
    messages: Mapping[str, int],
    before: Accounts,
    now: Accounts,
    failures: Iterable[Failure],
    disturbed: Set[str] = frozenset(),
) -> set[str]:
    """The ways by which all notifications were taken since `before`: attempts minus failures of that receiver.

    `messages` are those that are `due`. Where the counters do not name the receiver, all blocks of an integration share
    one account, and the log says which of them failed. Real alerts go to receivers that are `disturbed` meanwhile: if
    an attempt of an account that they use has failed, nobody knows whose was taken.
    """
    failed = {(each.receiver, each.integration) for each in failures}
    found: set[str] = set()
    for kind in {kind for receiver in messages for kind in _kinds(tree, receiver)}:
        shared = ("", kind) in now
        for group in [sorted(messages)] if shared else [[receiver] for receiver in sorted(messages)]:
            ways = [
                (receiver, each)
                for receiver in group
                for each in _numbered(_kinds(tree, receiver))
                if each.startswith(f"{kind}[")
            ]
            key = ("", kind) if shared else (group[0], kind)
            well = [way for way in ways if way not in failed]
            since = _since(before.get(key, _NONE), now.get(key, _NONE))
            taken = since.tried - since.failed
            # One block alone needs no log to be told from others: what was taken in the end was taken by it.
            if len(ways) == 1 and taken >= messages[ways[0][0]]:
                well = ways
            if since.failed and _is_disturbed(tree, key, disturbed):
                continue
            if well and taken >= sum(messages[receiver] for receiver, _ in well):
                found.update(f"{receiver}/{each}" for receiver, each in well)
    return found


def doubtful(tree: Tree, receivers: Iterable[str], now: Accounts, disturbed: Set[str]) -> set[str]:
    """The ways of `receivers` whose accounts count messages of real alerts, too, which go to the `disturbed` ones."""
    return {
        f"{receiver}/{each}"
        for receiver in receivers
        for each in _numbered(_kinds(tree, receiver))
        for kind in [each.partition("[")[0]]
        if _is_disturbed(tree, ("", kind) if ("", kind) in now else (receiver, kind), disturbed)
    }


def _is_disturbed(tree: Tree, key: tuple[str, str], disturbed: Set[str]) -> bool:
    """Return whether an account is of a disturbed receiver; one without a receiver is of all that have its kind."""
    receiver, kind = key
    return any(kind in _kinds(tree, each) for each in (disturbed & {receiver} if receiver else disturbed))


def redirected(tree: Tree, receiver: str, dial: Dial) -> dict[str, str]:
    """The ways of a receiver at which notifications are lost at a redirect, which Alertmanager counts as accepted.

    `dial` connects as Alertmanager does.
    """
    asked = {block: redirect_of(dial, url) for block, url in posted_urls(tree, receiver).items()}
    return {
        f"{receiver}/{block}": f"its URL redirects to {to}, without the content of the notification"
        for block, to in asked.items()
        if to
    }


def failed_attempts(tree: Tree, receivers: Iterable[str], before: Accounts, now: Accounts) -> dict[str, str]:
    """The ways whose account has failed attempts since `before` -> how many, in words, for where no log is known."""
    found: dict[str, str] = {}
    for receiver in receivers:
        for each in _numbered(_kinds(tree, receiver)):
            kind = each.partition("[")[0]
            key = ("", kind) if ("", kind) in now else (receiver, kind)
            since = _since(before.get(key, _NONE), now.get(key, _NONE))
            if since.failed:
                whose = "" if key[0] else _SHARED
                found[f"{receiver}/{each}"] = f"{since.failed:g} of {since.tried:g} attempts by {kind} failed{whose}"
    return found


def _since(before: Account, now: Account) -> Account:
    """The account of the time since `before`. Counters that are lower than then have begun again, as after a reload."""
    since = before if now.tried >= before.tried and now.failed >= before.failed else _NONE
    return Account(now.tried - since.tried, now.failed - since.failed)


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
