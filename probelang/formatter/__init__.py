"""The one layout of a spec: `spec` is what to call; tokens, spacing, wrapping and alignment are a module each."""
