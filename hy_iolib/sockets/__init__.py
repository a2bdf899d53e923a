"""Sockets, their addresses, and the names of hosts and services."""

import hy

from ..lisp.packages import gather
from . import (configuration, conversions, addresses, predicates, networks, readers, interfaces,
               services, protocols, resolver, dns, hosts, classes, tls_channel, tls, connecting, creation,
               accessors, transfer, passing, options, icmp)

gather(globals(), configuration, conversions, addresses, predicates, networks, readers, interfaces,
       services, protocols, resolver, dns, hosts, classes, tls_channel, tls, connecting, creation,
       accessors, transfer, passing, options, icmp)
