"""`python -m tests.contract.pachyderm.shell`: a shell for its stdin, below what pachd's nursery forks."""

from __future__ import annotations

import os
import subprocess
import sys

if __name__ == "__main__":
    sys.exit(subprocess.call(["sh", "-e"], env={**os.environ, "LEADER": str(os.getpid())}))
