"""The checker: a syntax tree and what is known of a kernel become typed probes, or diagnostics."""
