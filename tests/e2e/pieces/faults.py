"""What is broken in stacks that others write: each must turn its own rows red, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.e2e.pieces import OPEN_METRICS, Page, Piece, alert, board, filtering, group, page, panel, record, service
from tests.e2e.pieces.benign import CHOSEN_ALL, FIRES, ONE, PUSH_TIMES, QUEUE, RENAMED, SHOP, notified, relabel


def broken(name: str, made: Page, *checks: str, **fields: object) -> Piece:
    """A piece with one service, whose page is wrong: `checks` are red of it."""
    subjects = {"target.up": f"{name}/APP", "job.stored": name}
    red = frozenset(f"{each.removeprefix('~ ')} {subjects[each.removeprefix('~ ')]}" for each in checks)
    marked = frozenset(f"~ {row}" for row in red) if any(each.startswith("~") for each in checks) else red
    return Piece(name, {f"/{name}": made}, service(name, **fields), red=marked)


def workers(now: int) -> str:
    """One of two workers with counters of their own, which answer in turn."""
    turn = now // 2_000 % 2
    return f"process_start_time_seconds {1.7e9 + turn}\nprocess_cpu_seconds_total {now / 1e6 + turn}\n"


# A series that has been pushed.
PUSHED = 'pushed_last_run{job="batch",instance="a"}'
# With the job: without it, a service that is down could be the one to serve it.
GONE = 'sum(shop_queu_size{job="shop"})'
UP, STORED = "target.up", "job.stored"
BEGIN = 1_700_000_000_000
# What is posted there is asked again with GET, at another URL.
MOVED = {"/moved": page("", status=301, headers={"Location": "/moved/"}), "/moved/": page("ok", "text/plain")}

SCRAPES = (
    broken("empty", page(""), STORED),
    broken("only-comments", page("# HELP a A.\n# TYPE a gauge\n"), STORED),
    broken("no-content", page("", status=204), UP),
    broken("repeated", page("piece 1\npiece 2\n"), STORED),
    broken("five-hours-old", page(lambda now: f"piece 1 {now - 5 * 3_600_000}\nother 1\n"), STORED),
    broken("far-ahead", page(lambda now: f"piece 1 {now + 3_600_000}\nother 1\n"), STORED),
    broken("stands-still", page(lambda now: f"piece {now % 1_000_003} {now // 600_000 * 600_000}\nother 1\n"), STORED),
    broken(
        "all-dropped",
        page(ONE),
        "~ " + STORED,
        metric_relabel=relabel(action="drop", source_labels=["__name__"], regex=".*"),
    ),
    broken("dropped", page(ONE), UP, relabel=relabel(action="drop", source_labels=["__address__"], regex=".*")),
    broken("lost", page("no", "text/plain", status=404), UP),
    broken("web-page", page("<html><title>Shop</title></html>", "text/html"), UP),
    broken("json", page('{"a": 1}', "application/json"), UP),
    broken("wrong-password", page(ONE, login="me:right"), UP, basic_auth={"username": "me", "password": "wrong"}),
    broken("no-login", page(ONE, login="me:right"), UP),
    broken("in-a-circle", page("", status=302, headers={"Location": "/in-a-circle"}), UP),
    broken("not-zipped", page(ONE, headers={"Content-Encoding": "gzip"}), UP),
    broken("no-end", page(ONE, OPEN_METRICS), UP),
    broken("carriage-returns", page("# TYPE piece gauge\r\npiece 1\r\n"), UP),
    broken("not-utf-8", page(b'piece{a="\xff"} 1\n'), UP),
    broken("bad-line", page("piece 1\npiece two\n"), UP),
    broken("too-slow", page(ONE, seconds=2.6), UP),
    broken("too-many", page("".join(f'piece{{n="{n}"}} 1\n' for n in range(50))), UP, sample_limit=10),
    Piece(
        "nothing-listens",
        services={"nothing-listens": {"targets": ["localhost:9"]}},
        red=frozenset({"target.up nothing-listens/localhost:9"}),
    ),
    Piece(
        "one-of-two",
        {"/one-of-two": page(ONE)},
        {"one-of-two": {"targets": ["APP", "localhost:9"], "metrics_path": "/one-of-two"}},
        red=frozenset({"target.up one-of-two/localhost:9"}),
    ),
    Piece(
        "same-instance",
        {"/same-instance": page(ONE)},
        {
            "same-instance": {
                "targets": [
                    {"address": "APP", "labels": {"instance": "both"}},
                    {"address": "localhost:9", "labels": {"instance": "both", "part": "b"}},
                ],
                "metrics_path": "/same-instance",
            }
        },
        red=frozenset({"target.up same-instance/both (localhost:9)"}),
    ),
    Piece(
        "twins",
        {"/twins": page(lambda now: f"piece {now % 97}\n")},
        {
            "twins": {
                "targets": [{"address": at, "labels": {"instance": "both"}} for at in ("APP", "LOCAL")],
                "metrics_path": "/twins",
            }
        },
        red=frozenset({"job.stored twins"}),
    ),
    Piece(
        "exporter-itself",
        {"/metrics": page("blackbox_exporter_build_info 1\n")},
        service("exporter-itself", "/metrics", params={"target": ["10.0.0.1"]}),
        red=frozenset({"target.up exporter-itself/APP"}),
    ),
    Piece(
        "one-url",
        {"/one-url": page(ONE)},
        {
            "one-url": {
                "targets": ["APP", "other:80"],
                "metrics_path": "/one-url",
                "relabel": [
                    *relabel(source_labels=["__address__"], target_label="instance"),
                    *relabel(target_label="__address__", replacement="APP"),
                ],
            }
        },
        red=frozenset({"target.up one-url/APP", "target.up one-url/other:80"}),
    ),
    Piece(
        "twin-jobs",
        {"/twin-jobs": page(ONE), "/twin-jobs-b": page(ONE)},
        {
            **service("twin-jobs", labels={"job": "twin", "instance": "i"}),
            **service("twin-jobs-b", labels={"job": "twin", "instance": "i"}),
        },
        red=frozenset({"job.stored twin-jobs", "job.stored twin-jobs-b"}),
    ),
    broken(
        "made-equal",
        page('piece{part="a"} 1\npiece{part="b"} 2\n'),
        STORED,
        metric_relabel=relabel(action="labeldrop", regex="part"),
    ),
    broken(
        "replaced-by-equal",
        page('piece{part="a1"} 1\npiece{part="a2"} 2\nother 1\n'),
        STORED,
        metric_relabel=relabel(source_labels=["part"], regex="(.).", target_label="part", replacement="$1"),
    ),
    broken("workers", page(workers), STORED),
    broken("serves-up", page("up 0\npiece 1\n"), STORED),
    Piece(
        "gateways",
        {"/gateways": page(f"{PUSHED} 1\n"), "/gateways-b": page(f"other 1\n{PUSHED} 2\n")},
        {**service("gateways", honor_labels=True), **service("gateways-b", honor_labels=True)},
        red=frozenset({"job.stored gateways", "job.stored gateways-b"}),
    ),
    Piece(
        "instance-removed",
        {"/instance-removed": page(lambda now: f"piece {now}\n")},
        {
            "instance-removed": {
                "targets": ["APP", "LOCAL"],
                "metrics_path": "/instance-removed",
                "metric_relabel": relabel(action="labeldrop", regex="instance"),
            }
        },
        red=frozenset({"job.stored instance-removed"}),
    ),
    Piece(
        "impostor",
        {"/impostor": page('shop_queue_size{job="real",instance="i",queue="mail"} 30\n'), "/impostor-of": page(SHOP)},
        {
            **service("impostor", honor_labels=True),
            **service("impostor-of", labels={"job": "real", "instance": "i"}),
        },
        red=frozenset({"job.stored impostor"}),
    ),
    Piece(
        "list-refused",
        services={"list-refused": {"discovery": {"http_sd_configs": [{"url": "http://localhost:9/"}]}}},
        red=frozenset({"target.up list-refused"}),
    ),
    Piece(
        "list-of-dead",
        services={"list-of-dead": {"discovery": {"file_sd_configs": [{"files": ["dead.json"]}]}}},
        files={"dead.json": '[{"targets": ["localhost:9"]}]'},
        red=frozenset({"target.up list-of-dead"}),
    ),
    Piece(
        "health-fails",
        {"/health-fails": page(ONE), "/ill": page("ill", status=503)},
        service("health-fails", health={"ready": "/ill"}),
        red=frozenset({"service.health health-fails/APP ready"}),
    ),
    Piece(
        "says-down",
        {"/says-down": page("# TYPE acme_up gauge\nacme_up 0\n")},
        service("says-down", labels={"team": "a"}),
        red=frozenset({"~ exporter.works says-down/APP"}),
    ),
    *(
        Piece(
            name,
            {f"/{name}": page(body)},
            service(name),
            red=frozenset({f"~ exporter.works {name}/APP"}),
        )
        for name, body in (
            ("says-scrape-failed", "# TYPE acme_last_scrape_error gauge\nacme_last_scrape_error 1\n"),
            ("says-why-scrape-failed", 'acme_scrape_error{err="refused"} 1\n'),
            ("all-collectors-fail", 'acme_scrape_success{collector="a"} 0\nacme_scrape_success{collector="b"} 0\n'),
        )
    ),
    Piece(
        "contract-broken",
        {"/contract-broken": page("# TYPE orders gauge\norders 1\n")},
        service("contract-broken", metrics={"orders": "counter"}),
        red=frozenset({"contract.metric contract-broken/orders"}),
    ),
    Piece(
        "in-extra-and-down",
        prometheus={
            "extra": {
                "scrape_configs": [{"job_name": "in-extra-and-down", "static_configs": [{"targets": ["localhost:9"]}]}]
            }
        },
        red=frozenset({"target.up in-extra-and-down/localhost:9"}),
    ),
    Piece(
        "label-not-there",
        rules=(
            group(
                "label-not-there",
                alert("NoLabel", 'shop_queue_size{job="shop"} > 1e9', annotations={"summary": "{{ $labels.zone }}"}),
            ),
        ),
        red=frozenset({"~ rule.labels label-not-there-rules.yml/label-not-there/NoLabel"}),
    ),
    Piece(
        "listed-by-its-url",
        {
            "/listed-by-its-url": page(ONE),
            "/list-with-a-url": page('[{"targets": ["APP", "http://APP"]}]', "application/json"),
        },
        {
            "listed-by-its-url": {
                "discovery": {"http_sd_configs": [{"url": "http://APP/list-with-a-url", "refresh_interval": "5s"}]},
                "metrics_path": "/listed-by-its-url",
            }
        },
        red=frozenset({"target.up listed-by-its-url"}),
    ),
    Piece(
        "equal-by-own-label",
        rules=(
            group(
                "equal-by-own-label",
                alert("Equal", "shop_requests_total > 1e9", labels={"path": "all", "status": "any"}),
            ),
        ),
        red=frozenset({"~ rule.labels equal-by-own-label-rules.yml/equal-by-own-label/Equal"}),
    ),
    Piece("over-budget", prometheus={"series_budget": 20}, red=frozenset({"prometheus.series prometheus"})),
    Piece(
        "rules-in-extra",
        files={"extra-rules.yml": json.dumps({"groups": [group("extra", alert("Extra", f"{GONE} > 5"))]})},
        prometheus={"extra": {"rule_files": ["extra-*.yml"]}},
        red=frozenset({"rule.data extra-rules.yml/extra/Extra"}),
    ),
    Piece(
        "second-alertmanager",
        prometheus={
            "extra": {
                "alerting": {"alertmanagers": [{"static_configs": [{"targets": ["ALERTMANAGER", "localhost:9"]}]}]}
            }
        },
        red=frozenset({"alertmanager.connected http://localhost:9"}),
    ),
    Piece(
        "wrong-path-to-alertmanager",
        rules=(group("wrong-path-to-alertmanager", alert("WrongPath", FIRES)),),
        prometheus={
            "extra": {
                "alerting": {
                    "alertmanagers": [
                        {"static_configs": [{"targets": ["ALERTMANAGER"]}]},
                        {"path_prefix": "/wrong", "static_configs": [{"targets": ["ALERTMANAGER"]}]},
                    ]
                }
            }
        },
        red=frozenset({"alertmanager.connected http://ALERTMANAGER/wrong"}),
    ),
    Piece(
        "discovered-alertmanager",
        files={"discovered-alertmanager.json": '[{"targets": ["localhost:1"]}]'},
        prometheus={
            "extra": {
                "alerting": {
                    "alertmanagers": [
                        {"static_configs": [{"targets": ["ALERTMANAGER"]}]},
                        {"file_sd_configs": [{"files": ["discovered-alertmanager.json"]}]},
                    ]
                }
            }
        },
        red=frozenset({"alertmanager.connected http://localhost:1"}),
    ),
    Piece(
        "written-nowhere",
        prometheus={
            "remote_write": [
                {"name": "written-nowhere", "url": "http://localhost:9/", "queue_config": {"batch_send_deadline": "1s"}}
            ]
        },
        red=frozenset({"remote_write.sent written-nowhere"}),
    ),
    Piece(
        "written-to-a-redirect",
        MOVED,
        prometheus={
            "remote_write": [
                {
                    "name": "written-to-a-redirect",
                    "url": "http://APP/moved?tenant=a",
                    "queue_config": {"batch_send_deadline": "1s"},
                }
            ]
        },
        red=frozenset({"remote_write.sent written-to-a-redirect"}),
    ),
    Piece(
        "read-nowhere",
        prometheus={
            "extra": {
                "remote_read": [
                    {"name": "read-nowhere", "url": "http://localhost:9/", "required_matchers": {"piece": "nowhere"}}
                ]
            }
        },
        red=frozenset({"remote_read.answers read-nowhere"}),
    ),
    Piece(
        "refused-push",
        {"/refused-push": page(PUSH_TIMES.format(accepted=1, refused=2))},
        service("refused-push"),
        red=frozenset({'~ job.pushed job="refused-push", batch="a", instance="APP"'}),
    ),
)


def ruled(name: str, rule: dict[str, object], check: str = "rule.data") -> Piece:
    """A piece with one rule, of which `check` is red."""
    called = rule.get("alert") or rule["record"]
    return Piece(name, rules=(group(name, rule),), red=frozenset({f"{check} {name}-rules.yml/{name}/{called}"}))


# Records of two windows, which a label sets apart.
BURN = tuple(
    record(f"burn:{window}", "sum by (job) (shop_requests_total)", labels={"window": window})
    for window in ("short", "long")
)
# When the first version of the program was scraped for the first time, in milliseconds.
FIRST: list[int] = []


def restarted(now: int) -> str:
    """A new version of a program, that serves a metric under another name than the one before."""
    FIRST[:] = FIRST or [now]
    started = FIRST[0] // 1000 + 8
    is_new = now > started * 1000
    return f"process_start_time_seconds {started if is_new else 1.7e9}\n{'new' if is_new else 'old'}_name 1\n"


RULES = (
    Piece(
        "restarted",
        {"/restarted": page(restarted)},
        service("restarted"),
        rules=(group("restarted", alert("Restarted", 'old_name{job="restarted"} > 1e9')),),
        red=frozenset({"rule.data restarted-rules.yml/restarted/Restarted"}),
    ),
    ruled("of-the-future", alert("OfTheFuture", "shop_queue_size > 2 * shop_queue_size offset -1h")),
    ruled("no-number", alert("NoNumber", "sum(shop_queue_size) > scalar(shop_requests_total)")),
    ruled("misspelt", alert("Misspelt", 'sum(rate(shop_requets_total{job="shop"}[1m])) > 5')),
    ruled("no-such-label", alert("NoLabel", 'shop_queue_size{que="mail"} > 5')),
    ruled("no-such-value", alert("NoValue", 'shop_queue_size{queue="mial"} > 5')),
    ruled("no-such-job", alert("NoJob", 'up{job="shopp"} == 0')),
    ruled("bare-histogram", alert("Bare", "histogram_quantile(0.9, sum(rate(shop_wait_seconds[1m]))) > 1")),
    ruled("served-by-nobody", record("served:nobody", 'sum(nobody_serves_this{job="shop"})')),
    ruled("never-both", alert("NeverBoth", "shop_queue_size > 1e9 and shop_requests_total > 0")),
    ruled("never-divided", record("never:divided", "shop_queue_size / shop_requests_total or vector(0)")),
    ruled("on-one-side", alert("OnOneSide", "sum(shop_queue_size > 1e9 and on (version) shop_info) > 5")),
    ruled("other-targets", alert("OtherTargets", "shop_queue_size > 1e9 and on (instance) prometheus_build_info")),
    ruled("never-left-out", alert("NeverLeftOut", "shop_queue_size > 1e9 unless shop_requests_total")),
    ruled("on-no-label", alert("OnNoLabel", "shop_queue_size > 0 unless on (zone) shop_info")),
    ruled("on-no-labels", alert("OnNoLabels", "shop_queue_size > 1e9 and on (cluster, rack) shop_info")),
    ruled("excluded-misspelt", alert("Excluded", 'shop_queue_size > 1e9 unless on (job) shop_inf{job="shop"} == 1')),
    ruled("excluded-value", alert("Value", 'shop_queue_size > 1e9 unless on (job) shop_queue_size{queue="mial"}')),
    Piece(
        "burn-rates",
        rules=(group("burn-rates", *BURN, alert("Burn", "burn:short > 1e9 and burn:long > 1e9")),),
        red=frozenset({"rule.data burn-rates-rules.yml/burn-rates/Burn"}),
    ),
    ruled(
        "excluded-of-other-value",
        alert("Other", 'shop_requests_total{path="/"} > 1e9 unless shop_requests_total{path="/cart"}'),
    ),
    ruled("grouped-by-a-slip", record("grouped:slip", "sum by (statu) (shop_requests_total)")),
    ruled("joined-by-a-slip", record("joined:slip", "shop_queue_size * on (job) group_left (verson) shop_info")),
    Piece(
        "window-of-a-slow-record",
        rules=(
            group(
                "window-of-a-slow-record", record("slowly:queue", "sum by (job) (shop_requests_total)"), interval="20s"
            ),
            group("second", alert("Slowly", "rate(slowly:queue[10s]) > 5")),
        ),
        red=frozenset({"rule.data window-of-a-slow-record-rules.yml/second/Slowly"}),
    ),
    ruled("window-too-short", alert("Short", "rate(shop_requests_total[1s]) > 5")),
    ruled(
        "many-to-many",
        record("many:many", "shop_requests_total * on (job) shop_requests_total"),
        "rule.healthy",
    ),
    ruled(
        "text-of-nothing",
        alert(
            "TextOfNothing",
            "shop_queue_size > 1e9",
            annotations={"summary": f"{{{{ query `{GONE}` | first | value }}}}"},
        ),
    ),
    Piece(
        "rival-records",
        rules=(
            group("rival-records", record("rival:queue", "shop_queue_size")),
            group("second", record("rival:queue", "10 * shop_queue_size")),
        ),
        red=frozenset({"rule.healthy rival-records-rules.yml/second/rival:queue"}),
    ),
    ruled(
        "broken-template",
        alert(
            "BrokenTemplate", "shop_queue_size > 0", annotations={"summary": "{{ $labels.queue | humanizePercentage }}"}
        ),
        "rule.healthy",
    ),
)


def undelivered(
    name: str, receiver: dict[str, object], pages: dict[str, Page] | None = None, **fields: object
) -> Piece:
    """A piece whose notifications are not taken."""
    rule = alert(name.title().replace("-", ""), FIRES)
    return notified(
        name,
        rule,
        receiver=receiver,
        pages=pages or {},
        red=frozenset({f"alertmanager.notifications {name}"}),
        **fields,
    )


NOTIFICATIONS = (
    undelivered("nobody-listens", {"webhook": {"url": "http://localhost:9/"}}),
    undelivered("refused", {"webhook": {"url": "http://APP/refused"}}, {"/refused": page("", status=403)}),
    undelivered("one-of-both", {"webhook": [{"url": "http://APP/a"}, {"url": "http://localhost:9/"}]}),
    undelivered("to-a-redirect", {"webhook": {"url": "http://APP/moved"}}, MOVED),
    undelivered(
        "mail-to-nobody",
        {"email": {"to": "a@b.test", "from": "c@b.test", "smarthost": "localhost:9", "hello": "b.test"}},
    ),
)


def blank(name: str, dashboard: dict[str, object], title: str = "P", check: str = "panel.data") -> Piece:
    """A piece with a dashboard, of which one panel has no data."""
    made = Piece(name, dashboard=dashboard)
    return Piece(name, dashboard=dashboard, red=frozenset({f"{check} {made.board}/{title}"}))


WELL = panel("Well", QUEUE)
DOUBLED = {"refId": "B", "datasource": {"type": "__expr__", "uid": "__expr__"}, "type": "math", "expression": "$A * 2"}


def marked(asked: dict[str, object]) -> dict[str, object]:
    """The annotations of a dashboard, one of which asks for this."""
    return {"annotations": {"list": [{"name": "Marks", "enable": True, "iconColor": "red", **asked}]}}


def dropped_by_name(name: str) -> Piece:
    """A piece with a panel about a gauge that its service announces, and that `metric_relabel` drops."""
    metric = "acme_dropped"
    made = blank(name, board(WELL, panel("P", metric)))
    drop = relabel(action="drop", source_labels=["__name__"], regex=f"{metric}|other")
    text = f"{ONE}# TYPE {metric} gauge\n{metric} 1\n"
    return replace(made, pages={f"/{name}": page(text)}, services=service(name, metric_relabel=drop))


DASHBOARDS = (
    dropped_by_name("dropped-by-name"),
    blank("panel-misspelt", board(panel("P", GONE), WELL)),
    blank("annotation", board(WELL) | marked({"expr": GONE}), "annotation Marks"),
    blank("new-annotation", board(WELL) | marked({"target": {"expr": GONE, "refId": "Anno"}}), "annotation Marks"),
    blank("second-query", board(panel("P", QUEUE, GONE))),
    blank("all-with-equals", board(panel("P", 'shop_requests_total{path="$path"}'), variables=[CHOSEN_ALL])),
    blank(
        "no-value-fills-it",
        board(
            panel("P", 'shop_queue_size{job="$job"}'),
            WELL,
            variables=[{"name": "job", "type": "query", "query": "label_values(prometheus_build_info, job)"}],
        ),
    ),
    blank(
        "no-chained-value-fills-it",
        board(
            panel("P", 'shop_queue_size{instance=~"$instance"}'),
            WELL,
            variables=[
                {"name": "instance", "type": "query", "query": 'label_values(up{job="$job"}, instance)'},
                {"name": "job", "type": "query", "query": "label_values(prometheus_build_info, job)"},
            ],
        ),
    ),
    blank(
        "no-result-fills-it",
        board(
            panel("P", 'shop_queue_size{queue="$version"}'),
            WELL,
            variables=[
                {
                    "name": "version",
                    "type": "query",
                    "query": "query_result(prometheus_build_info)",
                    "regex": '/version="([^"]+)"/',
                }
            ],
        ),
    ),
    blank("in-old-rows", {"rows": [{"panels": [WELL, panel("P", GONE, kind="graph")]}], "schemaVersion": 14}),
    blank(
        "in-library",
        board({"title": "P", "libraryPanel": {"uid": "lib", "name": "L"}})
        | {"__elements": {"lib": {"uid": "lib", "name": "L", "kind": 1, "model": panel("P", GONE)}}},
    ),
    blank("in-collapsed-row", board({"type": "row", "title": "R", "collapsed": True, "panels": [panel("P", GONE)]})),
    blank(
        "in-repeated",
        board(panel("P", 'shop_queu_size{queue="$path",job="shop"}', repeat="path"), variables=[CHOSEN_ALL]),
    ),
    blank(
        "variable",
        board(WELL, variables=[{**CHOSEN_ALL, "query": 'label_values(shop_reqs_total{job="shop"}, path)'}]),
        "$path",
        "panel.variable",
    ),
    blank(
        "variable-of-no-label",
        board(WELL, variables=[{**CHOSEN_ALL, "query": "label_values(shop_requests_total, pth)"}]),
        "$path",
        "panel.variable",
    ),
    blank(
        "variable-of-no-match",
        board(WELL, variables=[{**CHOSEN_ALL, "regex": "/^nothing/"}]),
        "$path",
        "panel.variable",
    ),
    blank(
        "results-of-no-match",
        board(
            WELL,
            variables=[
                {
                    "name": "any",
                    "type": "query",
                    "query": "query_result(shop_queue_size)",
                    "regex": '/.*que="([^"]+)".*/',
                }
            ],
        ),
        "$any",
        "panel.variable",
    ),
    blank(
        "jobs-of-no-match",
        board(
            WELL, variables=[{"name": "any", "type": "query", "query": "label_values(job)", "regex": "/^elsewhere/"}]
        ),
        "$any",
        "panel.variable",
    ),
    blank(
        "no-quantiles", board(panel("P", "histogram_quantile(0.9, sum by (le) (rate(shop_wait_seconds_count[20s])))"))
    ),
    blank("never-meet", board(panel("P", "shop_queue_size / shop_requests_total"))),
    blank("undeclared", board(panel("P", 'shop_requests_total{path="$where"}'))),
    blank(
        "undeclared-in-variable",
        board(WELL, variables=[{**CHOSEN_ALL, "query": 'label_values(shop_requests_total{job="$where"}, path)'}]),
        "$path",
        "panel.variable",
    ),
    blank("calculated", board(panel("P") | {"targets": [{"refId": "A", "expr": GONE, "hide": True}, DOUBLED]})),
    blank("never-both", board(panel("P", "shop_queue_size > 1e9 and shop_requests_total"))),
    replace(blank("renamed-job", board(panel("P", 'prometheus_build_info{job="prometheus"}'))), prometheus=RENAMED),
    blank("never-left-out", board(panel("P", "shop_queue_size unless shop_requests_total"))),
    blank("on-no-label", board(panel("P", "shop_queue_size and on (zone) shop_info"))),
    blank("grouped-by-a-slip", board(panel("P", "sum by (statu) (shop_requests_total)"))),
    blank("wrong-job", board(panel("P", 'shop_queue_size{job="prometheus"}'))),
    blank(
        "in-resource",
        {
            "apiVersion": "dashboard.grafana.app/v1beta1",
            "kind": "Dashboard",
            "metadata": {"name": "in-resource"},
            "spec": {**board(panel("P", GONE)), "title": "in-resource"},
        },
    ),
    replace(
        blank("rare-and-rate", board(panel("P", "rate(rarely_total[$__rate_interval])"), time={"from": "now-1m"})),
        pages={"/rare-and-rate": page("# TYPE rarely_total counter\nrarely_total 1\n")},
        services=service("rare-and-rate", scrape_interval="5s", scrape_timeout="1s"),
    ),
    replace(
        blank("exported-value", board(panel("P", 'kept_apart{part="own"}'))),
        pages={"/exported-value": page('kept_apart{part="own"} 1\n')},
        services=service("exported-value", labels={"part": "target"}),
    ),
    blank("saved-filter", board(panel("P", QUEUE), variables=[filtering(queue="gone")])),
    blank("label-not-there", board(panel("P", 'sum(shop_queue_size{zone!=""})'))),
    blank("compact-panel", {"rows": [{"panels": [{"title": "P", "query": GONE}]}]}),
)
FAULTS = (*SCRAPES, *RULES, *NOTIFICATIONS, *DASHBOARDS)
