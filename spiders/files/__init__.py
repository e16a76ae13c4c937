"""Reading export files: where they lie, how they are encoded, what their columns mean."""
