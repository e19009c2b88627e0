"""Figures of the portal, measured: `make bench`. What each means stands in docs/benchmarks.md."""
