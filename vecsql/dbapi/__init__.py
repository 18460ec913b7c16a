"""The embedded connection and cursor (DB-API 2.0)."""
