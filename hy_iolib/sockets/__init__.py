"""Sockets, their addresses, and the names of hosts and services."""

import hy

from .. import syscalls
from ..lisp.packages import gather
from . import (configuration, conversions, addresses, predicates, networks, readers, interfaces,
               services, protocols, resolver, dns, hosts, classes, tls_channel, tls, connecting, creation,
               accessors, transfer, passing, options, icmp)

# IOLib has these names of syscalls among its sockets'.
gather(globals(), (syscalls, ("socket_", "error_")), configuration, conversions, addresses,
       predicates, networks, readers, interfaces, services, protocols, resolver, dns, hosts, classes,
       tls_channel, tls, connecting, creation, accessors, transfer, passing, options, icmp)
