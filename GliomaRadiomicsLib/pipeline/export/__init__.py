"""A finished result for other programs: DICOM segmentation, report and structure set, and the scene of 3D Slicer."""
