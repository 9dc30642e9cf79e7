"""Causes of a declared target that Prometheus lacks: never loaded, or dropped by a step of relabelling. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackctl.diagnosis.causes import Diagnosis
from stackctl.diagnosis.relabel import joined, relabelled
from stackctl.scrape import Job

NOT_LOADED = Diagnosis(
    "Prometheus has no such target", "The running configuration is older than the manifest: run `stackctl reload`."
)


def dropped_by(job: Job, labels: Mapping[str, str]) -> Diagnosis:
    """Return the relabelling step of the job that drops the target discovered with `labels`."""
    steps = job.service.scrape.get("relabel_configs", ()) if job.service else ()
    remedy = "Check `relabel` of the service: a step drops the target."
    try:
        outcome = relabelled(labels, steps)
    except ValueError as error:
        return Diagnosis("relabelling drops it", remedy, f"a regular expression that only Go supports: {error}")
    if job.service is None or outcome.dropped_by is None:
        return Diagnosis("relabelling drops it", remedy, "no step in the manifest drops it: the running steps differ")
    index = outcome.dropped_by
    step = steps[index]
    # Steps that were passed through in `extra` have no line of their own.
    place = next(iter(job.service.relabel_origins[index : index + 1]), job.origin)
    where = f", in line {place.line} of the manifest," if place.line else ""
    return Diagnosis(
        f"dropped by step {index + 1} of `relabel` ({step.get('action', 'replace')})",
        f"Correct that step{where} or remove the target.",
        f"{place}: {_of_step(step, outcome.labels)}",
    )


def _of_step(step: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """Return what the step that dropped a target was applied to."""
    names = ", ".join(step.get("source_labels", ()))
    seen = f"[{names}] is {joined(labels, step)!r}"
    if step["action"] in ("keep", "drop"):
        verb = "matches" if step["action"] == "drop" else "does not match"
        return f"{step['action']}: {seen}, which {verb} {step.get('regex', '(.*)')!r}"
    target = step.get("target_label", "")
    return f"{step['action']}: {seen}, and `{target}` is {labels.get(target, '')!r}"
