"""The settings (GUCs) clients SET and SHOW: the table of them, their values' syntax, one session's view."""

from vecsql.settings.definition import Context, Setting
from vecsql.settings.session import Settings
from vecsql.settings.table import SETTINGS, find

__all__ = ["SETTINGS", "Context", "Setting", "Settings", "find"]
