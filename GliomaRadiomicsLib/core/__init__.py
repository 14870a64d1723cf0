"""Values, settings, results and errors that every other layer shares; imports numpy only."""
