"""The text of a contract with differences written in: what a person wrote stays."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackctl.contract.differences import Difference
from stackctl.contract.rewrite import NotWritable, Source, applied
from stackctl.manifest.contracts import read_metrics
from stackctl.manifest.problems import Problems
from stackctl.model import Label, Metric
from stackctl.source import Position

NEW = Metric("new_total", "counter", Position(""), (Label("code"),), help='Of {who} at "a": #1')


def metrics(text: str, values: dict[str, str] | None = None) -> dict[str, Metric]:
    problems = Problems()
    found = read_metrics(text, "contract.yml", values or {}, (), problems)
    assert found is not None, "\n".join(map(str, problems))
    return {each.name: replace(each, origin=Position("")) for each in found}


def rewritten(text: str, *found: Difference, values: dict[str, str] | None = None) -> str:
    source = Source.of(text, values or {})
    return applied(text, source.edits((), found, values or {}, file=True))


def changed(text: str, name: str, **fields: object) -> str:
    before = metrics(text)[name]
    after = replace(before, **fields)  # type: ignore[arg-type]
    new = rewritten(text, Difference(before, after))
    assert metrics(new)[name] == after
    return new


def gone(text: str, name: str) -> str:
    return rewritten(text, Difference(metrics(text)[name], None))


@pytest.mark.parametrize(
    ("text", "fields", "expected"),
    [
        ("a: gauge  # why\n", {"labels": (Label("x"),)}, "a: {type: gauge, labels: [x]}  # why\n"),
        ("a: {type: gauge}\n", {"kind": "counter"}, "a: {type: counter}\n"),
        ("a: {labels: [x], type: gauge}  # w\n", {"labels": ()}, "a: {labels: [], type: gauge}  # w\n"),
        ("a: {type: gauge, help: H}\n", {"labels": (Label("x"),)}, "a: {type: gauge, help: H, labels: [x]}\n"),
        (
            "a:\n  type: gauge  # t\n  # of a\n  help: H\n",
            {"labels": (Label("x"),)},
            "a:\n  type: gauge  # t\n  labels: [x]\n  # of a\n  help: H\n",
        ),
        ("a: {\n  type: gauge  # t\n}\n", {"labels": (Label("x"),)}, "a: {\n  type: gauge, labels: [x]  # t\n}\n"),
        (
            'a: {type: gauge, labels: {x: ["1"]}}\n',
            {"labels": (Label("x", ("1", "on")),)},
            'a: {type: gauge, labels: {x: ["1", "on"]}}\n',
        ),
        (
            "a:\n  type: gauge\n  labels:\n    x: [y]  # keep\nb: gauge\n",
            {"labels": ()},
            "# Before the last update:\n# a:\n#   type: gauge\n#   labels:\n#     x: [y]  # keep\na: gauge\nb: gauge\n",
        ),
    ],
)
def test_changes_only_what_is_different(text: str, fields: dict[str, object], expected: str) -> None:
    assert changed(text, "a", **fields) == expected


def test_buckets_are_replaced_in_place() -> None:
    text = "a:\n  type: histogram\n  buckets: [1, 2]  # s\n"
    assert changed(text, "a", buckets=(0.25, 2.5, 1e6)).splitlines()[2] == "  buckets: [0.25, 2.5, 1000000]  # s"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: gauge\nb: gauge  # x\n", "a: gauge\n# Not served any more:\n# b: gauge  # x\n"),
        (
            "b:\n\n  type: gauge\n  # in\n  labels: [x,\n    y]\n\n# out\na: gauge\n",
            "# Not served any more:\n# b:\n\n#   type: gauge\n#   # in\n#   labels: [x,\n#     y]\n\n# out\na: gauge\n",
        ),
        ("a: gauge\nb: gauge", "a: gauge\n# Not served any more:\n# b: gauge"),
        (
            "b:\n  type: gauge\n  help: |\n    two\n    lines\n\na: gauge\n",
            "# Not served any more:\n# b:\n#   type: gauge\n#   help: |\n#     two\n#     lines\n\na: gauge\n",
        ),
    ],
)
def test_an_entry_that_is_gone_becomes_a_comment(text: str, expected: str) -> None:
    new = gone(text, "b")
    assert new == expected
    assert list(metrics(new)) == ["a"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: gauge\n# end\n", "a: gauge\nb: gauge\n# end\n"),
        ("a: gauge", "a: gauge\nb: gauge"),
        ("  a: gauge  # x\n", "  a: gauge  # x\n  b: gauge\n"),
        ("a: gauge\r\n# end\r\n", "a: gauge\r\nb: gauge\r\n# end\r\n"),
        ("{a: gauge}\n", "{a: gauge, b: gauge}\n"),
        ("a:\n  type: gauge\n\n# end\n", "a:\n  type: gauge\nb: gauge\n\n# end\n"),
    ],
)
def test_new_metrics_come_after_the_last_one(text: str, expected: str) -> None:
    assert rewritten(text, Difference(None, Metric("b", "gauge", Position("")))) == expected


def test_texts_of_servers_are_quoted() -> None:
    text = rewritten("a: gauge\n", Difference(None, NEW))
    assert metrics(text)["new_total"] == NEW


def test_placeholders_stay_and_new_names_get_them() -> None:
    text = '"{service}_a": gauge\n"{service}_b": gauge\n'
    values = {"service": "shop"}
    found = metrics(text, values)
    new = rewritten(
        text,
        Difference(found["shop_a"], replace(found["shop_a"], kind="counter")),
        Difference(found["shop_b"], None),
        Difference(None, Metric("shop_c", "gauge", Position(""))),
        values=values,
    )
    assert new.splitlines() == [
        '"{service}_a": counter', "# Not served any more:", '# "{service}_b": gauge', '"{service}_c": gauge',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{a: gauge, b: gauge}\n", "in one line"),
        ("a: &one gauge\nb: *one\n", "alias"),
        ("b: &one {type: gauge}\na: *one\n", "alias"),
        ("{}\n", "no metric yet"),
        ("x: &x {a: gauge}\n<<: *x\n", "mapping of metrics"),
    ],
)
def test_refuses_forms_that_cannot_be_changed_safely(text: str, reason: str) -> None:
    b = Metric("b", "gauge", Position(""))
    found = Difference(b, None) if "b:" in text else Difference(None, b)
    with pytest.raises(NotWritable, match=reason):
        rewritten(text, found)


KINDS = st.sampled_from(["counter", "gauge"])
NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=2, max_size=6)
LABELS = st.lists(st.sampled_from(["x", "y", "on"]), unique=True).map(lambda names: tuple(map(Label, names)))
FORMS = st.sampled_from(
    [
        "{n}: {k}  # of {n}",
        "{n}: {{type: {k}, labels: [z]}}  # of {n}",
        "# of {n}\n{n}:\n  type: {k}  # type of {n}\n  # labels of {n}\n  labels: [z]",
        "{n}:\n  labels:\n    z: [one]  # of {n}\n\n  type: {k}\n# after {n}",
        "'{n}': {{\n  type: {k},  # of {n}\n  labels: {{z: }}}}\n",
    ]
)


@given(NAMES, st.data())
def test_no_line_of_a_person_is_lost(names: list[str], data: st.DataObject) -> None:
    forms = [data.draw(FORMS).format(n=name, k=data.draw(KINDS)) for name in names]
    text = "# head\n" + "\n".join(forms) + data.draw(st.sampled_from(["", "\n", "\n# end\n"]))
    before = metrics(text)
    found, wanted = [], dict(before)
    for name in names[1:]:
        what = data.draw(st.sampled_from(["same", "gone", "kind", "labels"]))
        after = {
            "gone": None,
            "kind": replace(before[name], kind=data.draw(KINDS)),
            "labels": replace(before[name], labels=data.draw(LABELS)),
        }.get(what, before[name])
        if after != before[name]:
            found.append(Difference(before[name], after))
            wanted[name] = after  # type: ignore[assignment]
    found.append(Difference(None, NEW))
    new = rewritten(text, *found)
    assert metrics(new) == {name: each for name, each in wanted.items() if each} | {NEW.name: NEW}
    assert re.findall(r"# (?:of|type|labels|after|head|end).*", new) == re.findall(r"# .*", text)
    for line in text.splitlines():
        words = re.sub(r"(counter|gauge|\[[z]\]|\{z: \}|,)", "", line.partition("#")[0]).split()
        assert not words or any(all(word.strip("{}") in each for word in words) for each in new.splitlines()), line
