"""Every integration of a receiver, as a real amtool reads what is rendered of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.render import render
from stackctl.render.write import write
from stackctl.tools import require
from tests.contract.checkers import needs

HEAD = 'version: 1\nname: x\nservices: {a: {targets: ["localhost:9"]}}\n'
SECRET = "right-horse"
RECEIVERS = {
    "telegram": f"{{bot_token: '7:{SECRET}', chat_id: 5}}",
    "discord": f"{{webhook_url: 'https://d.example/{SECRET}'}}",
    "pushover": f"{{user_key: {SECRET}, token: {SECRET}}}",
    "rocketchat": f"{{token_id: {SECRET}, token: {SECRET}, channel: c}}",
    "mattermost": f"{{webhook_url: 'https://m.example/{SECRET}', channel: c}}",
    "victorops": f"{{api_key: {SECRET}, routing_key: team}}",
    "webex": f"{{room_id: r, http_config: {{authorization: {{credentials: {SECRET}}}}}}}",
    "wechat": f"{{api_secret: {SECRET}, corp_id: c}}",
    "jira": f"{{project: P, issue_type: Bug, api_url: 'https://j.example/', http_config: "
    f"{{basic_auth: {{username: u, password: {SECRET}}}}}}}",
    "sns": "{topic_arn: 'arn:aws:sns:us-east-2:123456789012:topic', sigv4: {region: us-east-2}}",
    "incidentio": f"{{url: 'https://i.example/', alert_source_token: {SECRET}}}",
    "msteams": f"{{webhook_url: 'https://t.example/{SECRET}'}}",
    "slack": f"{{app_token: {SECRET}, app_url: 'https://s.example/', channel: c}}",
}
# The oldest Alertmanager that stackctl works with has no `_file` twin for these: all of the file is a secret one.
WITHOUT_TWIN = {"wechat"}


@pytest.mark.parametrize("place", ["receivers", "extra"])
@pytest.mark.parametrize("kind", RECEIVERS)
def test_integrations_are_accepted_and_their_secrets_are_files(tmp_path: Path, kind: str, place: str) -> None:
    needs("amtool")
    if place == "receivers":
        section = f"receivers: {{team: {{{kind}: {RECEIVERS[kind]}}}}}, routing: {{default: team}}"
    else:
        extra = f"{{receivers: [{{name: team, {kind}_configs: [{RECEIVERS[kind]}]}}]}}"
        section = f"receivers: {{}}, route: {{receiver: team}}, extra: {extra}"
    (tmp_path / "stack.yml").write_text(f"{HEAD}alertmanager: {{{section}}}\n")
    tree = render(load(tmp_path / "stack.yml", {}), "native")
    write(tree, tmp_path / "tree")
    config = tree.files["alertmanager/alertmanager.yml"]
    assert config.secret if kind in WITHOUT_TWIN else SECRET not in config.content.decode()
    command = [require("amtool").path, "check-config", tmp_path / "tree" / "alertmanager" / "alertmanager.yml"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
