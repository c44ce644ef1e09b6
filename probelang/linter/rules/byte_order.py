"""PRB623: a number in the network's byte order compared with one in the processor's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Edit, Fix, Rule, Severity
from probelang.linter.subject import field_of
from probelang.probes import comparisons

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.linter.subject import Subject
    from probelang.probes import Condition

RULE = Rule(
    "PRB623",
    "byte-order",
    Severity.WARNING,
    "The kernel keeps ports and addresses as the network sends them, the highest byte first: a `__be16` that holds port 443 reads as 47873 on x86-64. "
    "Compare it with the number that its bytes are. (`skc_num`, the port on this side, is in the order of the processor.)",
    example="fprobe tcp_connect if sk->__sk_common.skc_dport == 443",
)

_BYTES = {"__be16": 2, "__be32": 4, "__be64": 8}


def check_condition(subject: Subject, statement: Statement, condition: Condition, report: Report) -> None:
    for compare in comparisons(condition):
        field = field_of(statement.events[0], compare)
        size = _BYTES.get(field.c_type) if field is not None else None
        if size is None or field is None or compare.constant is None or compare.op == "&":
            continue
        value, text = compare.value, subject.text(compare.constant)
        if not isinstance(value, int) or not 0 < value < 1 << (8 * size):
            continue
        swapped = int.from_bytes(value.to_bytes(size, "big"), "little")
        # a number in hex is taken for the bytes as they lie there
        if swapped == value or text.lower().startswith("0x"):
            continue
        order = compare.op not in ("==", "!=")
        written = f"{swapped:#0{2 + 2 * size}x}"
        report.add(
            RULE,
            compare.constant,
            f"`{field.c_type}` has the highest byte first: {value} is stored as {swapped}",
            label="its bytes have another order, so that `<` and `>` say nothing"
            if order
            else f"`{written}`",
            help="record it as `: x16`, and read its bytes in the trace" if order else None,
            fix=None if order else Fix(f"write `{written}`", (Edit(compare.constant, written),), safe=False),
        )
