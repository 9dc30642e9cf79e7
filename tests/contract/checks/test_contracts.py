"""`contract.*` by the words that a user reads: each way in which a scrape differs from what was promised."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.diagnostic import Diagnostic
from tests.contract.serving import Asked, Reply
from tests.contract.world import World, target

METRIC, LABELS, UNLISTED = "contract.metric", "contract.labels", "contract.unlisted"


def rename(well: World, old: str, new: str) -> None:
    """Make the service call a metric otherwise."""
    well.described = {name.replace(old, new): kind for name, kind in well.described.items()}
    for labels in well.series:
        labels["__name__"] = labels["__name__"].replace(old, new)


def drop(well: World, name: str) -> None:
    """Make the service serve no series of that name."""
    well.series = [labels for labels in well.series if labels["__name__"] != name]


def of(well: World, name: str) -> dict[str, str]:
    """The first series of that name."""
    return next(labels for labels in well.series if labels["__name__"] == name)


def failed(finding: Diagnostic) -> tuple[str, str]:
    assert finding.status == "fail"
    assert finding.position
    assert finding.position.line > 0
    return finding.summary, finding.remedy


def test_names_what_is_scraped_beyond_the_contract(well: World) -> None:
    assert well.only(UNLISTED).summary == "nothing else is scraped"
    for name in ("shop_depth", "process_open_fds", "shop_orders_created", "shop_dropped"):
        well.described[name] = "gauge"
        if name != "shop_dropped":
            well.series.append({**of(well, "shop_fill_ratio"), "__name__": name})
    finding = well.only(UNLISTED)
    assert (finding.status, finding.summary) == ("pass", "`shop_depth` is scraped, and not in the contract")
    well.described["shop_errors"] = "counter"
    well.series.append({**of(well, "shop_fill_ratio"), "__name__": "shop_errors_total"})
    assert well.only(UNLISTED).summary == "`shop_depth`, `shop_errors` are scraped, and not in the contract"


def test_a_renamed_metric_is_reported_with_the_nearest_name(well: World) -> None:
    rename(well, "shop_fill_ratio", "shop_fil_ratio")
    assert failed(well.only(METRIC, "shop_fill_ratio")) == (
        "it is not among the scraped metrics",
        "There is `shop_fil_ratio`: was it renamed? Make the service expose it, or remove it from the contract.",
    )
    assert not [finding for finding in well.findings(LABELS) if "fill_ratio" in finding.subject]


def test_a_metric_that_is_like_no_other_is_reported_without_a_guess(well: World) -> None:
    rename(well, "shop_fill_ratio", "q")
    assert failed(well.only(METRIC, "shop_fill_ratio"))[1].startswith("Make the service")


def test_another_type_is_reported(well: World) -> None:
    well.described["shop_fill_ratio"] = "counter"
    finding = well.only(METRIC, "shop_fill_ratio")
    assert failed(finding) == (
        "it is a counter; the contract promises a gauge",
        "Write `type: counter` in the contract, or fix the service.",
    )
    assert finding.evidence == "localhost:8000: counter"


def test_a_missing_type_line_is_reported(well: World) -> None:
    well.described["shop_fill_ratio"] = "unknown"
    assert failed(well.only(METRIC, "shop_fill_ratio"))[1] == "Make the service send a `# TYPE` line."


@pytest.mark.parametrize(
    ("openmetrics", "text", "kind"),
    [("shop_orders", "shop_orders_total", "counter"), ("shop_build", "shop_build_info", "gauge")],
)
def test_accepts_the_older_text_format(well: World, openmetrics: str, text: str, kind: str) -> None:
    del well.described[openmetrics]
    well.described[text] = kind
    well.described["shop_mode"] = "gauge"
    assert {finding.status for finding in well.findings("contract")} == {"pass"}


def test_a_counter_that_has_not_been_counted_passes_by_its_type(well: World) -> None:
    drop(well, "shop_orders_total")
    assert well.only(METRIC, "shop_orders_total").summary == "counter, not counted yet"
    assert well.only(METRIC, "shop_orders_total").status == "pass"
    assert well.only(LABELS, "shop_orders_total").status == "skip"


def test_a_metric_without_labels_has_its_series(well: World) -> None:
    drop(well, "shop_fill_ratio")
    assert failed(well.only(METRIC, "shop_fill_ratio"))[0] == "its type is declared, but it has no series"


def test_a_counter_that_openmetrics_calls_otherwise_is_reported_its_name(well: World) -> None:
    well.promise("shop_orders_total", name="shop_orders")
    assert failed(well.only(METRIC, "shop_orders")) == (
        "its series are named `shop_orders_total`",
        "Name it `shop_orders_total` in the contract, as OpenMetrics does.",
    )


def test_a_label_that_is_gone_is_reported(well: World) -> None:
    for labels in well.series:
        labels.pop("shop", "")
    assert failed(well.only(LABELS, "shop_orders_total")) == (
        "its series lack `shop`",
        "Remove `shop` from the contract, or make the service set it.",
    )


def test_a_label_beyond_the_contract_is_reported(well: World) -> None:
    of(well, "shop_fill_ratio")["pod"] = "x"
    finding = well.only(LABELS, "shop_fill_ratio")
    assert failed(finding) == (
        "its series have `pod`, which the contract does not have",
        "Add `pod` to the contract's `labels`, or make the service omit it.",
    )
    assert 'pod="x"' in finding.evidence


def test_a_renamed_label_is_reported_with_both_names(well: World) -> None:
    of(well, "shop_build_info")["release"] = of(well, "shop_build_info").pop("version")
    assert failed(well.only(LABELS, "shop_build_info")) == (
        "its series lack `version` and have `release`, which the contract does not have",
        "If `version` was renamed, write `release` in the contract; otherwise fix the service.",
    )


@pytest.mark.parametrize(("value", "shown"), [("refused", "`refused`"), (None, "``")])
def test_a_value_beyond_a_closed_set_is_reported(well: World, value: Any, shown: str) -> None:
    labels = of(well, "shop_orders_total")
    del labels["result"]
    labels |= {"result": value} if value else {}
    assert failed(well.only(LABELS, "shop_orders_total")) == (
        f"`result` has values outside its closed set: {shown}",
        "Add them to the contract, or make the service use only `ok`, `failed`.",
    )


def test_reports_other_buckets(well: World) -> None:
    of(well, "shop_wait_seconds_bucket")["le"] = "0.25"
    assert failed(well.only(LABELS, "shop_wait_seconds")) == (
        "its buckets differ from the contract",
        "Write `buckets: [0.25, 1]` in the contract, or fix the service.",
    )


def test_reports_other_quantiles(well: World) -> None:
    of(well, "shop_basket_bytes")["quantile"] = "0.9"
    assert failed(well.only(LABELS, "shop_basket_bytes"))[0] == "its quantiles differ from the contract"


def test_reports_other_states(well: World) -> None:
    of(well, "shop_mode")["shop_mode"] = "ajar"
    assert failed(well.only(LABELS, "shop_mode"))[0] == "its states are `ajar`, `closed`"


def test_reports_targets_that_differ(well: World) -> None:
    well.targets.append(target("api", "localhost:8001"))
    described = well.report_described()
    only_first = [each for each in described["data"] if each["metric"] != "shop_mode"]
    only_first += [{"target": {"instance": "localhost:8000"}, "metric": "shop_mode", "type": "stateset"}]
    well.servers["prometheus"].routes["/api/v1/targets/metadata"] = {"data": only_first}
    finding = well.only(METRIC, "shop_mode")
    assert failed(finding) == ("1 of 2 targets do not serve it", "Run the same version on all targets.")
    assert finding.evidence == "localhost:8001"


def test_a_service_of_which_nothing_is_scraped_is_reported_once(well: World) -> None:
    well.target("api").update(health="down", lastError="connection refused")
    (finding,) = well.findings("contract")
    # The target is the failure; that nothing is scraped of it is no second one.
    assert (finding.status, finding.summary) == ("skip", "nothing is scraped: none of its targets is up")
    assert well.only("target.up", "api").status == "fail"


def test_a_service_that_was_left_out_is_skipped(well: World) -> None:
    well.change(skipped={"api": "left out"})
    (finding,) = well.findings("contract")
    assert (finding.status, finding.summary) == ("skip", "the service is not running")


def test_a_server_that_does_not_answer_in_the_middle_is_reported(well: World) -> None:
    well.servers["prometheus"].routes["/api/v1/query"] = Reply("busy", 503)
    (finding,) = well.findings("contract")
    assert failed(finding)[1] == "Run `stackctl up`."


def test_few_requests_are_enough_for_a_whole_service(well: World) -> None:
    asked = well.servers["prometheus"].asked
    well.findings("contract")
    assert asked.count("/api/v1/targets/metadata") == 1
    assert asked.count("/api/v1/query") == 2  # the names, and all that is asked of them


def test_a_label_that_is_no_plain_word_is_quoted(well: World) -> None:
    well.target("api")["labels"]["team.name"] = "core"
    assert {finding.status for finding in well.findings("contract")} == {"pass"}


def test_many_series_make_a_short_answer(well: World) -> None:
    """What the contract asks is summed up where the series are: the answer does not grow with them."""
    well.series += [{"__name__": "shop_orders_total", "result": "ok", "shop": f"s{n}"} for n in range(1000)]
    sizes: list[int] = []
    answer = well.report_query

    def weighed(query: str) -> dict[str, Any]:
        reply = answer(query)
        sizes.append(len(reply["data"]["result"]))
        return reply

    well.servers["prometheus"].routes["/api/v1/query"] = Asked(weighed)
    assert well.only(METRIC, "shop_orders_total").summary == "counter, 1002 series"
    assert max(sizes) < 50
