"""MRML nodes in and out; the only place that imports slicer."""
