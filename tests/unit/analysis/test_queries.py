"""Hover, definitions, names, hints and the rest, asked without an editor."""

from __future__ import annotations

import pytest

from probelang.analysis.actions import actions_at, fix_all
from probelang.analysis.definition import find_definition, find_type_definition
from probelang.analysis.header import Page, Target, find_target, render_page, target_in_page
from probelang.analysis.hints import hints_of, lenses_of
from probelang.analysis.hover import hover
from probelang.analysis.names import RenameError, named_at, occurrences, rename
from probelang.analysis.outline import folds, outline, selections
from probelang.analysis.semantic import TYPES
from probelang.analysis.signature import find_signature
from probelang.source import Span
from probelang.syntax import tree
from tests.unit.analysis.carets import At, kernel


def told(text: str, *kernels: str) -> str:
    at = At(text)
    states = [at.document.state(kernel(name)) for name in kernels or ("6.12",)]
    found = hover(states, at.statement, at.stored)
    return found.text if found is not None else ""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("fprobe vfs_re‸ad", "ssize_t vfs_read(struct file *file, char *buf, size_t count, loff_t *pos);"),
        ("tprobe sched_swi‸tch", "void trace_sched_switch(bool preempt, struct task_struct *prev"),
        ("eprobe sched:sched_swi‸tch", "char prev_comm[16]; /*     8    16 */"),
        ("fprobe vfs_read { cou‸nt }", "size_t count"),
        ("fprobe vfs_read { cou‸nt }", "size 8, recorded as `u64`"),
        ("fprobe vfs_read { file->f_ino‸de }", "struct inode *f_inode"),
        ("fprobe vfs_read { file->f_ino‸de }", "offset 40, size 8, recorded as `x64`"),
        ("fprobe vfs_read { file->f_ino‸de }", "umode_t i_mode; /*     0     2 */"),
        ("fprobe vfs_read { file->f_path.dentry->d_na‸me.name }", "struct qstr d_name"),
        ("fprobe vfs_read { na‸me = file->f_path.dentry->d_name.name }", "recorded as `string`"),
        ("fprobe vfs_read { $com‸m }", "the task's name"),
        ("fprobe vfs_read { count: u3‸2 }", "32 bits, unsigned"),
        ("fprobe vfs_read with stackt‸race", "the kernel's stack"),
        ("fpro‸be vfs_read", "at a function's entry or return"),
        ("const BIG = 64 * 1024\nfprobe vfs_read if count > B‸IG", "65536 = 0x10000"),
        ("fprobe vfs_read if count == ENOE‸NT", "`ENOENT` = 2 = 0x2, `#define` of"),
        ("fprobe vfs_read if count == TASK_COMM_L‸EN", "`TASK_COMM_LEN` = 16"),
        (
            "args f(a: struct file *) { a->f_pos }\nfprobe vfs_read { use f‸(file) }",
            "args f(a: struct file *)",
        ),
        ("args f(a: struct file *) { a->f_p‸os }", "loff_t f_pos"),
        ("group i‸o", "its events are `io/…`"),
        ("group io\nbig = fprobe vfs_read { count }\neprobe io:bi‸g { count }", "`io/big` of this spec"),
        ("fprobe vfs_read { (struct fi‸le *)count }", "struct file {"),
        ("fprobe vfs_read%return { x = ent‸ry(count) }", "when the function was entered"),
    ],
)
def test_hover(text: str, wanted: str) -> None:
    assert wanted in told(text)


@pytest.mark.parametrize(
    "text", ["‸", "fprobe vfs_read { nothi‸ng }", "fprobe no_such_func‸tion", "# com‸ment"]
)
def test_nothing_to_tell(text: str) -> None:
    at = At(text)
    at.document.pieces.parse()
    statement, stored = at.document.statement_at(at.offset)
    assert statement is None or hover([at.state], statement, stored) is None


def test_hover_shows_what_each_kernel_is_told() -> None:
    text = told("fprobe vfs_read { ino = file->f_inode->i_i‸no }", "6.12", "6.1")
    assert "6.12: ino=file->f_inode->i_ino:u64\n6.1: ino=+64(+32($arg1)):u64" in text
    assert "6.1: p:test/vfs_read vfs_read count=$arg3:u64" in told(
        "fpro‸be vfs_read { count }", "6.12", "6.1"
    )


def defined(text: str) -> list[str]:
    at = At(text)
    found = []
    for place in find_definition(at.state, at.statement, at.stored):
        if isinstance(place, Target):
            page = render_page(at.kernel, place.page) or ""
            found.append(f"{place.page.sort} {place.page.name}: {page[place.span.start : place.span.end]}")
        else:
            line, column = at.document.pieces.store.position(place.start)
            found.append(f"{line}:{column}")
    return found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("const A = 1\nfprobe vfs_read if count > A‸", ["1:7"]),
        ("args f(a: u64) { a }\nfprobe vfs_read { use f‸(count) }", ["1:6"]),
        ("args f(a: u64) { x = a‸ }", ["1:8"]),
        ("group g\nev = fprobe vfs_read { count }\neprobe g:ev‸ { count }", ["2:1"]),
        ("fprobe vfs_read if n‸ > 1 { n = count }", ["1:28"]),
        ("fprobe vfs_re‸ad", ["function vfs_read: vfs_read"]),
        ("fprobe vfs_read { cou‸nt }", ["function vfs_read: count"]),
        ("fprobe vfs_read { file->f_path.den‸try }", ["struct path: dentry"]),
        ("tprobe sched_swi‸tch", ["tracepoint sched_switch: trace_sched_switch"]),
        ("eprobe sched:sched_switch { prev_p‸id }", ["event sched:sched_switch: prev_pid"]),
        ("fprobe vfs_read { (struct fil‸e *)count }", ["struct file: file"]),
        ("fprobe vfs_read if count == PIDTYPE_‸PID", ["enum pid_type: PIDTYPE_PID"]),
        ("fprobe vfs_read { nothi‸ng }", []),
    ],
)
def test_definition(text: str, wanted: list[str]) -> None:
    assert defined(text) == wanted


def test_type_definition_and_pages_that_lead_on() -> None:
    at = At("fprobe vfs_read { fi‸le->f_pos }")
    target = find_type_definition(at.state, at.statement, at.stored)
    assert target is not None and target.page == Page("struct", "file")
    text = render_page(at.kernel, target.page) or ""
    further = target_in_page(at.kernel, target.page, text.index("file_operations") + 3)
    assert further is not None and further.page == Page("struct", "file_operations")
    typedef = target_in_page(at.kernel, target.page, text.index("fmode_t") + 1)
    assert typedef is not None and typedef.page == Page("typedef", "fmode_t")
    assert target_in_page(at.kernel, Page("struct", "no_such"), 3) is None
    assert target_in_page(at.kernel, target.page, 0) is None
    assert find_target(at.kernel, Page("event", "nothing:here")) is None


def places(text: str) -> list[str]:
    at = At(text)
    found = named_at(at.state, at.statement, at.stored)
    assert found is not None
    store = at.document.pieces.store
    return [
        f"{store.position(one.span.start)[0]}{'!' if one.defines else ''}"
        for one in occurrences(at.state, found[0])
    ]


def test_occurrences() -> None:
    assert places("const A = 1\nconst B = A‸ + 1\nfprobe vfs_read if count > A") == ["1!", "2", "3"]
    # a parameter of the same name is another thing
    text = "const count = 1\nfprobe vfs_read { count }\nkprobe 0x1000 { x = count‸ }"
    assert places(text) == ["1!", "3"]
    assert places("args f(a‸: u64) { x = a }\nargs g(a: u64) { x = a }") == ["1!", "1"]
    assert sorted(places("fprobe vfs_read if n > 1 { n‸ = count }\nfprobe vfs_write { n = count }")) == [
        "1",
        "1!",
    ]


def test_renaming() -> None:
    at = At(
        "group io\nbig = fprobe vfs_read { count }\nsmall = fprobe vfs_write { count }\neprobe io:b‸ig { count }"
    )
    found = named_at(at.state, at.statement, at.stored)
    assert found is not None
    edits = rename(at.state, found[0], "large")
    real = at.document.pieces.real
    assert sorted(at.document.text[real(e.span).start : real(e.span).end] for e in edits) == ["big", "big"]
    with pytest.raises(RenameError, match="another `small` already"):
        rename(at.state, found[0], "small")
    with pytest.raises(RenameError, match="may have 63 characters"):
        rename(at.state, found[0], "x" * 64)
    with pytest.raises(RenameError, match="is no name"):
        rename(at.state, found[0], "a-b")


def test_signature() -> None:
    at = At("fprobe vfs_read { cou‸nt }")
    found = find_signature(at.state.context, at.document.text, at.offset)
    assert found is not None
    assert found.label[slice(*found.parameters[found.active or 0])] == "size_t count"
    at = At("tprobe sched_switch { ne‸ }")
    found = find_signature(at.state.context, at.document.text, at.offset)
    assert found is not None and "struct task_struct *prev" in found.label and found.active is None
    at = At("group i‸o")
    assert find_signature(at.state.context, at.document.text, at.offset) is None


def test_hints() -> None:
    at = At("‸fprobe vfs_read { count, x = *pos, count2 = count: u32 }\n")
    hints = hints_of(at.state, at.state.tree.statements)
    assert [hint.text for hint in hints] == [": u64", ": s64"]
    assert hints[1].doc == "loff_t"
    at = At("‸kprobe vfs_rea* { $comm }\n")
    texts = [hint.text for hint in hints_of(at.state, at.state.tree.statements)]
    assert texts[0] == ": string" and texts[1].endswith(" points")


def test_lenses() -> None:
    at = At("‸fprobe vfs_read\nfprobe vfs_write\n")
    states = [at.document.state(kernel(name)) for name in ("6.12", "6.1")]
    assert [lens.text for lens in lenses_of(states)] == [
        "2 events on 6.12; compile",
        "2 events on 6.1; compile",
    ]
    assert lenses_of([At("‸group x").state]) == []


def test_tokens_do_not_overlap_and_slice_to_words() -> None:
    at = At(
        "‸group g\nconst A = 1\ne = fprobe vfs_read%return if $retval > A { n = file->f_pos: u64, use f(file) }\n"
    )
    words = []
    for statement in at.state.tree.statements:
        end = -1
        for span, type, _ in at.document.tokens(at.state, statement):
            assert span.start >= end and type in TYPES
            end = span.end
            words.append((at.slice(span.start, span.end), type))
    assert ("%return", "modifier") in words
    assert ("A", "variable") in words
    assert ("f_pos", "property") in words


def test_outline_folds_selections() -> None:
    at = At("# one\n# two\nfprobe vfs_read {\n    file->f_ino‸de\n}\nargs f(a: u64) { a }\n")
    file = at.state.tree
    symbols = outline(at.document.pieces.store, file.statements)
    assert [(symbol.name, symbol.kind) for symbol in symbols] == [("vfs_read", "probe"), ("f", "args")]
    assert [kind for _, kind in folds(file, at.document.pieces.store)] == ["region", "comment"]
    grown = [at.slice(span.start, span.end) for span in selections(at.statement, at.stored)]
    assert grown[:2] == ["f_inode", "file->f_inode"]


def offered(text: str, length: int = 0, *kernels: str) -> dict[str, str]:
    at = At(text)
    found = at.document.diagnostics([kernel(name) for name in kernels or ("6.12",)])
    made = {}
    for action in actions_at(at.document, at.state, found, Span(at.offset, at.offset + length)):
        changed = at.document.text
        for edit in sorted(action.edits, key=lambda edit: edit.span.start, reverse=True):
            changed = changed[: edit.span.start] + edit.text + changed[edit.span.end :]
        made[action.title] = changed
    return made


def test_actions() -> None:
    found = offered("fprobe vfs_read { file->f_in‸od->i_ino }")
    assert found["replace it by `f_inode`"] == "fprobe vfs_read { file->f_inode->i_ino }"
    choice = next(text for title, text in found.items() if "??" in title)
    assert choice == "fprobe vfs_read { file->f_inod->i_ino ?? file->f_inode->i_ino }"
    found = offered("fprobe vfs_re‸d")
    assert next(text for title, text in found.items() if "??" in title) == "fprobe vfs_red ?? vfs_read"
    assert offered("kprobe vfs_re‸ad")["make it an fprobe"] == "fprobe vfs_read"
    assert "make it an fprobe" not in offered("kprobe vfs_re‸ad+4")
    assert offered("fprobe vfs_re‸ad")["make it a kprobe"] == "kprobe vfs_read"
    assert "extract `args common`" not in offered("fprobe vfs_read { ‸$retval }", 7)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (
            "fprobe vfs_read { n = count: u‸8 }\n",
            "fprobe vfs_read { n = count: u8 }  # probelang: ignore[narrowing]\n",
        ),
        (
            "fprobe vfs_read {\n    n = count: u‸8  # why\n}\n",
            "fprobe vfs_read {\n    # probelang: ignore[narrowing]\n    n = count: u8  # why\n}\n",
        ),
        (
            "fprobe vfs_read { n = count: u‸8 }  # probelang: ignore[unused-definition]\n",
            "fprobe vfs_read { n = count: u8 }  # probelang: ignore[unused-definition, narrowing]\n",
        ),
        (
            "fprobe vfs_read { n = count: u‸8 }  // Probelang : ignore [unused-definition]\n",
            "fprobe vfs_read { n = count: u8 }  // Probelang : ignore [unused-definition, narrowing]\n",
        ),
    ],
)
def test_a_warning_can_be_ignored(text: str, after: str) -> None:
    assert offered(text)["ignore `narrowing` here"] == after
    assert all(found.rule.slug != "narrowing" for found in At("‸" + after).document.diagnostics([kernel()]))


def test_safe_fixes_at_once() -> None:
    at = At("‸kprobe vfs_read { file.f_pos, file.f_flags }")
    action = fix_all(at.document.diagnostics([at.kernel]))
    assert action is not None and len(action.edits) == 2
    assert fix_all([]) is None


def test_statements_keep_their_features_beside_broken_ones() -> None:
    text = 'fprobe vfs_read { file->f_inode->i_ino\nfprobe "\nx = = =\nfprobe vfs_write { fi‸le->f_pos }\n'
    at = At(text)
    assert isinstance(at.statement, tree.Probe)
    found = hover([at.state], at.statement, at.stored)
    assert found is not None and "struct file *file" in found.text
