"""What the steps of the workflows call, by the standard library alone: `python3 -I .github/steps.py COMMAND`.

Isolated, and with the toolkit last on the path: `python3 -m` puts the folder that was checked out first, and
a file in its root is then imported in the place of any module.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from releasectl.github.steps import main

sys.exit(main(sys.argv[1:]))
