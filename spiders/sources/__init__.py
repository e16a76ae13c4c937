"""One small module per kind of source; every `Source` class in here is found by itself."""
