"""Streams for octets and characters at once, over a descriptor."""

import hy

from ..lisp.packages import gather
from . import (descriptors, external_formats, gray_streams, buffers, designators, input, output,
               sequences, formatted_output, files)

gather(globals(), descriptors, external_formats, gray_streams, buffers, designators, input, output,
       sequences, formatted_output, files)
