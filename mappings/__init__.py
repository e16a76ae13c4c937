"""Index templates as data; the embedded store reads the same files as Elasticsearch."""
