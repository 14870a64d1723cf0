"""Survival drawings from plain data (`systems.survival_charts`): one module per kind, SVG and PNG."""
