"""Build the documentation as a static site: every document as it is, and a page for each rule and example.

    pip install -e '.[docs]'
    python scripts/build_site.py build/site

The documents stay plain Markdown. What the site has besides is made here, in a copy of them: captions for blocks that
have a file's name, a kernel or expected codes, pages of rules out of the table of rules, pages of examples out of
`examples/`. A link that leads nowhere, a document that no list of contents has, and every other warning of Sphinx fails.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from pathlib import Path

from probelang import __version__
from probelang.render.rule import PARTS, render_markdown
from probelang.rules import RULES

ROOT = Path(__file__).resolve().parent.parent

#: The list of contents; a name is a document in `docs/`. One that is not named here comes last.
CONTENTS = {
    "First steps": ("tutorial", "kinds", "coming-from", "mistakes"),
    "The language": ("language", "programs", "/examples/index"),
    "Kernels and backends": ("kernels", "tracefs", "perf", "bpftrace", "support", "commands"),
    "At work": ("run", "hits", "summaries", "lint", "ci", "editors", "lsp", "api", "diagnostics"),
    "How it is proven": ("testing", "limits", "performance"),
    "The project": ("/CHANGELOG", "/CONTRIBUTING", "/vscode-extension/README", "/tests/kernels/README"),
}
PAGES = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "vscode-extension/README.md",
    "tests/kernels/README.md",
)

SETTINGS = {
    "project": "probelang",
    "author": "the authors of probelang",
    "release": __version__,
    "html_title": f"probelang {__version__}",
    "extensions": ["myst_parser", "site_extension"],
    "html_theme": "furo",
    "html_theme_options": {"navigation_with_keys": True},
    "html_copy_source": False,
    "html_show_sourcelink": False,
    "html_show_copyright": False,
    "html_show_sphinx": False,
    "pygments_style": "default",
    "pygments_dark_style": "github-dark",
    "highlight_language": "none",
    "myst_heading_anchors": 4,
    "nitpicky": True,
    "smartquotes": False,
    "html_static_path": ["static"],
    "html_css_files": ["site.css"],
}

#: What is said of a guest that has more than its kernel.
BESIDES = {"tools": ", with bpftrace and perf", "probelang": ", where probelang is installed"}

CSS = """\
.code-block-caption { font-size: var(--font-size--small); color: var(--color-foreground-secondary); text-align: left }
.code-block-caption a.headerlink { display: none }
table.docutils { margin-left: 0 }
"""

_FENCE = re.compile(
    r"(?:^<!-- (?P<mark>PRB[^\n]*?) -->\n)?^```(?P<kind>\w+)(?P<info>[^\n]*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)#\s]+)")


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the documentation as a static site.")
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder of the site")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="probelang-site-") as folder:
        return build(Path(folder), options.out)


def build(stage: Path, out: Path) -> int:
    """Make the site; the exit status, 1 with warnings."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    write_sources(stage / "source")
    (stage / "static").mkdir()
    (stage / "static" / "site.css").write_text(CSS)
    # some settings are the theme's, and known only where a file has them
    (stage / "conf.py").write_text("".join(f"{name} = {value!r}\n" for name, value in SETTINGS.items()))
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            str(stage / "source"),
            str(stage),
            str(out),
            str(stage / "doctrees"),
            "html",
            status=None,
            warningiserror=True,
            exception_on_warning=False,
            freshenv=True,
        )
        app.build()
    return int(app.statuscode)


def write_sources(stage: Path) -> None:
    """The sources of the site: a copy of the documents with what the site has besides."""
    documents = [*PAGES, *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").glob("*.md")))]
    for name in documents:
        text = (ROOT / name).read_text()
        _write(stage, "index.md" if name == "README.md" else name, _document(text) + _contents(name))
        _copy_files(stage, name, text)
    _write_rules(stage)
    _write_examples(stage)


def _write(stage: Path, name: str, text: str) -> None:
    path = stage / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _document(text: str) -> str:
    text = re.sub(r"(?<=\]\()((?:\.\./)*)examples(?=\))", r"\1examples/index.md", text)
    text = re.sub(r"(?<=\]\()((?:\.\./)*)README\.md(?=[)#])", r"\1index.md", text)
    return _FENCE.sub(_captioned, text)


def _captioned(match: re.Match[str]) -> str:
    """A block with what its first line says above it."""
    kind, info, text = match["kind"], match["info"].strip(), match["text"]
    said = []
    if kind in ("console", "sh") and info:
        words = info.split()
        tools = next((BESIDES[word] for word in words if word in BESIDES), "")
        said.append(f"as root on Linux {', '.join(word for word in words if word not in BESIDES)}{tools}")
    elif kind in ("probe", "c") and info:
        said.append(info)
    if match["mark"]:
        said.append(f"wrong: {match['mark']}")
    if not said:
        return f"```{kind}\n{text}```"
    return f"````{{code-block}} {kind}\n:caption: {'; '.join(said)}\n\n{text}````"


def _contents(name: str) -> str:
    if name != "README.md":
        return ""
    out = []
    named = {entry for entries in CONTENTS.values() for entry in entries}
    others = sorted({path.stem for path in (ROOT / "docs").glob("*.md")} - named)
    for caption, entries in {**CONTENTS, "Besides": tuple(others)}.items():
        if not entries:
            continue
        lines = "\n".join(entry if entry.startswith("/") else f"/docs/{entry}" for entry in entries)
        out.append(f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{lines}\n```\n")
    return "".join(out)


def _copy_files(stage: Path, name: str, text: str) -> None:
    """What a document links to and is no document comes along."""
    for target in _LINK.findall(text):
        path = (ROOT / name).parent / target
        if path.suffix == ".md" or not path.is_file():
            continue
        copy = stage / path.resolve().relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _write_rules(stage: Path) -> None:
    """A page for each rule, and a table of all in place of the one long page."""
    out = [
        "# Diagnostics\n\nEvery code, with a page that says what it means and has a spec that gives it. ",
        "`probelang rule CODE` says the same.\n\n```{toctree}\n:hidden:\n:glob:\n\nrules/*\n```\n",
    ]
    part = ""
    for rule in RULES:
        if rule.code[3] != part:
            part = rule.code[3]
            out.append(f"\n## {PARTS[part]}\n\n| | | | |\n|---|---|---|---|\n")
        link = f"[{rule.code}](rules/{rule.code}.md)"
        first = re.split(r"(?<=[.:]) ", rule.doc)[0].rstrip(":.").replace("|", "\\|")
        out.append(f"| {link} | {rule.severity.label} | {rule.slug} | {first} |\n")
        example = "probe" if rule.code[3] != "7" else "text"
        _write(
            stage, f"docs/rules/{rule.code}.md", render_markdown(rule).replace("```text\n", f"```{example}\n")
        )
    _write(stage, "docs/diagnostics.md", "".join(out))


def _write_examples(stage: Path) -> None:
    out = ["# Examples\n\nWhat people look for in a kernel. Each is run on real ones by the tests.\n"]
    paths = sorted((ROOT / "examples").glob("*.pl"))
    out.append("\n```{toctree}\n:hidden:\n\n" + "\n".join(path.stem for path in paths) + "\n```\n\n")
    for path in paths:
        text = path.read_text()
        question = text.partition("\n")[0].lstrip("# ")
        out.append(f"- [{path.name}]({path.stem}.md): {question}\n")
        _write(stage, f"examples/{path.stem}.md", f"# {path.name}\n\n```probe\n{text}```\n")
    _write(stage, "examples/index.md", "".join(out))


if __name__ == "__main__":
    sys.exit(main())
