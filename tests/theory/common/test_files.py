"""Files are whole or not there, and folders are looked at before work is done."""

import pytest

from theory.common import files


def test_folder_is_checked_before_any_work(tmp_path):
    (tmp_path / "file").write_text("")
    for bad, reason in (
        (tmp_path / "file", "not a directory"),
        (tmp_path / "none" / "report", "no such folder"),
    ):
        with pytest.raises(ValueError, match=f"^out must be a folder .*{reason}"):
            files.folder(bad)
    assert files.folder(tmp_path / "new") == tmp_path / "new"
    assert not (tmp_path / "new").exists()


def test_atomic_file_is_whole_or_untouched(tmp_path):
    target = tmp_path / "kept.txt"
    target.write_text("old")

    def write_and_fail():
        with files.atomic(target) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]
    assert target.read_text() == "old"
    with files.atomic(target) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "new"
