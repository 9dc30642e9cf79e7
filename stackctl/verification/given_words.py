"""Words of findings about servers that somebody else runs: stackctl cannot start, reload or read the log of these, and
their configuration is no manifest. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from stackctl.diagnostic import Diagnostic

# What a finding about a stack says -> what it says of these servers, in this order.
_COMMANDS: tuple[tuple[str, str], ...] = (
    (r"; after changing a variable, run `stackctl up`", ""),
    (r"The running configuration is older than the manifest: run `stackctl reload`", "Reload its configuration"),
    (r"Run `stackctl reload`: it rewrites the web configuration\. Move .* into the manifest\.", "Correct its login."),
    (r"; `stackctl logs (\w+)` says why", r"; the log of \1 says why"),
    (r"`stackctl logs (\w+)`", r"the log of \1"),
    (r"Run `stackctl reload`", "Reload its configuration"),
    (r"run `stackctl reload`", "reload its configuration"),
    (r"Run `stackctl up`: the change needs a restart", "Restart it"),
    (r"Run `stackctl up`( again)?", "Start the server again"),
    (r"run `stackctl up`", "start the server again"),
)
# The same where nothing but these servers declares what they load.
_DECLARATIONS: tuple[tuple[str, str], ...] = (
    (r"; `stackctl drill --live` (tries it again|sends one)", ""),
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
# What only a manifest for these servers makes checks say.
_OF_MANIFEST: tuple[tuple[str, str], ...] = (
    (r"\bis not running(: Prometheus has not loaded its job)?", "is not loaded in Prometheus"),
    (r"see `stackctl verify --help`", "its keys are under `external` of the manifest"),
    (r"Name the CA that has signed its certificate with `--ca-file`", "Name the CA that has signed it in `ca_file`"),
)


# The same for a cluster that runs the stack, where `stackctl up` is all that changes anything.
_OF_CLUSTER: tuple[tuple[str, str], ...] = (
    (r"\bis not running(: Prometheus has not loaded its job)?", "is not loaded in Prometheus"),
    (r"`stackctl render --out DIR` writes .*", "Run `stackctl up`."),
    (r"un `stackctl reload`", "un `stackctl up`"),
    (r"see `stackctl verify --help`", "the context of the kubeconfig logs in"),
    (r"; `stackctl drill --live` (tries it again|sends one)", ""),
)


def in_words_of_cluster(finding: Diagnostic) -> Diagnostic:
    """Return `finding` in words for a cluster that runs the stack."""
    return _said(finding, _OF_CLUSTER)


def in_their_words(finding: Diagnostic) -> Diagnostic:
    """Return `finding` with its summary and its remedy in words for servers that somebody else runs."""
    return _said(finding, (*_COMMANDS, *_DECLARATIONS))


def in_words_of_manifest(finding: Diagnostic) -> Diagnostic:
    """The same for servers that somebody else runs and a manifest describes."""
    return _said(finding, (*_OF_MANIFEST, *_COMMANDS))


def _said(finding: Diagnostic, phrases: Iterable[tuple[str, str]]) -> Diagnostic:
    phrases = [*phrases]
    summary, cause, remedy = (_replaced(text, phrases) for text in (finding.summary, finding.cause, finding.remedy))
    return replace(finding, summary=summary, cause=cause, remedy=remedy)


def _replaced(text: str, phrases: Iterable[tuple[str, str]]) -> str:
    for pattern, words in phrases:
        text = re.sub(pattern, words, text)
    return text
