"""The event loop's package: readiness of descriptors."""

import hy

from ..lisp.packages import gather
from . import readiness

gather(globals(), readiness)
