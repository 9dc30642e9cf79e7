"""A YAML file is read with the place of every value."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from tests.unit.manifest.small import SMALLEST, loaded, refusal, service


def test_anchors_and_merge_keys_work(tmp_path: Path) -> None:
    text = """\
version: 1
name: shop
x-common: &common {scrape_interval: 5s, metrics_path: /m}
services:
  api: {<<: *common, targets: ["a:1"]}
  web: {<<: *common, targets: ["b:1"], metrics_path: /w}
"""
    api, web = loaded(tmp_path, text).services
    assert (api.scrape_interval, api.metrics_path) == ("5s", "/m")
    assert (web.scrape_interval, web.metrics_path) == ("5s", "/w")


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    assert loaded(tmp_path, "\ufeff" + SMALLEST).name == "shop"


@pytest.mark.parametrize("text", ["[" * 50_000, "{a: " * 50_000, "- " * 50_000, "? " * 50_000])
def test_a_file_that_nests_without_end_does_not_end_the_process(tmp_path: Path, text: str) -> None:
    (tmp_path / "stack.yml").write_text(text)
    assert "nested more than 200 levels deep\nhelp: Flatten the file." in refusal(tmp_path / "stack.yml")


def test_an_alias_that_holds_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text("version: 1\nname: shop\nx-a: &a [*a]\nservices: *a\n")
    assert "an alias contains itself" in refusal(tmp_path / "stack.yml")


def test_refuses_a_second_document_in_the_manifest(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        loaded(tmp_path, service("") + "---\nname: other\n")
    assert "a second YAML document" in str(refused.value)
