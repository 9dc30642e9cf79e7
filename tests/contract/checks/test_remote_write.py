"""Remote write is judged by Prometheus' own account of each block."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from stackctl.checks import remote_write
from stackctl.verification.given import Elsewhere
from tests.contract.world import Around, World

ID = "remote_write.sent"
URL = "http://store.test/api/v1/write"


def write_to(well: World, *blocks: dict[str, Any]) -> None:
    """Let the rendered configuration write to these."""
    well.configure(remote_write=list(blocks))


def report(well: World, labels: str = f'remote_name="99d0c9",url="{URL}"', **values: Callable[[int], float]) -> None:
    """Let Prometheus report these, each made from the number of the look at it."""
    looks = count()

    def text() -> str:
        look = next(looks)
        lines = [f"prometheus_remote_storage_shards{{{labels}}} 1"]
        lines += [f"prometheus_remote_storage_{name}{{{labels}}} {make(look)}" for name, make in values.items()]
        return "\n".join([*lines, "prometheus_remote_storage_highest_timestamp_in_seconds 1000", ""])

    well.servers["prometheus"].routes["/metrics"] = text


@pytest.fixture
def sending(well: World) -> World:
    write_to(well, {"url": URL})
    report(well, queue_highest_sent_timestamp_seconds=lambda look: 990 + look)
    return well


def test_block_that_sends_passes(sending: World) -> None:
    finding = sending.only(ID)
    assert (finding.subject, finding.status) == (URL, "pass")


def test_block_whose_url_redirects_fails(sending: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_write, "redirect_of", lambda _, url: "https://store.test (301)" if url == URL else "")
    summary = "the samples are lost: `url` redirects to https://store.test (301), without their content"
    assert (sending.only(ID).status, sending.only(ID).summary) == ("fail", summary)


def test_stack_without_remote_write_has_no_row(well: World) -> None:
    write_to(well)
    assert well.findings(ID) == []


def test_receiver_that_cannot_be_reached_fails_with_the_reason(sending: World) -> None:
    report(sending, samples_retried_total=lambda look: 100.0 * look, samples_pending=lambda _: 450)
    place = sending.context.place
    assert isinstance(place, Around)
    place.lines = (f'level=WARN msg="Failed to send batch, retrying" url={URL} err="Post: connection refused"',)
    finding = sending.only(ID)
    assert finding.status == "fail"
    assert finding.summary.endswith("connection refused")
    assert "450 are pending" in finding.evidence


def test_receiver_is_not_blamed_where_it_cannot_be_asked(sending: World) -> None:
    report(sending, samples_retried_total=lambda look: 100.0 * look, samples_pending=lambda _: 450)
    sending.change(place=Elsewhere())
    assert sending.only(ID).summary == "no samples are sent"


def test_receiver_that_refuses_fails(sending: World) -> None:
    report(
        sending,
        samples_failed_total=lambda look: float(look),
        queue_highest_sent_timestamp_seconds=lambda look: 990 + look,
    )
    finding = sending.only(ID)
    assert (finding.status, finding.summary) == ("fail", "the receiver rejects samples")


def test_failures_of_the_past_are_mentioned_and_pass(sending: World) -> None:
    report(sending, samples_failed_total=lambda _: 7, queue_highest_sent_timestamp_seconds=lambda look: 990 + look)
    finding = sending.only(ID)
    assert finding.status == "pass"
    assert "7 have failed since the start" in finding.summary


def test_slow_block_that_is_up_to_date_passes(sending: World) -> None:
    report(sending, queue_highest_sent_timestamp_seconds=lambda _: 980)
    assert sending.only(ID).status == "pass"


def test_block_that_has_stopped_sending_fails(sending: World) -> None:
    report(sending, queue_highest_sent_timestamp_seconds=lambda _: 100, samples_pending=lambda _: 9)
    finding = sending.only(ID)
    assert finding.status == "fail"
    assert "9 samples are pending" in finding.summary


def test_block_that_prometheus_does_not_have_fails(sending: World) -> None:
    report(sending, labels='remote_name="1",url="http://other.test/"')
    finding = sending.only(ID)
    assert (finding.status, finding.summary) == ("fail", "Prometheus has no such remote write")


def test_relabelling_that_drops_everything_is_a_warning(sending: World) -> None:
    report(sending, samples_dropped_total=lambda look: 10.0 * look)
    assert sending.only(ID).status == "warn"


def test_named_blocks_are_distinguished(well: World) -> None:
    write_to(well, {"name": "a", "url": URL}, {"name": "b", "url": URL})
    report(well, labels=f'remote_name="a",url="{URL}"', queue_highest_sent_timestamp_seconds=lambda look: look + 1)
    found = {f.subject: f.status for f in well.findings(ID)}
    assert found == {"a": "pass", "b": "fail"}


def test_login_in_a_url_is_not_shown_and_still_matches(well: World) -> None:
    write_to(well, {"url": "http://me:hunter2@store.test/write?token=hunter2"})
    labels = 'remote_name="1",url="http://me:xxxxx@store.test/write?token=hunter2"'
    report(well, labels=labels, queue_highest_sent_timestamp_seconds=lambda look: look + 1)
    finding = well.only(ID)
    assert (finding.status, finding.subject) == ("pass", "http://store.test/write")


def test_block_that_collects_for_a_minute_is_skipped_until_it_has_sent(well: World) -> None:
    write_to(well, {"url": URL, "queue_config": {"batch_send_deadline": "1m"}})
    report(well, samples_pending=lambda _: 9)
    finding = well.only(ID)
    assert (finding.status, "60 s" in finding.summary) == ("skip", True)
