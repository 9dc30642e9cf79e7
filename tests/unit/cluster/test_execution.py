"""A program in a pod: its output comes piece by piece, and its failure has its own words."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from websocket import ABNF, WebSocketTimeoutException

from stackctl.cluster.execution import Execution
from stackctl.errors import Unavailable

OUT, ERR, STATUS = 1, 2, 3
DONE = (STATUS, json.dumps({"status": "Success"}).encode())
FAILED = (STATUS, json.dumps({"status": "Failure", "reason": "NonZeroExitCode"}).encode())


class Socket:
    """The connection to an API server that sends frames, and then closes."""

    def __init__(self, frames: list[tuple[int, bytes]]) -> None:
        self.frames, self.sent, self.is_shut = frames, [], False
        self.sent: list[bytes]

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def recv_data_frame(self, _: bool) -> tuple[int, Any]:
        if not self.frames:
            return ABNF.OPCODE_CLOSE, SimpleNamespace(data=b"")
        channel, content = self.frames.pop(0)
        if channel < 0:
            raise WebSocketTimeoutException("timed out")
        return ABNF.OPCODE_BINARY, SimpleNamespace(data=bytes([channel]) + content)

    def send_binary(self, content: bytes) -> None:
        self.sent.append(content)

    def shutdown(self) -> None:
        self.is_shut = True


def execution(monkeypatch: pytest.MonkeyPatch, *frames: tuple[int, bytes]) -> tuple[Execution, Socket]:
    socket = Socket([*frames])
    asked: list[Any] = []

    def stream(call: Any, *place: str, **options: Any) -> Any:
        asked.append((call, place, options["command"], options["tty"]))
        return SimpleNamespace(sock=socket)

    monkeypatch.setattr("kubernetes.stream.stream", stream)
    made = Execution(SimpleNamespace(connect_get_namespaced_pod_exec="exec"), "shop", "pod-0", ["python3", "x"])
    assert asked == [("exec", ("pod-0", "shop"), ["python3", "x"], False)]
    return made, socket


def test_lines_and_pieces_are_read_across_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [(OUT, b'{"si'), (ERR, b"note"), (OUT, b'ze": 5}\nab'), (OUT, b"cde{}"), (OUT, b"\n"), DONE]
    running, socket = execution(monkeypatch, *frames)
    with running:
        assert running.line(100) == b'{"size": 5}\n'
        assert running.read(5) == b"abcde"
        assert running.line(100) == b"{}\n"
        assert running.read(1) == b""
        running.finish()
    assert socket.is_shut


def test_line_that_is_too_long_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    running, socket = execution(monkeypatch, *[(OUT, b"x" * 10)] * 50)
    running.line(25)
    assert len(socket.frames) >= 46


def test_input_is_sent_in_frames_of_its_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    running, socket = execution(monkeypatch, DONE)
    running.write(b"x" * 40_000)
    assert [each[0] for each in socket.sent] == [0, 0]
    assert sum(len(each) - 1 for each in socket.sent) == 40_000
    running.finish()


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        ([(ERR, b"No space left on device\n"), FAILED], "No space left on device"),
        ([], "it has not ended by itself"),
        ([(STATUS, b"odd")], "it has not ended by itself"),
        ([(-1, b"")], "timed out"),
    ],
)
def test_failure_has_the_words_of_the_program(
    frames: list[tuple[int, bytes]], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, _ = execution(monkeypatch, *frames)
    with pytest.raises(Unavailable) as caught:
        running.finish()
    (problem,) = caught.value.problems
    assert (problem.code, problem.cause) == ("cluster.volume", words)


def test_refused_execution_has_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    from kubernetes.client.exceptions import ApiException

    def stream(*_: Any, **__: Any) -> Any:
        raise ApiException(status=0, reason="Handshake status 403 Forbidden -+-+- {'audit-id': '1'} -+-+- b'{}'")

    monkeypatch.setattr("kubernetes.stream.stream", stream)
    with pytest.raises(Unavailable) as caught:
        Execution(SimpleNamespace(connect_get_namespaced_pod_exec="exec"), "shop", "pod-0", ["x"])
    (problem,) = caught.value.problems
    assert problem.cause == "Handshake status 403 Forbidden"
    assert "`pods/exec`" in str(problem.remedy)
