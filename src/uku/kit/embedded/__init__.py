"""The PostgreSQL that comes along: started when needed, found again when already running.

`Cluster(home=...)` is all a caller needs. Nothing here knows Django.
"""

from uku.kit.embedded.cluster import Cluster, ClusterStatus
from uku.kit.embedded.errors import ClusterError
from uku.kit.embedded.roles import Addresses

__all__ = ["Addresses", "Cluster", "ClusterError", "ClusterStatus"]
