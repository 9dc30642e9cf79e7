"""The text of a contract with its differences written in. What a person wrote stays: lines that are not true any more
become comments, all others keep their order, their form and their comments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from stackctl.contract.differences import Difference
from stackctl.manifest.contracts import PLACEHOLDER
from stackctl.model import Label, Metric

_GONE = "# Not served any more:"
_BEFORE = "# Before the last update:"
# Keys and values that every reader of YAML takes for the same text; all else is quoted.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})

Path = tuple[str | int, ...]


class NotWritable(ValueError):
    """The text has a form that cannot be changed safely; the message says which, as the end of a sentence."""


@dataclass(frozen=True)
class Edit:
    """`new` in the place of what is from `start` to `end` of a text."""

    start: int
    end: int
    new: str


@dataclass(frozen=True)
class Source:
    """The text of a file, and that text with its placeholders replaced. `pieces` are the places of these in both:
    start and end in `filled`, start and end in `text`."""

    text: str
    filled: str
    pieces: tuple[tuple[int, int, int, int], ...] = ()

    @classmethod
    def of(cls, text: str, values: Mapping[str, str]) -> Source:
        """Fill in the placeholders of `text` that `values` names."""
        parts, pieces, at, length = [], [], 0, 0
        for match in PLACEHOLDER.finditer(text):
            if match[1] not in values:
                continue
            value = values[match[1]]
            length += match.start() - at
            pieces.append((length, length + len(value), match.start(), match.end()))
            parts += [text[at : match.start()], value]
            at, length = match.end(), length + len(value)
        return cls(text, "".join([*parts, text[at:]]), tuple(pieces))

    def edits(self, place: Path, found: Iterable[Difference], values: Mapping[str, str], *, file: bool) -> list[Edit]:
        """Return the changes of `text` that write the differences into the mapping of metrics at `place`.

        New names have the placeholders of `values`; in a `file` of its own, braces elsewhere stand for themselves.
        Raises NotWritable.
        """
        writer = _Writer(self.filled, _mapping(self.filled, place), values, file)
        return [Edit(self._in_text(each.start), self._in_text(each.end), each.new) for each in writer.edits(found)]

    def names(self, place: Path) -> frozenset[str]:
        """Return the names of the metrics that are written at `place`, none where there is no mapping."""
        try:
            return frozenset(key.value for key, _ in _mapping(self.filled, place).node.value)
        except NotWritable:
            return frozenset()

    def _in_text(self, offset: int) -> int:
        moved = 0
        for start, end, _, after in self.pieces:
            if offset <= start:
                break
            if offset < end:
                raise NotWritable("a placeholder stands for a part of what has changed")
            moved = after - end
        return offset + moved


def applied(text: str, edits: Iterable[Edit]) -> str:
    """Return `text` with all `edits`, which do not overlap. Those at one place keep their order."""
    parts, at = [], 0
    for edit in sorted(edits, key=lambda each: each.start):
        if edit.start < at:
            raise NotWritable("two changes are in the same place")
        parts += [text[at : edit.start], edit.new]
        at = edit.end
    return "".join([*parts, text[at:]])


@dataclass(frozen=True)
class _Mapping:
    """The node of a mapping of metrics, and the ids of the nodes of its file that aliases repeat."""

    node: Any
    repeated: frozenset[int]

    def refuse_alias(self, key: Any, node: Any) -> None:
        """Refuse the value of `key` if it is written elsewhere, or is the value of something else as well."""
        if node.start_mark.index < key.end_mark.index or id(node) in self.repeated:
            raise NotWritable("it is written with an alias of YAML")


def _mapping(text: str, place: Path) -> _Mapping:
    """Return the mapping at `place`. Raises NotWritable when it is not written there."""
    import yaml

    found = _composed(text)
    node = found.node
    for part in place:
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        key, node = next(((key, value) for key, value in pairs if key.value == part), (None, None))
        if key is None:
            raise NotWritable("it is not written where it is used")
        found.refuse_alias(key, node)
    if not isinstance(node, yaml.MappingNode) or any(key.value == "<<" for key, _ in node.value):
        raise NotWritable("it is not written as a mapping of metrics")
    return _Mapping(node, found.repeated)


@lru_cache(4)
def _composed(text: str) -> _Mapping:
    """Return the nodes of a YAML text, with their places. It has been read as a manifest or a contract before."""
    import yaml

    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    seen: set[int] = set()
    repeated: set[int] = set()
    left = [root]
    while left:
        node = left.pop()
        if id(node) in seen:
            repeated.add(id(node))
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            left += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            left += node.value
    return _Mapping(root, frozenset(repeated))


class _Writer:
    def __init__(self, text: str, found: _Mapping, values: Mapping[str, str], file: bool) -> None:
        self.text, self.found, self.values, self.file = text, found, values, file
        self.mapping = found.node
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.pairs = {key.value: (key, value) for key, value in self.mapping.value}

    def edits(self, found: Iterable[Difference]) -> Iterator[Edit]:
        added: list[Metric] = []
        for each in found:
            if each.before is None and each.after:
                added.append(each.after)
            elif each.before:
                key, value = self.pairs[each.before.name]
                self.found.refuse_alias(key, value)
                yield from self._changed(key, value, each.before, each.after)
        if added and not self.mapping.value:
            raise NotWritable("it has no metric yet, after which others could be written")
        if added:
            yield self._additions(added)

    def _changed(self, key: Any, value: Any, before: Metric, after: Metric | None) -> list[Edit]:
        in_place = self._in_place(value, before, after) if after else None
        if in_place is not None:
            return in_place
        if self.mapping.flow_style:
            raise NotWritable("it is written in one line, where nothing can be a comment")
        return [*self._commented(key, value, _GONE if after is None else _BEFORE), *self._again(key, value, after)]

    def _again(self, key: Any, value: Any, after: Metric | None) -> list[Edit]:
        """Return the entry as it is now, after the lines that have become comments."""
        if after is None:
            return []
        at = self._line_end(self._end(value, key))
        indent = " " * key.start_mark.column
        return [Edit(at, at, f"{self.newline}{indent}{self._key(after.name)}: {self._spec(after)}")]

    def _commented(self, key: Any, value: Any, reason: str) -> Iterator[Edit]:
        first, column = key.start_mark.index - key.start_mark.column, key.start_mark.column
        if self.text[first : key.start_mark.index].strip(" "):
            raise NotWritable("an entry does not begin in a line of its own")
        yield Edit(first, first, f"{' ' * column}{reason}{self.newline}")
        last = self._line_end(self._end(value, key))
        while first < last:
            end = self._line_end(first)
            line = self.text[first:end]
            at = first + min(column, len(line) - len(line.lstrip(" ")))
            if line.strip():
                yield Edit(at, at, "# ")
            first = self.text.find("\n", end) + 1 or len(self.text)

    def _additions(self, added: Sequence[Metric]) -> Edit:
        key, value = self.mapping.value[-1]
        entries = [f"{self._key(metric.name)}: {self._spec(metric)}" for metric in added]
        if self.mapping.flow_style:
            at = self._end(value, key)
            return Edit(at, at, "".join(f", {entry}" for entry in entries))
        at = self._line_end(self._end(value, key))
        indent = " " * self.mapping.value[0][0].start_mark.column
        return Edit(at, at, "".join(f"{self.newline}{indent}{entry}" for entry in entries))

    def _in_place(self, value: Any, before: Metric, after: Metric) -> list[Edit] | None:
        """Return the changes of single values; None where one cannot be replaced without losing something."""
        import yaml

        if isinstance(value, yaml.ScalarNode):
            return [Edit(*self._span(value), self._spec(after))] if self._is_plain(value) else None
        fields = {key.value: (key, node) for key, node in value.value}
        if "<<" in fields or "type" not in fields:
            return None
        edits = []
        for field, text in self._fields(before, after):
            if text is None or (field in fields and not self._is_plain(fields[field][1])):
                return None
            edits.append(self._replaced(value, fields, field, text))
        return edits

    def _replaced(self, value: Any, fields: Mapping[str, Any], field: str, text: str) -> Edit:
        if field in fields:
            key, node = fields[field]
            self.found.refuse_alias(key, node)
            return Edit(*self._span(node), text)
        key, node = value.value[-1] if value.flow_style else fields["type"]
        self.found.refuse_alias(key, node)
        if value.flow_style:
            at = self._end(node, key)
            return Edit(at, at, f", {field}: {text}")
        at = self._line_end(node.end_mark.index)
        return Edit(at, at, f"{self.newline}{' ' * key.start_mark.column}{field}: {text}")

    def _fields(self, before: Metric, after: Metric) -> Iterator[tuple[str, str | None]]:
        """Yield the keys whose values have changed, each with its new text; None for one that has to go."""
        old, new = dict(self._written(before)), dict(self._written(after))
        for field in ("type", "labels", "buckets", "quantiles", "states"):
            if old.get(field) != new.get(field):
                yield field, new.get(field, "[]" if field == "labels" else None)

    def _spec(self, metric: Metric) -> str:
        fields = dict(self._written(metric))
        if fields.keys() == {"type"}:
            return fields["type"]
        return f"{{{', '.join(f'{field}: {text}' for field, text in fields.items())}}}"

    def _written(self, metric: Metric) -> Iterator[tuple[str, str]]:
        yield "type", metric.kind
        if metric.labels:
            yield "labels", self._labels(metric.labels)
        for field in ("unit", "help"):
            if text := getattr(metric, field):
                yield field, self._scalar(text)
        if metric.native:
            yield "native", "true"
        for field in ("buckets", "quantiles", "range"):
            if numbers := getattr(metric, field):
                yield field, f"[{', '.join(map(_number, numbers))}]"
        if metric.states:
            yield "states", self._list(metric.states)

    def _labels(self, labels: Sequence[Label]) -> str:
        if not any(label.values or label.examples for label in labels):
            return self._list([label.name for label in labels])
        return f"{{{', '.join(f'{self._scalar(label.name)}: {self._values(label)}' for label in labels)}}}"

    def _values(self, label: Label) -> str:
        if label.examples:
            return f"{{examples: {self._list(label.examples)}}}"
        return self._list(label.values) if label.values else "{}"

    def _list(self, texts: Sequence[str]) -> str:
        return f"[{', '.join(map(self._scalar, texts))}]"

    def _scalar(self, text: str) -> str:
        if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
            return text
        quoted = json.dumps(text, ensure_ascii=False)
        # In a file a word in braces is a placeholder, and in the manifest `${` begins a variable.
        if self.file:
            return PLACEHOLDER.sub(lambda match: f"\\u007b{match[0][1:]}", quoted)
        return quoted.replace("${", "$${")

    def _key(self, name: str) -> str:
        for placeholder, value in self.values.items():
            name = re.sub(rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])", f"{{{placeholder}}}", name)
        return f'"{name}"' if "{" in name else self._scalar(name)

    def _is_plain(self, node: Any) -> bool:
        """Return whether a value is in one line, with nothing in it that is only for people."""
        import yaml

        is_block = isinstance(node, yaml.CollectionNode) and not node.flow_style
        return not is_block and not set("\n#") & set(self.text[slice(*self._span(node))])

    @staticmethod
    def _span(node: Any) -> tuple[int, int]:
        return node.start_mark.index, node.end_mark.index

    def _end(self, node: Any, key: Any) -> int:
        """Return the end of what is written of a value. The end of a block is after the comments that follow it."""
        import yaml

        if node.start_mark.index < key.end_mark.index:
            return int(key.end_mark.index)  # an alias
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            below, value = last if isinstance(last, tuple) else (last, last)
            return self._end(value, below if below is not value else key)
        end = int(node.end_mark.index)
        return max(len(self.text[:end].rstrip()), int(key.end_mark.index))

    def _line_end(self, at: int) -> int:
        """Return the end of the line at `at`, before its line break."""
        end = self.text.find("\n", at)
        end = len(self.text) if end < 0 else end
        return end - 1 if end > at and self.text[end - 1] == "\r" else end


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
