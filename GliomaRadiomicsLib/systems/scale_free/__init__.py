"""Quantities of the whole tumour on T1ce that do not depend on the scanner's intensity scale, and models on them."""
