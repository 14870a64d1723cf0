"""The view process of one browser session: a real MRML scene, its views, and the panel beside them."""
