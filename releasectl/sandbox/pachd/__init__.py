"""A stand-in for pachd: the gRPC services of Pachyderm 2.7 over SQLite and a content-addressed store."""

from releasectl.lean import lean

lean("python_pachyderm")  # messages and stubs are all that a server needs
