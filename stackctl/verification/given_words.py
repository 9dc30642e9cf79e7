"""Words of findings about servers that somebody else runs: stackctl cannot start, reload or read the log of these, and
their configuration is no manifest. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from stackctl.diagnostic import Diagnostic

# What a finding about a stack says -> what it says of these servers, in this order.
_PHRASES: tuple[tuple[str, str], ...] = (
    (r"; after changing a variable, run `stackctl up`", ""),
    (r"; `stackctl drill --live` (tries it again|sends one)", ""),
    (r"The running configuration is older than the manifest: run `stackctl reload`", "Reload its configuration"),
    (r"Run `stackctl reload`: it rewrites the web configuration\. Move .* into the manifest\.", "Correct its login."),
    (r"; `stackctl logs (\w+)` says why", r"; the log of \1 says why"),
    (r"`stackctl logs (\w+)`", r"the log of \1"),
    (r"Run `stackctl reload`", "Reload its configuration"),
    (r"run `stackctl reload`", "reload its configuration"),
    (r"Run `stackctl up`: the change needs a restart", "Restart it"),
    (r"Run `stackctl up`( again)?", "Start the server again"),
    (r"run `stackctl up`", "start the server again"),
    (r"`prometheus\.extra\.alerting`", "`alerting` of prometheus.yml"),
    (r"the manifest has none", "its job has none"),
    (r"the CA in the manifest", "the CA of its job"),
    (r"the login in the manifest", "the login of its job"),
    (r"the one in the manifest", "the one of its job"),
    (r"in the manifest", "in its job"),
    (r"of the service `", "of the job `"),
    (r"for the service `", "for the job `"),
    (r"`(metric_)?relabel`( of the service)?", r"`\1relabel_configs`"),
    (r"`tls: \{", "`tls_config: {"),
    (r" \(in `prometheus: \{extra: \{global: \{\.\.\.\}\}\}`\)", " of the job"),
)


def in_their_words(finding: Diagnostic) -> Diagnostic:
    """Return `finding` with its summary and its remedy in words for servers that somebody else runs."""
    return replace(finding, summary=_said(finding.summary), cause=_said(finding.cause), remedy=_said(finding.remedy))


def _said(text: str) -> str:
    for pattern, words in _PHRASES:
        text = re.sub(pattern, words, text)
    return text
