"""Tumour segmentation from any subset of T1, T1ce, T2 and FLAIR."""
