"""Reading, checking, aligning and normalising images."""
