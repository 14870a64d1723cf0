"""The browser app: a front that gives every browser session its own view process, and the view process itself."""
