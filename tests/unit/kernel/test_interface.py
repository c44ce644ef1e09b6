from __future__ import annotations

import re

import pytest

from probelang.answers import Found, NotFound, Unknown
from probelang.btf import c
from probelang.kernel.interface import Function, Kernel
from tests.support.kernels import fake_kernel
from tests.unit.btf.writer import CHAR, SIGNED, Writer


def small_btf() -> tuple[bytes, dict[str, int]]:
    """Two functions of one name, a tracepoint, events as the macros of include/trace make them, a per-CPU variable."""
    w = Writer()
    ids = {
        "int": w.integer("int", 4, SIGNED), "u32": w.integer("u32", 4), "char": w.integer("char", 1, SIGNED | CHAR),
        "ushort": w.integer("unsigned short", 2), "uchar": w.integer("unsigned char", 1),
    }  # fmt: skip
    ids["void_ptr"] = w.ptr(0)
    ids["const_char_ptr"] = w.ptr(w.const(ids["char"]))
    ids["read"] = w.proto(ids["int"], ("fd", ids["int"]), ("buffer", ids["void_ptr"]))
    ids["other"] = w.proto(ids["int"], ("name", ids["const_char_ptr"]))
    w.func("do_read", ids["read"])
    w.func("helper", ids["read"])
    w.func("helper", ids["other"])
    w.func("same", ids["read"])
    w.func("same", ids["read"])
    nameless = w.proto(0, ("", ids["void_ptr"]), ("", ids["int"]), ("", ids["const_char_ptr"]))
    w.typedef("btf_trace_thing", w.ptr(nameless))
    w.typedef("btf_trace_shared", w.ptr(nameless))
    w.func(
        "__probestub_thing",
        w.proto(0, ("__data", ids["void_ptr"]), ("count", ids["int"]), ("what", ids["const_char_ptr"])),
    )
    entry = w.struct(
        "trace_entry", 8,
        [("type", ids["ushort"], 0), ("flags", ids["uchar"], 16), ("preempt_count", ids["uchar"], 24),
         ("pid", ids["int"], 32)],
    )  # fmt: skip
    comm, octets, nothing = w.array(ids["char"], 16), w.array(ids["uchar"], 6), w.array(ids["char"], 0)
    fields = [
        ("ent", entry, 0), ("count", ids["int"], 64), ("comm", comm, 96), ("mac", octets, 224),
        ("__data_loc_name", ids["u32"], 288), ("__data_loc_bits", ids["u32"], 320), ("__data", nothing, 352),
    ]  # fmt: skip
    for name in ("thing", "shared_template"):
        w.struct(f"trace_event_raw_{name}", 44, fields)
    w.struct(
        "trace_event_data_offsets_thing", 32,
        [("name", ids["u32"], 0), ("name_ptr_", ids["const_char_ptr"], 64), ("bits", ids["u32"], 128),
         ("bits_ptr_", ids["void_ptr"], 192)],
    )  # fmt: skip
    w.enum("first", {"ALPHA": 1, "BETA": 2, "TWICE": 5})
    w.enum("", {"GAMMA": 3, "TWICE": 5, "CLASH": 1})
    w.enum("third", {"CLASH": 2})
    ids["var"] = w.var("runqueues", ids["int"])
    ids["plain"] = w.var("jiffies", ids["int"])
    w.datasec(".data..percpu", 4, [(ids["var"], 0, 4)])
    return w.blob(), ids


@pytest.fixture
def kernel() -> Kernel:
    return fake_kernel(small_btf()[0])


def found(answer: object) -> Function:
    assert isinstance(answer, Found), answer
    assert isinstance(answer.value, Function)
    return answer.value


def test_with_btf_alone_a_function_is_found_with_its_prototype_and_the_rest_unknown(kernel: Kernel) -> None:
    function = found(kernel.find_function("do_read"))
    assert function.proto == small_btf()[1]["read"]
    assert (function.traceable, function.blacklisted, function.symbols) == (None, None, None)


def test_with_btf_alone_a_missing_function_is_unknown_but_near_names_are_given(kernel: Kernel) -> None:
    answer = kernel.find_function("do_raed")
    assert isinstance(answer, Unknown)
    assert answer.near == ("do_read",)


def test_functions_of_one_name_with_other_parameters_have_no_prototype(kernel: Kernel) -> None:
    function = found(kernel.find_function("helper"))
    assert function.proto is None
    assert "2 functions of that name differ" in function.proto_reason


def test_functions_of_one_name_and_one_prototype_are_no_riddle(kernel: Kernel) -> None:
    assert found(kernel.find_function("same")).proto == small_btf()[1]["read"]


def test_lists_decide_what_is_there_and_what_may_be_probed() -> None:
    kernel = fake_kernel(
        small_btf()[0],
        functions=["do_read", "asm_only.isra.0", "xfs_read\txfs"],
        symbols={"do_read": 1, "entry_code": 3},
        blacklist=["entry_code"],
    )
    read = found(kernel.find_function("do_read"))
    assert (read.traceable, read.blacklisted, read.symbols, read.module) == (True, False, 1, None)
    entry = found(kernel.find_function("entry_code"))
    assert (entry.traceable, entry.blacklisted, entry.symbols, entry.proto) == (False, True, 3, None)
    assert "leaves this function out" in entry.proto_reason
    xfs = found(kernel.find_function("xfs_read"))
    assert (xfs.module, xfs.traceable, xfs.proto) == ("xfs", True, None)
    assert xfs.proto_reason == "neither its BTF nor its file (xfs.ko) is at hand"
    assert found(kernel.find_function("xfs_read", "xfs")).traceable
    assert isinstance(kernel.find_function("xfs_read", "vmlinux"), NotFound)
    assert isinstance(kernel.find_function("do_read", "xfs"), NotFound)
    assert isinstance(kernel.find_function("anything", "ext4"), Unknown)
    assert kernel.find_function("do_raed") == NotFound(("do_read",))
    assert kernel.functions_matching(re.compile("do_.*|asm.*")) == Found(["asm_only.isra.0", "do_read"])


def test_symbols_tell_even_without_btf() -> None:
    kernel = fake_kernel(symbols={"vfs_read": 1})
    function = found(kernel.find_function("vfs_read"))
    assert (function.proto, function.proto_reason, function.symbols) == (None, "it has no BTF", 1)
    assert kernel.find_function("vfs_raed") == NotFound(("vfs_read",))


def test_the_list_of_traceable_functions_alone_is_not_all_functions() -> None:
    assert isinstance(fake_kernel(functions=["vfs_read"]).find_function("vfs_raed"), Unknown)


def test_nothing_known_says_why() -> None:
    kernel = fake_kernel(missing={"functions": "only root may read available_filter_functions"})
    assert kernel.find_function("vfs_read") == Unknown("only root may read available_filter_functions")
    assert isinstance(kernel.find_tracepoint("x"), Unknown)
    assert isinstance(kernel.find_event("a", "b"), Unknown)
    assert isinstance(kernel.find_enumerator("X"), Unknown)
    assert isinstance(kernel.find_variable("x"), Unknown)
    assert isinstance(kernel.has_symbol("x"), Unknown)
    for answer in (
        kernel.functions_matching(re.compile(".*")),
        kernel.tracepoints_matching(re.compile(".*")),
        kernel.events_matching(re.compile(".*"), re.compile(".*")),
    ):
        assert isinstance(answer, Unknown)


def test_symbols_are_counted_and_traceable_functions_have_one() -> None:
    kernel = fake_kernel(functions=["implied"], symbols={"twice": 2}, variables={"jiffies": 1})
    assert kernel.has_symbol("twice") == Found(2)
    assert kernel.has_symbol("implied") == Found(1)
    assert kernel.has_symbol("jiffies") == Found(1)
    assert kernel.has_symbol("impleid") == NotFound(("implied",))


def test_a_tracepoint_has_the_types_of_its_typedef_and_the_names_of_its_stub(kernel: Kernel) -> None:
    answer = kernel.find_tracepoint("thing")
    assert isinstance(answer, Found)
    shown = [(param.name, c.type_name(answer.value.btf, param.type)) for param in answer.value.params]
    assert shown == [("count", "int"), ("what", "const char *")]
    nameless = kernel.find_tracepoint("shared")
    assert isinstance(nameless, Found)
    assert [param.name for param in nameless.value.params] == ["", ""]
    assert kernel.find_tracepoint("thign") == NotFound(("thing",))
    assert kernel.tracepoints_matching(re.compile("th.*")) == Found(["thing"])


def test_an_event_out_of_btf(kernel: Kernel) -> None:
    answer = kernel.find_event("whatever", "thing")
    assert isinstance(answer, Found)
    event = answer.value
    assert (event.system, event.source) == ("", "btf")
    shown = {field.name: (field.type, field.kind, field.offset, field.size) for field in event.fields}
    assert shown == {
        "common_type": ("unsigned short", "int", 0, 2),
        "common_flags": ("unsigned char", "int", 2, 1),
        "common_preempt_count": ("unsigned char", "int", 3, 1),
        "common_pid": ("int", "int", 4, 4),
        "count": ("int", "int", 8, 4),
        "comm": ("char[16]", "string", 12, 16),
        "mac": ("unsigned char[6]", "string", 28, 6),
        "name": ("__data_loc char[]", "dynamic_string", 36, 4),
        "bits": ("__data_loc void[]", "dynamic", 40, 4),
    }
    assert event.find_field("common_pid") is event.fields[3]
    assert event.find_field("pid") is None


def test_an_event_of_a_shared_class_is_unknown_and_the_class_is_no_event(kernel: Kernel) -> None:
    shared = kernel.find_event("sys", "shared")
    assert isinstance(shared, Unknown)
    assert "under the name of the event's class" in shared.reason
    template = kernel.find_event("sys", "shared_template")
    assert isinstance(template, Unknown)
    assert "class of events" in template.reason
    assert kernel.find_event("sys", "thign").near == ("sys:thing",)  # type: ignore[union-attr]


def test_events_out_of_format_files_are_exact() -> None:
    kernel = fake_kernel(
        small_btf()[0],
        events={
            "sched:sched_switch": ["char prev_comm[16];8;16;0"],
            "irq:entry": [],
            "sched:sched_wakeup": [],
        },
    )
    answer = kernel.find_event("sched", "sched_switch")
    assert isinstance(answer, Found)
    assert answer.value.source == "format"
    assert [field.name for field in answer.value.fields][-1] == "prev_comm"
    assert kernel.find_event("sched", "sched_swich") == NotFound(("sched:sched_switch",))
    assert kernel.find_event("irq", "sched_switch").near[0] == "sched:sched_switch"  # type: ignore[union-attr]
    assert kernel.find_event("schd", "sched_wakeup").near[0] == "sched:sched_wakeup"  # type: ignore[union-attr]
    assert isinstance(kernel.find_event("sched", "thing"), NotFound)
    assert kernel.events_matching(re.compile("sch.*"), re.compile(".*switch")) == Found(
        [("sched", "sched_switch")]
    )


def test_enumerators(kernel: Kernel) -> None:
    assert kernel.find_enumerator("ALPHA") == Found((1, "first"))
    assert kernel.find_enumerator("GAMMA") == Found((3, ""))
    assert kernel.find_enumerator("TWICE") == Found((5, "first"))
    clash = kernel.find_enumerator("CLASH")
    assert isinstance(clash, Unknown)
    assert "1, 2" in clash.reason
    assert kernel.find_enumerator("ALHPA") == NotFound(("ALPHA",))


def test_variables() -> None:
    kernel = fake_kernel(small_btf()[0], variables={"runqueues": 1, "jiffies_64": 1, "static_key": 7})
    runqueues = kernel.find_variable("runqueues")
    assert isinstance(runqueues, Found)
    assert (runqueues.value.type, runqueues.value.percpu) == (small_btf()[1]["int"], True)
    jiffies = kernel.find_variable("jiffies")
    assert isinstance(jiffies, Found)
    assert jiffies.value.percpu is False
    plain = kernel.find_variable("static_key")
    assert isinstance(plain, Found)
    assert (plain.value.type, plain.value.symbols) == (None, 7)
    assert kernel.find_variable("jifies_64") == NotFound(("jiffies_64",))


def test_a_module_brings_its_own_functions_and_tracepoints() -> None:
    base, ids = small_btf()
    count = len(fake_kernel(base).btf or ())
    strings = len(base) - base.rindex(b"\0int\0")  # the string section is the last
    w = Writer(first_id=count, strings_start=strings)
    w.strings = b""
    proto = w.proto(ids["int"], ("inode", ids["void_ptr"]))
    w.func("xfs_read", proto)
    w.typedef("btf_trace_xfs_thing", w.ptr(w.proto(0, ("", ids["void_ptr"]), ("", ids["int"]))))
    blob = w.blob()
    kernel = fake_kernel(base, functions=["do_read", "xfs_read\txfs"], modules={"xfs": blob})
    function = found(kernel.find_function("xfs_read"))
    assert function.proto == proto
    assert function.btf is not None
    assert c.type_name(function.btf, ids["int"]) == "int"
    tracepoint = kernel.find_tracepoint("xfs_thing")
    assert isinstance(tracepoint, Found)
    assert tracepoint.value.module == "xfs"
    assert isinstance(kernel.find_tracepoint("xfs_thing", "xfs"), Found)
    assert isinstance(kernel.find_tracepoint("xfs_thing", "vmlinux"), NotFound)
    assert isinstance(kernel.find_tracepoint("xfs_thing", "ext4"), Unknown)


def test_the_btf_of_a_module_that_is_rubbish_only_means_no_types() -> None:
    kernel = fake_kernel(small_btf()[0], functions=["xfs_read\txfs"], modules={"xfs": b"rubbish"})
    function = found(kernel.find_function("xfs_read"))
    assert (function.proto, function.proto_reason) == (
        None,
        "the BTF of module xfs can't be used: not BTF: shorter than its header",
    )


def test_answers_are_found_once() -> None:
    kernel = fake_kernel(small_btf()[0])
    assert kernel.find_function("do_read") is kernel.find_function("do_read")
    assert kernel.find_function("do_read", "vmlinux") is not kernel.find_function("do_read")
