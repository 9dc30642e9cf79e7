"""Where a stack runs: one Protocol, the plan that is the same for all, and the docker and native runtimes."""

from __future__ import annotations

from stackctl.runtime.explain_plan import explained
from stackctl.runtime.plan import make_plan, selected
from stackctl.runtime.protocol import DataFile, Live, Observed, Plan, Runtime, Step
from stackctl.runtime.select import Choice, choose, open_runtime, reopen_runtime, running_from, volumes_in_docker
from stackctl.runtime.validation import Refusal

__all__ = [
    "Choice",
    "DataFile",
    "Live",
    "Observed",
    "Plan",
    "Refusal",
    "Runtime",
    "Step",
    "choose",
    "explained",
    "make_plan",
    "open_runtime",
    "reopen_runtime",
    "running_from",
    "selected",
    "volumes_in_docker",
]
