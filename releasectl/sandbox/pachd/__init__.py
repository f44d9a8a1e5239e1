"""A stand-in for pachd: the gRPC services of Pachyderm 2.7 over SQLite and a content-addressed store."""
