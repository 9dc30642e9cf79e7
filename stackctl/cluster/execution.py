"""A program that the API server runs in a container of a pod: its input and its output, piece by piece."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from stackctl.bounds.deadline import bounded
from stackctl.errors import Unavailable

# Numbers of the streams in the protocol of the API server.
_STDIN, _STDOUT, _STDERR, _STATUS = range(4)
# So long nothing may come, or be taken.
_SILENCE_SECONDS = 120.0
_WORDS_BYTES = 4096
_PIECE_BYTES = 1 << 15


class Execution:
    """A program that runs. Its pieces are read as they are asked for, so that no more than one of them is kept."""

    def __init__(self, api: Any, namespace: str, pod: str, command: Sequence[str]) -> None:
        """Start the program. `api` is that of `kubeconfig.core_api`. Raises Unavailable where that is refused."""
        from kubernetes.client.exceptions import ApiException
        from kubernetes.stream import stream

        self._pod = pod
        streams = {"stdin": True, "stdout": True, "stderr": True, "tty": False}
        try:
            call = api.connect_get_namespaced_pod_exec
            client = stream(call, pod, namespace, command=[*command], **streams, _preload_content=False, binary=True)
        except ApiException as error:
            # The library adds all headers of the answer.
            raise self._refused(str(error.reason).partition(" -+-+- ")[0]) from None
        # Its own methods keep all that has arrived.
        self._socket = client.sock
        self._socket.settimeout(bounded(_SILENCE_SECONDS))
        self._pending, self._words, self._status = b"", b"", b""
        self._is_open = True

    def __enter__(self) -> Execution:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._socket.shutdown()

    def read(self, size: int) -> bytes:
        """Return so many bytes of its output, fewer only at its end. Raises Unavailable."""
        pieces = []
        while size and (self._pending or self._receive()):
            piece, self._pending = self._pending[:size], self._pending[size:]
            size -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def line(self, limit: int) -> bytes:
        """Return a line of its output, as long as it is not longer than that. Raises Unavailable."""
        while b"\n" not in self._pending and len(self._pending) < limit and self._receive(keep=True):
            pass
        line, end, self._pending = self._pending.partition(b"\n")
        return line + end

    def write(self, piece: bytes) -> None:
        """Give it some input. Raises Unavailable."""
        for at in range(0, len(piece), _PIECE_BYTES):
            self._explained(lambda at=at: self._socket.send_binary(bytes([_STDIN]) + piece[at : at + _PIECE_BYTES]))

    def finish(self) -> None:
        """Wait until it has ended. Raises Unavailable with its own words where it has failed."""
        while self._is_open and not self._status:
            self._receive()
        if not _is_success(self._status):
            raise self._refused(self._words.decode(errors="replace").strip() or "it has not ended by itself")

    def _receive(self, *, keep: bool = False) -> bool:
        """Take the next frame; return whether there may be output after it."""
        from websocket import ABNF

        if not self._is_open:
            return False
        kind, frame = self._explained(lambda: self._socket.recv_data_frame(True))
        if kind == ABNF.OPCODE_CLOSE:
            self._is_open = False
        elif kind in (ABNF.OPCODE_BINARY, ABNF.OPCODE_TEXT) and frame.data:
            channel, content = frame.data[0], frame.data[1:]
            if channel == _STDOUT:
                self._pending = self._pending + content if keep else content
            elif channel == _STDERR:
                self._words = (self._words + content)[:_WORDS_BYTES]
            elif channel == _STATUS:
                self._status += content[:_WORDS_BYTES]
        return self._is_open or bool(self._pending)

    def _explained(self, act: Any) -> Any:
        from websocket import WebSocketException

        try:
            return act()
        except (WebSocketException, OSError) as error:
            self._is_open = False
            words = self._words.decode(errors="replace").strip()
            raise self._refused(words or str(error) or type(error).__name__) from None

    def _refused(self, cause: str) -> Unavailable:
        remedy = "Run the command again; `kubectl get events` shows what the cluster says of the pod."
        if " 403 " in cause:
            remedy = "Give the user the rights to `get` and `create` `pods/exec`."
        return Unavailable.of("cluster.volume", f"the pod {self._pod} cannot copy data", cause=cause, remedy=remedy)


def _is_success(status: bytes) -> bool:
    try:
        found = json.loads(status)
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("status") == "Success"
