"""What the numbers of well-known values are called: of a member, a parameter or a field of an event that holds one kind only.

The names are those of the kernel's user API (include/uapi) and of its enums; their numbers are asked of the constants that a spec can use.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from probelang.btf.names import Space
from probelang.btf.types import Enum
from probelang.check.btf_ctypes import BtfType
from probelang.check.constants import Constants
from probelang.check.report import Report
from probelang.kernel.constants import errno_name
from probelang.probes import Access, EntryValue, EventFieldValue, EventTarget, FunctionTarget, ReturnValue
from probelang.syntax import tree

if TYPE_CHECKING:
    from probelang.kernel.interface import Kernel
    from probelang.probes import Field, Target

_FAMILIES = "AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_PACKET AF_ALG AF_BLUETOOTH AF_CAN AF_TIPC AF_VSOCK AF_XDP AF_KEY AF_BRIDGE"
_SIGNALS = (
    "SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM "
    "SIGSTKFLT SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPWR SIGSYS"
)
_OPEN_FLAGS = (
    "O_WRONLY O_RDWR O_CREAT O_EXCL O_NOCTTY O_TRUNC O_APPEND O_NONBLOCK O_DSYNC O_DIRECT O_DIRECTORY O_NOFOLLOW O_NOATIME "
    "O_CLOEXEC O_SYNC O_PATH"
)
_MODES = "S_IFSOCK S_IFLNK S_IFREG S_IFBLK S_IFDIR S_IFCHR S_IFIFO S_ISUID S_ISGID S_ISVTX"
_PROTOCOLS = (
    "IPPROTO_ICMP IPPROTO_IGMP IPPROTO_TCP IPPROTO_UDP IPPROTO_DCCP IPPROTO_GRE IPPROTO_ICMPV6 IPPROTO_SCTP IPPROTO_UDPLITE "
    "IPPROTO_RAW IPPROTO_MPTCP"
)
_TCP_STATES = (
    "TCP_ESTABLISHED TCP_SYN_SENT TCP_SYN_RECV TCP_FIN_WAIT1 TCP_FIN_WAIT2 TCP_TIME_WAIT TCP_CLOSE TCP_CLOSE_WAIT TCP_LAST_ACK "
    "TCP_LISTEN TCP_CLOSING TCP_NEW_SYN_RECV"
)

#: Members whose names no other kind of value bears.
_MEMBERS = {
    "skc_family": _FAMILIES,
    "sa_family": _FAMILIES,
    "sin_family": _FAMILIES,
    "sin6_family": _FAMILIES,
    "ss_family": _FAMILIES,
    "skc_state": _TCP_STATES,
    "sk_protocol": _PROTOCOLS,
    "i_mode": _MODES,
    "f_flags": _OPEN_FLAGS,
}
#: Parameters, and members of what they point to, by function.
_PARAMETERS = {
    ("do_sys_openat2", "how->flags"): _OPEN_FLAGS,
    ("do_sys_open", "flags"): _OPEN_FLAGS,
    ("tcp_set_state", "state"): _TCP_STATES,
    ("inet_sk_set_state", "state"): _TCP_STATES,
    ("do_send_sig_info", "sig"): _SIGNALS,
    ("send_signal_locked", "sig"): _SIGNALS,
    ("group_send_sig_info", "sig"): _SIGNALS,
    ("kill_pid_info", "sig"): _SIGNALS,
    ("complete_signal", "sig"): _SIGNALS,
    ("__sock_create", "family"): _FAMILIES,
    ("sock_create", "family"): _FAMILIES,
}
#: Fields of events: a system, how the event's name begins, and the field.
_FIELDS = {
    ("signal", "signal_", "sig"): _SIGNALS,
    ("sock", "", "family"): _FAMILIES,
    ("sock", "", "protocol"): _PROTOCOLS,
    ("sock", "inet_sock_set_state", "newstate"): _TCP_STATES,
    ("sock", "inet_sock_set_state", "oldstate"): _TCP_STATES,
    ("tcp", "", "family"): _FAMILIES,
    ("syscalls", "sys_enter_open", "flags"): _OPEN_FLAGS,
    ("syscalls", "sys_enter_kill", "sig"): _SIGNALS,
    ("syscalls", "sys_enter_tkill", "sig"): _SIGNALS,
    ("syscalls", "sys_enter_tgkill", "sig"): _SIGNALS,
    ("syscalls", "sys_enter_socket", "family"): _FAMILIES,
}
#: Fields of events that hold what a function of the kernel returned.
_OUTCOMES = ("ret", "err", "error", "retval")
#: One that may hold that, or anything else.
RESULT = "result"

#: By the lists of names above, for as long as a kernel is there.
_KNOWN: WeakKeyDictionary[Kernel, dict[str, dict[int, str]]] = WeakKeyDictionary()

#: MAX_ERRNO of include/linux/err.h.
MAX_ERRNO = 4095


def names_of(kernel: Kernel, field: Field, target: Target, values: set[int]) -> dict[int, str]:
    """The names of those of some numbers that have one where a field holds them; errors are not among them."""
    enumerators = _enumerators(kernel, field)
    if enumerators:
        listed = [name for name, value in enumerators if value in values]
        return _numbers(kernel, listed)
    words = _well_known(field, target)
    if words is None:
        return {}
    known = _KNOWN.setdefault(kernel, {})
    if words not in known:
        known[words] = _numbers(kernel, words.split())
    return {value: name for value, name in known[words].items() if value in values}


def _numbers(kernel: Kernel, names: list[str]) -> dict[int, str]:
    """The first of the names of each number, as a spec may write them."""
    known = Constants(kernel, Report())
    found: dict[int, str] = {}
    for name in names:
        values = known.values_of(name)
        if len(values) == 1:
            found.setdefault(values[0], name)
    return found


def error_for(field: Field, value: int) -> str | None:
    """`-ENOENT` for -2, where a field holds what a function of the kernel returned."""
    if value > -2 or not field.fetch.signed or field.fetch.bits < 32 or not is_outcome(field.access):
        # -1 is -EPERM, and what much else returns that means no more than that something failed
        return None
    name = _errno_name(value) if value >= -MAX_ERRNO else None
    return f"-{name}" if name is not None else None


#: Looked up in a table of text, which takes a while.
_errno_name = cache(errno_name)


def is_outcome(access: Access, *others: str) -> bool:
    """Whether a value is what a function of the kernel returned: of a probe at its return, or by the name of an event's field, or one of `others`."""
    match access:
        case Access(ReturnValue(), ()):
            return True
        case Access(EventFieldValue(name), ()):
            return name in _OUTCOMES or name in others
        case _:
            return False


def _enumerators(kernel: Kernel, field: Field) -> tuple[tuple[str, int], ...]:
    """Those of a value's enum, by its type in BTF."""
    ref = getattr(field.type, "ref", None)
    btf, id = None, None
    if isinstance(ref, BtfType) and getattr(field.type, "what", "") == "enum":
        btf, id = ref.btf, ref.id
    elif field.c_type.startswith("enum "):
        # the format of an event names it, and no more
        btf = kernel.btf
        id = btf.find(Space.ENUM, field.c_type.removeprefix("enum ")) if btf is not None else None
    if btf is None or id is None:
        return ()
    found = btf.type(id)
    return found.values if isinstance(found, Enum) else ()


def _well_known(field: Field, target: Target) -> str | None:
    expr = field.expr
    access = field.access.base.access if isinstance(field.access.base, EntryValue) else field.access
    match target:
        case EventTarget(system, event) if isinstance(access.base, EventFieldValue) and not access.derefs:
            wanted = access.base.name
            for (owner, start, name), names in _FIELDS.items():
                if owner == system and event.startswith(start) and name == wanted:
                    return names
            return None
        case FunctionTarget(function):
            path = _path(expr)
            if path is not None and (function, path) in _PARAMETERS:
                return _PARAMETERS[function, path]
    return _MEMBERS.get(expr.member.name) if isinstance(expr, tree.Member) else None


def _path(expr: tree.Expr | None) -> str | None:
    match expr:
        case tree.Name(_, name):
            return name
        case tree.Member(_, tree.Name(_, base), tree.Ident(_, name), arrow):
            return f"{base}{'->' if arrow else '.'}{name}"
        case _:
            return None
