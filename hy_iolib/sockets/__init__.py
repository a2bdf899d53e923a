"""Sockets, their addresses, and the names of hosts and services."""

import hy

from ..lisp.packages import gather
from . import (configuration, addresses, names, classes, connecting, creation, accessors, transfer,
               options)

gather(globals(), configuration, addresses, names, classes, connecting, creation, accessors,
       transfer, options)
