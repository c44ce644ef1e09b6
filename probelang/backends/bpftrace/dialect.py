"""What differs between releases of bpftrace, as found by running 0.17 (Debian bookworm) and 0.27."""

from __future__ import annotations

from probelang.record import record


@record
class Dialect:
    """One release: the words it has, and what it cannot do.

    `max_printf` is how many arguments printf() takes, the format counted. `stack_words` is how many
    numbers one event may have where they are on the BPF stack (512 bytes; found by trying: 54 numbers pass, or 4 strings and 13 numbers), None where they are elsewhere. `max_string` is the size of a string, its NUL counted.
    `on_stack`: of how many bytes a thing may be that is kept on the BPF stack. What printf() of 0.27 takes is elsewhere if it is larger, and there all
    printf()s of a CPU have one place: a probe that is hit within another one's program, as those of the scheduler are, overwrites it, and bpftrace
    dies of that (`std::bad_alloc`). So what is printed of such goes to the stack.
    `inside_programs`: whether a uprobe may be behind the start of a function; Debian's 0.17 is built without what would check such a place, and `--unsafe` does not help.
    `module_points`: whether a kprobe can say of which module a function is. `leaves_out`: whether it takes no probe, by name, on functions of its own choice.
    """

    version: tuple[int, int]
    entry: str
    exit: str
    member: str
    tid: str
    pid: str
    config: bool
    raw_tracepoints: bool
    returns_deleted: bool
    strlen: bool
    narrow_maps: bool
    deep_names: bool
    inside_programs: bool
    module_points: bool
    leaves_out: bool
    arrays_are_strings: bool
    max_printf: int
    max_string: int
    stack_words: int | None
    on_stack: int

    @property
    def title(self) -> str:
        return "bpftrace {}.{}".format(*self.version)

    def in_map(self, bits: int, signed: bool) -> tuple[int, bool]:
        """The width and sign that a number has when it comes out of a map again."""
        return (bits if self.narrow_maps else 64, signed)

    def delete(self, map: str) -> str:
        """A statement that takes the thread's value out of a map; 0.27 warns where what delete() returns goes nowhere."""
        return f"$__gone = delete({map}, curtask);" if self.returns_deleted else f"delete({map}[curtask]);"


_0_17 = Dialect(
    version=(0, 17),
    entry="kfunc",
    exit="kretfunc",
    member="->",
    tid="tid",
    pid="pid",
    config=False,
    raw_tracepoints=False,
    returns_deleted=False,
    strlen=False,
    narrow_maps=False,
    deep_names=False,
    inside_programs=False,
    module_points=False,
    leaves_out=False,
    arrays_are_strings=True,
    max_printf=128,
    max_string=64,
    stack_words=48,
    on_stack=512,
)
_0_27 = Dialect(
    version=(0, 27),
    entry="fentry",
    exit="fexit",
    member=".",
    tid="tid(init)",
    pid="pid(init)",
    config=True,
    raw_tracepoints=True,
    returns_deleted=True,
    strlen=True,
    narrow_maps=True,
    deep_names=True,
    inside_programs=True,
    module_points=True,
    leaves_out=True,
    arrays_are_strings=False,
    max_printf=128,
    max_string=1024,
    stack_words=None,
    on_stack=160,
)


def dialect_of(version: tuple[int, int]) -> Dialect:
    """The dialect of a release: that of the newest release known that is not newer."""
    return _0_27 if version >= (0, 27) else _0_17
