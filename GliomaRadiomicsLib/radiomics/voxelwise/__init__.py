"""Features of a small window around every voxel, many windows at once; `radiomics.voxel_maps` is the way in."""
