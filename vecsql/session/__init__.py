"""One connection's life: transaction state, statements, portals, COPY, settings."""
