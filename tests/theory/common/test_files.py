"""Files are whole or not there, links are followed, and paths are looked at before any work is done."""

import errno
import os
import socket
import stat
import threading

import pytest

from theory.common import files

LONGEST = "n" * 255  # a name of as many bytes as file systems take


@pytest.fixture(params=["folder", "pipe", "socket", "link to a pipe", "link to itself"])
def odd(request, tmp_path, monkeypatch):
    """What is no regular file, and why nothing is written there."""
    monkeypatch.chdir(tmp_path)  # a socket's name has to be short
    path, kind = tmp_path / "odd", request.param
    if kind == "folder":
        path.mkdir()
        yield path, "is a folder"
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("odd")
            yield path, "is a pipe, device or socket"
    elif kind == "link to itself":
        path.symlink_to(path)
        yield path, "too many levels of symbolic links"
    else:
        os.mkfifo(tmp_path / "pipe")
        path = tmp_path / "pipe" if kind == "pipe" else path
        if kind != "pipe":
            path.symlink_to("pipe")
        yield path, "is a pipe, device or socket"


def test_nothing_takes_the_place_of_what_is_no_regular_file(odd):
    path, reason = odd
    before = os.lstat(path)
    for refused in (
        lambda: files.writable(path, "json"),
        lambda: files.write(path, b"new", "json"),
        lambda: files.read(path, "json", "a file"),  # a pipe would never end
    ):
        with pytest.raises(ValueError, match=f"^json must be .*{reason}$"):
            refused()
    assert os.lstat(path) == before


def test_names_that_no_file_can_have_are_found_before_any_work(tmp_path):
    for name, reason in (
        (LONGEST + "n", "file name too long"),
        ("a\0b", "and have no null character in it, got .*"),
    ):
        for check in (files.writable, files.folder):
            with pytest.raises(ValueError, match=f"^out must be .*{reason}$"):
                check(tmp_path / name)
    files.write(tmp_path / LONGEST, b"whole")
    assert (tmp_path / LONGEST).read_bytes() == b"whole"


def test_folder_is_checked_before_any_work(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "nowhere").symlink_to("nothing")
    os.mkfifo(tmp_path / "pipe")
    for bad, reason in (
        (tmp_path / "file", "not a directory"),
        (tmp_path / "pipe", "is a pipe, device or socket"),
        (tmp_path / "nowhere", "is a link to nothing"),
        (tmp_path / "none" / "report", "no such folder"),
    ):
        with pytest.raises(ValueError, match=f"^out must be a folder .*{reason}"):
            files.folder(bad)
    assert files.folder(tmp_path / "new") == tmp_path / "new"
    assert not (tmp_path / "new").exists()
    assert files.folder(tmp_path) == tmp_path


def test_a_file_that_cannot_be_written_leaves_the_one_that_was_there(tmp_path, monkeypatch):
    target = tmp_path / "kept.txt"
    files.write(target, b"old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for call in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, call, full)
            with pytest.raises(ValueError, match=r"^out must be a file .*kept.txt: no space left on device$"):
                files.write(target, b"new")
        assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]
        assert target.read_bytes() == b"old"
    files.write(target, b"new")
    assert target.read_bytes() == b"new"


def test_links_are_followed_to_the_file_that_they_lead_to(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "link"
    link.symlink_to("elsewhere/target")
    for content in (b"made", b"replaced"):
        assert files.write(link, content) == link
        assert link.is_symlink()
        assert (tmp_path / "elsewhere" / "target").read_bytes() == content
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["target"]


def test_content_is_on_the_disk_before_its_name_and_the_name_before_the_end(tmp_path, monkeypatch):
    done, fsync, replace = [], os.fsync, os.replace

    def synced(descriptor):
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "content")
        fsync(descriptor)

    def renamed(source, target):
        done.append("name")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    files.write(tmp_path / "file", b"content")
    assert done == ["content", "name", "folder"]


def test_two_that_write_one_file_do_not_mix(tmp_path):
    contents = [bytes([k]) * 10**5 for k in range(4)]
    writers = [threading.Thread(target=files.write, args=(tmp_path / "file", c)) for c in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert (tmp_path / "file").read_bytes() in contents
    assert len(list(tmp_path.iterdir())) == 1


def test_two_arguments_that_are_one_file(tmp_path):
    (tmp_path / "link").symlink_to("file")
    same = (tmp_path / "file", tmp_path / "." / "file", tmp_path / "link")
    for other in same:
        with pytest.raises(ValueError, match=r"^checkpoint must be another file than out, got .* for both$"):
            files.distinct(out=same[0], checkpoint=other)
    files.distinct(out=same[0], checkpoint=tmp_path / "other", json=None, report=None)


def test_what_a_file_may_ask_for():
    assert files.bomb(2**31, 1000) is None
    assert files.bomb(6 * 10**9, 6 * 10**6) == "asks for 6 GB of memory, too many for a file of 6000000 bytes"
    assert files.bomb(10**18, 10**17) is not None
