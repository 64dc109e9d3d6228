"""Where machine code is kept: nobody else may be able to put theirs there."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from xbarsim.kernels.base import _cache

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners and modes are those of POSIX"),
]


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """The folder that stands for this user in a folder for temporary files; the user's cache cannot be written."""
    (tmp_path / "file").write_text("")
    (tmp_path / "tmp").mkdir()
    monkeypatch.delenv("XBARSIM_CACHE", raising=False)
    monkeypatch.setattr(_cache, "user_cache_path", lambda _: tmp_path / "file" / "cache")
    monkeypatch.setattr(_cache.tempfile, "tempdir", str(tmp_path / "tmp"))
    _cache.tell_once.cache_clear()
    return tmp_path / "tmp" / f"xbarsim-{os.getuid()}"


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def silently():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return _cache.cache_folder("key")


def test_the_shared_folder_is_made_for_one_user(shared):
    before = os.umask(0)
    try:
        assert silently() == shared / "kernels" / "key"
    finally:
        os.umask(before)
    assert {mode_of(p) for p in (shared, shared / "kernels", shared / "kernels" / "key")} == {0o700}
    assert silently() == shared / "kernels" / "key"  # and is found again


@pytest.mark.parametrize("part", [".", "kernels", "kernels/key"])
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
def test_a_folder_into_which_others_write_is_not_used(shared, part, mode):
    silently()
    (shared / part).chmod(mode)
    with pytest.warns(UserWarning, match="others can write into") as told:
        found = _cache.cache_folder("key")
    assert len(told) == 1
    assert "\n" not in str(told[0].message)
    assert not found.is_relative_to(shared)
    assert mode_of(found) == 0o700
    assert found.parent == shared.parent


def test_a_folder_that_others_can_only_read_is_used(shared):
    silently()
    shared.chmod(0o755)
    assert silently() == shared / "kernels" / "key"


def test_a_link_is_not_followed(shared, tmp_path):
    (tmp_path / "theirs").mkdir(mode=0o700)
    shared.symlink_to(tmp_path / "theirs")
    with pytest.warns(UserWarning, match="is a link"):
        found = _cache.cache_folder("key")
    assert not found.is_relative_to(shared)
    assert list((tmp_path / "theirs").iterdir()) == []


@pytest.mark.parametrize("part", [".", "kernels", "kernels/key"])
def test_what_belongs_to_somebody_else_is_not_used(shared, part, monkeypatch):
    silently()
    true = os.lstat

    def stranger(path):
        about = true(path)
        if Path(path) != shared / part:
            return about
        return os.stat_result((*about[:4], os.getuid() + 1, *about[5:10]))

    monkeypatch.setattr(os, "lstat", stranger)
    with pytest.warns(UserWarning, match="belongs to somebody else"):
        assert not _cache.cache_folder("key").is_relative_to(shared)


def test_a_file_in_the_way_is_not_used(shared):
    shared.write_text("")
    with pytest.warns(UserWarning, match="this user's alone, but"):
        assert _cache.cache_folder("key").is_dir()


def test_a_folder_of_one_process_goes_with_it(tmp_path):
    (tmp_path / "tmp" / f"xbarsim-{os.getuid()}").mkdir(parents=True)
    (tmp_path / "tmp" / f"xbarsim-{os.getuid()}").chmod(0o777)
    (tmp_path / "file").write_text("")
    script = "from xbarsim.kernels.base import _jit; print(_jit.CACHE_FOLDER, _jit.CACHE_FOLDER.is_dir())"
    environment = {k: v for k, v in os.environ.items() if k != "XBARSIM_CACHE"}
    environment |= {"XDG_CACHE_HOME": str(tmp_path / "file"), "TMPDIR": str(tmp_path / "tmp"), "HOME": str(tmp_path)}
    answer = subprocess.run(
        [sys.executable, "-W", "always", "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    folder, there = answer.stdout.split()
    assert there == "True"
    assert folder.startswith(str(tmp_path / "tmp" / "xbarsim-kernels-"))
    assert not Path(folder).exists()
    assert "others can write into" in answer.stderr


def test_what_the_user_names_is_used_and_told_of_if_everybody_can_write(tmp_path, monkeypatch):
    named = tmp_path / "named"
    monkeypatch.setenv("XBARSIM_CACHE", str(named))
    _cache.tell_once.cache_clear()
    assert silently() == named / "kernels" / "key"
    named.chmod(0o770)  # a group that shares it knows why
    assert silently() == named / "kernels" / "key"
    named.chmod(0o777)
    with pytest.warns(UserWarning, match="everybody can"):
        assert _cache.cache_folder("key") == named / "kernels" / "key"
    named.chmod(0o1777)  # as /tmp: what is there is ours
    assert silently() == named / "kernels" / "key"
    true = os.stat

    def stranger(path, **options):
        about = true(path, **options)
        if Path(path) != named:
            return about
        return os.stat_result((*about[:4], os.getuid() + 1, *about[5:10]))

    monkeypatch.setattr(os, "stat", stranger)
    with pytest.warns(UserWarning, match="somebody else's and everybody can"):
        assert _cache.cache_folder("key") == named / "kernels" / "key"


def test_a_named_folder_that_cannot_be_written_is_told_of(shared, tmp_path, monkeypatch):
    monkeypatch.setenv("XBARSIM_CACHE", str(tmp_path / "file" / "named"))
    with pytest.warns(UserWarning, match="XBARSIM_CACHE: expected a folder that can be written"):
        assert _cache.cache_folder("key") == shared / "kernels" / "key"


def test_the_users_own_cache_is_made_for_the_user_alone(tmp_path, monkeypatch):
    monkeypatch.delenv("XBARSIM_CACHE", raising=False)
    monkeypatch.setattr(_cache, "user_cache_path", lambda _: tmp_path / "deep" / "cache")
    assert silently() == tmp_path / "deep" / "cache" / "kernels" / "key"
    assert mode_of(tmp_path / "deep" / "cache") == 0o700
