"""The metrics of a stack, as far as a review needs them."""

from __future__ import annotations

import math

import pytest

from stackctl.promql.catalogue import NATIVE, Catalogue, Known, Record, accepts, merged, promised, spellings


def test_histogram_promises_its_parts_with_their_bounds() -> None:
    found = dict(promised("wait_seconds", "histogram", {"path": ()}, (0.5, 1, math.inf)))
    assert found == {
        "wait_seconds": Known("histogram", {"path": ()}),
        "wait_seconds_bucket": Known("bucket", {"path": (), "le": ("0.5", "1.0", "+Inf")}),
        "wait_seconds_sum": Known("counter", {"path": ()}),
        "wait_seconds_count": Known("counter", {"path": ()}),
    }


def test_summary_has_its_quantiles_under_its_own_name() -> None:
    found = dict(promised("size", "summary", {}, (0.99,)))
    assert found["size"] == Known("quantile", {"quantile": ("0.99",)})
    assert found["size_count"] == Known("counter", {})


def test_native_histogram_has_no_parts() -> None:
    assert dict(promised("wait", NATIVE, {})) == {"wait": Known(NATIVE, {})}


@pytest.mark.parametrize(
    ("bound", "written"),
    [("1.0", ("1.0", "1.0", "1")), ("1e+06", ("1e+06", "1000000.0", "1000000")), ("+Inf", ("+Inf",))],
)
def test_bound_has_the_spellings_of_all_clients(bound: str, written: tuple[str, ...]) -> None:
    assert spellings(bound) == written


def test_two_services_promise_what_holds_for_either() -> None:
    one, other = Known("counter", {"code": ("200",), "path": ()}), Known("counter", {"code": ("500",), "path": ("/",)})
    assert merged(one, other) == Known("counter", {"code": ("200", "500"), "path": ()})
    assert merged(one, Known("gauge", {})).labels is None


def test_knows_whose_names_exist() -> None:
    catalogue = Catalogue({"a": Known("gauge", {})}, {"job:a:sum": (Record("sum(a)"),)}, frozenset({"up"}), ("node_",))
    assert all(map(catalogue.owns, ("a", "job:a:sum", "up", "node_load1", "x_unknown_part_y")))
    assert not catalogue.owns("b")
    assert not Catalogue().owns("b")


def test_record_reads_through_other_records() -> None:
    catalogue = Catalogue(records={"r:1": (Record("r:2"),), "r:2": (Record("a / r:1"),)})
    assert catalogue.reads("r:1", "a")
    assert not catalogue.reads("r:1", "b")


def test_invalid_regular_expression_may_match_anything() -> None:
    assert accepts("(", ["x"])
    assert accepts("a|b", ["b"])
    assert not accepts("a|b", ["ab"])


def test_a_metric_of_two_services_has_what_either_promises() -> None:
    one, other = Known("counter", {"a": ("x",), "b": ()}), Known("counter", {"a": ("y",), "b": ("z",), "c": ("w",)})
    assert merged(one, other) == Known("counter", {"a": ("x", "y"), "b": (), "c": ("w",)})
    assert merged(one, Known("gauge", {})).labels is None
