"""What Common Lisp gives IOLib and Python lacks.

Keywords that are strings, multiple values, special variables, conditions with handlers and
restarts, setf, the generic close; and the macro that makes an operator of a definition.
"""

import hy  # first: it makes .hy files importable

from .packages import gather
from . import (keywords, multiple_values, operators, specials, constants, conditions, handlers,
               restarts, places, closing)

gather(globals(), keywords, multiple_values, operators, specials, constants, conditions, handlers,
       restarts, places, closing)
