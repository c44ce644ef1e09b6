"""The options of a probe, `with …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.check.report import near_names, rename, suggest
from probelang.check.rules import points as rules
from probelang.record import record
from probelang.syntax import tree
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from probelang.check.report import Report

OPTIONS = ("maxactive", "stacktrace", "disabled", "max")
#: KRETPROBE_MAXACTIVE_MAX of kernel/trace/trace_kprobe.c.
MAXACTIVE_MAX = 4096
MAX_MAX = 100_000


@record
class Options:
    """What was asked; None where it was not."""

    maxactive: int | None = None
    stacktrace: bool = False
    disabled: bool = False
    max: int | None = None


def read_options(report: Report, probe: tree.Probe) -> Options:
    """The options of a probe; wrong ones are reported, and left out."""
    numbers: dict[str, int] = {}
    flags: set[str] = set()
    for option in probe.options:
        name = option.name.name
        if name not in OPTIONS:
            near = near_names(name, OPTIONS)
            report.add(
                rules.BAD_OPTION,
                option.name.span,
                f"there is no option `{name}`",
                label=suggest(near),
                notes=("the options: maxactive=N, stacktrace, disabled, max=N",),
                fix=rename(option.name.span, near),
            )
        elif name in flags or name in numbers:
            report.add(rules.BAD_OPTION, option.span, f"`{name}` is given twice")
        elif name == "stacktrace" and probe.kind is Kind.MONITOR:
            report.add(
                rules.BAD_OPTION, option.span, "a clock strikes in any function: its stack tells nothing"
            )
        elif name in ("stacktrace", "disabled"):
            if option.value is not None:
                report.add(rules.BAD_OPTION, option.span, f"`{name}` takes no value")
            flags.add(name)
        elif option.value is None:
            report.add(rules.BAD_OPTION, option.span, f"`{name}` needs a number: `{name}=10`")
        else:
            numbers[name] = option.value.value
            _check_number(report, probe, option)
    return Options(numbers.get("maxactive"), "stacktrace" in flags, "disabled" in flags, numbers.get("max"))


def _check_number(report: Report, probe: tree.Probe, option: tree.Option) -> None:
    assert option.value is not None
    value = option.value.value
    limit = MAXACTIVE_MAX if option.name.name == "maxactive" else MAX_MAX
    if not 1 <= value <= limit:
        report.add(
            rules.BAD_OPTION,
            option.value.span,
            f"`{option.name.name}` is a number from 1 to {limit}",
            kernel_error="MAXACT_TOO_BIG" if option.name.name == "maxactive" and value > limit else None,
        )
    elif option.name.name == "maxactive":
        returns = any(isinstance(point, tree.FunctionPoint) and point.returns for point in probe.points)
        if probe.kind not in (Kind.KPROBE, Kind.FPROBE) or not returns:
            report.add(
                rules.BAD_OPTION,
                option.span,
                "`maxactive` is for a function's return (`FUNC%return`): how many calls may run at once",
                help="leave it out, or probe the return: `kprobe FUNC%return with maxactive=N`",
                kernel_error="BAD_MAXACT_TYPE" if probe.kind is Kind.KPROBE else None,
            )
