"""What the kernel's parser says: the texts of its errors by their name (`TP_ERR_…` without the prefix).

The texts are the kernel's own, as users meet them in `error_log` (kernel/trace/trace_probe.h, trace_events_synth.c and
trace_events_filter.c). Where they were reworded, the later one stands behind the marker in BTF of the kernels that have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from probelang.kernel.interface import Kernel


class HasEnumerators(Protocol):
    """A target of raw commands, as far as its words are concerned."""

    def has_enumerator(self, name: str) -> bool: ...


TEXTS: dict[str, str] = {
    "FILE_NOT_FOUND": "Failed to find the given file",
    "NO_REGULAR_FILE": "Not a regular file",
    "BAD_REFCNT": "Invalid reference counter offset",
    "REFCNT_OPEN_BRACE": "Reference counter brace is not closed",
    "BAD_REFCNT_SUFFIX": "Reference counter has wrong suffix",
    "BAD_UPROBE_OFFS": "Invalid uprobe offset",
    "BAD_MAXACT_TYPE": "Maxactive is only for function exit",
    "MAXACT_NO_KPROBE": "Maxactive is not for kprobe",
    "BAD_MAXACT": "Invalid maxactive number",
    "MAXACT_TOO_BIG": "Maxactive is too big",
    "BAD_PROBE_ADDR": "Invalid probed address or symbol",
    "NON_UNIQ_SYMBOL": "The symbol is not unique",
    "BAD_RETPROBE": "Retprobe address must be an function entry",
    "NO_TRACEPOINT": "Tracepoint is not found",
    "BAD_TP_NAME": "Invalid character in tracepoint name",
    "BAD_ADDR_SUFFIX": "Invalid probed address suffix",
    "NO_GROUP_NAME": "Group name is not specified",
    "GROUP_TOO_LONG": "Group name is too long",
    "BAD_GROUP_NAME": "Group name must follow the same rules as C identifiers",
    "NO_EVENT_NAME": "Event name is not specified",
    "EVENT_TOO_LONG": "Event name is too long",
    "BAD_EVENT_NAME": "Event name must follow the same rules as C identifiers",
    "EVENT_EXIST": "Given group/event name is already used by another event",
    "RETVAL_ON_PROBE": "$retval is not available on probe",
    "NO_RETVAL": "This function returns 'void' type",
    "BAD_STACK_NUM": "Invalid stack number",
    "BAD_ARG_NUM": "Invalid argument number",
    "BAD_VAR": "Invalid $-valiable specified",
    "BAD_REG_NAME": "Invalid register name",
    "BAD_MEM_ADDR": "Invalid memory address",
    "BAD_IMM": "Invalid immediate value",
    "IMMSTR_NO_CLOSE": "String is not closed with '\"'",
    "FILE_ON_KPROBE": "File offset is not available with kprobe",
    "BAD_FILE_OFFS": "Invalid file offset value",
    "SYM_ON_UPROBE": "Symbol is not available with uprobe",
    "TOO_MANY_OPS": "Dereference is too much nested",
    "DEREF_NEED_BRACE": "Dereference needs a brace",
    "BAD_DEREF_OFFS": "Invalid dereference offset",
    "DEREF_OPEN_BRACE": "Dereference brace is not closed",
    "COMM_CANT_DEREF": "$comm can not be dereferenced",
    "BAD_FETCH_ARG": "Invalid fetch argument",
    "ARRAY_NO_CLOSE": "Array is not closed",
    "BAD_ARRAY_SUFFIX": "Array has wrong suffix",
    "BAD_ARRAY_NUM": "Invalid array size",
    "ARRAY_TOO_BIG": "Array number is too big",
    "BAD_TYPE": "Unknown type is specified",
    "BAD_STRING": "String accepts only memory argument",
    "BAD_SYMSTRING": "Symbol String doesn't accept data/userdata",
    "BAD_BITFIELD": "Invalid bitfield",
    "ARG_NAME_TOO_LONG": "Argument name is too long",
    "NO_ARG_NAME": "Argument name is not specified",
    "BAD_ARG_NAME": "Argument name must follow the same rules as C identifiers",
    "USED_ARG_NAME": "This argument name is already used",
    "ARG_TOO_LONG": "Argument expression is too long",
    "NO_ARG_BODY": "No argument expression",
    "BAD_INSN_BNDRY": "Probe point is not an instruction boundary",
    "FAIL_REG_PROBE": "Failed to register probe event",
    "DIFF_PROBE_TYPE": "Probe type is different from existing probe",
    "DIFF_ARG_TYPE": "Argument type or name is different from existing probe",
    "SAME_PROBE": "There is already the exact same probe event",
    "NO_EVENT_INFO": "This requires both group and event name to attach",
    "BAD_ATTACH_EVENT": "Attached event does not exist",
    "BAD_ATTACH_ARG": "Attached event does not have this field",
    "NO_EP_FILTER": "No filter rule after 'if'",
    "NOSUP_BTFARG": "BTF is not available or not supported",
    "NO_BTFARG": "This variable is not found at this probe point",
    "NO_BTF_ENTRY": "No BTF entry for this probe point",
    "BAD_VAR_ARGS": "$arg* must be an independent parameter without name etc.",
    "NOFENTRY_ARGS": "$arg* can be used only on function entry or exit",
    "DOUBLE_ARGS": "$arg* can be used only once in the parameters",
    "ARGS_2LONG": "$arg* failed because the argument list is too long",
    "ARGIDX_2BIG": "$argN index is too big",
    "NO_PTR_STRCT": "This is not a pointer to union/structure.",
    "NOSUP_DAT_ARG": "Non pointer structure/union argument is not supported.",
    "BAD_HYPHEN": "Failed to parse single hyphen. Forgot '>'?",
    "NO_BTF_FIELD": "This field is not found.",
    "BAD_BTF_TID": "Failed to get BTF type info.",
    "BAD_TYPE4STR": "This type does not fit for string.",
    "NEED_STRING_TYPE": "$comm and immediate-string only accepts string type",
    "EVENT_TOO_BIG": "Event too big (too many fields?)",
    "TOO_MANY_ARGS": "Too many arguments are specified",
    "TOO_MANY_EARGS": "Too many entry arguments specified",
    "TYPECAST_NOT_EVENT": "Typecasts are only for eprobe fields",
    "TYPECAST_REQ_FIELD": "Typecast requires a field access",
    "TYPECAST_SYM_OFFSET": "@SYM+/-OFFSET with typecast needs parentheses",
    "TYPECAST_NOT_ALIGNED": "Typecast field option is not byte-aligned",
    "TYPECAST_BAD_ARROW": "Typecast field option does not support -> operator",
    "TOO_MANY_NESTED": "Too many nested typecasts/dereferences",
    "NOSUP_PERCPU": "Per-cpu variable access is only for kernel probes",
    "NO_EVENT_FIELD": "This event field is not found.",
}

REWORDED: dict[str, tuple[str, str]] = {
    "BAD_VAR": ("TP_ERR_NO_BTFARG", "Invalid $-variable specified"),
    "FILE_ON_KPROBE": ("TP_ERR_TYPECAST_REQ_FIELD", "File offset is not available for kernel probes"),
}

#: Errors of synthetic events (`SYNTH_ERR_…`), named apart from those above.
SYNTH_TEXTS: dict[str, str] = {
    "SYNTH_BAD_NAME": "Illegal name",
    "SYNTH_INVALID_CMD": "Command must be of the form: <name> field[;field] ...",
    "SYNTH_INVALID_DYN_CMD": "Command must be of the form: s or -:[synthetic/]<name> field[;field] ...",
    "SYNTH_EVENT_EXISTS": "Event already exists",
    "SYNTH_TOO_MANY_FIELDS": "Too many fields",
    "SYNTH_INCOMPLETE_TYPE": "Incomplete type",
    "SYNTH_INVALID_TYPE": "Invalid type",
    "SYNTH_INVALID_FIELD": "Invalid field",
    "SYNTH_INVALID_ARRAY_SPEC": "Invalid array specification",
}

#: Errors of event filters (`FILT_ERR_…`).
FILTER_TEXTS: dict[str, str] = {
    "FILT_INVALID_OP": "Invalid operator",
    "FILT_TOO_MANY_OPEN": "Too many '('",
    "FILT_TOO_MANY_CLOSE": "Too few '('",
    "FILT_MISSING_QUOTE": "Missing matching quote",
    "FILT_MISSING_BRACE_OPEN": "Missing '{'",
    "FILT_MISSING_BRACE_CLOSE": "Missing '}'",
    "FILT_OPERAND_TOO_LONG": "Operand too long",
    "FILT_EXPECT_STRING": "Expecting string field",
    "FILT_EXPECT_DIGIT": "Expecting numeric field",
    "FILT_ILLEGAL_FIELD_OP": "Illegal operation for field type",
    "FILT_FIELD_NOT_FOUND": "Field not found",
    "FILT_ILLEGAL_INTVAL": "Illegal integer value",
    "FILT_TOO_MANY_PREDS": "Too many terms in predicate expression",
    "FILT_INVALID_FILTER": "Meaningless filter expression",
    "FILT_INVALID_CPULIST": "Invalid cpulist",
    "FILT_INVALID_VALUE": "Invalid value (did you forget quotes)?",
    "FILT_NO_FUNCTION": "Function not found",
    "FILT_ERRNO": "Error",
    "FILT_NO_FILTER": "No filter found",
}

#: Errors of hist triggers (`HIST_ERR_…`, kernel/trace/trace_events_hist.c).
HIST_TEXTS: dict[str, str] = {
    "HIST_DUPLICATE_VAR": "Variable already defined",
    "HIST_VAR_NOT_UNIQUE": "Variable name not unique, need to use fully qualified name (subsys.event.var) for variable",
    "HIST_TOO_MANY_VARS": "Too many variables defined",
    "HIST_MALFORMED_ASSIGNMENT": "Malformed assignment",
    "HIST_NAMED_MISMATCH": "Named hist trigger doesn't match existing named trigger (includes variables)",
    "HIST_TRIGGER_EEXIST": "Hist trigger already exists",
    "HIST_TRIGGER_ENOENT_CLEAR": "Can't clear or continue a nonexistent hist trigger",
    "HIST_SET_CLOCK_FAIL": "Couldn't set trace_clock",
    "HIST_BAD_FIELD_MODIFIER": "Invalid field modifier",
    "HIST_TOO_MANY_SUBEXPR": "Too many subexpressions (3 max)",
    "HIST_TIMESTAMP_MISMATCH": "Timestamp units in expression don't match",
    "HIST_TOO_MANY_FIELD_VARS": "Too many field variables defined",
    "HIST_EVENT_FILE_NOT_FOUND": "Event file not found",
    "HIST_HIST_NOT_FOUND": "Matching event histogram not found",
    "HIST_HIST_CREATE_FAIL": "Couldn't create histogram for field",
    "HIST_SYNTH_VAR_NOT_FOUND": "Couldn't find synthetic variable",
    "HIST_SYNTH_EVENT_NOT_FOUND": "Couldn't find synthetic event",
    "HIST_SYNTH_TYPE_MISMATCH": "Param type doesn't match synthetic event field type",
    "HIST_SYNTH_COUNT_MISMATCH": "Param count doesn't match synthetic event field count",
    "HIST_FIELD_VAR_PARSE_FAIL": "Couldn't parse field variable",
    "HIST_VAR_CREATE_FIND_FAIL": "Couldn't create or find variable",
    "HIST_ONX_NOT_VAR": "For onmax(x) or onchange(x), x must be a variable",
    "HIST_ONX_VAR_NOT_FOUND": "Couldn't find onmax or onchange variable",
    "HIST_ONX_VAR_CREATE_FAIL": "Couldn't create onmax or onchange variable",
    "HIST_FIELD_VAR_CREATE_FAIL": "Couldn't create field variable",
    "HIST_TOO_MANY_PARAMS": "Too many action params",
    "HIST_PARAM_NOT_FOUND": "Couldn't find param",
    "HIST_INVALID_PARAM": "Invalid action param",
    "HIST_ACTION_NOT_FOUND": "No action found",
    "HIST_NO_SAVE_PARAMS": "No params found for save()",
    "HIST_TOO_MANY_SAVE_ACTIONS": "Can't have more than one save() action per hist",
    "HIST_ACTION_MISMATCH": "Handler doesn't support action",
    "HIST_NO_CLOSING_PAREN": "No closing paren found",
    "HIST_SUBSYS_NOT_FOUND": "Missing subsystem",
    "HIST_INVALID_SUBSYS_EVENT": "Invalid subsystem or event name",
    "HIST_INVALID_REF_KEY": "Using variable references in keys not supported",
    "HIST_VAR_NOT_FOUND": "Couldn't find variable",
    "HIST_FIELD_NOT_FOUND": "Couldn't find field",
    "HIST_EMPTY_ASSIGNMENT": "Empty assignment",
    "HIST_INVALID_SORT_MODIFIER": "Invalid sort modifier",
    "HIST_EMPTY_SORT_FIELD": "Empty sort field",
    "HIST_TOO_MANY_SORT_FIELDS": "Too many sort fields (Max = 2)",
    "HIST_INVALID_SORT_FIELD": "Sort field must be a key or a val",
    "HIST_INVALID_STR_OPERAND": "String type can not be an operand in expression",
    "HIST_EXPECT_NUMBER": "Expecting numeric literal",
    "HIST_UNARY_MINUS_SUBEXPR": "Unary minus not supported in sub-expressions",
    "HIST_DIVISION_BY_ZERO": "Division by zero",
}

#: What `dynamic_events` itself says (kernel/trace/trace_dynevent.c), which has no name there.
DYNAMIC_TEXTS: dict[str, str] = {"NO_MATCH": "No matching dynamic event type"}


def known_text(name: str, kernel: Kernel) -> str | None:
    """The text of an error of probes in the words of a kernel; None for one that is not in the table."""
    marker, later = REWORDED.get(name, ("", ""))
    if marker and kernel.btf is not None and kernel.btf.find_enumerator(marker):
        return later
    return TEXTS.get(name)


def kernel_text(name: str, target: HasEnumerators) -> str:
    """The text of any error in the words of a kernel."""
    marker, later = REWORDED.get(name, ("", ""))
    if marker and target.has_enumerator(marker):
        return later
    for texts in (TEXTS, SYNTH_TEXTS, FILTER_TEXTS, HIST_TEXTS):
        if name in texts:
            return texts[name]
    return DYNAMIC_TEXTS[name]
