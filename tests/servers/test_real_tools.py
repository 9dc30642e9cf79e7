"""Real binaries from the machine's own Debian mirror, and the images that are built from them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from stackctl.components import registry
from stackctl.conventions import ALERTMANAGER, PROMETHEUS, PUSHGATEWAY
from stackctl.tools import install
from stackctl.tools.locate import is_at_least
from tests.ports import free_port

pytestmark = pytest.mark.e2e

START_SECONDS = 15
CONFIGURATION = "route: {receiver: none}\nreceivers: [{name: none}]\n"


def need(present: bool, what: str) -> None:
    """In CI what a test needs is there, or the run is red."""
    if not present:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"needs {what}")


@pytest.fixture
def debian_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    need(shutil.which("apt-get") is not None, "a Debian machine with its mirror")
    monkeypatch.setenv("STACKCTL_CACHE_DIR", str(tmp_path / "a: cache, elsewhere"))
    return tmp_path


@pytest.mark.native
def test_debians_alertmanager_starts_from_the_cache_and_keeps_its_pid(debian_tools: Path) -> None:
    alertmanager, amtool = install(["alertmanager", "amtool"], source="debian")
    assert is_at_least(alertmanager.version, "0.27")
    configuration = debian_tools / "alertmanager.yml"
    configuration.write_text(CONFIGURATION)
    subprocess.run([str(amtool.path), "check-config", str(configuration)], check=True)

    address = f"127.0.0.1:{free_port()}"
    argv = [str(alertmanager.path), f"--config.file={configuration.name}", "--storage.path=data"]
    argv += [f"--web.listen-address={address}", "--cluster.listen-address="]
    # Relative paths: the launcher must not change the folder that the program is started in.
    with subprocess.Popen(argv, cwd=debian_tools, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(f"http://{address}/-/ready")
            assert Path(f"/proc/{process.pid}/exe").readlink().name == "prometheus-alertmanager"
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(START_SECONDS) == 0
    assert (debian_tools / "data").is_dir()


@pytest.mark.native
def test_debians_prometheus_has_its_promtool_and_is_new_enough(debian_tools: Path) -> None:
    prometheus, promtool = install(["prometheus", "promtool"], source="debian")
    assert is_at_least(prometheus.version, "3.0")
    assert promtool.version == prometheus.version
    assert promtool.path.parent == prometheus.path.parent


@pytest.mark.docker
@pytest.mark.parametrize("component", [PROMETHEUS, ALERTMANAGER, "node", PUSHGATEWAY, "blackbox"])
def test_images_run_unprivileged_with_a_shell_and_wget(component: str) -> None:
    image = registry.component(component).image
    need(docker("image", "inspect", image).returncode == 0, f"the image {image}")
    data = registry.component(component).container.data or "/tmp"
    hardened = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", f"--volume={data}", "--init"]
    probe = f"id -u && touch {data}/file && wget --help 2>/dev/null && echo wget"
    ran = docker("run", "--rm", *hardened, "--entrypoint=/bin/sh", image, "-c", probe)
    assert ran.stdout.split() == ["65534", "wget"], ran.stderr


def docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("docker") is None:
        return subprocess.CompletedProcess(arguments, 127)
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)


def wait_for(url: str) -> None:
    give_up = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)
