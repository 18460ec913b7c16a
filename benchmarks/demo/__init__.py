"""The guided tour behind `make demo`: 5,600 real packages, a server, five queries through psycopg."""
