"""Parts of a stack as its servers have them now, for `why` and `impact`. They are only read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c

if TYPE_CHECKING:
    from stackctl.access import Access
    from stackctl.clients.alertmanager import ActiveAlert
    from stackctl.clients.prometheus import ActiveTarget, FiringAlert, LoadedRule, Prometheus
    from stackctl.lineage.graph import Node
    from stackctl.lineage.moment import Moment, Scraped
    from stackctl.model import Rule, Stack

# For each answer of a server that is ready.
_PATIENCE_SECONDS = 5.0
# Expressions of panels and alerts are asked one by one; of more than these nothing is said.
_MOST_EXPRESSIONS = 100
_RELOAD = ". Run `stackctl reload`"


def observe(manifest: Path, stack: Stack, nodes: Sequence[Node]) -> tuple[Mapping[Node, Moment], str]:
    """Return how each of the nodes is now, and why nothing is known where servers do not answer, "" else.

    There are no moments where the stack does not run: that is not a fault. Raises InputError for certificates of
    somebody else's servers that cannot be used.
    """
    servers, unasked = servers_of(manifest, stack)
    if not servers:
        return {}, unasked
    from stackctl.clients.alertmanager import Alertmanager
    from stackctl.clients.http import Http, NoAnswer
    from stackctl.clients.prometheus import Prometheus

    clients = {name: Http(access, timeout=_PATIENCE_SECONDS) for name, access in servers.items()}
    found: dict[Node, Moment] = {}
    try:
        if c.PROMETHEUS in clients:
            found |= of_prometheus(stack, nodes, Prometheus(clients[c.PROMETHEUS]))
        if c.ALERTMANAGER in clients:
            found |= of_receivers(nodes, Alertmanager(clients[c.ALERTMANAGER]).all_alerts())
    except NoAnswer as error:
        return found, error.summary
    return found, ""


def servers_of(manifest: Path, stack: Stack) -> tuple[Mapping[str, Access], str]:
    """Return how the servers are asked, by the names of components, and why nothing is known of them, "" else.

    There are none where the stack does not run. Raises InputError as `observe`.
    """
    if stack.external:
        from stackctl.operations.external import accesses

        return accesses(stack), ""
    if stack.kubernetes:
        from stackctl.errors import StackctlError
        from stackctl.operations.cluster.verification import running_accesses

        try:
            return running_accesses(stack), ""
        except StackctlError as error:  # the manifest is all that is needed, so this is no failure
            return {}, error.problems[0].summary
    return _of_this_machine(manifest), ""


def _of_this_machine(manifest: Path) -> Mapping[str, Access]:
    from stackctl.state import State

    state = State.beside(manifest)
    running, current = state.running(), state.current()
    if running is None or current is None:
        return {}
    units = [unit for unit in current.units() if unit.name in (c.PROMETHEUS, c.ALERTMANAGER)]
    return {unit.name: current.access(unit) for unit in units if unit.name not in running.units_skipped}


def of_prometheus(stack: Stack, nodes: Sequence[Node], client: Prometheus) -> dict[Node, Moment]:
    """Return what Prometheus has of the nodes. Raises NoAnswer."""
    from stackctl.lineage.moment import of_targets, rules_of, series_queries, values_of

    queries = series_queries(nodes)
    series = dict(zip(queries, client.each(list(queries.values())), strict=True))
    found = values_of({node: [value for _, value in results] for node, results in series.items()})
    scraped = [_scraped(each, in_cluster=stack.kubernetes is not None) for each in client.targets()]
    found |= of_targets(stack, nodes, scraped)
    found |= dict(_of_panels(stack, nodes, client))
    rules = rules_of(stack, nodes)
    found |= dict(_of_alerts(rules, client))
    loaded = client.rules() if rules else ()
    faults = {node: _fault_of_rule(stack, rule, loaded) for node, rule in rules.items()}
    return found | {node: replace(found[node], fault=fault) for node, fault in faults.items()}


def _scraped(target: ActiveTarget, *, in_cluster: bool) -> Scraped:
    from stackctl.lineage.moment import Scraped

    # In a cluster the jobs have the names of objects, and only the label has that of the manifest.
    job = target.labels.get("job", target.job) if in_cluster else target.job
    names = frozenset({target.address, target.instance})
    is_up = None if target.health == "unknown" else target.health == "up"
    return Scraped(job, target.instance or target.address, names, is_up, target.last_error)


def _of_panels(stack: Stack, nodes: Sequence[Node], client: Prometheus) -> Iterator[tuple[Node, Moment]]:
    from stackctl.clients.http import NoAnswer
    from stackctl.lineage.moment import Moment, panel_queries

    queries = panel_queries(stack, nodes)
    for node in list(queries)[:_MOST_EXPRESSIONS]:
        try:
            yield node, Moment(count=sum(map(client.count, queries[node])))
        except NoAnswer as error:
            if not error.status:
                raise
            yield node, Moment(fault=error.said or error.summary)  # series that clash are found when it is evaluated


def _of_alerts(rules: Mapping[Node, Rule], client: Prometheus) -> Iterator[tuple[Node, Moment]]:
    from stackctl.lineage.moment import Moment, compared_in

    alerts = {node: rule for node, rule in rules.items() if node.kind == "alert"}
    active = client.alerts() if alerts else ()
    for number, (node, rule) in enumerate(alerts.items()):
        own = [alert for alert in active if _is_of(rule, alert)]
        firing = [alert for alert in own if alert.firing]
        state = "firing" if firing else "pending" if own else "inactive"
        moment = Moment(state, count=len(firing or own))
        compared = compared_in(rule.expr) if number < _MOST_EXPRESSIONS else None
        if compared:
            values = _asked_values(client, compared.query)
            moment = replace(moment, value=values[0] if len(values) == 1 else None, limit=compared.limit)
        yield node, moment


def _is_of(rule: Rule, alert: FiringAlert) -> bool:
    fixed = {name: value for name, value in rule.labels.items() if "{{" not in value}
    return {**fixed, "alertname": rule.name}.items() <= alert.labels.items()


def _asked_values(client: Prometheus, query: str) -> list[float]:
    from stackctl.clients.http import NoAnswer

    try:
        return [value for _, value in client.values(query)]
    except NoAnswer as error:
        if not error.status:
            raise
        return []  # Prometheus says the same of the rule itself


def _fault_of_rule(stack: Stack, rule: Rule, loaded: Sequence[LoadedRule]) -> str:
    # Somebody else's servers may have it in another group.
    own = [each for each in loaded if each.name == rule.name and (stack.external or each.group == rule.group)]
    if not own:
        return f"Prometheus has not loaded it{'' if stack.external else _RELOAD}"
    return next((each.last_error or "its evaluation fails" for each in own if each.health == "err"), "")


def of_receivers(nodes: Sequence[Node], alerts: Sequence[ActiveAlert]) -> dict[Node, Moment]:
    """Return how many alerts each receiver among `nodes` is notified of."""
    from stackctl.lineage.moment import Moment

    def is_kept_back(alert: ActiveAlert) -> bool:
        return bool(alert.silences or alert.inhibited or alert.muted)

    return {
        node: Moment(count=sum(node.name in alert.receivers and not is_kept_back(alert) for alert in alerts))
        for node in nodes
        if node.kind == "receiver"
    }
