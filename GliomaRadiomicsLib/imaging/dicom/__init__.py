"""DICOM in and out: series found in any folder, checked, stacked by position; identifiers stay behind."""
