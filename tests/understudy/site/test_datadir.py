"""The data directory: who holds it, and what is said where it can't be used."""

import os
from pathlib import Path

import pytest

from understudy.settings.loading import SettingsError
from understudy.site.datadir import DataDir, InUse


def without_room(draft: Path) -> None:
    """Writing to it meets a full disk. For what is only written: who reads /dev/full never comes to its end."""
    draft.symlink_to("/dev/full")


def test_a_lock_that_another_has_names_who(data: DataDir) -> None:
    """In use is said where it is in use, with the pid and what to do."""
    with pytest.raises(InUse, match=rf"data_dir.*in use by another understudy \(pid {os.getpid()}\)"):
        data.hold("proxy"), data.hold("proxy")


def test_a_full_disk_is_not_called_in_use(data: DataDir) -> None:
    """The error names the file, the disk's trouble and the way out."""
    for name, make in (("secret", data.secret), ("admin.token", data.admin_token), ("gate.token", data.gate_token)):
        without_room(data.root / f".{name}.{os.getpid()}")
        with pytest.raises(SettingsError, match=rf"data_dir.*{name}: No space left.*; free some, or") as caught:
            make()
        assert not isinstance(caught.value, InUse)


def test_word_for_other_commands_that_can_not_be_left_is_named(data: DataDir) -> None:
    """The error names the file, what the system said, and a way out."""
    data.routes.mkdir()
    data.addresses.mkdir()
    with pytest.raises(SettingsError, match=r"routes\.json: Is a directory; name another data_dir"):
        data.tell_routes(b"{}")
    with pytest.raises(SettingsError, match=r"addresses\.json: Is a directory; name another data_dir"):
        data.tell_addresses({"listen": "127.0.0.1:1"})


def test_a_secret_that_could_not_be_kept_leaves_nothing_behind(data: DataDir) -> None:
    """The next start, with room again, makes a whole one."""
    without_room(data.root / f".secret.{os.getpid()}")
    with pytest.raises(SettingsError):
        data.secret()
    assert len(data.secret()) > 32
    assert [file for file in data.root.iterdir() if file.name.startswith(".")] == []


def test_a_directory_that_can_not_be_written_says_why(tmp_path: Path) -> None:
    """A file in its place, in its way, and a place where nobody may write."""
    file = tmp_path / "file"
    file.touch()
    for place, words in (
        (file, "File exists; a file lies there; name a directory"),
        (file / "below", "Not a directory; a file lies there; name a directory"),
        (Path("/sys/understudy"), "; (let this user write there|mount it for writing), or name another data_dir"),
    ):
        with pytest.raises(SettingsError, match=f'data_dir = "{place}": can\'t be used: .*{words}'):
            DataDir(str(place)).create()


def test_roles_served_one_by_one_stand_side_by_side(data: DataDir) -> None:
    """As long as each of them lives; word of one that was killed goes with the next start."""
    lock = data.hold("proxy")
    data.tell_addresses({"listen": "127.0.0.1:1"})
    data.tell_addresses({"admin": "127.0.0.1:2"})
    assert data.told_addresses() == {"listen": "127.0.0.1:1", "admin": "127.0.0.1:2"}
    lock.release()
    data.tell_addresses({"admin": "127.0.0.1:3"})
    assert data.told_addresses() == {"admin": "127.0.0.1:3"}


@pytest.mark.parametrize("left", [b"", b'{"listen": ', b"\xff"])
def test_word_that_was_cut_is_no_word(data: DataDir, left: bytes) -> None:
    """By a full disk or a power cut: a command finds nothing, and the next start writes it anew."""
    data.addresses.write_bytes(left)
    assert data.told_addresses() == {}
    data.tell_addresses({"admin": "127.0.0.1:1"})
    assert data.told_addresses() == {"admin": "127.0.0.1:1"}
