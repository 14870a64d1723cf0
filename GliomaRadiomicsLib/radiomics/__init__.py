"""The feature engine: one family per file; `engine` is the way in, `registry` lists what it computes."""
