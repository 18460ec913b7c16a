"""These tests talk to a real server."""

from tests.server_fixtures import connection, second, server

__all__ = ["connection", "second", "server"]
