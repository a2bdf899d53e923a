from .asyncio_multiplexer import *
from .event_loop import *
from .event_loop import (
    hyx_XasteriskXdefault_event_loop_timeoutXasteriskX as default_event_loop_timeout,
)
from .multiplexers import *
from .multiplexers import (
    hyx_XasteriskXavailable_multiplexersXasteriskX as available_multiplexers,
    hyx_XasteriskXdefault_multiplexerXasteriskX as default_multiplexer,
)
from .readiness import *
from .timers import *

__all__ = [
    # readiness
    "wait_until_fd_ready", "fd_ready_p", "fd_readablep", "fd_writablep", "fd_readiness", "poll_error",
    "poll_error_fd", "poll_error_identifier", "poll_timeout", "poll_timeout_fd", "poll_timeout_event_type",
    # timers
    "timer",
    # multiplexers
    "multiplexer", "epoll_multiplexer", "poll_multiplexer", "select_multiplexer", "kqueue_multiplexer",
    "hyx_XasteriskXavailable_multiplexersXasteriskX", "available_multiplexers",
    "hyx_XasteriskXdefault_multiplexerXasteriskX", "default_multiplexer",
    # asyncio_multiplexer
    "asyncio_multiplexer",
    # event_loop
    "event_base", "event_base_error", "event_base_error_event_base", "event_base_error_reason",
    "set_io_handler", "set_error_handler", "remove_fd_handlers", "fd_monitored_p", "add_timer",
    "remove_timer", "event_dispatch", "exit_event_loop", "call_in_event_loop", "event_base_empty_p",
    "hyx_XasteriskXdefault_event_loop_timeoutXasteriskX", "default_event_loop_timeout",
]
