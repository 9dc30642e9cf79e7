"""The files that a container's start script writes: `cat <<EOF > /path`, with the text after it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

_TEXT = re.compile(
    r"^(?P<before>[^\n]*)<<(?P<dash>-?)[ \t]*(?P<quote>['\"]?)(?P<end>\w+)(?P=quote)(?P<after>[^\n]*)\n"
    r"(?P<text>.*?)^[ \t]*(?P=end)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_TARGET = re.compile(r"(?:(?<![>0-9&])>|\btee)[ \t]*['\"]?(?P<path>/[^\s'\";|&]+)")
_VARIABLE = re.compile(r"\\\$|\$(?:\{(\w+)\}|(\w+))")


def written_by_script(arguments: Sequence[str], environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the files that a script among `arguments` writes: the path in the container, and the text.

    Variables of the container's `environment` are filled in, as the shell does unless the end word is in quotes.
    """
    for argument in arguments:
        for match in _TEXT.finditer(argument):
            target = _TARGET.search(match["before"]) or _TARGET.search(match["after"])
            if target:
                text = match["text"]
                if match["dash"]:
                    text = re.sub(r"^\t+", "", text, flags=re.MULTILINE)
                yield posixpath.normpath(target["path"]), text if match["quote"] else _expanded(text, environment)


def _expanded(text: str, environment: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return environment.get(name, match[0]) if name else "$"

    return _VARIABLE.sub(value, text)
