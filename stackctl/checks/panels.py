"""`panel.data` and `panel.variable`: every query of every dashboard is asked, and has data or may well have none.

Where Grafana runs it is asked through Grafana, as the panel asks. A panel is as good as the worst of its queries.

- It fails when it has no query, when nothing serves the metric, when no series has the label or the value, when none
  of the values that a variable can have fills it, when the window cannot hold two scrapes of the job (with
  `$__rate_interval`, the one that Grafana writes when the dashboard is opened), when no alert has the name that
  `ALERTS` is asked for, when the two sides of an operator never meet, and when the server refuses the query.
- It passes, and says so, when all its values are NaN, as while 0 is divided by 0.
- It passes, and says why it is empty, when a counter has not been incremented yet (or not with these labels,
  which may still appear: a contract declares them, or it is a counter without similar values), when nothing was pushed
  yet, when no alert fires, and when a comparison keeps nothing.
- It is skipped when what it asks for is served by something that does not run, or is down: that is reported once, by
  `target.up`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from stackctl import conventions as c
from stackctl.backing.judgement import Backing, judged
from stackctl.backing.variable_values import Held, held, matching_values, takes_nothing, texts_of_results
from stackctl.backing.verdict import Verdict, worst
from stackctl.backing.windows import too_short_rate
from stackctl.checks.rate_interval import rate_seconds
from stackctl.clients.grafana import Grafana
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Prometheus, counted
from stackctl.diagnostic import Diagnostic, listed
from stackctl.model import Dashboard, NamesQuery, PanelQuery
from stackctl.promql import duration
from stackctl.promql.choice import Choice, within
from stackctl.promql.expression import syntax_error
from stackctl.promql.filters import narrowed
from stackctl.promql.grafana import MACROS, compared_exactly, references, runnable
from stackctl.promql.selectors import may_be_nan, read
from stackctl.verification import targets
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

PANEL = "panel.data"
VARIABLE = "panel.variable"
_CONCURRENCY = 8
# How many queries one request asks.
_AT_ONCE = 20
# How many values of a label a message shows.
_VALUES = 5
# What stands for the value of a variable where its place is looked for.
_SOME_NAME = "chosen_by_a_variable"
# What a query that cannot be run is answered with; anything else says that the server does not work.
_REFUSED = (400, 422)

Asked = tuple[str, str]  # the uid of a datasource, and the expression
Result = bool | str  # whether there is data, or why it was not asked


NAN = Verdict("empty", "all its values are NaN right now, as those of 0 / 0 are")


@dataclass(frozen=True)
class Query:
    """A query as a dashboard has it, and as it is run.

    `exact` is a variable that holds several values and is compared by `=`, which takes them literally. `selector` is
    that of which a variable takes the values of a label, as it is run. Where it `is_open`, the name of a metric has a
    variable in it of which the values are not known. `options` are the variables in it that hold one value at a time,
    each with all that it can be; `free` is the query with anything in their place. `at_rate` is the query with the
    `rate` in seconds that Grafana writes for `$__rate_interval`, as far as that is known. `unfiltered` is the query
    without the filters that are saved in the dashboard, where it has some.
    """

    path: str
    query: PanelQuery
    expr: str
    exact: str = ""
    selector: str = ""
    is_open: bool = False
    free: str = ""
    options: tuple[tuple[str, tuple[str, ...]], ...] = ()
    rate: float = 0.0
    at_rate: str = ""
    unfiltered: Query | None = None

    @property
    def panel(self) -> tuple[str, str]:
        return self.path, self.query.panel

    @property
    def asked(self) -> Asked:
        """Return the uid of Grafana's datasource, "" for the stack's own, and what it is asked."""
        return self.query.datasource, self.expr


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every panel, every annotation and every variable that asks Prometheus."""
    queries = [query for dashboard in context.stack.dashboards for query in asked(context, dashboard)]
    panels: dict[tuple[str, str], dict[Query, Verdict]] = {}
    for query, verdict in zip(queries, judged(context, queries, _verdicts), strict=True):
        panels.setdefault(query.panel, {})[query] = verdict
    others = [found for dashboard in context.stack.dashboards for found in _others(dashboard, panels)]
    empty = [found for dashboard in context.stack.dashboards for found in _empty(dashboard)]
    optional = [(panel, found) for panel, verdicts in panels.items() if (found := _optional(verdicts))]
    return [
        *(_panel(panel, verdicts) for panel, verdicts in panels.items()),
        *(_names(context, dashboard, each) for dashboard in context.stack.dashboards for each in dashboard.names),
        *_collectors(context, optional),
        *others,
        *empty,
    ]


def _others(dashboard: Dashboard, known: Collection[tuple[str, str]]) -> Iterator[Diagnostic]:
    """A skip for each panel that asks other datasources only: nothing is known of what they hold."""
    for query in dashboard.others:
        if (dashboard.path, query.panel) not in known:
            code = VARIABLE if query.panel.startswith("$") else PANEL
            subject = Subject(code, f"{dashboard.path}/{query.panel}", query.origin)
            yield subject.skipped(f"not verified: it asks the datasource `{query.datasource}`")


def _names(context: Context, dashboard: Dashboard, names: NamesQuery) -> Diagnostic:
    """The finding of a variable that takes the values of a label, whatever series have it."""
    subject = Subject(VARIABLE, f"{dashboard.path}/{names.panel}", names.origin)
    seen = targets.settle(context)
    try:
        values = context.prometheus().label_values(names.label)
    except NoAnswer as error:
        return subject.unanswered(error)
    found = matching_values(values, names.pattern)
    if matching_values(found, names.regex):
        return subject.passed("has data")
    if found:
        return subject.failed(*_takes_none(names.regex, found), stage="loaded")
    silent = [job.name for job in context.jobs if not isinstance(seen, NoAnswer) and job.name not in seen.up]
    if silent:
        return subject.skipped(f"it has no values, and nothing is scraped of `{silent[0]}`", "See `target.up`.")
    wanted = f"the name of no series matches `{names.pattern}`" if names.pattern else f"no series has `{names.label}`"
    return subject.failed(f"it has no values: {wanted}", "Correct the query of the variable.", stage="loaded")


def _takes_none(regex: str, values: Sequence[str]) -> tuple[str, str]:
    """The summary and the remedy of a variable whose regular expression takes none of the values."""
    shown = ", ".join(f"`{value}`" for value in values[:_VALUES])
    summary = f"its regular expression `{regex}` takes none of the {len(values)} values: {shown}"
    return summary, "Correct `regex` of the variable, or remove it."


def _empty(dashboard: Dashboard) -> Iterator[Diagnostic]:
    """A failure for each panel that can show nothing."""
    for panel in dashboard.empty:
        subject = Subject(PANEL, f"{dashboard.path}/{panel.panel}", panel.origin)
        yield subject.failed(
            f"it shows nothing: {panel.reason}", "Give the panel a query, or remove it.", stage="loaded"
        )


def _optional(verdicts: Mapping[Query, Verdict]) -> Verdict | None:
    """The verdict of a panel that fails only for what an exporter could serve."""
    found = worst(verdict for query, verdict in verdicts.items() if not query.query.hidden)
    return found if found.optional else None


def _collectors(context: Context, optional: Sequence[tuple[tuple[str, str], Verdict]]) -> Iterator[Diagnostic]:
    """A warning for each dashboard with panels about what an exporter could serve: one cause, however many panels."""
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for (path, _), verdict in optional:
        groups.setdefault((path, verdict.optional), []).append(verdict)
    places = {dashboard.path: dashboard.origin for dashboard in context.stack.dashboards}
    for (path, owner), found in groups.items():
        subject = Subject(PANEL, path, places[path])
        summary = f"{len(found)} panels query metrics that `{owner}` does not serve"
        remedy = f"Turn on the collectors of `{owner}` that serve them, remove the panels, or accept them in `ignore`."
        yield subject.warned(summary, remedy, "\n".join(dict.fromkeys(each.summary for each in found)))


def asked(context: Context, dashboard: Dashboard) -> list[Query]:
    """The queries of a dashboard, as they are run."""
    found = held(context, dashboard)
    all_held = replace(found, values={**_rate_interval(context), **found.values})
    return [_asked(dashboard, query, all_held, rate_seconds(context, dashboard, query)) for query in dashboard.queries]


def _asked(dashboard: Dashboard, query: PanelQuery, found: Held, rate: float) -> Query:
    # Grafana leaves the name of a variable that it does not know.
    known = {**within(found.values, query.repeats), **{name: f"${name}" for name in query.undeclared}}
    here = replace(found, values=known)
    matchers = [each.matcher for each in query.filters]
    at_rate = replace(here, values={**known, "__rate_interval": f"{rate:g}s"}).filled(query.expr) if rate else ""
    return Query(
        dashboard.path,
        query,
        narrowed(here.filled(query.expr), matchers),
        _exact(query, found.values),
        here.filled(query.selector) if query.selector else "",
        _is_open(query.expr, known),
        narrowed(runnable(query.expr, known), matchers),
        tuple((name, found.options[name].values) for name in references(query.expr) if name in found.options),
        rate,
        narrowed(at_rate, matchers),
        _asked(dashboard, replace(query, filters=()), found, rate) if matchers else None,
    )


def _is_open(expr: str, values: Mapping[str, str | Choice]) -> bool:
    """Return whether a variable that is not in `values` is in the name of a metric, or is all of it."""
    if all(name in values for name in references(expr)):
        return False
    guessed = runnable(expr, values, name=_SOME_NAME)
    return not syntax_error(guessed) and any(_SOME_NAME in each.name for each in read(guessed).selectors)


def _exact(query: PanelQuery, values: Mapping[str, str | Choice]) -> str:
    """Return a variable of several values that the query compares by `=`, "" when there is none."""
    held = within(values, query.repeats)
    several = (name for name in compared_exactly(query.expr) if _is_several(held.get(name)))
    return next(several, "")


def _is_several(value: str | Choice | None) -> bool:
    return isinstance(value, Choice) and (value.literal is not None or len(value.values) > 1)


def _rate_interval(context: Context) -> dict[str, str]:
    """`$__rate_interval` as Grafana makes it, four scrapes, but no shorter than without a Grafana."""
    scrape = duration.seconds(context.stack.panel_interval)
    least = duration.seconds(MACROS["__rate_interval"])
    return {"__rate_interval": f"{int(4 * scrape)}s"} if 4 * scrape > least else {}


def _panel(panel: tuple[str, str], verdicts: Mapping[Query, Verdict]) -> Diagnostic:
    """The finding of a panel: the worst of the queries that it shows."""
    shown = {query: verdict for query, verdict in verdicts.items() if not query.query.hidden} or verdicts
    failing, found = next((query, verdict) for query, verdict in shown.items() if verdict == worst(shown.values()))
    subject = Subject(VARIABLE if panel[1].startswith("$") else PANEL, "/".join(panel), failing.query.origin)
    if found.optional:
        return subject.depends(found.summary, f"{PANEL} {panel[0]}")
    if failing.query.hidden and found.outcome == "fail":
        return subject.skipped(f"all its queries are hidden; {found.summary}")
    evidence = "" if failing.expr == failing.query.expr else f"queried as: {failing.expr}"
    return found.finding(subject, evidence)


def _verdicts(backing: Backing, queries: Sequence[Query]) -> list[Verdict]:
    """Return the verdict on each query. Raises NoAnswer when Prometheus gives none."""
    answers = _results(backing.series.context, backing.series.client, dict.fromkeys(query.asked for query in queries))
    results = [answers[query.asked] for query in queries]
    judged_here = [query for query in queries if not query.query.is_elsewhere]
    empty = [query.expr for query in judged_here if answers[query.asked] is False]
    backing.series.count(selector for expr in empty if not syntax_error(expr) for selector in read(expr).selectors)
    no_numbers = _no_numbers(
        backing.series.client, {query.expr for query in judged_here if answers[query.asked] is True}
    )
    with ThreadPoolExecutor(_CONCURRENCY) as pool:
        verdicts = list(pool.map(lambda pair: _verdict(backing, *pair), zip(queries, results, strict=True)))
    return [
        NAN if verdict.outcome == "data" and query.expr in no_numbers else verdict
        for query, verdict in zip(queries, verdicts, strict=True)
    ]


def _no_numbers(client: Prometheus, exprs: Collection[str]) -> frozenset[str]:
    """Those of `exprs`, which all have a result, of which every value is NaN, as far as Prometheus says so."""
    suspects = sorted(expr for expr in exprs if _is_countable(expr) and may_be_nan(expr))
    parts = [suspects[start : start + _AT_ONCE] for start in range(0, len(suspects), _AT_ONCE)]
    found: set[str] = set()
    for part in parts:
        with suppress(NoAnswer):  # they take too long together, or one is refused, which its own row reports
            counts = client.counts([f"({expr}\n) >= -Inf" for expr in part])
            found |= {expr for expr, count in zip(part, counts, strict=True) if not count}
    return frozenset(found)


def _verdict(backing: Backing, query: Query, result: Result) -> Verdict:
    verdict = _verdict_as_asked(backing, query, result)
    if verdict.outcome == "fail" and query.options and query.free != query.expr:
        verdict = _verdict_on_options(backing, query, verdict)
    if verdict.outcome == "fail" and query.unfiltered:
        verdict = _verdict_on_filters(backing, query, query.unfiltered, verdict)
    if verdict.outcome != "data" and query.query.undeclared:
        name = query.query.undeclared[0]
        summary = f"the dashboard has no variable `${name}`, so Grafana leaves that name in the query"
        return Verdict("fail", summary, f"Declare `{name}` in `templating`, or correct the name in the query.")
    return verdict


def _verdict_as_asked(backing: Backing, query: Query, result: Result) -> Verdict:
    if isinstance(result, str):
        return Verdict("fail", result, "Correct the query.")
    if query.query.is_elsewhere:
        return _verdict_elsewhere(result)
    verdict = backing.of_panel(query.expr, result)
    if verdict.outcome == "data" and query.query.label:
        verdict = worst([verdict, backing.of_label(query.selector or query.expr, query.query.label)])
    if result and (
        values := takes_nothing(backing.series.context, query.query.label, query.selector, query.query.regex)
    ):
        return Verdict("fail", *_takes_none(query.query.regex, values))
    if result and query.query.of_results and query.query.regex:
        texts = texts_of_results(backing.series.client, query.expr)
        if texts and not matching_values(texts, query.query.regex):
            return Verdict("fail", *_takes_none(query.query.regex, texts))
    if query.at_rate and verdict.outcome in ("data", "empty") and not syntax_error(query.at_rate):
        verdict = too_short_rate(backing.series, read(query.at_rate), query.rate) or verdict
    if query.is_open and verdict.outcome != "data":
        return Verdict("skip", "not verified: the name of its metric is the choice of a variable")
    if query.exact and verdict.outcome in ("fail", "empty"):
        summary = f"`${query.exact}` holds several values, and `=` compares with one: {verdict.summary}"
        return Verdict("fail", summary, f'Write `=~"${query.exact}"`.')
    return verdict


def _verdict_on_options(backing: Backing, query: Query, failed: Verdict) -> Verdict:
    """The verdict on a query that none of the values of its variables fills: is it they that are to blame?"""
    free = replace(query, expr=query.free, selector="", options=())
    (result,) = _results(backing.series.context, backing.series.client, [free.asked]).values()
    verdict = _verdict_as_asked(backing, free, result)
    if verdict.outcome == "fail":
        return verdict
    names = " and ".join(f"`${name}`" for name, _ in query.options)
    shown = "; ".join(
        f"`${name}` can be {listed([f'`{value}`' for value in values], _VALUES)}" for name, values in query.options
    )
    return Verdict(
        "fail",
        f"it has no series with a value that {names} can have: {failed.summary}",
        f"Correct the query of the panel, or that of the variable: {shown}.",
    )


def _verdict_on_filters(backing: Backing, query: Query, unfiltered: Query, failed: Verdict) -> Verdict:
    """The verdict on a query that fails with the filters saved in its dashboard: are they the reason?"""
    (result,) = _results(backing.series.context, backing.series.client, [unfiltered.asked]).values()
    if _verdict(backing, unfiltered, result).outcome == "fail":
        return failed
    names = " and ".join(dict.fromkeys(f"`${each.variable}`" for each in query.query.filters))
    saved = listed([f"`{each.matcher}`" for each in query.query.filters], _VALUES)
    return Verdict(
        "fail",
        f"the filters saved in the ad hoc variable {names} leave no series: {failed.summary}",
        f"Correct the filters saved in {names}, or remove them: {saved}.",
    )


def _verdict_elsewhere(has_result: bool) -> Verdict:
    """The verdict on a query to another Prometheus, of which it is not known what it has."""
    if has_result:
        return Verdict("data", "has data")
    return Verdict("skip", "no result, and its datasource is another Prometheus than the given one")


def _results(context: Context, client: Prometheus, asked: Iterable[Asked]) -> dict[Asked, Result]:
    """Return for each whether it has a result, by the one that panels ask."""
    has_grafana = context.stack.grafana is not None and c.GRAFANA not in context.skipped
    ask = partial(_by_grafana, context.grafana()) if has_grafana else partial(_by_prometheus, client)
    by_source: dict[str, list[str]] = {}
    for source, expr in asked:
        by_source.setdefault(source, []).append(expr)
    own = context.stack.datasource_uid
    some = [
        (source, exprs[start : start + _AT_ONCE])
        for source, exprs in by_source.items()
        for start in range(0, len(exprs), _AT_ONCE)
    ]
    with ThreadPoolExecutor(_CONCURRENCY) as pool:
        found = pool.map(lambda part: ask(part[0] or own, part[1]), some)
        return {
            (source, expr): result
            for (source, exprs), results in zip(some, found, strict=True)
            for expr, result in zip(exprs, results, strict=True)
        }


def _by_prometheus(client: Prometheus, _source: str, exprs: Sequence[str]) -> list[Result]:
    countable = [expr for expr in exprs if _is_countable(expr)]
    try:
        counts = dict(zip(countable, client.counts(countable), strict=True))
    except NoAnswer:  # one of them is refused, or they take too long together
        counts = {}
    return [counts[expr] > 0 if expr in counts else _result(client, expr) for expr in exprs]


def _result(client: Prometheus, expr: str) -> Result:
    try:
        return client.has_result(_counted(expr))
    except NoAnswer as error:
        if error.status not in _REFUSED:
            raise
        return f"Prometheus rejects it: {error.said}"


def _by_grafana(grafana: Grafana, source: str, exprs: Sequence[str]) -> list[Result]:
    try:
        answers = grafana.query(source, [_counted(expr) for expr in exprs])
    except NoAnswer as error:
        if error.reported:
            raise
        return [f"Grafana cannot run it: {error.summary}"] * len(exprs)
    return [f"Grafana answers: {answer}" if isinstance(answer, str) else answer for answer in answers]


def _counted(expr: str) -> str:
    """The number of series instead of the series, however many there are."""
    return counted(expr) if _is_countable(expr) else expr


def _is_countable(expr: str) -> bool:
    return not syntax_error(expr) and not read(expr).plain
