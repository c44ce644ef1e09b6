"""The errors of hist triggers: what is said of them, an example, and why no trigger that we emit meets them.

An example is written to the trigger of `io/r` where there are `io/e` and `io/r` with the number `a` and the string `s`, `io/e` has the
trigger `hist:keys=common_pid:v=a`, `io/r` has `hist:keys=common_pid`, and there is the synthetic event `made` with one `u64`. Of what has none nothing is foreseen, for only other triggers than ours have it.
"""

from __future__ import annotations

from probelang.commands import rules
from probelang.commands.advice import Advice
from probelang.record import record

BEFORE = (
    ("d", "p:io/e vfs_fsync a=$stack0:u64 s=+0($stack):string"),
    ("d", "p:io/r vfs_fsync a=$stack0:u64 s=+0($stack):string"),
    ("d", "s:made u64 x"),
    ("t", "io/e hist:keys=common_pid:v=a"),
    ("t", "io/r hist:keys=common_pid"),
)
_FIELDS = "fields are those of the events that were defined just before"
_NAMES = "variables are numbered, and the two triggers have other letters"
_ONE = "one `onmatch` of the entry's event, in one form"
_MOST = "a join has room for 8 values of the entry (`PRB403`)"
_OTHER = "ours have no such part"


@record
class TriggerAdvice:
    """`ours` is why what we emit is not refused so."""

    message: str
    ours: str
    example: str = ""


HIST_ADVICE: dict[str, TriggerAdvice] = {
    "DUPLICATE_VAR": TriggerAdvice("a trigger of this event has a variable of this name", _NAMES, "hist:keys=a:x=a,x=common_pid"),
    "VAR_NOT_UNIQUE": TriggerAdvice("several events have a variable of this name", _ONE),
    "TOO_MANY_VARS": TriggerAdvice("a trigger has at most 16 variables", _MOST, "hist:keys=a:" + ",".join(f"x{number}=a" for number in range(16)) + ":y=a"),
    "MALFORMED_ASSIGNMENT": TriggerAdvice("a variable is written `NAME=VALUE`", "each is written so", "hist:keys=a:x=a,y"),
    "NAMED_MISMATCH": TriggerAdvice("another trigger of this name has other keys", _OTHER),
    "TRIGGER_EEXIST": TriggerAdvice("the event has this very trigger", "events are made anew, or the script stops before", "hist:keys=common_pid"),
    "TRIGGER_ENOENT_CLEAR": TriggerAdvice("there is no such trigger to be cleared or continued", _OTHER),
    "SET_CLOCK_FAIL": TriggerAdvice("there is no such clock", _OTHER),
    "BAD_FIELD_MODIFIER": TriggerAdvice("this may not follow the dot", "`stack.buckets=16384` alone has one, where the kernel has buckets", "hist:keys=a.nothing"),
    "TOO_MANY_SUBEXPR": TriggerAdvice("a sum has too many parts", "there is one difference", "hist:keys=a:x=a+a+a+a+a"),
    "TIMESTAMP_MISMATCH": TriggerAdvice("nanoseconds are compared with microseconds", "all times are in nanoseconds", "hist:keys=a:x=common_timestamp.usecs-a"),
    "TOO_MANY_FIELD_VARS": TriggerAdvice("too many fields are handed over", _MOST),
    "EVENT_FILE_NOT_FOUND": TriggerAdvice("there is no such event", _ONE),
    "HIST_NOT_FOUND": TriggerAdvice("this event has no such field, and the event that is matched no histogram with these keys", _FIELDS, "hist:keys=a,s:onmatch(io.e).trace(made,nothing)"),
    "HIST_CREATE_FAIL": TriggerAdvice("the field cannot be kept for the event that is matched", _FIELDS),
    "SYNTH_VAR_NOT_FOUND": TriggerAdvice("the field was not kept", _FIELDS),
    "SYNTH_EVENT_NOT_FOUND": TriggerAdvice("there is no synthetic event of this name", "it is defined before", "hist:keys=common_pid:onmatch(io.e).trace(mode,$v)"),
    "SYNTH_TYPE_MISMATCH": TriggerAdvice("the synthetic event has another type here", "its types are made of the same values", "hist:keys=common_pid:onmatch(io.e).trace(made,common_pid)"),
    "SYNTH_COUNT_MISMATCH": TriggerAdvice("the synthetic event has more fields", "its fields are those that are handed over", "hist:keys=common_pid:onmatch(io.e).trace(made)"),
    "FIELD_VAR_PARSE_FAIL": TriggerAdvice("what is handed over is no field", _FIELDS, "hist:keys=a,s:onmatch(io.e).trace(made,nothing)"),
    "VAR_CREATE_FIND_FAIL": TriggerAdvice("a variable has the name of what is handed over", _NAMES, "hist:keys=a,s:common_pid=a:onmatch(io.e).trace(made,common_pid)"),
    "ONX_NOT_VAR": TriggerAdvice("what is watched is a variable, `$x`", _OTHER),
    "ONX_VAR_NOT_FOUND": TriggerAdvice("there is no such variable", _OTHER),
    "ONX_VAR_CREATE_FAIL": TriggerAdvice("what is watched cannot be kept", _OTHER),
    "FIELD_VAR_CREATE_FAIL": TriggerAdvice("what is saved cannot be kept", _OTHER),
    "TOO_MANY_PARAMS": TriggerAdvice("too much is handed over", _MOST),
    "PARAM_NOT_FOUND": TriggerAdvice("there is no such variable", "each is set by one of the two triggers", "hist:keys=common_pid:onmatch(io.e).trace(made,$nothing)"),
    "INVALID_PARAM": TriggerAdvice("what is handed over has at least two characters", "names have two characters", "hist:keys=common_pid:onmatch(io.e).trace(made,a)"),
    "ACTION_NOT_FOUND": TriggerAdvice("`.trace(…)` must follow", _ONE, "hist:keys=common_pid:onmatch(io.e)trace(made,$v)"),
    "NO_SAVE_PARAMS": TriggerAdvice("nothing is saved", _OTHER),
    "TOO_MANY_SAVE_ACTIONS": TriggerAdvice("there is one `save(…)` in a trigger", _OTHER),
    "ACTION_MISMATCH": TriggerAdvice("this does not go together", _OTHER),
    "NO_CLOSING_PAREN": TriggerAdvice("a parenthesis is not closed", _ONE, "hist:keys=a:onmatch(io.e"),
    "SUBSYS_NOT_FOUND": TriggerAdvice("what is matched is written `SYSTEM.EVENT`", _ONE, "hist:keys=a:onmatch(ioe).trace(made,$v)"),
    "INVALID_SUBSYS_EVENT": TriggerAdvice("there is no such event", _ONE, "hist:keys=a:onmatch(io.x).trace(made,$v)"),
    "INVALID_REF_KEY": TriggerAdvice("a key is a field, and no variable", "keys are fields", "hist:keys=$v"),
    "VAR_NOT_FOUND": TriggerAdvice("there is no such variable", "each is set by one of the two triggers", "hist:keys=a:x=$nothing"),
    "FIELD_NOT_FOUND": TriggerAdvice("the event has no such field", _FIELDS, "hist:keys=nothing"),
    "EMPTY_ASSIGNMENT": TriggerAdvice("nothing follows the `=`", "each is written whole", "hist:keys="),
    "INVALID_SORT_MODIFIER": TriggerAdvice("this is no way to sort", _OTHER, "hist:keys=a:sort=a.up"),
    "EMPTY_SORT_FIELD": TriggerAdvice("nothing is sorted by", _OTHER, "hist:keys=a:sort=a,"),
    "TOO_MANY_SORT_FIELDS": TriggerAdvice("there are two fields to sort by at most", _OTHER, "hist:keys=a:sort=a,hitcount,a"),
    "INVALID_SORT_FIELD": TriggerAdvice("this is neither a key nor a value", _OTHER, "hist:keys=a:sort=b"),
    "INVALID_STR_OPERAND": TriggerAdvice("there is no arithmetic with strings", "there is one difference, of times", "hist:keys=a:x=s+a"),
    "EXPECT_NUMBER": TriggerAdvice("this is no number", "there are no numbers", "hist:keys=a:x=9z"),
    "UNARY_MINUS_SUBEXPR": TriggerAdvice("a minus cannot stand here", _OTHER),
    "DIVISION_BY_ZERO": TriggerAdvice("nothing is divided by zero", _OTHER),
}  # fmt: skip


def advice_of(name: str) -> Advice:
    """What is said of an error `HIST_…`."""
    return Advice(rules.BAD_TRIGGER, HIST_ADVICE[name.removeprefix("HIST_")].message)
