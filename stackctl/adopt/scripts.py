"""The start script of a container: the files that it writes, as by `cat <<EOF > /path`, and how it starts a server."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

# The line before such a text, which goes on to the line that is the end word alone.
_BEGIN = re.compile(
    r"(?P<before>.*)<<(?P<dash>-?)[ \t]*(?P<quote>['\"]?)(?P<end>\w+)(?P=quote)(?P<after>.*)", re.DOTALL
)
_TARGET = re.compile(r"(?:(?<![>0-9&])>|\btee)[ \t]*['\"]?(?P<path>/[^\s'\";|&]+)")
_VARIABLE = re.compile(r"\\\$|\$(?:\{(\w+)\}|(\w+))")


def starting_line(script: str) -> str:
    """Return the line of a script that starts a server with a configuration, "" for none."""
    lines = script.replace("\\\n", " ").splitlines()
    return next((each for each in lines if "--config.file" in each and not each.lstrip().startswith("#")), "")


def written_by_script(arguments: Sequence[str], environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the files that a script among `arguments` writes: the path in the container, and the text.

    Variables of the container's `environment` are filled in, as the shell does unless the end word is in quotes.
    """
    for argument in arguments:
        for begin, text in _texts(argument.split("\n")):
            target = _TARGET.search(begin["before"]) or _TARGET.search(begin["after"])
            if target:
                text = re.sub(r"^\t+", "", text, flags=re.MULTILINE) if begin["dash"] else text
                yield posixpath.normpath(target["path"]), text if begin["quote"] else _expanded(text, environment)


def _texts(lines: Sequence[str]) -> Iterator[tuple[re.Match[str], str]]:
    """Yield the texts in a script, each with the match of the line before it."""
    places: dict[str, list[int]] = {}  # where a line stands, without the blanks around it
    for number, line in enumerate(lines):
        places.setdefault(line.strip(" \t"), []).append(number)
    after = 0
    for number, line in enumerate(lines):
        begin = _BEGIN.fullmatch(line) if number >= after else None
        ends = places.get(begin["end"], []) if begin else []
        at = bisect_right(ends, number)
        if begin and at < len(ends):
            after = ends[at] + 1
            yield begin, "".join(f"{each}\n" for each in lines[number + 1 : ends[at]])


def _expanded(text: str, environment: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return environment.get(name, match[0]) if name else "$"

    return _VARIABLE.sub(value, text)
