"""The command line, which is also the worker that panel and web app start."""
