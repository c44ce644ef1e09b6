"""probelang: one small language for every way to probe a Linux kernel."""

__version__ = "0.1.0"
