"""stackctl as a program, without the second that Python takes to import it: a process that has imported all of it is
forked for each command. What is forked is a process of its own, with its own folder, environment, pipes, signals and
exit code. Tests of how the program itself starts run `python -m stackctl` instead.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from pydantic import BaseModel

DEADLINE_SECONDS = 300
Ran = subprocess.CompletedProcess[str]
_ROOT = Path(__file__).parents[1]
# Other packages that stackctl imports where it needs them.
_IMPORTED_LATE = ("docker", "jinja2.sandbox", "jsonschema", "psutil", "requests", "rich.console", "watchfiles")


def stackctl(*arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Ran:
    """Run a command line as a user does, and return its exit code and what it printed."""
    return _program().run(arguments, cwd=cwd, env=env)


@cache
def _program() -> Program:
    return Program(__name__)


class Program:
    """Runs command lines in forks of a process of `module`, which calls `serve`."""

    def __init__(self, module: str, env: Mapping[str, str] | None = None) -> None:
        self._control, its_end = socket.socketpair()
        with its_end:
            command = [sys.executable, "-m", module, str(its_end.fileno())]
            keep = (its_end.fileno(),)
            self._server = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.DEVNULL, pass_fds=keep, env=env)

    def run(
        self,
        arguments: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        more: Any = None,
    ) -> Ran:
        """Run a command line; `more` is for the function that `module` serves. Raises TimeoutExpired."""
        request = [str(cwd or Path.cwd()), dict(os.environ if env is None else env), [*arguments], more]
        connection, its_end = socket.socketpair()
        out, err = _Output(), _Output()
        with connection:
            with its_end:
                socket.send_fds(self._control, [b"."], [its_end.fileno(), out.its_end, err.its_end])
            out.listen()
            err.listen()
            connection.sendall(f"{json.dumps(request)}\n".encode())
            code = _wait(connection)
        if code is None:
            raise subprocess.TimeoutExpired([*arguments], DEADLINE_SECONDS)
        return Ran([*arguments], code, out.text(), err.text())

    def close(self) -> None:
        """End the process that commands are forked from."""
        self._control.close()
        self._server.wait(DEADLINE_SECONDS)


def _wait(connection: socket.socket) -> int | None:
    """The exit code of a command, None when it had to be killed."""
    with connection.makefile("r") as answers:
        child = int(answers.readline())
        ended = threading.Thread(target=lambda: codes.append(int(answers.readline())))
        codes: list[int] = []
        ended.start()
        ended.join(DEADLINE_SECONDS)
        is_late = ended.is_alive()
        if is_late:
            os.kill(child, signal.SIGKILL)
            ended.join()
        return None if is_late else codes[0]


class _Output:
    """All that comes from a pipe until nobody has its other end any more."""

    def __init__(self) -> None:
        self._end, self.its_end = os.pipe()
        self._read = b""
        self._thread = threading.Thread(target=self._run, daemon=True)

    def listen(self) -> None:
        os.close(self.its_end)
        self._thread.start()

    def _run(self) -> None:
        with os.fdopen(self._end, "rb") as file:
            self._read = file.read()

    def text(self) -> str:
        """Return it. Raises TimeoutExpired when what the command has left running keeps the pipe."""
        self._thread.join(DEADLINE_SECONDS)
        if self._thread.is_alive():
            raise subprocess.TimeoutExpired("the end of an output", DEADLINE_SECONDS)
        return self._read.decode(errors="replace")


# -- the process that is forked ---------------------------------------------------------------------------------


def serve(run: Callable[[Any], object]) -> None:
    """Fork for each request, and call `run` there with what was sent as `more`, with `sys.argv` as of a program."""
    _import_everything()
    control = socket.socket(fileno=int(sys.argv[1]))
    while True:
        _, files, _, _ = socket.recv_fds(control, 1, 3)
        if not files:
            return
        if os.fork() == 0:
            control.close()
            _answer(run, *files)
        for file in files:
            os.close(file)
        _forget_ended()


def _import_everything() -> None:
    """Import the package and what it imports only when it is needed, and build the schemas, so that no fork has to."""
    for module in pkgutil.walk_packages(importlib.import_module("stackctl").__path__, "stackctl."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in _IMPORTED_LATE:
        importlib.import_module(name)
    for model in _below(BaseModel):
        if model.__module__.startswith("stackctl."):
            model.model_rebuild()
    gc.freeze()


def _below(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def _forget_ended() -> None:
    """Take the exit codes of forks that have answered."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _answer(run: Callable[[Any], object], place: int, out: int, err: int) -> NoReturn:
    """Run one command, and send its process id and then its exit code."""
    connection = socket.socket(fileno=place)
    folder, environment, arguments, more = json.loads(connection.makefile("r").readline())
    child = os.fork()
    if child == 0:
        connection.close()
        _become(folder, environment, arguments, out, err)
        try:
            run(more)
        except SystemExit as ended:
            _end(ended)
        sys.exit(0)
    for file in (out, err):
        os.close(file)
    connection.sendall(f"{child}\n".encode())
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    connection.sendall(f"{code}\n".encode())
    os._exit(0)


def _end(ended: SystemExit) -> None:
    """End as Python does, but leave the memory to the system: taking it apart is half the time of a short command."""
    if isinstance(ended.code, int):
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ended.code)
    raise ended


def _become(folder: str, environment: dict[str, str], arguments: list[str], out: int, err: int) -> None:
    """Make this process one that a shell has just started."""
    for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), out, err)):
        os.dup2(file, number)
        os.close(file)
    # Those of the process that is forked were made for other files, which could be sought in.
    sys.stdin, sys.stdout = (os.fdopen(number, mode, closefd=False) for number, mode in ((0, "r"), (1, "w")))
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    # Under nohup, or in the background, some of these are ignored.
    for signum in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(signum, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = ["stackctl", *arguments]


def _run(_: None) -> None:
    importlib.import_module("stackctl.cli.main").run()


if __name__ == "__main__":
    serve(_run)
