"""The event loop's package: event bases and their multiplexers, timers, readiness of descriptors."""

import hy

from ..lisp.packages import gather
from . import readiness, timers, multiplexers, asyncio_multiplexer, event_loop

gather(globals(), readiness, timers, multiplexers, asyncio_multiplexer, event_loop)
