"""Composition root: the only place that knows everything. Makes the application, wires ports to adapters."""
