"""A real Elasticsearch node for the tests, started from the libraries on Maven Central: no Docker, no installation."""
