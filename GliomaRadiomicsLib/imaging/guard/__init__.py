"""Guard against images the models were not made for: what is not an adult's pre-operative MRI is named, not analysed.

`raw.check_raw` looks at single images as they were read, `aligned.check_aligned` at the aligned, stripped case.
"""
