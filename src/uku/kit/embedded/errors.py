"""What goes wrong with the embedded PostgreSQL, in words for the person at the keyboard."""


class ClusterError(Exception):
    """The embedded PostgreSQL cannot be used; the message says why and what helps."""


class ProgramFailedError(ClusterError):
    """One of PostgreSQL's own programs ended with an error."""
