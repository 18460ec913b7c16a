"""Loading rows: `vecsql load` and COPY BINARY into vecsql, against COPY BINARY into PostgreSQL."""
