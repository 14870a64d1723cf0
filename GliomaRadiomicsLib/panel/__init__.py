"""Parts of the Qt panel; the only place that imports qt and ctk."""
