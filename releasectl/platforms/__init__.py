"""Adapters that answer the ports over the wire."""
