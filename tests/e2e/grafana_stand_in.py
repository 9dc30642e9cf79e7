"""A stand-in for Grafana: it loads what is provisioned, and answers as Grafana's documentation says.

It proves nothing of Grafana itself. It lets the checks of Grafana be broken one by one on a stack that runs: what it
has loaded can be changed behind stackctl's back by a POST to `/-/break`.

It does what a real one was seen to do: it expands provisioning files after reading them, does not start with a folder
`General`, takes the administrator's password of its first start only, adopts a dashboard made by hand that has the
title of a provisioned one, and deletes it with that one. After five wrong passwords it refuses the right one too. As a
version before 11 (STAND_IN_VERSION) it loads no dashboard with the title of a folder. Its store of variables is keyed
by their `id`, so that of several with one `id` only the last is left.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

Answer = tuple[int, Any]
# Wrong passwords after which Grafana refuses a user for some minutes.
TRIES = 5
_EXPANDER = re.compile(r"\$(|__\w+)\{([^}]+)\}")
_VARIABLE = re.compile(r"\$(?:\{(\w*)[^}]*\}|(\w+)|([*#$@!?-]))")


def expand(value: str, environ: Mapping[str, str]) -> str:
    """Return a text of a provisioning file as Grafana reads it."""
    return "$".join(_expanded(part, environ) for part in value.split("$$"))


def _expanded(text: str, environ: Mapping[str, str]) -> str:
    text = _EXPANDER.sub(lambda m: environ.get(m[2], "") if m[1] in ("", "__env") else m[0], text)
    text = _EXPANDER.sub(lambda m: Path(m[2]).read_text().strip() if m[1] == "__file" else m[0], text)
    # As a shell would, in what has just been put in too.
    return _VARIABLE.sub(lambda m: environ.get(m[1] or m[2] or "", ""), text)


def expand_all(value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return expand(value, environ)
    if isinstance(value, dict):
        return {key: expand_all(each, environ) for key, each in value.items()}
    return [expand_all(each, environ) for each in value] if isinstance(value, list) else value


def stored(board: dict[str, Any]) -> dict[str, Any]:
    """Return a dashboard as Grafana shows it: with the variables that are left in its store."""
    listed = board.get("templating", {}).get("list", [])
    kept = {variable.get("id", number): variable for number, variable in enumerate(listed)}
    return {**board, "templating": {**board.get("templating", {}), "list": list(kept.values())}}


class Loaded:
    """What has been provisioned, and what has been broken of it."""

    def __init__(self) -> None:
        self.database = Path(os.environ["GF_PATHS_DATA"], "stand-in.json")
        if not self.database.exists():
            path = os.environ["GF_SECURITY_ADMIN_PASSWORD"][len("$__file{") : -1]
            self.set_password(Path(path).read_text().strip())
        self.folder = Path(os.environ["GF_PATHS_PROVISIONING"])
        self.version = os.environ.get("STAND_IN_VERSION", "13.2.3")
        self.broken: dict[str, Any] = {}
        self.failures = 0
        self.load()

    @property
    def password(self) -> str:
        return str(json.loads(self.database.read_text())["password"])

    def set_password(self, password: str) -> None:
        self.database.write_text(json.dumps({"password": password}))

    def load(self) -> None:
        (datasources,) = self.folder.glob("datasources/*.yml")
        self.datasources = {each["uid"]: each for each in provisioned(datasources)["datasources"]}
        self.dashboards: dict[str, tuple[str, dict[str, Any]]] = {}
        for provider in (each for path in self.folder.glob("dashboards/*.yml") for each in providers(path)):
            if provider["folder"].lower() == "general":
                sys.exit("a folder with that name already exists")
            for path in sorted(Path(provider["options"]["path"]).glob("*.json")):
                board = json.loads(path.read_text())
                if self.loads(board["title"]):
                    self.dashboards[board["uid"]] = (provider["folder"], stored(board))
                    # One that was made by hand, of its uid or of its title in its folder, becomes the provisioned one.
                    place = (board["title"], provider["folder"])
                    self.broken["made"] = [
                        made
                        for made in self.broken.get("made", ())
                        if made["uid"] != board["uid"] and (made["title"], made["folder"]) != place
                    ]

    def loads(self, title: str) -> bool:
        folders = {each["folder"] for path in self.folder.glob("dashboards/*.yml") for each in providers(path)}
        return title not in folders or int(self.version.partition(".")[0]) >= 11

    def answer(self, method: str, path: str, login: str, body: bytes) -> Answer:
        if path == "/-/break":
            self.broken = json.loads(body)
            self.failures = 0
            return 200, {}
        if path == "/api/health":
            return 200, {"database": self.broken.get("database", "ok"), "version": self.version}
        if self.failures >= TRIES or login != f"admin:{self.broken.get('password', self.password)}":
            self.failures += 1
            return 401, {"message": "Invalid username or password"}
        if path == "/api/user":
            return 200, {"login": "admin"}
        if path == "/api/user/password":
            wanted = json.loads(body)
            if wanted["oldPassword"] != self.password:
                return 401, {"message": "invalid old password"}
            self.set_password(wanted["newPassword"])
            return 200, {"message": "User password changed"}
        if path == "/api/admin/provisioning/dashboards/reload":
            self.load()
            return 200, {"message": "Dashboards config reloaded"}
        if path == "/api/admin/provisioning/datasources/reload":
            self.load()
            self.broken.pop("datasource", None)
            return 200, {"message": "Datasources config reloaded"}
        if path == "/api/folders":
            if method == "POST":
                title = json.loads(body)["title"]
                return 200, {"uid": title, "title": title}
            return 200, [{"uid": folder, "title": folder} for folder in {each[0] for each in self.dashboards.values()}]
        if path == "/api/dashboards/db":
            wanted = json.loads(body)
            made = {**wanted["dashboard"], "folder": wanted.get("folderUid", "")}
            self.broken["made"] = [*self.broken.get("made", ()), made]
            return 200, {"status": "success"}
        if path == "/api/datasources":
            return 200, list(self.datasources.values())
        if path.startswith("/api/datasources/uid/"):
            return self.datasource(path.removeprefix("/api/datasources/uid/"))
        return self.dashboard(path, body)

    def datasource(self, rest: str) -> Answer:
        uid, _, what = rest.partition("/")
        found = None if uid == self.broken.get("datasource") else self.datasources.get(uid)
        if found is None:
            return 404, {"message": "Data source not found"}
        if what == "health":
            bad = self.broken.get("unreachable")
            return (400, {"status": "ERROR", "message": bad}) if bad else (200, {"status": "OK"})
        return 200, found

    def dashboard(self, path: str, body: bytes) -> Answer:
        renamed = self.broken.get("renamed", {})
        boards = {
            uid: (folder, {**board, "title": renamed.get(board["title"], board["title"])})
            for uid, (folder, board) in self.dashboards.items()
            if board["title"] != self.broken.get("dashboard")
        }
        made = {each["uid"]: (each["folder"], each) for each in self.broken.get("made", ())}
        boards = {**boards, **made}
        if path.startswith("/api/search"):
            return 200, [
                {"uid": uid, "title": board["title"], "type": "dash-db", "folderTitle": folder}
                for uid, (folder, board) in boards.items()
            ]
        if path.startswith("/api/dashboards/uid/"):
            found = boards.get(path.rpartition("/")[2])
            meta = {"provisioned": path.rpartition("/")[2] not in made}
            return (200, {"dashboard": found[1], "meta": meta}) if found else (404, {"message": "Dashboard not found"})
        if path == "/api/ds/query":
            results = {query["refId"]: self.query(query) for query in json.loads(body)["queries"]}
            return (400 if any("error" in each for each in results.values()) else 200), {"results": results}
        return 404, {"message": "Not found"}

    def query(self, query: dict[str, Any]) -> dict[str, Any]:
        url = self.datasources[query["datasource"]["uid"]]["url"] + "/api/v1/query"
        data = urllib.parse.urlencode({"query": query["expr"]}).encode()
        try:
            with urllib.request.urlopen(url, data, timeout=5) as answer:
                result = json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as error:
            return {"error": json.load(error)["error"], "status": 400}
        except OSError as error:
            return {"error": f"connection failed: {error}", "status": 502}
        columns = [[each["value"][0] for each in result], [each["value"][1] for each in result]]
        return {"status": 200, "frames": [{"schema": {}, "data": {"values": columns if result else []}}]}


def provisioned(path: Path) -> dict[str, Any]:
    return dict(expand_all(yaml.safe_load(path.read_text()), os.environ))


def providers(path: Path) -> list[dict[str, Any]]:
    return list(provisioned(path)["providers"])


def serve() -> None:
    loaded = Loaded()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            login = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
            path = self.path.partition("?")[0]
            own = path == "/metrics"
            status, answer = (200, None) if own else loaded.answer(self.command, path, login, body)
            data = b"grafana_build_info 1\n" if own else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4" if own else "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            self.do_GET()

        def do_PUT(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            pass

    address = os.environ["GF_SERVER_HTTP_ADDR"], int(os.environ["GF_SERVER_HTTP_PORT"])
    ThreadingHTTPServer(address, Handler).serve_forever()


def reset_password() -> None:
    """Do what `grafana cli --homepath HOME admin reset-admin-password --password-from-stdin` does."""
    assert sys.argv[1:2] + sys.argv[4:] == ["cli", "admin", "reset-admin-password", "--password-from-stdin"], sys.argv
    assert sys.argv[2] == "--homepath"
    assert Path(sys.argv[3], "conf", "defaults.ini").is_file()
    database = Path(os.environ["GF_PATHS_DATA"], "stand-in.json")
    assert database.is_file()
    database.write_text(json.dumps({"password": sys.stdin.read().strip()}))


def install(folder: Path) -> Path:
    """Install it in `folder` as Grafana is, and return the folder of the program."""
    program, defaults = folder / "bin" / "grafana", folder / "conf" / "defaults.ini"
    for path in (program, defaults):
        path.parent.mkdir(parents=True)
    defaults.touch()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).resolve()}" "$@"\n')
    program.chmod(0o755)
    return program.parent


if __name__ == "__main__":
    reset_password() if sys.argv[1:2] == ["cli"] else serve()
