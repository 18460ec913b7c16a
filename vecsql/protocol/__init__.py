"""The PostgreSQL wire protocol 3.0 as a sans-io state machine: bytes in, events out."""
