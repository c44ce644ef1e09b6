"""The language server: it converts positions and asks `probelang.analysis`; nothing here knows about probes."""
