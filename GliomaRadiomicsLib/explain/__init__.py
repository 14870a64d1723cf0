"""Heat maps and tests of their faithfulness."""
