"""`python -m trainers.datasets OUTDIR [NAME ...]`: write v1.csv, v2.csv, v3.csv and holdout.csv."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from trainers.datasets.derive import derive

NAMES = ("v1", "v2", "v3", "holdout")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="trainers.datasets", description=__doc__)
    parser.add_argument("outdir", type=Path, help="folder to write to; made if it is missing")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES)}; default: all")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in NAMES]:
        parser.error(f"no dataset {', '.join(unknown)}: choose from {', '.join(NAMES)}")
    try:
        options.outdir.mkdir(parents=True, exist_ok=True)
        for name, content in derive(options.names or NAMES).items():
            path = options.outdir / f"{name}.csv"
            path.write_bytes(content)
            rows = content.count(b"\n") - 1
            print(f"{path}: {rows:,} rows, {len(content):,} bytes")
    except OSError as error:
        print(f"error: {error.filename or options.outdir}: {error.strerror}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
