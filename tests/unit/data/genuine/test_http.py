"""Downloads against a server on the loopback: cut, resumed, wrong, missing.

Nothing half is ever left in place.
"""

import http.server
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import md5, sha256
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from helpers.damage import WAYS

from mtdis.cli import main
from mtdis.data.genuine import downloads, mirrors
from mtdis.data.genuine import http as transfer
from mtdis.errors import ArtifactError
from mtdis.specs.dataset import Dataset
from mtdis.specs.genuine import GenuineFile

CONTENT = np.random.RandomState(3).bytes(3 * 2**20 + 17)
OTHER = CONTENT[:-1] + b"!"


@dataclass
class Answer:
    """How the server answers under one path."""

    content: bytes = CONTENT
    ranges: bool = True
    headers: dict[str, str] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    """Answers instead of the content, one per request."""
    cuts: list[int] = field(default_factory=list)
    """Bytes after which the connection ends, one per request."""
    shift: int = 0
    """Bytes by which a range is another than the one asked for."""
    asked: list[str] = field(default_factory=list)
    """The Range of each request."""


class Handler(http.server.BaseHTTPRequestHandler):
    answers: dict[str, Answer]

    def do_GET(self) -> None:
        answer = self.answers.get(self.path)
        if answer is None:
            self.send_error(404)
            return
        answer.asked.append(self.headers.get("Range", ""))
        if answer.statuses:
            self.send_error(answer.statuses.pop(0))
            return
        self.give(answer)

    def give(self, answer: Answer) -> None:
        start = self.first(answer)
        if start is None:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(answer.content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = answer.content[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header(
                "Content-Range",
                f"bytes {start + answer.shift}-{len(answer.content) - 1}/{len(answer.content)}",
            )
        for name, value in {"Content-Length": str(len(body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: answer.cuts.pop(0)] if answer.cuts else body)

    def first(self, answer: Answer) -> int | None:
        """The first byte asked for; None if the file has none left."""
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if not asked or not answer.ranges:
            return 0
        return int(asked[1]) if int(asked[1]) < len(answer.content) else None

    def log_message(self, *words: object) -> None:
        pass


class QuietServer(http.server.ThreadingHTTPServer):
    def handle_error(self, *words: object) -> None:
        """A client that leaves early is no news."""


@dataclass
class Server:
    url: str
    answers: dict[str, Answer]

    def file(self, *paths: str, content: bytes = CONTENT) -> GenuineFile:
        return GenuineFile(
            "f.npz",
            tuple(self.url + path for path in paths),
            md5(content).hexdigest(),
            len(content),
        )


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(transfer, "FIRST_PAUSE", 0.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    answers = {"/a": Answer(), "/b": Answer()}
    handler = type("OwnHandler", (Handler,), {"answers": answers})
    with QuietServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Server(f"http://127.0.0.1:{running.server_address[1]}", answers)
        running.shutdown()
        thread.join()


PATH = Path("files/f.npz")


def part_of(server: Server, path: str = "/a") -> Path:
    """Where the bytes of a URL lie until the file is whole."""
    return PATH.with_name(f"f.npz.{sha256((server.url + path).encode()).hexdigest()[:8]}.part")


def obtain(file: GenuineFile, md5_sum: str | None = None) -> dict[str, object]:
    return mirrors.obtain(file, md5_sum or file.md5, PATH)


def alone() -> bool:
    """Whether the file is there, whole, and nothing beside it."""
    return [p.name for p in PATH.parent.iterdir()] == ["f.npz"] and PATH.read_bytes() == CONTENT


def test_a_file_is_fetched_with_size_and_checksums(server):
    file = server.file("/a")
    found = obtain(file)
    assert found["url"] == file.urls[0]
    assert (found["bytes"], found["md5"]) == (len(CONTENT), file.md5)
    assert alone()


def test_a_cut_connection_goes_on_where_it_ended(server):
    server.answers["/a"].cuts = [2**20, 2**20, 5]
    obtain(server.file("/a"))
    asked = server.answers["/a"].asked
    assert asked[0] == ""
    assert len(asked) == 4
    assert all(int(a[6:-1]) > 0 for a in asked[1:])
    assert alone()


def test_a_later_command_goes_on_too(server, monkeypatch):
    server.answers["/a"].cuts = [2**20]
    server.answers["/a"].statuses = []
    monkeypatch.setattr(transfer, "ATTEMPTS", 1)
    held = []

    def killed(*words: object) -> None:
        held.append(part_of(server).stat().st_size)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(transfer.time, "sleep", killed)
        with pytest.raises(KeyboardInterrupt):
            obtain(server.file("/a"))
    assert not PATH.exists()
    assert 0 < held[0] <= 2**20
    obtain(server.file("/a"))
    assert server.answers["/a"].asked == ["", f"bytes={held[0]}-"]
    assert alone()


def test_a_mirror_that_fails_too_costs_nothing_of_what_the_first_url_gave(server, monkeypatch):
    monkeypatch.setattr(transfer, "ATTEMPTS", 1)
    server.answers["/a"].cuts, server.answers["/b"].cuts = [2**20, 0], [5, 0]
    with pytest.raises(
        ArtifactError, match=r"/a: the connection .* kept and continued next time.*\n.*/b: the conn"
    ):
        obtain(server.file("/a", "/b"))
    held = part_of(server).stat().st_size
    assert 5 < held <= 2**20
    assert part_of(server, "/b").stat().st_size == 5
    obtain(server.file("/a", "/b"))
    assert server.answers["/a"].asked[-1] == f"bytes={held}-"
    assert alone()


def test_a_url_that_was_begun_comes_before_those_that_were_not(server, monkeypatch):
    monkeypatch.setattr(transfer, "ATTEMPTS", 1)
    server.answers["/b"].cuts = [2**20, 0]
    with pytest.raises(ArtifactError):
        obtain(server.file("/missing", "/b"))
    assert str(obtain(server.file("/a", "/b"))["url"]).endswith("/b")
    assert server.answers["/a"].asked == []
    assert alone()


def test_a_server_without_ranges_sends_it_all_again(server):
    server.answers["/a"] = Answer(ranges=False, cuts=[2**20])
    obtain(server.file("/a"))
    assert len(server.answers["/a"].asked) == 2
    assert alone()


def test_a_part_of_other_bytes_begins_again(server):
    part = part_of(server)
    part.parent.mkdir()
    part.write_bytes(b"x" * 500)
    obtain(server.file("/a"))
    assert server.answers["/a"].asked == ["bytes=500-", ""]
    assert alone()


def test_a_file_that_changed_while_it_was_fetched_is_not_taken(server, monkeypatch):
    server.answers["/a"].cuts = [2**20]

    def changed(seconds: float) -> None:
        server.answers["/a"].content = OTHER[::-1]

    with monkeypatch.context() as patch:
        patch.setattr(transfer.time, "sleep", changed)
        with pytest.raises(ArtifactError, match=r"has MD5 .* expected"):
            obtain(server.file("/a"))
    assert not PATH.exists()
    server.answers["/a"].content = CONTENT
    obtain(server.file("/a"))
    assert server.answers["/a"].asked[-1] == ""
    assert alone()


@pytest.mark.parametrize("extra", [0, 5], ids=["whole", "longer"])
def test_a_part_with_nothing_left_to_send(extra, server):
    path = part_of(server)
    path.parent.mkdir()
    path.write_bytes(CONTENT + b"x" * extra)
    obtain(replace(server.file("/a"), size=None))
    assert server.answers["/a"].asked == [
        f"bytes={len(CONTENT) + extra}-",
        *([""] if extra else []),
    ]
    assert alone()


def test_a_busy_server_is_asked_again_and_a_missing_file_goes_to_the_mirror(server):
    server.answers["/a"].statuses = [503, 429]
    assert str(obtain(server.file("/missing", "/a"))["url"]).endswith("/a")
    assert len(server.answers["/a"].asked) == 3
    assert alone()


def test_wrong_bytes_go_to_the_mirror_and_leave_nothing(server):
    server.answers["/a"] = Answer(content=OTHER)
    assert str(obtain(server.file("/a", "/b"))["url"]).endswith("/b")
    assert alone()


def test_gzip_files_are_stored_as_they_lie(server):
    server.answers["/a"].headers["Content-Encoding"] = (
        "x-gzip"  # as a server that knows the suffix says
    )
    obtain(server.file("/a"))
    assert alone()


def test_when_no_server_has_it_each_ones_reason_is_told(server):
    server.answers["/a"].statuses = [503] * transfer.ATTEMPTS
    file = server.file("/missing", "/a")
    with pytest.raises(ArtifactError) as caught:
        obtain(GenuineFile(file.name, (*file.urls, "http://127.0.0.1:9/x", "nonsense"), file.md5))
    message = str(caught.value)
    assert "/missing: the server answers 404" in message
    assert "/a: the server answers 503" in message
    assert "/x: the connection failed" in message
    assert "nonsense: Invalid URL" in message
    assert f"put the file at {PATH} by hand" in message
    assert not PATH.exists()


def test_nobody_waits_after_the_last_attempt(server, monkeypatch):
    server.answers["/a"].statuses = [503] * transfer.ATTEMPTS
    pauses = []
    with monkeypatch.context() as patch:
        patch.setattr(transfer, "FIRST_PAUSE", 1.0)
        patch.setattr(transfer.time, "sleep", pauses.append)
        with pytest.raises(ArtifactError):
            obtain(server.file("/a"))
    assert pauses == [1.0, 2.0, 4.0]


def test_another_upload_is_refused_kept_and_taken_once_accepted(server):
    server.answers["/a"] = Answer(content=OTHER)
    found = md5(OTHER).hexdigest()
    file = server.file("/a")
    with pytest.raises(
        ArtifactError, match=f"has MD5 {found} .* expected {file.md5}.*accept: {{f: {found}}}"
    ):
        obtain(file)
    assert not PATH.exists()
    assert obtain(file, found)["md5"] == found
    assert len(server.answers["/a"].asked) == 1  # it was not sent again
    assert PATH.read_bytes() == OTHER
    assert len(list(PATH.parent.iterdir())) == 1


def test_what_lies_there_is_verified_and_not_fetched(server):
    PATH.parent.mkdir()
    PATH.write_bytes(CONTENT)
    assert obtain(server.file("/a"))["url"] is None
    PATH.unlink()
    Path("elsewhere").write_bytes(CONTENT)
    PATH.symlink_to(Path("elsewhere").resolve())
    assert obtain(server.file("/a"))["md5"] == md5(CONTENT).hexdigest()
    assert PATH.is_symlink()
    assert server.answers["/a"].asked == []


def test_a_wrong_file_that_lies_there_is_never_touched(server):
    PATH.parent.mkdir()
    PATH.write_bytes(OTHER[:10])
    with pytest.raises(
        ArtifactError, match=rf"\(10 of {len(CONTENT):,} bytes\).*To fetch it instead, move"
    ):
        obtain(server.file("/a"))
    assert PATH.read_bytes() == OTHER[:10]
    PATH.unlink()
    PATH.symlink_to("nowhere")
    with pytest.raises(ArtifactError, match="a link to one that is not there"):
        obtain(server.file("/a"))


def test_no_room_is_said_before_anything_is_sent(server, monkeypatch):
    monkeypatch.setattr(transfer.shutil, "disk_usage", Mock(return_value=Mock(free=1000)))
    with pytest.raises(
        ArtifactError, match=f"{len(CONTENT):,} bytes are still to come and 1,000 are free"
    ):
        obtain(server.file("/a"))


def test_no_room_keeps_the_part_whose_place_would_not_do_either(server, monkeypatch):
    part = part_of(server)
    part.parent.mkdir()
    part.write_bytes(CONTENT[:500])
    server.answers["/a"].ranges = False
    monkeypatch.setattr(transfer.shutil, "disk_usage", Mock(return_value=Mock(free=1000)))
    with pytest.raises(ArtifactError, match="bytes are still to come and 1,500 are free"):
        obtain(server.file("/a"))
    assert part.read_bytes() == CONTENT[:500]
    monkeypatch.setattr(
        transfer.shutil, "disk_usage", Mock(return_value=Mock(free=len(CONTENT) - 500))
    )
    obtain(server.file("/a"))
    assert alone()


def test_a_folder_that_cannot_be_made_is_said(server):
    PATH.parent.touch()
    with pytest.raises(
        ArtifactError, match=r"f.npz can't be put at files/f.npz or read there: .*exists.*Mend that"
    ):
        obtain(server.file("/a"))


def test_a_full_disk_keeps_what_is_there_and_says_so(server, monkeypatch, full_disk):
    monkeypatch.setattr(transfer, "_check_room", Mock())
    with pytest.raises(
        ArtifactError, match=r"f.npz can't be put at .*No space left.*goes on from what is"
    ):
        mirrors.obtain(server.file("/a"), md5(CONTENT).hexdigest(), full_disk / "f.npz")
    assert not (full_disk / "f.npz").exists()


def test_the_command_shows_the_terms_and_records_what_came(server, monkeypatch, capsys):
    cls = Dataset.member("small_norb")
    names = [file.name for file in cls.files]
    files = tuple(
        GenuineFile(name, (f"{server.url}/a",), md5(CONTENT).hexdigest()) for name in names
    )
    monkeypatch.setattr(cls, "files", files)
    assert main(["download", "--spec", '{"name": "small_norb", "subgrid": {"category": 2}}']) == 0
    shown = capsys.readouterr().err
    for text in (*names, f"{server.url}/a", "research use", "please cite: LeCun"):
        assert text in shown
    record = json.loads(Path("data/downloads/small_norb.json").read_text())
    assert record["format"] == 2
    assert record["licence"] == cls.licence
    assert record["citation"] == cls.citation
    assert list(record["files"]) == sorted(names)
    about = record["files"][names[0]]
    assert (about["bytes"], about["md5"], about["url"]) == (
        len(CONTENT),
        files[0].md5,
        f"{server.url}/a",
    )
    paths = downloads.verified_files(cls(), Path())
    assert [path.name for path in paths] == names
    assert all(path.read_bytes() == CONTENT for path in paths)


def test_a_failed_download_leaves_no_record(server, monkeypatch, capsys):
    cls = Dataset.member("cars3d")
    monkeypatch.setattr(cls, "files", (server.file("/missing"),))
    assert main(["download", "--spec", '{"name": "cars3d"}']) == 2
    assert "could not be fetched" in capsys.readouterr().err
    assert not Path("data/downloads/cars3d.json").exists()


def test_a_server_that_begins_again_each_time_is_given_up(server):
    """Now more, now less: less than the most that was held is no progress."""
    server.answers["/a"] = Answer(ranges=False, cuts=[2**20, 2**10] * 20)
    with pytest.raises(ArtifactError, match=f"{transfer.ATTEMPTS} attempts"):
        obtain(server.file("/a"))
    assert len(server.answers["/a"].asked) == 1 + transfer.ATTEMPTS


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "without an end"])
def test_more_than_the_published_size_is_not_taken(announced, server):
    longer = Answer(content=CONTENT + bytes(2**22))
    if not announced:
        longer.headers = {"Content-Length": "unknown"}
    server.answers["/a"] = longer
    assert str(obtain(server.file("/a", "/b"))["url"]).endswith("/b")
    assert alone()
    PATH.unlink()
    with pytest.raises(ArtifactError, match="the published file has 3,145,745"):
        obtain(server.file("/a"))
    assert not part_of(server).exists()


def test_a_server_that_trickles_is_left_for_the_mirror(server, monkeypatch):
    clock = iter(range(0, 10**9, 4000))  # seconds between two looks at it
    monkeypatch.setattr(transfer.time, "monotonic", lambda: next(clock))
    with pytest.raises(ArtifactError, match=r"/a: .*less than 1,000 bytes.*\n.*/b: .*less than"):
        obtain(server.file("/a", "/b"))
    assert len(server.answers["/a"].asked) == len(server.answers["/b"].asked) == 1
    assert part_of(server).stat().st_size > 0
    monkeypatch.undo()


@pytest.mark.parametrize("how", ["longer", "a link"])
def test_a_part_that_can_be_none_is_dropped(how, server):
    part = part_of(server)
    part.parent.mkdir()
    Path("precious").write_bytes(CONTENT[:100])
    if how == "longer":
        part.write_bytes(CONTENT + b"x")
    else:
        part.symlink_to(Path("precious").resolve())
    obtain(server.file("/a"))
    assert server.answers["/a"].asked == [""]
    assert Path("precious").read_bytes() == CONTENT[:100]
    PATH.with_name("precious").unlink(missing_ok=True)
    assert alone()


def test_a_server_that_sends_another_range_is_begun_again(server):
    part = part_of(server)
    part.parent.mkdir()
    part.write_bytes(CONTENT[:500])
    server.answers["/a"].shift = 200
    obtain(server.file("/a"))
    assert server.answers["/a"].asked == ["bytes=500-", ""]
    assert alone()


def test_over_http_the_first_sha256_holds(server, monkeypatch, capsys):
    """An MD5 can be forged: the same one with another SHA-256 is refused."""
    cls = Dataset.member("cars3d")
    monkeypatch.setattr(cls, "files", (server.file("/a"),))
    words = ["download", "--spec", '{"name": "cars3d"}']
    assert main(words) == 0
    sha = sha256(CONTENT).hexdigest()
    assert f"can be forged. Its SHA-256 is now recorded and holds from here on: {sha}" in (
        capsys.readouterr().err
    )
    record = Path("data/downloads/cars3d.json")
    text, forged = record.read_text(), "0" * 64
    with monkeypatch.context() as patch:
        about = {"bytes": 1, "md5": md5(CONTENT).hexdigest(), "sha256": forged, "url": "http://x"}
        patch.setattr(downloads, "obtain", lambda *_: about)
        assert main(words) == 2
    assert f"SHA-256 {forged}, {record} says {sha}" in capsys.readouterr().err
    assert record.read_text() == text
    assert main(words) == 0


def test_urls_without_tls_come_last():
    for name in ("cars3d", "small_norb", "dsprites", "shapes3d", "mpi3d_toy"):
        for file in Dataset.member(name).files:
            schemes = [url.partition(":")[0] for url in file.urls]
            assert schemes == sorted(schemes, reverse=True)
            assert "https" in schemes


@pytest.mark.parametrize("way", WAYS)
def test_a_part_damaged_in_any_way_ends_in_the_right_file_and_a_folder_is_named(way, server):
    Path("config.yaml").write_text("mine: true")
    part = part_of(server)
    part.parent.mkdir()
    part.write_bytes(CONTENT[: 2**20])
    WAYS[way](part)
    if part.is_dir():
        with pytest.raises(ArtifactError, match=re.escape(str(part))):
            obtain(server.file("/a"))
    else:
        obtain(server.file("/a"))
        assert alone()
    assert Path("config.yaml").read_text() == "mine: true"
