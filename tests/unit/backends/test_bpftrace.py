"""What a spec becomes for bpftrace, construct by construct; the real bpftrace judges it in tests/kernels."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probelang.analysis import analyse
from probelang.backends import Settings, bpftrace
from probelang.backends.bpftrace.conditions import split_glob
from probelang.backends.bpftrace.text import escape, in_format
from probelang.cli.main import main
from probelang.source import Source
from tests.support.programs import build_programs
from tests.support.specs import bundled

OLD = Settings(bpftrace=(0, 17))


def script(spec: str, kernel: str = "7.3", settings: Settings | None = None, name: str = "t.pl") -> str:
    """The script of a spec about which there is nothing to say but how bpftrace shows it."""
    settings = settings or Settings()
    analysis = analyse(Source(name, spec), bundled(kernel), "bpftrace", settings)
    said = [found.message for found in analysis.diagnostics if found.rule.code != "PRB503"]
    assert not said, said
    return bpftrace.render(analysis.events, "script", [name], bundled(kernel), settings).text


def refused(spec: str, kernel: str = "7.3", settings: Settings | None = None) -> tuple[str, str, str]:
    """Of the one diagnostic of a spec: the code, the words it is about, the message with the way out."""
    analysis = analyse(Source("t.pl", spec), bundled(kernel), "bpftrace", settings or Settings())
    (found,) = analysis.diagnostics
    words = analysis.source.slice(found.label.span)
    return found.rule.code, words, f"{found.message}; {found.help}"


@pytest.mark.parametrize(
    ("spec", "point"),
    [
        ("fprobe vfs_read", "fentry:vfs_read"),
        ("fprobe vfs_read%return", "fexit:vfs_read"),
        ("kprobe vfs_read+9", "kprobe:vfs_read+9"),
        ("kprobe vfs_read%return", "kretprobe:vfs_read"),
        ("tprobe sched_switch", "rawtracepoint:sched_switch"),
        ("eprobe sched:sched_switch", "tracepoint:sched:sched_switch"),
        ("watch jiffies_64 w", "watchpoint:$1:8:w"),
        ("monitor every 1500ms", "interval:ms:1500"),
        # registers and the stack are a kprobe's
        ("fprobe vfs_read { $stack0 }", "kprobe:vfs_read"),
    ],
)
def test_points(spec: str, point: str) -> None:
    assert f"\n{point}\n{{\n" in script(spec)


def test_functions_that_bpftrace_has_no_name_for_are_found_by_address() -> None:
    text = script("fprobe rcu_expedited_store%return { count }\nkprobe rcu_expedited_store+4 { %dx }")
    assert "\nkprobe:$1\n{\n\t@t_rcu_expedited_store_return_arg4[curtask] = arg3;" in text
    assert "\nkretprobe:$1\n" in text and "\nkprobe:$2\n" in text
    assert (
        "bpftrace --unsafe FILE ADDRESS_OF_rcu_expedited_store ADDRESS_OF_rcu_expedited_store+0x4\n" in text
    )
    assert "\nkfunc:rcu_expedited_store\n" in script("fprobe rcu_expedited_store { count }", "6.1", OLD)


def test_functions_where_the_kernel_forbids_kprobes() -> None:
    code, words, message = refused("fprobe notifier_call_chain { val }")
    assert (code, words) == ("PRB501", "notifier_call_chain") and "`--target tracefs` can" in message
    assert "\nkfunc:notifier_call_chain\n" in script("fprobe notifier_call_chain { val }", "6.1", OLD)
    assert refused("fprobe notifier_call_chain { $stack0 }", "6.1", OLD)[0] == "PRB501"


def test_members_that_c_would_not_find_are_read_by_offset() -> None:
    """`name` is in an anonymous struct that has a tag, which C alone does not know."""
    assert "= *(uint64 *)((uint64)args.name);" in script("fprobe filename_unlinkat { name->name }")
    assert "= (uint64)args.name->name;" in script("fprobe do_unlinkat { name->name }", "6.12")


def test_the_stack_of_an_old_release() -> None:
    code, _, message = refused("fprobe vfs_read { words = file->f_inode: x8[64] }", "6.1", OLD)
    assert code == "PRB501" and "64 values are too many" in message and "48 numbers" in message
    assert "kfunc:vfs_read" in script("fprobe vfs_read { words = file->f_inode: x8[40] }", "6.1", OLD)


def test_the_old_release_has_other_words() -> None:
    text = script("fprobe vfs_read%return if $retval < 0 { count }", "6.1", OLD)
    assert "\nkretfunc:vfs_read\n" in text
    assert "args->count" in text
    assert "config" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("count", "args.count"),
        ("count: x64", "args.count"),
        ("file", "(uint64)args.file"),
        ("*pos", "*(int64 *)((uint64)args.pos)"),
        ("file->f_inode->i_ino", "args.file->f_inode->i_ino"),
        ("+8(file): s32", "*(int32 *)((uint64)args.file + 8)"),
        (
            "((struct seq_file *)file->private_data)->count",
            "*(uint64 *)((uint64)args.file->private_data + 24)",
        ),
        ("file->f_op->read_iter: symbol", "ksym((uint64)args.file->f_op->read_iter)"),
        ("$current->pid", "*(int32 *)((uint64)curtask + "),
        ("$pid", "(int32)pid(init)"),
        ("@nr_threads: s32", '*(int32 *)(kaddr("nr_threads"))'),
        ("user(buf): x64", "(uint64)args.buf"),
        ("user(buf): ustring", "str(uptr("),
    ],
)
def test_values(value: str, text: str) -> None:
    assert text in script(f"fprobe vfs_read {{ v = {value} }}")


def test_values_of_the_entry_wait_in_maps_of_the_thread() -> None:
    text = script(
        "slow = fprobe vfs_read%return if took > 5 { took = $duration, before = entry(file->f_pos), count }"
    )
    assert "@t_slow_before[curtask] = args.file->f_pos;" in text
    assert "if (@t_slow_at[curtask] != 0) {" in text
    for map in ("@t_slow_at", "@t_slow_before"):
        assert f"delete({map}, curtask)" in text
        assert f"\tclear({map});" in text
    # fexit has the parameters by itself
    assert "args.count" in text


def test_a_kretprobe_gets_its_parameters_from_the_entry() -> None:
    text = script("a = kprobe vfs_read%return { count, after = *pos }")
    assert "@t_a_arg3[curtask] = arg2;" in text
    assert "*(int64 *)(@t_a_arg4[curtask])" in text


def test_an_eprobe_on_a_probe_of_its_spec_is_at_that_probe() -> None:
    text = script(
        "group g\na = fprobe vfs_read if count > 5 { count }\nb = eprobe g:a if n < 9 { n = count }"
    )
    assert text.count("fentry:vfs_read\n") == 2
    assert "if (($count__below > 5) && ($n < 9)) {" in text


def test_what_is_disabled_is_left_out() -> None:
    text = script("a = fprobe vfs_read with disabled\nb = fprobe vfs_write")
    assert "// t/a is disabled\n" in text
    assert "vfs_read" not in text.partition("// t/b")[2]


def test_a_script_without_probes_ends_at_once() -> None:
    assert "\texit();\n" in script("a = fprobe vfs_read with disabled")


@pytest.mark.parametrize(
    ("glob", "text"),
    [
        ("abc", '$name == "abc"'),
        ("abc*", 'strncmp($name, "abc", 3) == 0'),
        ("*abc*", 'strcontains($name, "abc")'),
        ("*.log", 'strlen($name) >= 4 && str((int64)$name__at + (int64)strlen($name) - 4) == ".log"'),
        ("a*b", 'strlen($name) >= 2 && strncmp($name, "a", 1) == 0 && str('),
        ("*", "1 == 1"),
    ],
)
def test_globs(glob: str, text: str) -> None:
    assert text in script(f'fprobe vfs_read if file->f_path.dentry->d_name.name ~ "{glob}"')


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ('fprobe vfs_read if $comm ~ "k?x"', '$comm ~ "k?x"'),
        ('fprobe vfs_read if $comm ~ "*a*b*"', '$comm ~ "*a*b*"'),
        ('fprobe vfs_read if $comm ~ "*d"', '$comm ~ "*d"'),
        ("kprobe vfs_read%return with maxactive=9", "vfs_read%return"),
        ("tprobe sched_switch { $stack }", "$stack"),
        (
            "fprobe vfs_read%return { a = entry(file->f_inode->i_sb->s_uuid.b) }",
            "a = entry(file->f_inode->i_sb->s_uuid.b)",
        ),
    ],
)
def test_what_bpftrace_cannot_do(spec: str, words: str) -> None:
    code, said, message = refused(spec)
    assert code == "PRB501"
    assert words.endswith(said) or said.endswith(words)
    assert re.search("tracefs|entry", message)


def test_what_the_old_release_cannot_do() -> None:
    for spec, way in (
        ("tprobe sched_switch { prev->comm }", "eprobe"),
        ('fprobe vfs_read if file->f_path.dentry->d_name.name ~ "*.log"', "0.27"),
    ):
        code, _, message = refused(spec, "6.12", OLD)
        assert code == "PRB501"
        assert way in message


def test_the_old_release_has_uprobes_only_where_functions_start(tmp_path: Path) -> None:
    debug = build_programs(tmp_path)["debug"]
    entry, inside = f"uprobe {debug}:work", f"uprobe {debug}:work+4"
    assert f'"{debug}":0x' in script(entry, "6.1", OLD)
    assert f'"{debug}":0x' in script(inside, "6.1")
    code, words, said = refused(inside, "6.1", OLD)
    assert (code, words) == ("PRB501", f"{debug}:work+4")
    assert "only where a function starts, and this is 0x4 behind that of `work`" in said


@given(st.binary(max_size=40))
def test_no_text_ends_its_string(data: bytes) -> None:
    for text in (escape(data), in_format(data)):
        assert re.fullmatch(r'(?:[^"\\\n]|\\["\\nt]|\\x[0-9a-f]{2})*', text)
        assert text.isprintable()
    assert not re.search(r"(?<!%)(?:%%)*%(?!%)", in_format(data))


@given(st.text(alphabet="*a\\?[", max_size=12))
def test_globs_are_split_like_the_kernel_reads_them(pattern: str) -> None:
    parts = split_glob(pattern.encode())
    plain = re.sub(r"\\.", "", pattern)
    assert (parts is None) == ("?" in plain or "[" in plain)
    if parts is not None:
        assert (len(parts) > 1) == ("*" in plain)


def test_hostile_names_stay_where_they_are() -> None:
    name = 'evil\n"; BEGIN { system("id"); } //*/.pl'
    text = script('fprobe vfs_read { a = "x\\"; exit(); %s", b = "\\n}\\nBEGIN{" } ', name=name)
    assert len([line for line in text.splitlines() if line.startswith("BEGIN")]) == 0
    assert 'a=\\"x\\"; exit(); %%s\\"' in text


def test_json(capsys: pytest.CaptureFixture[str], tmp_path: os.PathLike[str]) -> None:
    spec = os.path.join(tmp_path, "x.pl")
    with open(spec, "w", encoding="utf-8") as file:
        file.write("fprobe vfs_read if count > 4096 { file->f_pos }\nwatch jiffies_64 w { $comm }\n")
    assert main(["compile", "--kernel", "7.3", "--target", "bpftrace", "--format", "json", spec]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["target"], told["bpftrace"]) == ("bpftrace", "0.27")
    assert told["usage"] == "bpftrace FILE ADDRESS_OF_jiffies_64"
    first = told["events"][0]
    assert [field["name"] for field in first["fields"]] == ["f_pos", "count"]
    assert first["clauses"][0]["point"] == "fentry:vfs_read"


def test_the_command_line_chooses_the_release(
    capsys: pytest.CaptureFixture[str], tmp_path: os.PathLike[str]
) -> None:
    spec = os.path.join(tmp_path, "x.pl")
    with open(spec, "w", encoding="utf-8") as file:
        file.write("fprobe vfs_read { count }\n")
    command = ["compile", "--kernel", "6.1", "--target", "bpftrace", "--bpftrace-version", "0.17", spec]
    assert main(command) == 0
    assert "kfunc:vfs_read" in capsys.readouterr().out
    assert main([*command[:-1], "--format", "commands", spec]) == 2
    assert "only script, json" in capsys.readouterr().err
