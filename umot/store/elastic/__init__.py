"""The Elasticsearch engine: for production, and for several machines at once."""
