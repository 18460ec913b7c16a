"""The asyncio listener that joins sockets, protocol and sessions."""
