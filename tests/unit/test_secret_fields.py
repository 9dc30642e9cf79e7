"""The table of secret fields is that of the default images."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.manifest import load
from stackctl.render import render
from stackctl.secret_fields import FIELDS, VERSIONS
from stackctl.tree import Tree
from tests.unit.test_secret_keys import HEAD

# The mappings of Prometheus and Alertmanager that hold each field of the table -> where `extra` has them.
WITHIN = {
    "alertmanager": {
        "global": "global: {%s}",
        "smtp_tls_config": "global: {smtp_tls_config: {%s}}",
        "http_config": "global: {http_config: {%s}}",
    },
    "prometheus": {"sigv4": "remote_write: [{url: http://x, sigv4: {%s}}]"},
}


def test_the_table_is_that_of_the_default_images() -> None:
    defaults = {product: registry.component(product).image.rpartition(":v")[2] for product in VERSIONS}
    assert {product: versions[-1] for product, versions in VERSIONS.items()} == defaults, (
        "a default has changed: run `python -m tests.servers.secret_fields`, and look at what is new"
    )


@pytest.mark.parametrize(("product", "owner", "key"), [row[:3] for row in FIELDS])
def test_no_field_of_the_table_is_rendered_in_a_readable_file(
    tmp_path: Path, product: str, owner: str, key: str
) -> None:
    value = '["hidden-value"]' if key == "secrets" else "{X: [hidden-value]}" if "header" in key else "hidden-value"
    field = f"X: {{{key}: {value}}}" if owner == "http_headers" else f"{key}: {value}"
    tree = rendered(tmp_path, product, owner, field)
    assert any(b"hidden-value" in file.content for _, file in tree)
    assert not [path for path, file in tree if b"hidden-value" in file.content and not file.secret]


def rendered(folder: Path, product: str, owner: str, field: str) -> Tree:
    """A stack whose `extra` has a field in the mapping `owner`, in Docker."""
    if owner.endswith("_configs") and product == c.ALERTMANAGER:
        extra = f"receivers: [{{name: a, {owner}: [{{{field}}}]}}]"
    elif owner.endswith("_sd_configs"):
        extra = f"scrape_configs: [{{job_name: j, {owner}: [{{{field}}}]}}]"
    else:
        around = WITHIN[product].get(owner) or (
            "scrape_configs: [{job_name: j, %s}]"
            if owner == "*"
            else f"scrape_configs: [{{job_name: j, {owner}: {{%s}}}}]"
        )
        if product == c.ALERTMANAGER and owner not in WITHIN[product]:
            around = f"global: {{http_config: {{{owner}: {{%s}}}}}}"
        extra = around % field
    (folder / "stack.yml").write_text(
        f"{HEAD}alertmanager: {{}}\n{product}: {{extra: {{{extra}}}}}\n".replace(
            "alertmanager: {}\nalertmanager", "alertmanager"
        )
    )
    return render(load(folder / "stack.yml", {}), "docker")


@pytest.mark.parametrize("key", ["smtp_auth_password", "slack_api_url", "opsgenie_api_key", "telegram_bot_token"])
def test_global_secrets_of_alertmanager_have_file_twins(tmp_path: Path, key: str) -> None:
    tree = rendered(tmp_path, c.ALERTMANAGER, "global", f"{key}: hidden-value")
    config = tree.yaml(c.ALERTMANAGER_FILE)
    assert config["global"] == {f"{key}_file": f"current/secrets/alertmanager/extra.global.{key}"}
    assert not tree.files[c.ALERTMANAGER_FILE].secret
