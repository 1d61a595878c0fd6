"""Why a reload stopped, as its row keeps it: a word, and after a colon what it is about."""

from typing import Final

DISCONNECTED: Final = "disconnected"
OTHER_COMPANY: Final = "other_company"
LASTING: Final = "lasting"
TROUBLE: Final = "trouble"
"""Of the whole connection, with the trouble's name: `trouble:needs_authorization`."""
RUN: Final = "run"
"""One of its runs stopped, with the kind of data: `run:payments`."""
