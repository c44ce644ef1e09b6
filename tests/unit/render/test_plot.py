"""`--plot`: a file of the kind that was asked for, with everything in it that a figure can say without being looked at."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from probelang.render.plot import PlotError, check_plot, write_plot
from probelang.tracing.hits import Hit
from probelang.tracing.recording import Recording
from tests.support.traced import made_hits, traced

HOSTILE = "<b>$x^2$\x1b[31m\u202e\x00&\udc80漢"


def _recording(hits: int) -> Recording:
    recording = Recording(traced())
    recording.take(made_hits(hits))
    return recording


@pytest.mark.parametrize(
    ("ending", "magic"),
    [(".png", b"\x89PNG\r\n"), (".svg", b"<?xml"), (".pdf", b"%PDF-"), (".PNG", b"\x89PNG\r\n")],
)
def test_formats(ending: str, magic: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"out{ending}"
    check_plot(str(path))
    write_plot(str(path), _recording(300), "reads.pl", 10**9)
    assert path.read_bytes().startswith(magic)


@pytest.mark.parametrize("hits", [0, 1, 2, 5000])
@pytest.mark.parametrize("lost", [0, 5])
def test_few_hits(hits: int, lost: int, tmp_path: Path) -> None:
    recording = _recording(hits)
    if lost:
        recording.lose(0, lost)
    files = [tmp_path / "1.svg", tmp_path / "2.svg"]
    for file in files:
        write_plot(str(file), recording, "reads.pl", hits * 10**6)
    assert files[0].read_bytes() == files[1].read_bytes(), "the same run is the same file"
    comments = re.findall("<!-- (.*?) -->", files[0].read_text())
    assert "reads.pl" in comments
    assert any(f"{hits:,} hit" in said for said in comments)
    assert ("no hit" in comments) == (hits == 0)
    if hits == 5000:
        # what is not in the picture is no picture of these hits
        for said in ("took", "100 µs", "64 KiB", '"data"', "-2 ENOENT", "postgres", "since the first hit"):
            assert any(said.replace('"', '"') in comment for comment in comments), said


def test_hostile_texts(tmp_path: Path) -> None:
    read = traced()[0]
    recording = Recording(traced())
    recording.take([Hit(read, 10**9 + n, 0, 1, HOSTILE + str(n), (n, n, HOSTILE * n, n)) for n in range(12)])
    file = tmp_path / "out.svg"
    write_plot(str(file), recording, HOSTILE * 20, 10**9)
    for element in ElementTree.parse(file).iter():
        assert not element.tag.endswith(("script", "image"))
    write_plot(str(tmp_path / "out.png"), recording, HOSTILE, 10**9)


def test_many_panels(tmp_path: Path) -> None:
    events = traced(
        "group io\n" + "\n".join(f"e{number} = fprobe vfs_read {{ count }}" for number in range(30))
    )
    recording = Recording(events)
    recording.take([Hit(event, 10**9 + place, 0, 1, "x", (place,)) for place, event in enumerate(events)])
    file = tmp_path / "out.svg"
    write_plot(str(file), recording, "x", 10**9)
    assert "and 36 more panels" in file.read_text()


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(
        PlotError, match=re.escape("needs matplotlib, which is not installed: pip install 'probelang[plot]'")
    ):
        check_plot("out.png")


def test_it_is_imported_late() -> None:
    code = "import sys, probelang.render.recorder, probelang.render.top; print('matplotlib' in sys.modules, 'numpy' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "False False\n"
