"""Results that are kept: found again, and never believed where they are not what was kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probelang.cli import results
from probelang.cli.results import Results
from probelang.diagnostics import Diagnostic
from probelang.project import lint
from probelang.source import Source
from probelang.stored import FIELDS, pack, unpack
from tests.support.specs import bundled

SPEC = "fprobe vfs_raed\nfprobe vfs_read { n = count: u8, count, n, file->f_inod }  # probelang: ignore[PRB2]\n\udcff"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBELANG_CACHE_DIR", str(tmp_path / "cache"))


def files(tmp_path: Path) -> list[str]:
    return sorted(os.listdir(tmp_path / "cache")) if (tmp_path / "cache").exists() else []


def test_diagnostics_come_back_whole() -> None:
    assert FIELDS == Diagnostic.__match_args__
    found = lint(Source("t.pl", SPEC), [bundled("6.1"), bundled("6.12")])
    assert len(found) > 3 and any(one.fix for one in found)
    text = pack(found)
    assert text.isascii() and "\n" not in text
    assert unpack(text, len(SPEC)) == tuple(found)
    assert pack([]) == "" and unpack("", 0) == ()
    # not in a shorter text
    assert unpack(text, 5) is None


@pytest.mark.parametrize(
    "text", ["{}", "[[]]", "[1]", "null", "[" * 100_000, '"x"', "[null]", "NaN", '[["PRB001"]]', "\x00"]
)
def test_what_is_no_diagnostics(text: str) -> None:
    assert unpack(text, 100) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_change_of_it_is_too_odd(data: st.DataObject) -> None:
    """Any value in the place of any other: diagnostics, or nothing."""
    content = json.loads(pack(lint(Source("t.pl", SPEC), [bundled("6.12")])))
    odd = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.just([]), st.just({}))
    part = content
    while True:
        at = data.draw(st.integers(0, len(part) - 1))
        if isinstance(part[at], list) and part[at] and data.draw(st.booleans()):
            part = part[at]
        else:
            part[at] = data.draw(odd)
            break
    found = unpack(json.dumps(content), len(SPEC))
    assert found is None or all(isinstance(one, Diagnostic) for one in found)


def test_kept_and_found(tmp_path: Path) -> None:
    kept = Results("/project")
    assert kept.find("s", "k") is None
    kept.keep("s", "k", "[1]")
    kept.keep("t", "l", "")
    assert kept.save()
    again = Results("/project")
    assert again.find("s", "k") == "[1]" and again.find("t", "l") == ""
    assert again.find("s", "other") is None and Results("/other").find("s", "k") is None
    again.keep("s", "other", "[2]")
    assert again.save()
    assert Results("/project").find("s", "k") is None
    assert Results("/project").find("s", "other") == "[2]"
    assert len(files(tmp_path)) == 1
    assert not Results("/project").save(), "there is nothing new"


def test_runs_at_the_same_time() -> None:
    one, other = Results("/project"), Results("/project")
    one.keep("s", "k", "1")
    other.keep("t", "l", "2")
    assert one.save() and other.save()
    both = Results("/project")
    assert (both.find("s", "k"), both.find("t", "l")) == ("1", "2")


def test_another_probelang(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Results("/project")
    kept.keep("s", "k", "1")
    kept.save()
    monkeypatch.setattr(results, "__version__", "99")
    assert Results("/project").find("s", "k") is None


def test_the_state_of_the_code_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "probelang"
    (package / "lint").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "lint" / "a.py").write_text("1")
    monkeypatch.setattr(results, "__file__", str(package / "cli" / "results.py"))
    installed = results.code_stamp()
    (tmp_path / "pyproject.toml").touch()
    worked_on = results.code_stamp()
    (package / "lint" / "a.py").write_text("22")
    assert len({installed, worked_on, results.code_stamp()}) == 3


def damage(tmp_path: Path, change: object) -> None:
    kept = Results("/project")
    kept.keep("s", "k", '[["a"]]')
    kept.save()
    (name,) = files(tmp_path)
    path = tmp_path / "cache" / name
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"",
        lambda data: data[:-8],
        lambda data: data.replace(b'"a"', b'"b"'),
        lambda data: data.replace(b" k ", b" j "),
        lambda data: b"\xff" + data,
        lambda data: data.replace(b"lint 1", b"lint 2"),
        lambda data: data + b"\n" * (17 << 20),
    ],
)
def test_a_damaged_file_has_nothing(tmp_path: Path, change: object) -> None:
    damage(tmp_path, change)
    kept = Results("/project")
    assert kept.find("s", "k") is None
    kept.keep("s", "k", "new")
    assert kept.save() and Results("/project").find("s", "k") == "new"


def test_its_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "MAX_ENTRIES", 10)
    monkeypatch.setattr(results, "MAX_FILES", 3)
    for number in range(6):
        kept = Results(f"/project{number}")
        for slot in range(20):
            kept.keep(f"{number}.{slot}", "k", "x")
        kept.save()
        os.utime(tmp_path / "cache" / files(tmp_path)[0])
    assert len(files(tmp_path)) == 3
    assert all((tmp_path / "cache" / name).read_bytes().count(b"\n") == 11 for name in files(tmp_path))


def test_no_failure_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").write_text("a file")
    kept = Results("/project")
    kept.keep("s", "k", "1")
    assert not kept.save()
    monkeypatch.setenv("PROBELANG_CACHE_DIR", "")
    monkeypatch.setenv("HOME", "")
    assert not Results("/project").save()
