from .closing import *
from .conditions import *
from .handlers import *
from .keywords import *
from .multiple_values import *
from .places import *
from .restarts import *
from .specials import *

__all__ = [
    # keywords
    "keyword",
    # multiple_values
    "values", "primary_value", "multiple_value_list", "nth_value", "multiple_value_call",
    # specials
    "special",
    # conditions
    "condition", "serious_condition", "error", "simple_condition", "simple_error", "type_error",
    "parse_error", "control_error", "stream_error", "end_of_file", "type_error_datum",
    "type_error_expected_type", "stream_error_stream",
    # handlers
    "handler_bind", "signal",
    # restarts
    "restart", "with_simple_restart", "find_restart", "invoke_restart",
    # places
    "defsetf",
    # closing
    "close",
]
