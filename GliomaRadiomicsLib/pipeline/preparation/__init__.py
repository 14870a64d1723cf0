"""From images as the scanner gave them to aligned, corrected, skull-stripped images on the working grid."""
