"""What is scraped is stored, by job: an answer without samples, and samples that Prometheus drops."""

from __future__ import annotations

import pytest

from tests.contract.world import Around, World, stamp

ID = "job.stored"
JOB = "api"
MESSAGES = {
    "Error on ingesting samples with different value but same timestamp": "they repeat a series or its timestamp",
    "Error on ingesting out-of-order samples": "their timestamps go backwards",
    "Error on ingesting samples that are too old or are too far into the future": "too old or too far in the future",
}


def log(well: World, message: str, pool: str = JOB, at: float = 2000.0, dropped: int = 3) -> None:
    place = well.context.place
    assert isinstance(place, Around)
    about = f"scrape_pool={pool} target=http://localhost:8000/metrics num_dropped={dropped}"
    place.lines += (f'time={stamp(at)} level=WARN msg="{message}" component="scrape manager" {about}',)


def test_job_whose_samples_are_kept_passes(well: World) -> None:
    finding = well.only(ID, JOB)
    assert (finding.status, finding.summary) == ("pass", "5 samples of each scrape are kept")


@pytest.mark.parametrize("message", MESSAGES)
def test_dropped_samples_fail_with_the_reason(well: World, message: str) -> None:
    log(well, message)
    finding = well.only(ID, JOB)
    assert finding.status == "fail"
    assert "drops 3 samples" in finding.summary
    assert MESSAGES[message] in finding.summary
    assert "http://localhost:8000/metrics" in finding.evidence


def test_one_dropped_sample_is_one_sample(well: World) -> None:
    log(well, next(iter(MESSAGES)), dropped=1)
    assert "drops 1 sample of a scrape" in well.only(ID, JOB).summary


def test_other_jobs_are_not_blamed(well: World) -> None:
    log(well, next(iter(MESSAGES)), pool="another")
    assert well.only(ID, JOB).status == "pass"


def test_samples_that_were_dropped_long_ago_do_not_count(well: World) -> None:
    log(well, next(iter(MESSAGES)), at=100.0)
    assert well.only(ID, JOB).status == "pass"


def test_dropped_exemplars_do_not_count(well: World) -> None:
    log(well, "Error on ingesting out-of-order exemplars")
    assert well.only(ID, JOB).status == "pass"


def test_target_without_samples_fails_though_it_is_up(well: World) -> None:
    well.samples["scrape_samples_scraped", JOB] = 0
    finding = well.only(ID, JOB)
    assert finding.status == "fail"
    assert finding.summary == "1 of 1 targets return no samples"
    assert well.only("target.up", "api/").status == "pass"


def test_relabelling_that_drops_every_sample_is_a_warning(well: World) -> None:
    well.samples["scrape_samples_post_metric_relabeling", JOB] = 0
    finding = well.only(ID, JOB)
    assert finding.status == "warn"
    assert "`metric_relabel` drops every sample" in finding.summary


@pytest.mark.parametrize(
    ("scrapes", "samples", "status"),
    [(10, 1, "fail"), (10, 0, "fail"), (10, 9, "pass"), (2, 1, "pass")],
    ids=["stand still", "nothing stored", "behind, and moving", "just started"],
)
def test_timestamps_that_stand_still_fail(well: World, scrapes: int, samples: int, status: str) -> None:
    well.stale.add("localhost:8000")
    well.history = {"up": scrapes, "": samples}
    finding = well.only(ID, JOB)
    assert finding.status == status
    assert ("their timestamps do not advance" in finding.summary) == (status == "fail")


def test_relabelled_target_is_matched_with_its_samples(well: World) -> None:
    well.target(JOB)["labels"] = {"job": "old", "instance": "x"}
    well.samples["scrape_samples_scraped", JOB] = 0
    assert well.only(ID, JOB).status == "fail"


def test_job_that_is_down_is_skipped(well: World) -> None:
    well.target(JOB).update(health="down", lastError="connect: connection refused")
    assert well.only(ID, JOB).status == "skip"
