"""What the kernel refused, as a diagnostic at the place of the spec that it came of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.commands import rules
from probelang.commands.explain import explain, read_log
from probelang.diagnostics import Diagnostic, Label, Severity
from probelang.probes import TracepointTarget
from probelang.record import replace

if TYPE_CHECKING:
    from probelang.tracing.define import Refused

_ONE_TPROBE = (
    "before Linux 6.16 a tracepoint takes one tprobe, and refuses others without a word: another run may have it; an eprobe on "
    "its event can be had many times"
)


def diagnose(refused: Refused) -> Diagnostic:
    """By the kernel's own words where its `error_log` has some of this very text; else by the error of the write."""
    found, _ = explain(read_log(refused.log), [refused.event])
    if found:
        # what it would do is no news when it has done it
        return replace(found[-1][1], kernel_error=None, kernel_text=None)
    probe = refused.event.probe
    span = probe.point_span
    if refused.what == "the condition" and probe.condition_span is not None:
        span = probe.condition_span
    reason = refused.error.strerror if refused.error is not None else "it took it, and does not show it"
    return Diagnostic(
        rules.REFUSED_SILENTLY,
        f"the kernel refused {refused.what}, and its error_log says nothing of it: {reason}",
        Label(span, ""),
        Severity.ERROR,
        notes=(f"it was written as `{refused.text}`",),
        help=_ONE_TPROBE if any(isinstance(site.target, TracepointTarget) for site in probe.sites) else None,
    )
