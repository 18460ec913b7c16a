"""Where bytes live: a single file with extents, or memory."""
