"""The gRPC surface: one module per subject, each a table from an RPC to the function behind it."""
