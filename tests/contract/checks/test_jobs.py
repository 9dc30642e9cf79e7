"""Jobs: each declared one is loaded."""

from __future__ import annotations

from tests.contract.world import World, words


def test_a_job_that_is_not_loaded_is_reported(well: World) -> None:
    well.targets.remove(well.target("api"))
    finding = well.only("job.loaded", "api")
    assert words(finding) == ("fail", "Prometheus has no such job", "Run `stackctl reload`.")
    assert finding.stage == "rendered"
    assert well.only("job.loaded", "redis").status == "pass"
