"""Writing rows while a vector index is present; they must be searchable at once."""
