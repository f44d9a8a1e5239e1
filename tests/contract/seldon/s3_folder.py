"""A folder as an S3 gateway that can list and read: buckets are its folders."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

PAGE = 2  # small, so that paging is used


@contextmanager
def serving(root: Path) -> Iterator[tuple[str, list[str]]]:
    """(its URL, the paths that were asked for so far)."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            parts = urlsplit(self.path)
            bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
            folder = root / bucket
            if not folder.is_dir():
                self.answer(404, b"<Error><Code>NoSuchBucket</Code></Error>")
            elif not key:
                self.answer(200, listing(folder, parse_qs(parts.query)).encode())
            elif (folder / key).is_file():
                self.answer(200, (folder / key).read_bytes())
            else:
                self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

        def answer(self, code: int, body: bytes) -> None:
            self.send_response(code)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def listing(folder: Path, query: dict[str, list[str]]) -> str:
    prefix = query.get("prefix", [""])[0]
    keys = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    keys = [key for key in keys if key.startswith(prefix)]
    start = int(query.get("continuation-token", ["0"])[0])
    contents = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in keys[start : start + PAGE])
    more = start + PAGE < len(keys)
    token = f"<NextContinuationToken>{start + PAGE}</NextContinuationToken>" if more else ""
    return (
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{contents}</ListBucketResult>"
    )
