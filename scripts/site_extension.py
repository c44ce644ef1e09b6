"""What Sphinx is taught for the site: the language's colours, and that a code in a text is a link to its page."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from probe_lexer import ProbeLexer

CODE = re.compile(r"PRB\d{3}")


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_lexer("probe", ProbeLexer)
    app.connect("doctree-resolved", _link_codes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _link_codes(app: Any, doctree: Any, docname: str) -> None:
    for literal in list(doctree.findall(nodes.literal)):
        code = literal.astext()
        if not CODE.fullmatch(code) or isinstance(literal.parent, nodes.reference | nodes.title):
            continue
        page = f"docs/rules/{code}"
        if page == docname or page not in app.env.found_docs:
            continue
        link = nodes.reference("", "", internal=True, refuri=app.builder.get_relative_uri(docname, page))
        literal.replace_self(link)
        link += literal
