"""What the targets of a service serve is taken together."""

from __future__ import annotations

from stackctl.contract.differences import differences
from stackctl.contract.served import served
from stackctl.exposition import parse


def test_targets_are_taken_together() -> None:
    scrapes = [parse('# TYPE a gauge\na{x="1"} 1\n'), parse('# TYPE a gauge\na{y="1"} 1\n# TYPE b gauge\nb 1\n')]
    found = served([each for each in scrapes if each], frozenset())
    assert [str(each) for each in differences([], found)] == ["+ a: gauge, labels x y", "+ b: gauge"]
