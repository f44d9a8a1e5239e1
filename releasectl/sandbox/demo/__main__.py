"""Tells the story: an act after the other, in a scratch clone; stops at the first surprise."""

import sys


def main() -> int:
    """Whenever it is interrupted, even while Python imports: what is begun begins anew the next time."""
    try:
        from releasectl.sandbox.demo.run import run

        return run()
    except KeyboardInterrupt:
        print("\ninterrupted: `make demo` begins anew and keeps what the sandbox has", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
