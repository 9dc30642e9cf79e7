"""The user's templates in a stack, each with the place where it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stackctl.runtimes.checkers import Text, Texts

if TYPE_CHECKING:
    from stackctl.model import Stack
    from stackctl.source import Position

# Blocks of a receiver that hold no templates.
_NO_TEMPLATES = frozenset({"http_config", "tls_config", "sigv4"})
# Integrations that by Alertmanager's defaults do not tell the end of an alert. In `receivers` stackctl lets them.
_SILENT_AT_THE_END = frozenset({"slack", "email", "rocketchat", "mattermost", "wechat"})
Path = tuple[str | int, ...]


def texts(stack: Stack | None) -> Texts:
    """The templates of the alerts and of the receivers of `stack`, those in `extra` too; none where it is not known."""
    if stack is None:
        return Texts()
    return Texts(tuple(_alerts(stack)), tuple(_notifications(stack)))


def _alerts(stack: Stack) -> Iterator[Text]:
    for rule in (rule for file in stack.rules for rule in file.rules if rule.kind == "alert"):
        for part, written in (("label", rule.labels), ("annotation", rule.annotations)):
            for key, text in written.items():
                if "{{" in text:
                    yield Text(text, f"the {part} `{key}` of `{rule.name}`", rule.place(part, key))


def _notifications(stack: Stack) -> Iterator[Text]:
    alertmanager = stack.alertmanager
    if alertmanager is None:
        return
    for receiver in alertmanager.receivers:
        for kind, blocks in receiver.integrations.items():
            for index, block in enumerate(blocks):
                place: Path = ("alertmanager", "receivers", receiver.name, kind, index)
                yield from _block(stack, receiver.name, kind, place, block)
    for number, other in enumerate(_mappings(alertmanager.extra.get("receivers"))):
        for section, entries in other.items():
            for index, block in enumerate(_mappings(entries)):
                place = ("alertmanager", "extra", "receivers", number, section, index)
                yield from _block(stack, str(other.get("name", "")), section.removesuffix("_configs"), place, block)


def _block(stack: Stack, receiver: str, kind: str, place: Path, block: Any) -> Iterator[Text]:
    ended = bool(block.get("send_resolved", place[1] != "extra" or kind not in _SILENT_AT_THE_END))
    for path, text in _strings(block, ()):
        if "{{" in text:
            subject = f"`{'.'.join(map(str, path))}` of {kind} in the receiver `{receiver}`"
            html = (kind, *path) == ("email", "html")
            yield Text(text, subject, _position(stack, (*place, *path)), html, ended)


def _position(stack: Stack, path: Path) -> Position | None:
    """Return the position of a value. One integration need not be a list: then there is no number in its path."""
    written: Path = ()
    for part in path:
        if part == 0 and not stack.places.holds((*written, part)):
            continue
        written = (*written, part)
    return stack.places.position(written)


def _strings(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key not in _NO_TEMPLATES:
                yield from _strings(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _strings(item, (*path, index))
    elif isinstance(value, str):
        yield path, value


def _mappings(value: Any) -> list[Any]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []
