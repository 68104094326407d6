"""One file a use case; `archive.service` is what others call."""
