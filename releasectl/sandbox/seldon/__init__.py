"""Seldon Deploy stand-in: its HTTP API, and an operator that runs real MLServers behind a real Traefik."""
