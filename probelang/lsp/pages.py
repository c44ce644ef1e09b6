"""Pages that the server makes, and the addresses they have: declarations of a kernel, what a rule means, compiled output.

A client that knows `workspace/textDocumentContent` asks for them by addresses of our own; for others they are files, which
nobody can write, in the user's cache.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from pygls.uris import from_fs_path, to_fs_path

from probelang.analysis.header import SORTS, Page
from probelang.record import record
from probelang.render.rule import render_markdown

if TYPE_CHECKING:
    from probelang.diagnostics import Rule

HEADER, RULE = "probelang-header", "probelang-rule"
SCHEMES = (HEADER, RULE)


@record
class Header:
    """A page of a kernel, by the kernel's name."""

    kernel: str
    page: Page


def header_uri(header: Header) -> str:
    """`probelang-header:/6.12/struct/file.h`; a kernel that is a path is one part."""
    page = header.page
    return f"{HEADER}:/{quote(header.kernel, '')}/{page.sort}/{quote(page.name, '')}.h"


def parse_header(uri: str) -> Header | None:
    """The page at an address, or in a file that was written for it."""
    if uri.startswith(HEADER + ":"):
        # clients may write `/` for the `%2F` in a path
        kernel, _, rest = unquote(uri[len(HEADER) + 1 :]).removeprefix("/").rpartition("/")
        kernel, _, sort = kernel.rpartition("/")
    else:
        path = to_fs_path(uri) if uri.startswith("file:") else None
        folder = _folder("headers")
        if path is None or folder is None or not path.startswith(folder + os.sep):
            return None
        parts = path[len(folder) + 1 :].split(os.sep)
        if len(parts) != 3:
            return None
        kernel, sort, rest = unquote(parts[0]), parts[1], unquote(parts[2])
    if not kernel or sort not in SORTS or not rest.endswith(".h"):
        return None
    return Header(kernel, Page(sort, rest.removesuffix(".h")))


def write_header(header: Header, text: str) -> str | None:
    """The address of a file with a page's text; None where there is no cache."""
    folder = _folder("headers")
    if folder is None:
        return None
    page = header.page
    name = f"{quote(page.name, '')[:200]}.h"
    return _write(os.path.join(folder, quote(header.kernel, "")[:200], page.sort, name), text)


def rule_uri(rule: Rule) -> str:
    """`probelang-rule:/PRB301.md`."""
    return f"{RULE}:/{rule.code}.md"


def rule_of(uri: str) -> str | None:
    """The code in the address of a rule's page."""
    return uri.rpartition("/")[2].removesuffix(".md") if uri.startswith(RULE + ":") else None


def write_rule(rule: Rule) -> str | None:
    """The address of a file about a rule."""
    folder = _folder("rules")
    return _write(os.path.join(folder, f"{rule.code}.md"), render_markdown(rule)) if folder else None


def _folder(what: str) -> str | None:
    from probelang.cache import cache_folder

    home = cache_folder()
    return os.path.join(home, "editor", what) if home else None


def _write(path: str, text: str) -> str | None:
    """Write a file that is only to be read, unless it is there as it should be."""
    data = text.encode("utf-8", "backslashreplace")
    try:
        try:
            with open(path, "rb") as file:
                if file.read(len(data) + 1) == data:
                    return _uri(path)
        except OSError:
            pass
        os.makedirs(os.path.dirname(path), exist_ok=True)
        made = f"{path}.{os.getpid()}"
        with open(made, "wb") as file:
            file.write(data)
        os.chmod(made, 0o444)
        os.replace(made, path)
    except OSError:
        return None
    return _uri(path)


def _uri(path: str) -> str | None:
    made: str | None = from_fs_path(path)
    return made
