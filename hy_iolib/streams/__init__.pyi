from .buffers import *
from .descriptors import *
from .designators import *
from .external_formats import *
from .files import *
from .formatted_output import *
from .gray_streams import *
from .input import *
from .output import *
from .sequences import *
from .sequences import (
    hyx_read_sequenceXasteriskX as read_sequence_star,
    hyx_write_sequenceXasteriskX as write_sequence_star,
)

__all__ = [
    # descriptors
    "dual_channel_fd_mixin", "dual_channel_single_fd_mixin", "fd_of", "fd_non_blocking",
    "set_fd_non_blocking",
    # external_formats
    "external_format", "character_encoding_error", "character_decoding_error",
    # gray_streams
    "dual_channel_gray_stream", "hangup", "external_format_of", "set_external_format_of",
    "max_line_length", "set_max_line_length",
    # buffers
    "input_buffer_size", "input_buffer_empty_p", "output_buffer_size", "output_buffer_empty_p",
    "read_buffer_size", "read_buffer_empty_p", "write_buffer_size", "write_buffer_empty_p",
    # designators
    "open_stream_p", "input_stream_p", "output_stream_p", "stream_element_type",
    # input
    "read_byte", "read_char", "read_char_no_hang", "peek_char", "unread_char", "listen", "read_line",
    "clear_input", "line_too_long", "no_characters_to_unread",
    # output
    "write_byte", "write_char", "write_string", "write_line", "terpri", "fresh_line", "force_output",
    "finish_output", "clear_output",
    # sequences
    "read_sequence", "hyx_read_sequenceXasteriskX", "read_sequence_star", "write_sequence",
    "hyx_write_sequenceXasteriskX", "write_sequence_star", "drain_input_buffer",
    # formatted_output
    "format", "format_error",
    # files
    "binary_file", "text_file",
]
