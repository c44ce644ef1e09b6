"""One table: each error of the kernel, the rule of ours that says it, in which words, and a command that gives it.

`{}` in a message is the word, or the rest of it, that the caret is at. An example may be several lines, of which the last is
refused. An error without an example has a reason why it does not arise.
"""

from __future__ import annotations

from probelang.check.rules import limits, names, points, types
from probelang.commands import rules
from probelang.diagnostics import Rule
from probelang.record import record


@record
class Advice:
    """`help` is the next step, "" where the message says it all."""

    rule: Rule
    message: str
    help: str = ""
    example: str = ""
    never: str = ""


_DEEP = "+0(" * 15 + "%ax" + ")" * 15
_NESTED = "+0(" * 9 + "$arg1" + ")" * 9
_MANY = " ".join(["$stack"] * 129)
_BIG = " ".join(f"a{number}=+0($stack):u64[64]" for number in range(7))
_ENTRIES = " ".join(f"a{number}=$arg{number}" for number in range(1, 17))
_NAME = "the kernel takes letters, digits and `_`, not beginning with a digit"
_LONG = "x" * 64

ADVICE: dict[str, Advice] = {
    # points
    "FILE_NOT_FOUND": Advice(rules.BAD_POINT, "there is no file `{}`", "give the path as it is on the target", "p:a/b /no/such/file:0x10"),
    "NO_REGULAR_FILE": Advice(rules.BAD_POINT, "`{}` is no regular file", "a uprobe sits in a program or a library", "p:a/b /:0x10"),
    "BAD_REFCNT": Advice(rules.BAD_POINT, "the offset of the semaphore is no number: `{}`", "", "p:a/b /bin/sh:0x10(x)"),
    "REFCNT_OPEN_BRACE": Advice(rules.BAD_POINT, "the parenthesis of the semaphore is not closed", "", "p:a/b /bin/sh:0x10(0x20"),
    "BAD_REFCNT_SUFFIX": Advice(rules.BAD_POINT, "nothing may follow the semaphore, and `{}` does", "", "p:a/b /bin/sh:0x10(0x20)x"),
    "BAD_UPROBE_OFFS": Advice(rules.BAD_POINT, "the offset into the file is no number: `{}`", "", "p:a/b /bin/sh:1x"),
    "BAD_PROBE_ADDR": Advice(points.UNKNOWN_FUNCTION, "`{}` is no function or address that can be probed on this kernel", "", "p:a/b no_such_function"),
    "NON_UNIQ_SYMBOL": Advice(points.AMBIGUOUS_SYMBOL, "several symbols are called `{}`", "name it by its address", "p:a/b name_show"),
    "BAD_RETPROBE": Advice(points.RETURN_WITH_OFFSET, "`{}` is not the start of a function, so it has no return to wait for", "leave the offset out", "r:a/b vfs_read+10"),
    "NO_TRACEPOINT": Advice(rules.BAD_POINT, "there is no tracepoint `{}`", "", never="only kernels without modules say it; others wait for a module that brings the tracepoint"),
    "BAD_TP_NAME": Advice(rules.BAD_POINT, "`{}` cannot be in the name of a tracepoint", _NAME, "t:a/b sched:sched_switch"),
    "BAD_ADDR_SUFFIX": Advice(rules.BAD_POINT, "`{}` is nothing that may follow a point", "`%return` is what there is, and not for tracepoints", "p:a/b vfs_read%entry"),
    "BAD_INSN_BNDRY": Advice(points.BAD_OFFSET, "`{}` is not the beginning of an instruction", "", "p:a/b vfs_read+3"),
    "FAIL_REG_PROBE": Advice(points.BLACKLISTED, "the kernel does not let `{}` be probed", "it must not interrupt itself there; take a function that calls it", "p:a/b do_int3"),
    "NO_EVENT_INFO": Advice(rules.BAD_POINT, "an eprobe sits on an event, and `{}` is not `SYSTEM.EVENT`", "", "e:a/b sched_switch"),
    "BAD_ATTACH_EVENT": Advice(points.UNKNOWN_EVENT, "there is no event `{}` that an eprobe can sit on", "", "e:a/b sched.no_such_event"),
    # names and events
    "NO_GROUP_NAME": Advice(rules.BAD_EVENT, "no group stands before the event", "leave the `/` out too, or name one", "p:/b vfs_read"),
    "GROUP_TOO_LONG": Advice(rules.BAD_EVENT, "the name of the group is longer than 63 characters", "", f"p:{_LONG}/b vfs_read"),
    "BAD_GROUP_NAME": Advice(rules.BAD_EVENT, "`{}` cannot be the name of a group", _NAME, "p:9a/b vfs_read"),
    "NO_EVENT_NAME": Advice(rules.BAD_EVENT, "no name follows the colon", "leave the colon out too: the kernel then makes a name", "p: vfs_read"),
    "EVENT_TOO_LONG": Advice(names.NAME_TOO_LONG, "the name of the event is longer than 63 characters", "", f"p:a/{_LONG} vfs_read"),
    "BAD_EVENT_NAME": Advice(rules.BAD_EVENT, "`{}` cannot be the name of an event", _NAME, "p:a/9b vfs_read"),
    "EVENT_EXIST": Advice(rules.TAKEN, "there is another event `{}`", "give this one another name", "p:sched/sched_switch vfs_read"),
    "DIFF_PROBE_TYPE": Advice(rules.TAKEN, "the event exists, and is one of entries where this is one of returns, or the other way round", "", "p:a/b vfs_read\nr:a/b vfs_read"),
    "DIFF_ARG_TYPE": Advice(points.SITES_DIFFER, "the event exists, and its args have other names or types from here on", "all probes of an event record the same", "p:a/b vfs_read x=$stack:u32\np:a/b vfs_write x=$stack:u64"),
    "SAME_PROBE": Advice(rules.TAKEN, "the event has this very probe already", "", "p:a/b vfs_read\np:a/b vfs_read"),
    "MAXACT_NO_KPROBE": Advice(rules.BAD_MAXACTIVE, "only a return probe has a number of calls to wait for", "write `r` for `p`", "p10:a/b vfs_read"),
    "BAD_MAXACT_TYPE": Advice(rules.BAD_MAXACTIVE, "only a return probe has a number of calls to wait for", "write `r` for `p`, or `%return`", "p10:a/b vfs_read"),
    "BAD_MAXACT": Advice(rules.BAD_MAXACTIVE, "`{}` is no number of calls to wait for", "", "r0:a/b vfs_read"),
    "MAXACT_TOO_BIG": Advice(rules.BAD_MAXACTIVE, "more than 4096 calls at a time cannot be waited for", "", "r4097:a/b vfs_read"),
    # names of args
    "ARG_NAME_TOO_LONG": Advice(rules.BAD_ARG, "the name of a fetch arg has at most 32 characters", "", f"p:a/b vfs_read {'n' * 33}=$stack"),
    "NO_ARG_NAME": Advice(rules.BAD_ARG, "no name stands before the `=`", "", "p:a/b vfs_read =$stack"),
    "BAD_ARG_NAME": Advice(rules.BAD_ARG, "`{}` does not begin with a name", _NAME, "p:a/b vfs_read 9=$stack"),
    "USED_ARG_NAME": Advice(names.NAME_CLASH, "another arg has this name, or every record has a field of it", "", "p:a/b vfs_read a=$stack a=$comm"),
    "NO_ARG_BODY": Advice(rules.BAD_ARG, "no value follows the `=`", "", "p:a/b vfs_read a="),
    "ARG_TOO_LONG": Advice(limits.ARG_TOO_LONG, "a fetch arg has at most 63 characters behind its name, 255 from Linux 7.3 on", "", "p:a/b vfs_read a=" + "+0(" * 9 + "+1000000000000000000(" * 12 + "$stack" + ")" * 21),
    "TOO_MANY_ARGS": Advice(limits.TOO_MANY_ARGS, "a probe has at most 128 fetch args", "", f"p:a/b vfs_read {_MANY}"),
    "TOO_MANY_EARGS": Advice(limits.TOO_MANY_ARGS, "at most 15 parameters are kept from the entry to the return", "", f"f:a/b vfs_read%return {_ENTRIES}"),
    "EVENT_TOO_BIG": Advice(limits.EVENT_TOO_BIG, "the args of a probe have room for 3072 bytes, and this one goes beyond", "", f"p:a/b vfs_read {_BIG}"),
    # values
    "RETVAL_ON_PROBE": Advice(types.NO_RETVAL, "there is no return value: this is not a return probe", "write `r`, or `%return` behind the function", "p:a/b vfs_read $retval"),
    "NO_RETVAL": Advice(types.NO_RETVAL, "the function returns nothing", "", "r:a/b mmput $retval"),
    "BAD_STACK_NUM": Advice(rules.NOT_HERE, "a kernel's stack has no entry `{}`", "it has 2048", "p:a/b vfs_read $stack9999"),
    "BAD_ARG_NUM": Advice(rules.NOT_HERE, "there is no argument `{}`: they count from 1", "", "p:a/b vfs_read x=$arg0"),
    "BAD_VAR": Advice(types.UNKNOWN_VARIABLE, "`{}` is no variable here", "", "p:a/b vfs_read $nothing"),
    "BAD_REG_NAME": Advice(types.UNKNOWN_REGISTER, "`{}` is no register by the kernel's names", "`%ax`, not `%eax` or `%rax`", "p:a/b vfs_read %rax"),
    "BAD_MEM_ADDR": Advice(rules.BAD_ARG, "`{}` is no address", "", "p:a/b vfs_read @1x"),
    "BAD_IMM": Advice(rules.BAD_ARG, "`{}` is no number", "", "p:a/b vfs_read \\x"),
    "IMMSTR_NO_CLOSE": Advice(rules.BAD_ARG, "the string is not closed", "it must not hold a blank: the kernel splits there first", 'p:a/b vfs_read \\"text'),
    "FILE_ON_KPROBE": Advice(rules.NOT_HERE, "`{}` is a place in a program's file, and this is a probe in the kernel", "", "p:a/b vfs_read @+8"),
    "BAD_FILE_OFFS": Advice(rules.BAD_ARG, "`{}` is no offset into a file", "", "p:a/b /bin/sh:0x10 @+x"),
    "SYM_ON_UPROBE": Advice(rules.NOT_HERE, "`{}` is a symbol of the kernel, and this is a probe in a program", "", "p:a/b /bin/sh:0x10 @jiffies"),
    "TOO_MANY_OPS": Advice(limits.TOO_MANY_DEREFS, "too many reads within each other: a fetch arg has 16 instructions", "", f"p:a/b vfs_read {_DEEP}"),
    "TOO_MANY_NESTED": Advice(limits.TOO_MANY_DEREFS, "too many reads and casts within each other: at most 8", "", f"p:a/b vfs_read {_NESTED}"),
    "DEREF_NEED_BRACE": Advice(rules.BAD_ARG, "a value in parentheses must follow the offset", "write `+8(…)`", "p:a/b vfs_read +8"),
    "BAD_DEREF_OFFS": Advice(rules.BAD_ARG, "the offset is no number", "", "p:a/b vfs_read +x($stack)"),
    "DEREF_OPEN_BRACE": Advice(rules.BAD_ARG, "a parenthesis is not closed", "", "p:a/b vfs_read +8($stack"),
    "COMM_CANT_DEREF": Advice(rules.NOT_HERE, "what is read through must be an address, and this is a text", "", "p:a/b vfs_read +0($comm)"),
    "BAD_FETCH_ARG": Advice(rules.BAD_ARG, "`{}` is no value", "", "p:a/b vfs_read x=1"),
    "NOSUP_PERCPU": Advice(rules.NOT_HERE, "variables of a CPU can be read at probes in the kernel only, and not on events", "", "p:a/b /bin/sh:0x10 this_cpu_read(@x)"),
    "BAD_ATTACH_ARG": Advice(rules.NOT_HERE, "the event has no field `{}`", "", "e:a/b sched.sched_switch x=$nothing"),
    "NO_EVENT_FIELD": Advice(rules.NOT_HERE, "the event has no field `{}`", "", "e:a/b sched.sched_switch x=nothing"),
    # types
    "ARRAY_NO_CLOSE": Advice(rules.BAD_ARG_TYPE, "the bracket is not closed", "", "p:a/b vfs_read +0($stack):u8[4"),
    "BAD_ARRAY_SUFFIX": Advice(rules.BAD_ARG_TYPE, "nothing may follow the bracket, and `{}` does", "", "p:a/b vfs_read +0($stack):u8[4]x"),
    "BAD_ARRAY_NUM": Advice(rules.BAD_ARG_TYPE, "an array has a number of elements from 1 on", "", "p:a/b vfs_read +0($stack):u8[0]"),
    "ARRAY_TOO_BIG": Advice(types.ARRAY_SIZE, "an array has at most 64 elements", "", "p:a/b vfs_read +0($stack):u8[65]"),
    "BAD_TYPE": Advice(types.UNKNOWN_FETCH_TYPE, "`{}` is no type of this kernel", "", "p:a/b vfs_read $stack:u63"),
    "BAD_STRING": Advice(rules.BAD_ARG_TYPE, "this is no memory, so it holds neither a string nor an array", "read through it: `+0(…)`", "p:a/b vfs_read $stack:string"),
    "BAD_SYMSTRING": Advice(rules.BAD_ARG_TYPE, "a symbol is told of an address, and this is none", "", "p:a/b vfs_read \\1:symstr"),
    "BAD_BITFIELD": Advice(rules.BAD_ARG_TYPE, "the bits are not within the size, or not written as `bWIDTH@OFFSET/SIZE`", "", "p:a/b vfs_read $stack:b9@0/8"),
    "NEED_STRING_TYPE": Advice(rules.BAD_ARG_TYPE, "this is a text: `string` is its only type", "leave the type out", "p:a/b vfs_read $comm:u64"),
    "BAD_TYPE4STR": Advice(rules.BAD_ARG_TYPE, "by its C type this is no string: neither `char *` nor an array of `char`", "", "f:a/b vfs_read pos:string"),
    # names out of BTF
    "NOSUP_BTFARG": Advice(types.NO_PARAMETERS, "there are no parameters by name here: not at the start of a function", "", "p:a/b /bin/sh:0x10 count"),
    "NO_BTFARG": Advice(names.UNKNOWN_NAME, "the function has no parameter `{}`", "", "f:a/b vfs_read kount"),
    "NO_BTF_ENTRY": Advice(rules.NOT_HERE, "nothing is known of the parameters of this function, or it has none", "take them by number or register", "f:a/b schedule count"),
    "BAD_VAR_ARGS": Advice(rules.NOT_HERE, "`$arg*` stands alone", "", never="no kernel that has the name gives it: `x=$arg*` is BAD_VAR"),
    "NOFENTRY_ARGS": Advice(rules.NOT_HERE, "arguments are there at the start of a function, and at its return", "", "p:a/b nomodule:function $arg1"),
    "DOUBLE_ARGS": Advice(rules.NOT_HERE, "`$arg*` stands once in a probe", "", "f:a/b vfs_read $arg* $arg*"),
    "ARGS_2LONG": Advice(rules.NOT_HERE, "the parameters' names take more than 127 characters together", "name those that are needed", "f:a/b vfs_read " + " ".join(["$arg1:x64"] * 16)),
    "ARGIDX_2BIG": Advice(rules.NOT_HERE, "there are not so many arguments", "", never="no kernel that has the name gives it: it is NO_BTFARG"),
    "NO_PTR_STRCT": Advice(types.NOT_A_STRUCT, "this is no pointer to a struct or union, or there is no such struct", "", "f:a/b vfs_read count->x"),
    "NOSUP_DAT_ARG": Advice(rules.NOT_HERE, "a member of a parameter is reached by `->` only", "", "f:a/b vfs_read file.f_inode"),
    "BAD_HYPHEN": Advice(rules.BAD_ARG, "a hyphen must be part of `->`", "", "f:a/b vfs_read file-f_inode"),
    "NO_BTF_FIELD": Advice(types.UNKNOWN_MEMBER, "there is no member `{}`", "", "f:a/b vfs_read file->f_inod"),
    "BAD_BTF_TID": Advice(types.INCOMPLETE_TYPE, "this points to something without members, or of which they are not known", "", "f:a/b kfree object->x"),
    # casts
    "TYPECAST_NOT_EVENT": Advice(rules.BAD_CAST, "this kernel knows casts in eprobes only", "Linux 7.3 and later know them everywhere", never="Linux 7.2 alone says it: of a cast that is not in an eprobe"),
    "TYPECAST_REQ_FIELD": Advice(rules.BAD_CAST, "a member must follow what is cast: `->…`", "", "f:a/b vfs_read (file)file"),
    "TYPECAST_SYM_OFFSET": Advice(rules.BAD_CAST, "a symbol with an offset that is cast must be in parentheses", "write `(TYPE)(@SYMBOL+8)->…`", "f:a/b vfs_read (task_struct)@init_task+8->pid"),
    "TYPECAST_NOT_ALIGNED": Advice(rules.BAD_CAST, "the member between the parentheses does not begin at a byte", "", "f:a/b vfs_read (task_struct,in_execve)file->pid"),
    "TYPECAST_BAD_ARROW": Advice(rules.BAD_CAST, "the member between the parentheses is within the struct: `.` and no `->`", "", "f:a/b vfs_read (task_struct,mm->x)file->pid"),
    # conditions
    "NO_EP_FILTER": Advice(rules.BAD_FILTER, "a condition must follow `if`", "", "e:a/b sched.sched_switch if"),
    "FILT_INVALID_OP": Advice(rules.BAD_FILTER, "a comparison must stand here", "", "e:a/b sched.sched_switch if prev_pid = 3"),
    "FILT_TOO_MANY_OPEN": Advice(rules.BAD_FILTER, "a parenthesis is not closed", "", "e:a/b sched.sched_switch if (prev_pid == 3"),
    "FILT_TOO_MANY_CLOSE": Advice(rules.BAD_FILTER, "a parenthesis closes that was not opened", "", "e:a/b sched.sched_switch if prev_pid == 3)"),
    "FILT_MISSING_QUOTE": Advice(rules.BAD_FILTER, "a string is not closed", "", 'e:a/b sched.sched_switch if prev_comm == "x'),
    "FILT_MISSING_BRACE_OPEN": Advice(rules.BAD_FILTER, "`{{` must follow `CPUS`", "", "e:a/b sched.sched_switch if CPU == CPUS0"),
    "FILT_MISSING_BRACE_CLOSE": Advice(rules.BAD_FILTER, "the list of CPUs is not closed", "", "e:a/b sched.sched_switch if CPU == CPUS{0"),
    "FILT_OPERAND_TOO_LONG": Advice(rules.BAD_FILTER, "the value is too long", "", "e:a/b sched.sched_switch if prev_pid == " + "1" * 30),
    "FILT_EXPECT_STRING": Advice(rules.BAD_FILTER, "the field is a string, and this is a number", "", "e:a/b sched.sched_switch if prev_comm == 3"),
    "FILT_EXPECT_DIGIT": Advice(rules.BAD_FILTER, "the field is a number, and this is a string", "", 'e:a/b sched.sched_switch if prev_pid == "x"'),
    "FILT_ILLEGAL_FIELD_OP": Advice(rules.BAD_FILTER, "the field cannot be compared so", "", "e:a/b sched.sched_switch if prev_pid ~ 3"),
    "FILT_FIELD_NOT_FOUND": Advice(rules.BAD_FILTER, "the event has no such field", "", "e:a/b sched.sched_switch if prev_pdi == 3"),
    "FILT_ILLEGAL_INTVAL": Advice(rules.BAD_FILTER, "this is no number for the field", "", "e:a/b sched.sched_switch if prev_pid == 3x"),
    "FILT_TOO_MANY_PREDS": Advice(rules.BAD_FILTER, "`&&` or `||` must stand between comparisons", "", "e:a/b sched.sched_switch if prev_pid == 3 4"),
    "FILT_INVALID_FILTER": Advice(rules.BAD_FILTER, "the condition ends in the middle", "write what follows, or take the operator away", never="a [warning](#what-cannot-be-known): kernels that are alike otherwise take such a condition, and leave the `&&` out"),
    "FILT_INVALID_CPULIST": Advice(rules.BAD_FILTER, "this is no list of CPUs", "", "e:a/b sched.sched_switch if CPU == CPUS{}"),
    "FILT_INVALID_VALUE": Advice(rules.BAD_FILTER, "a number or a string in quotes must stand here", "", "e:a/b sched.sched_switch if prev_pid == x"),
    "FILT_NO_FUNCTION": Advice(rules.BAD_FILTER, "there is no such function", "", "e:a/b kmem.kfree if call_site.function == no_such_function"),
    "FILT_ERRNO": Advice(rules.BAD_FILTER, "this is no condition", "", "e:a/b sched.sched_switch if =="),
    "FILT_NO_FILTER": Advice(rules.BAD_FILTER, "there is nothing to compare", "", "e:a/b sched.sched_switch if !"),
    # synthetic events
    "SYNTH_BAD_NAME": Advice(rules.BAD_SYNTHETIC, "a name must stand here", _NAME, "s:9a u64 x"),
    "SYNTH_INVALID_CMD": Advice(rules.BAD_SYNTHETIC, "a synthetic event is written `s:NAME TYPE FIELD; …`", "", "s:a"),
    "SYNTH_INVALID_DYN_CMD": Advice(rules.BAD_SYNTHETIC, "the group of a synthetic event is `synthetic`", "leave it out", "s:a/b u64 x"),
    "SYNTH_EVENT_EXISTS": Advice(rules.TAKEN, "there is a synthetic event of that name", "", "s:a u64 x\ns:a u64 x"),
    "SYNTH_TOO_MANY_FIELDS": Advice(rules.BAD_SYNTHETIC, "a synthetic event has at most 64 fields", "", "s:a " + " ".join(f"u64 f{number}" for number in range(65))),
    "SYNTH_INCOMPLETE_TYPE": Advice(rules.BAD_SYNTHETIC, "a type and a name must follow `unsigned`", "", "s:a u64 x; unsigned y"),
    "SYNTH_INVALID_TYPE": Advice(rules.BAD_SYNTHETIC, "this is no type of a synthetic event", "", "s:a u63 x"),
    "SYNTH_INVALID_FIELD": Advice(rules.BAD_SYNTHETIC, "a name must follow the type", "", "s:a u64 x; u64"),
    "SYNTH_INVALID_ARRAY_SPEC": Advice(rules.BAD_SYNTHETIC, "a string has at most 256 characters", "", "s:a char x[999]"),
    "NO_MATCH": Advice(rules.UNKNOWN_COMMAND, "this is no command that the kernel knows", "", "x:a/b vfs_read"),
}  # fmt: skip

#: What the kernel refuses without a word in `error_log`: the rule, the message, an example.
SILENT: dict[str, Advice] = {
    "no-such-command": Advice(rules.UNKNOWN_COMMAND, "this is no command that the kernel knows", "", "x:a/b vfs_read"),
    "string-needed": Advice(rules.BAD_ARG_TYPE, "a text has the type `string` only", "leave the type out", "p:a/b vfs_read $comm:u64"),
    "too-many-args": Advice(limits.TOO_MANY_ARGS, "a probe has at most 128 fetch args", "", f"p:a/b vfs_read {_MANY}"),
    "dentries-too-long": Advice(rules.REFUSED_SILENTLY, "the reads behind `%pd` and `%pD` take more than 255 characters together", "", "f:a/b vfs_read " + " ".join(f"n{number}=file:%pD" for number in range(9))),
    "line-too-long": Advice(limits.COMMAND_TOO_LONG, "a line has at most 4094 characters", "", "p:a/b vfs_read " + "x" * 4090),
    "tracepoint-taken": Advice(rules.REFUSED_SILENTLY, "this kernel takes one tprobe on a tracepoint, and there is one", "one probe can record what both do", "t:a/b sched_switch\nt:a/c sched_switch"),
    "reference-differs": Advice(rules.REFUSED_SILENTLY, "another probe at this place has another semaphore", "", "p:a/b /bin/sh:0x10(0x20)\np:a/c /bin/sh:0x10(0x28)"),
    "symbol-missing": Advice(rules.REFUSED_SILENTLY, "a symbol behind `@` is not there", "", "e:a/b sched.sched_switch x=@no_such_symbol"),
    "event-exists": Advice(rules.TAKEN, "there is another event of that name", "", ""),
    "trigger-malformed": Advice(rules.BAD_TRIGGER, "this is no trigger as the kernel reads them", "`hist:keys=FIELD,…`, with `:NAME=VALUE` and `:onmatch(SYSTEM.EVENT).trace(…)`", ""),
    "trigger-condition": Advice(rules.BAD_FILTER, "this kernel does not take the condition", "", ""),
    "no-such-trigger": Advice(rules.BAD_TRIGGER, "there is no trigger of this name", "", ""),
    "no-such-event-file": Advice(rules.NOTHING_REMOVED, "there is no such event at this point of the file", "", ""),
    "removal-malformed": Advice(rules.UNKNOWN_COMMAND, "what is removed is written `-:GROUP/EVENT`", "", "-a/b"),
    "no-such-event": Advice(rules.NOTHING_REMOVED, "there is no such event at this point of the file", "", "-:a/b"),
    "event-busy": Advice(rules.NOTHING_REMOVED, "an eprobe or a trigger uses this event, which stays as long", "remove that first", "s:a u64 x\ne:b/c synthetic.a\n-:synthetic/a"),
}  # fmt: skip
