"""The gRPC surface: one module per subject, each a table from the name of an RPC to the function behind it."""
