"""Kernels are compiled once for all tests here."""

from __future__ import annotations

import pytest

from vecsql import kernels


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    assert kernels.wait()
    kernels.build_kernels()
