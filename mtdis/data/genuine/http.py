"""One file over HTTP, in a part file that a later attempt continues (RFC 9110: Range).

That a server may have another file by then is not asked here: who downloads knows its MD5.

`requests` does the transfer. Looked at and not taken on 2026-11-22: pooch 1.9 and parfive 2.3 begin
again after a cut, pypdl 1.5 appends whatever a server without Range sends, resumable-urlretrieve
0.1 is no longer kept up.
"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import requests
from urllib3.exceptions import HTTPError

from mtdis.progress import progress_bar

BLOCK = 2**20
ATTEMPTS = 4
"""Attempts in a row that bring no byte, after which a server is given up."""
FIRST_PAUSE = 1.0
"""Seconds before the second of these attempts; each later pause is twice as long."""
SILENCE = (20, 60)
"""Seconds to wait for a connection, and for the next byte."""
BUSY = (408, 425, 429, 500, 502, 503, 504)
"""Answers after which another attempt may go well."""


LEAST_SPEED, WINDOW = 1000, 60.0
"""Bytes a second, over so many seconds, below which another server is asked."""
BEYOND = (
    "the published file has {:,}. If another upload is wanted, fetch it by hand, put it there, and"
    " `accept` its MD5 in the dataset's settings"
)


class TransferError(Exception):
    """A server did not give the file; the message says why."""


class _CutShortError(Exception):
    """An attempt ended before the file did; another may continue it."""


def download(url: str, part: Path, size: int | None = None) -> None:
    """Make `part` the whole file that `url` gives, of `size` bytes if that is known, going on from
    what is there of it.

    TransferError if the server does not give it; OSError if the disk does not take it.
    """
    # a link would lead elsewhere, and a pipe would be waited for
    other = part.is_symlink() or (part.exists() and not part.is_file())
    if other or (size is not None and _held(part) > size):
        part.unlink()  # not of this file
    idle, most = 0, _held(part)
    while idle < ATTEMPTS:
        try:
            _attempt(url, part, size)
            return
        except _CutShortError as error:
            # by the most ever held: a server that begins again each time would never end
            idle = 0 if _held(part) > most else idle + 1
            most, reason = max(most, _held(part)), str(error)
        if idle < ATTEMPTS:
            time.sleep(FIRST_PAUSE * 2 ** (idle - 1) if idle else 0)
    raise TransferError(
        f"{reason} ({ATTEMPTS} attempts; {_held(part):,} bytes are kept and continued next time)"
    )


def _held(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _attempt(url: str, part: Path, size: int | None) -> None:
    held = _held(part)
    headers = {"Accept-Encoding": "identity"}  # the checksum is of the file as it lies there
    if held:
        headers["Range"] = f"bytes={held}-"
    try:
        with requests.get(url, headers=headers, stream=True, timeout=SILENCE) as response:
            if url.startswith("https:") and not response.url.startswith("https:"):
                raise TransferError(
                    f"it leads to {response.url}, which anybody on the way can forge"
                )
            _receive(response, part, held, size)
    except (requests.ConnectionError, requests.Timeout, HTTPError) as error:
        raise _CutShortError(f"the connection failed: {error}") from None
    except requests.RequestException as error:
        raise TransferError(str(error)) from None


def _receive(response: requests.Response, part: Path, held: int, size: int | None) -> None:
    if response.status_code == 416:
        _nothing_left(response, part, held)
        return
    if response.status_code in BUSY:
        raise _CutShortError(f"the server answers {response.status_code} {response.reason}")
    if response.status_code not in (200, 206):
        raise TransferError(f"the server answers {response.status_code} {response.reason}")
    start, total = _extent(response)
    if start not in (0, held):
        part.unlink()
        raise _CutShortError(
            f"the server was asked for the bytes from {held:,} and sends those from {start:,}"
        )
    if size is not None and total is not None and total > size:
        raise TransferError(f"the server has {total:,} bytes, {BEYOND.format(size)}")
    _check_room(part, (total or 0) - start, given_up=0 if start else _held(part))
    name = Path(part.stem).stem
    with part.open("ab" if start else "wb") as file, progress_bar(total or 0, name, "B") as bar:
        bar.update(start)
        for block in _blocks(response):
            file.write(block)
            bar.update(len(block))
            if size is not None and file.tell() > size:
                part.unlink()
                raise TransferError(f"the server does not end, {BEYOND.format(size)}")
    if total is not None and _held(part) != total:
        raise _CutShortError(f"the connection ended after {_held(part):,} of {total:,} bytes")


def _blocks(response: requests.Response) -> Iterator[bytes]:
    """The bytes that the server sends, as they come; TransferError if it comes too slowly."""
    begun, count = time.monotonic(), 0
    while block := response.raw.read1(BLOCK, decode_content=False):
        yield block
        count += len(block)
        if (seconds := time.monotonic() - begun) >= WINDOW:
            if count < LEAST_SPEED * seconds:
                raise TransferError(
                    f"the server sends less than {LEAST_SPEED:,} bytes a second; what came is kept"
                )
            begun, count = time.monotonic(), 0


def _nothing_left(response: requests.Response, part: Path, held: int) -> None:
    """Take the answer to a request for bytes beyond the end: the part is whole, or is not of this
    file and is removed.
    """
    _, _, total = response.headers.get("Content-Range", "").rpartition("/")
    if total != str(held):
        part.unlink(missing_ok=True)
        raise _CutShortError(
            f"the server has {total or 'fewer'} bytes, {held:,} are here; begun again"
        )


def _extent(response: requests.Response) -> tuple[int, int | None]:
    """The first byte that is sent, and the size of the whole file if the server says."""
    if response.status_code == 206:
        span, _, total = (
            response.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
        )
        first = span.partition("-")[0]
        return int(first) if first.isdigit() else -1, int(total) if total.isdigit() else None
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


def _check_room(part: Path, needed: int, given_up: int) -> None:
    """Raise TransferError unless there is room for so many bytes, once so many of the part are
    removed.
    """
    free = shutil.disk_usage(part.parent).free + given_up
    if needed > free:
        raise TransferError(
            f"{needed:,} bytes are still to come and {free:,} are free in {part.parent.resolve()}"
        )
