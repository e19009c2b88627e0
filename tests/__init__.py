"""Tests, one folder a context or process."""
