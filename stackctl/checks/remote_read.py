"""`remote_read.answers`: what Prometheus is to read from elsewhere is there, block by block.

A query goes on without a block that does not answer: its result lacks the samples, and only a warning says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stackctl import conventions as c
from stackctl.checks.remote_write import bare_url, block_name
from stackctl.clients.http import NoAnswer
from stackctl.diagnostic import Diagnostic
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

ID = "remote_read.answers"
# Unix time. No Prometheus has samples of its own from then, so it asks every block, also those without `read_recent`.
_LONG_AGO = 1000.0
_REMEDY = "Correct `url` or the login of this block, or start its server; then run `stackctl reload`."


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every block of `remote_read`, which is asked one query that costs it nothing."""
    blocks = context.tree.yaml(c.PROMETHEUS_FILE).get("remote_read") or []
    return [_block(context, block, blocks) for block in blocks]


def _block(context: Context, block: Mapping[str, Any], blocks: Sequence[Mapping[str, Any]]) -> Diagnostic:
    subject = Subject(ID, block_name(block), context.stack.prometheus.origin)
    # A block with `required_matchers` is asked only by queries that have all of them.
    matchers = {"__name__": "up", **(block.get("required_matchers") or {})}
    query = "{" + ", ".join(f"{name}={json.dumps(str(value))}" for name, value in matchers.items()) + "}"
    try:
        warnings = [_without_login(text) for text in context.prometheus().query_warnings(query, _LONG_AGO)]
    except NoAnswer as error:
        return subject.unanswered(error)
    others = [each for each in blocks if each is not block]
    own = [text for text in warnings if _is_about(block, text) or not any(_is_about(each, text) for each in others)]
    if own:
        return subject.failed("Prometheus gets no samples from it", _REMEDY, own[0], stage="loaded")
    return subject.passed("it answers what Prometheus asks it")


def _is_about(block: Mapping[str, Any], warning: str) -> bool:
    """Return whether a warning names the URL of a block, and not one that only begins like it."""
    return re.search(rf"{re.escape(bare_url(str(block.get('url', ''))))}(?![\w/.:-]\w)", warning) is not None


def _without_login(warning: str) -> str:
    return re.sub(r"\?[^\s\"]*", "", re.sub(r"//[^/@\s\"]*@", "//", warning))
