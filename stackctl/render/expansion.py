"""Text that Grafana expands: it replaces variables of the environment in its provisioning files once it has read them.

It splits a value at `$$`, replaces `${NAME}` and then `$__file{PATH}` in each part, and expands what came out of that
once more, as a shell does; the parts are joined by `$`. So `$$` is a dollar in a value that a provisioning file holds
itself. What comes from a file or a variable is only expanded, without a way to escape: there a dollar is a variable.
"""

from __future__ import annotations

from stackctl.conventions import DOLLAR_VARIABLE

# Never set: it holds the place of what Grafana trims off a file's content.
_NOTHING = "STACKCTL_NOTHING"


def escaped(text: str) -> str:
    """Return `text` as a provisioning file has to hold it."""
    return text.replace("$", "$$")


def protected(text: str) -> str:
    """Return `text` as a file or a variable has to hold it that a provisioning file names."""
    kept = text.replace("$", f"${{{DOLLAR_VARIABLE}}}")
    return kept if kept == kept.strip() else f"${{{_NOTHING}}}{kept}${{{_NOTHING}}}"
