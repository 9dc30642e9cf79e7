"""The known name that a word was probably meant to be."""

from __future__ import annotations

import time

import pytest

from stackctl.promql.nearest import Names, is_slip

NAMES = Names(["http_requests_total", "http_request_duration_seconds", "process_open_fds"])


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("http_request_total", "http_requests_total"),
        ("htpp_requests_total", "http_requests_total"),
        ("process_open_fd", "process_open_fds"),
        ("go_goroutines", ""),
    ],
)
def test_finds_the_name_that_was_meant(word: str, meant: str) -> None:
    assert NAMES.nearest(word) == meant


def test_no_names_have_no_nearest() -> None:
    assert Names([]).nearest("up") == ""


@pytest.mark.parametrize(
    ("word", "meant", "slip"),
    [
        ("requets_total", "requests_total", True),
        ("requests", "requests_total", False),
        ("latency_5m", "latency_1d", False),
        ("latnecy_5m", "latency_5m", True),
        ("abcd", "wxyz", False),
    ],
)
def test_slip_changes_two_letters_and_no_number(word: str, meant: str, slip: bool) -> None:
    assert is_slip(word, meant) is slip


def test_finds_the_nearest_of_many_names_quickly() -> None:
    names = Names([f"team{number}_requests_of_kind_{number % 97}_total" for number in range(20_000)])
    begin = time.process_time()
    assert names.nearest("team77_request_of_kind_77_total") == "team77_requests_of_kind_77_total"
    assert all(names.nearest(f"other_{number}_bytes") == "" for number in range(30))
    assert time.process_time() - begin < 5
