"""What is known of a program or library: `load` opens it; symbols, static probes (USDT) and debug files answer.

Nothing here runs the program or trusts it: every size is checked against the file, every search ends at a limit.
"""
