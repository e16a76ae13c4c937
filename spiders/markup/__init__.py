"""schema.org markup: from a page's bytes to records of reviews, questions and posts."""
