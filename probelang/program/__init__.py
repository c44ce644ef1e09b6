"""What is known of a program or library: `load` opens it; symbols, static probes (USDT) and debug files answer.

Nothing here runs the program or trusts it: every size is checked against the file, every search ends at a limit.
"""


class ProgramFileError(Exception):
    """A program's file can't be had, or what is in it can't be read; the message is one line for the user."""

    def __init__(self, message: str) -> None:
        # Names of files, sections and types are somebody else's, and may hold anything.
        super().__init__(
            "".join([letter if letter.isprintable() else ascii(letter)[1:-1] for letter in message])
        )
