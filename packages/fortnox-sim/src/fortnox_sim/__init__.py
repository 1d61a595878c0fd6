"""A Fortnox that runs on this machine: for demos, for tests and for planned faults.

`create_app()` gives a WSGI application; `python -m fortnox_sim` serves it on loopback.
"""

from fortnox_sim.app import Simulator, create_app
from fortnox_sim.clock import Clock

__all__ = ["Clock", "Simulator", "create_app"]
