"""What a text says: the transformer that names sentiment, moment, stance and complaint."""
