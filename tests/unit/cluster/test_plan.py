"""Changes have their cause, and volumes are never removed by a change of the manifest."""

from __future__ import annotations

from stackctl.cluster.objects import DRILLED, Thing, thing
from stackctl.cluster.plan import change, removals


def drilled(kind: str, name: str) -> Thing:
    metadata = {"name": name, "labels": {DRILLED: "true"}}
    return thing({"apiVersion": "v1", "kind": kind, "metadata": metadata})


def made(kind: str, name: str, **spec: object) -> Thing:
    return thing({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "spec": spec})


def test_change_says_why_it_is_needed() -> None:
    one = made("Service", "s", port=1)
    assert str(change(one, None, one.content)) == "create Service s: it does not exist"
    assert change(one, one.content, one.content) is None
    other = made("Service", "s", port=2)
    assert str(change(other, one.content, other.content)) == "update Service s: spec.port changed"
    many = made("Service", "s", a=1, b=1, c=1, d=1, port=1)
    assert "spec.a, spec.b, spec.c and 1 more field changed" in str(change(many, one.content, many.content))


def test_what_is_not_declared_any_more_is_removed_but_for_volumes() -> None:
    kept, gone, volume = made("Service", "s"), made("ConfigMap", "c"), made("PersistentVolumeClaim", "v")
    assert [str(each) for each in removals([kept, gone, volume], [kept])] == [
        "delete ConfigMap c: it is not declared any more"
    ]


def test_what_a_drill_has_left_is_removed_by_its_own_end() -> None:
    left = drilled("ConfigMap", "shop-drill-1")
    assert left.is_of_drill
    assert removals([left], []) == []
