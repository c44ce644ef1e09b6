"""What a kernel's probe events can do, read off the kernel itself: its BTF and the README of its tracefs.

No version is ever compared; distributions carry features back. The kernel's own probe parser is in its BTF: its
structures, its functions, every error it can give (`TP_ERR_*`) and every step of fetching a value (`FETCH_OP_*`).
The README of tracefs is exact where the user may read it, for it is built with the kernel's configuration
(`readme_msg` in kernel/trace/trace.c); the enumerators alone are there whatever the configuration, which is why a
feature may ask for a function besides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from probelang.btf.blob import Btf


@record
class Feature:
    """One thing that some kernels can do and some can't.

    `title` names it in a user's words; `since` is the first mainline release, for messages only; `source` the
    commit of the mainline kernel, or the file, that brought it. `btf` holds markers, all of which must be there:
    `struct T`, `T.member`, `FUNC f`, `A|B` for either, or the name of an enumerator. `readme` is a text that the
    README holds if and only if the kernel can do it, "" where the README doesn't tell. `config` is the option of the
    kernel's configuration that it needs, where that is often left out.
    """

    name: str
    title: str
    since: str
    source: str
    btf: str = ""
    readme: str = ""
    config: str = ""

    @property
    def needs(self) -> str:
        """What kernel one needs for it, for a message: "Linux 6.5 and later, CONFIG_FPROBE_EVENTS"; "" if no release has it."""
        release = f"Linux {self.since} and later" if self.since else ""
        return f"{release}, with {self.config}" if release and self.config else release


# The BTF half of the probe parser is built only with CONFIG_PROBE_EVENTS_BTF_ARGS; its enumerators always.
_BTF_ARGS = " & FUNC btf_find_func_proto"

FEATURES: dict[str, Feature] = {
    feature.name: feature
    for feature in (
        Feature("kprobe", "kprobe events", "2.6.33", "413d37d1eb69", "struct trace_kprobe", "kprobe_events", config="CONFIG_KPROBE_EVENTS"),
        Feature("uprobe", "uprobe events", "3.5", "f3f096cfedf8", "struct trace_uprobe", "uprobe_events", config="CONFIG_UPROBE_EVENTS"),
        Feature("eprobe", "eprobe events (on other events)", "5.15", "7491e2c44278", "struct trace_eprobe"),
        Feature("fprobe", "fprobe events (function entry and exit)", "6.5", "334e5519c375", "struct trace_fprobe",
                "f[:[<group>/][<event>]] <func-name>[%return] [<args>]", config="CONFIG_FPROBE_EVENTS"),
        Feature("tprobe", "tprobe events (raw tracepoints)", "6.5", "e2d0d7b2f42d",
                "trace_fprobe.tpoint|trace_fprobe.tuser|trace_fprobe.tprobe",
                "t[:[<group>/][<event>]] <tracepoint>", config="CONFIG_FPROBE_EVENTS"),
        Feature("module_tracepoints", "tprobe events on tracepoints of modules", "6.12", "57a7e6de9e30",
                "struct trace_fprobe & FUNC for_each_tracepoint_in_module|struct tracepoint_user"),
        Feature("shared_tracepoints", "several tprobe events on one tracepoint", "6.16", "e3d6e1b9a34c",
                "struct trace_fprobe & struct tracepoint_user"),
        Feature("watchpoint", "wprobe events (hardware breakpoints)", "", "kernel/trace/trace_wprobe.c",
                "struct trace_wprobe", "wprobe_events"),
        Feature("eprobe_filter", "conditions on eprobe events", "6.0", "752be5c5c910", "trace_eprobe.filter_str"),
        # Linux 6.1 reads *(char *) of it (get_event_field in kernel/trace/trace_eprobe.c). The cure leaves no trace in BTF;
        # kernels with entry data were seen to be right.
        Feature("eprobe_pointers", "fields of type char * in eprobe events", "6.12", "kernel/trace/trace_eprobe.c",
                "FETCH_OP_EDATA & struct trace_eprobe"),
        Feature("multi_probe", "one event with many points", "5.4", "ca89bc071d5e", "TP_ERR_DIFF_PROBE_TYPE"),
        Feature("param_names", "parameters by name", "6.5", "b576e09701c7",
                "TP_ERR_NO_BTFARG" + _BTF_ARGS, "<argname>", config="CONFIG_PROBE_EVENTS_BTF_ARGS"),
        Feature("meta_args", "all parameters at once ($arg*)", "6.5", "18b1e870a496",
                "TP_ERR_DOUBLE_ARGS" + _BTF_ARGS, "<argname>", config="CONFIG_PROBE_EVENTS_BTF_ARGS"),
        Feature("retval_type", "$retval by its type in C", "6.5", "fd26290ec89d",
                "TP_ERR_NO_RETVAL" + _BTF_ARGS, "<argname>", config="CONFIG_PROBE_EVENTS_BTF_ARGS"),
        Feature("member_names", "members of structures by name (-> and .)", "6.6", "c440adfbe302",
                "TP_ERR_NO_BTF_FIELD & FUNC btf_find_struct_member", "<argname>[->field[->field|.field...]]", config="CONFIG_PROBE_EVENTS_BTF_ARGS"),
        Feature("string_check", "fetch type string checked against the type in C", "6.6", "d892d3d3d885",
                "TP_ERR_BAD_TYPE4STR" + _BTF_ARGS),
        Feature("entry_data", "parameters in return probes", "6.9", "25f00e40ce79",
                "FETCH_OP_EDATA & struct trace_kprobe|struct trace_fprobe",
                "kernel return probes support: $retval, $arg<N>, $comm"),
        Feature("immediates", "constants as values", "5.4", "6218bf9f4d29", "TP_ERR_BAD_IMM", "\\imm-value"),
        Feature("user_memory", "reading user memory (+u, ustring)", "5.3", "e65f7ae7f4da",
                "FETCH_OP_UDEREF", "[u]<offset>"),
        Feature("symstr", "fetch type symstr", "6.2", "b26a124cbfa8", "FETCH_OP_ST_SYMSTR", "symstr"),
        Feature("char_type", "fetch type char", "6.2", "8478cca1e3ab", "FUNC print_type_char", ", char, "),
        Feature("dentry_names", "fetch types %pd and %pD (names of dentries and files)", "6.10", "d9b15224dd8f",
                "FUNC traceprobe_expand_dentry_args", "%pd/%pD"),
        # The README of 7.2 does not tell.
        Feature("eprobe_typecast", "casts in eprobe events", "7.2", "kernel/trace/trace_probe.h",
                "struct trace_eprobe & TP_ERR_TYPECAST_NOT_EVENT|TP_ERR_TYPECAST_REQ_FIELD"),
        Feature("typecast", "casts in probes of every kind", "7.3", "kernel/trace/trace_probe.h",
                "TP_ERR_TYPECAST_REQ_FIELD" + _BTF_ARGS, "[(structname[,field])]<argname>"),
        Feature("current", "the running task ($current)", "7.3", "kernel/trace/trace_probe.h",
                "FETCH_OP_CURRENT", "$current"),
        Feature("percpu", "per-CPU variables (this_cpu_read, this_cpu_ptr)", "7.3", "kernel/trace/trace_probe.h",
                "FETCH_OP_CPU_PTR", "this_cpu_read(<fetcharg>)"),
        # The limit itself is a macro and leaves no trace; it rose in the release that brought these two.
        Feature("long_args", "argument strings longer than 63 characters", "7.3", "kernel/trace/trace_probe.h",
                "FETCH_OP_CURRENT & FETCH_OP_CPU_PTR", "this_cpu_read(<fetcharg>)"),
        Feature("nesting_limit", "at most 8 raw dereferences within each other", "7.3", "kernel/trace/trace_probe.h",
                "TP_ERR_TOO_MANY_NESTED"),
        Feature("dup_symbol_check", "refusal of a name that several functions bear", "6.7", "b022f0c7e404",
                "TP_ERR_NON_UNIQ_SYMBOL"),
        # With CONFIG_KPROBE_EVENTS_ON_NOTRACE there is no such function; where the compiler inlined it, nothing tells.
        Feature("notrace_check", "refusal of kprobes in functions that ftrace cannot trace", "5.3", "45408c4f9250",
                "FUNC within_notrace_func|FUNC __within_notrace_func"),
        # Function graph took over from rethook in 6.14, and keeps returns without a limit.
        # The cure of the doubled offset went into stable kernels too, and leaves no trace; 7.3 brought it with the casts.
        Feature("file_offsets", "memory of a program when a function returns (@+OFFSET)", "7.3", "kernel/trace/trace_probe.c",
                "TP_ERR_TYPECAST_REQ_FIELD"),
        Feature("fprobe_maxactive", "a limit of fprobe returns at a time (maxactive)", "", "kernel/trace/fprobe.c",
                "fprobe.nr_maxactive"),
        Feature("synthetic", "synthetic events", "4.17", "4b147936fa50", "struct synth_event", "synthetic_events", config="CONFIG_SYNTH_EVENTS"),
        Feature("hist_buckets", "hist triggers with keys in buckets", "5.14", "de9a48a360b7",
                "HIST_FIELD_FL_BUCKET", ".buckets=size", config="CONFIG_HIST_TRIGGERS"),
        Feature("hist_triggers", "hist triggers", "4.7", "7ef224d1d0e3",
                "struct hist_trigger_data", "hist trigger", config="CONFIG_HIST_TRIGGERS"),
    )
}  # fmt: skip


class Features:
    """The features of one kernel: True, False, or None where nothing at hand tells.

    Every name in FEATURES is an attribute; each is looked up once, when first asked for.
    """

    kprobe: bool | None
    uprobe: bool | None
    eprobe: bool | None
    fprobe: bool | None
    tprobe: bool | None
    module_tracepoints: bool | None
    shared_tracepoints: bool | None
    watchpoint: bool | None
    eprobe_filter: bool | None
    multi_probe: bool | None
    eprobe_pointers: bool | None
    param_names: bool | None
    meta_args: bool | None
    retval_type: bool | None
    member_names: bool | None
    string_check: bool | None
    entry_data: bool | None
    immediates: bool | None
    user_memory: bool | None
    symstr: bool | None
    char_type: bool | None
    dentry_names: bool | None
    eprobe_typecast: bool | None
    typecast: bool | None
    current: bool | None
    file_offsets: bool | None
    percpu: bool | None
    long_args: bool | None
    nesting_limit: bool | None
    dup_symbol_check: bool | None
    notrace_check: bool | None
    synthetic: bool | None
    hist_triggers: bool | None
    hist_buckets: bool | None
    fprobe_maxactive: bool | None

    def __init__(self, btf: Callable[[], Btf | None], readme: Callable[[], str | None]) -> None:
        self._btf = btf
        self._readme = readme

    def get(self, name: str) -> bool | None:
        """Whether the kernel has the feature of this name; KeyError for a name that is not in FEATURES."""
        known: dict[str, bool | None] = self.__dict__
        if name not in known:
            known[name] = self._decide(FEATURES[name])
        return known[name]

    def __getattr__(self, name: str) -> bool | None:
        if name not in FEATURES:
            raise AttributeError(name)
        return self.get(name)

    def _decide(self, feature: Feature) -> bool | None:
        from probelang.btf.types import BtfError

        if feature.readme:
            text = self._readme()
            if text is not None:
                return feature.readme in text
        btf = self._btf() if feature.btf else None
        if btf is None:
            return None
        try:
            return all(
                any(has_marker(btf, either) for either in marker.split("|"))
                for marker in feature.btf.split(" & ")
            )
        except BtfError:
            return None


def has_marker(btf: Btf, marker: str) -> bool:
    """Whether a marker of `Feature.btf` is in a blob. Raises BtfError."""
    from probelang.btf.layout import find_member
    from probelang.btf.names import Space

    if marker.startswith("struct "):
        return btf.find(Space.STRUCT, marker[7:]) is not None
    if marker.startswith("FUNC "):
        return btf.find(Space.FUNC, marker[5:]) is not None
    owner, dot, member = marker.partition(".")
    if dot:
        found = btf.find(Space.STRUCT, owner)
        return found is not None and find_member(btf, found, member) is not None
    return bool(btf.find_enumerator(marker))
