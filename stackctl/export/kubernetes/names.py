"""Names of objects: what Kubernetes takes as one, and no two alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from stackctl.tree import digest

_LONGEST = 63


def dns_name(text: str) -> str:
    """`text` as a DNS label (RFC 1123): lower-case letters, digits and dashes. "" where nothing of it is left."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_LONGEST].rstrip("-")


def dns_names(texts: Iterable[str]) -> dict[str, str]:
    """The DNS label of each text, all different: those that would be equal, or empty, end with a digest of the text."""
    each = {text: dns_name(text) for text in texts}
    taken = Counter(each.values())
    return {text: name if name and taken[name] == 1 else _apart(text, name) for text, name in each.items()}


def _apart(text: str, name: str) -> str:
    return f"{name[: _LONGEST - 13]}-{digest(text)}".lstrip("-")
