"""Many targets in one process: `python served.py PORT SERIES` serves so many series at every address of loopback."""

from __future__ import annotations

import asyncio
import gzip
import sys

SHARDS = 10


def page(series: int) -> bytes:
    """A scrape of about so many series, one counter and all its labels."""
    lines = ["# TYPE requests_total counter"]
    for shard in range(SHARDS):
        lines += [
            f'requests_total{{shard="{shard}",path="/{path}"}} {shard + path}' for path in range(series // SHARDS)
        ]
    return ("\n".join(lines) + "\n").encode()


async def serve(port: int, series: int) -> None:
    body = gzip.compress(page(series))
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Encoding: gzip\r\n"
    answer = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(converse, "0.0.0.0", port) as server:  # the targets are all over 127.0.0.0/8
        print("ready", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
