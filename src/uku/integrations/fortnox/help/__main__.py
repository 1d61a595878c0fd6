"""Copy the help to a folder: `python -m uku.integrations.fortnox.help docs/help`."""

import sys
from pathlib import Path

from uku.integrations.fortnox.help import copy_to

copy_to(Path(sys.argv[1]))
