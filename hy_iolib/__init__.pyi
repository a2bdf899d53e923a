from . import (
    lisp as lisp, multiplex as multiplex, sockets as sockets, streams as streams, syscalls as syscalls,
)
from .lisp import *
from .lisp import keyword as keyword, signal as signal
from .multiplex import *
from .sockets import *
from .sockets import socket as socket
from .streams import *
from .streams import format as format
from .syscalls import *

# What `import *` brings: all but format, keyword, signal and socket, which would shadow what is Python's.
__all__ = [
    # lisp.multiple_values
    "values", "primary_value", "multiple_value_list", "nth_value", "multiple_value_call",
    # lisp.specials
    "special",
    # lisp.conditions
    "condition", "serious_condition", "error", "simple_condition", "simple_error", "type_error",
    "parse_error", "control_error", "stream_error", "end_of_file", "type_error_datum",
    "type_error_expected_type", "stream_error_stream",
    # lisp.handlers
    "handler_bind",
    # lisp.restarts
    "restart", "with_simple_restart", "find_restart", "invoke_restart",
    # lisp.places
    "defsetf",
    # lisp.closing
    "close",
    # syscalls
    "iolib_error", "syscall_error", "socket_error", "socket_closed_error", "error_code", "error_identifier",
    "error_message", "condition_from", "enodev", "enocsi", "ehostunreach", "enomsg", "euclean", "el2nsync",
    "el2hlt", "enodata", "enotblk", "enosys", "epipe", "einval", "eoverflow", "eadv", "eintr", "eusers",
    "enotempty", "enobufs", "eproto", "eremote", "enavail", "echild", "eloop", "exdev", "e2big", "esrch",
    "emsgsize", "eafnosupport", "ebadr", "ehostdown", "epfnosupport", "enoprotoopt", "ebusy", "ewouldblock",
    "ebadfd", "edotdot", "eisconn", "enoano", "eshutdown", "echrng", "elibbad", "enonet", "ebade", "ebadf",
    "emultihop", "eio", "eunatch", "eprototype", "enospc", "enoexec", "ealready", "enetdown", "enotnam",
    "eacces", "elnrng", "eilseq", "enotdir", "enotuniq", "eperm", "edom", "exfull", "econnrefused",
    "eisdir", "eprotonosupport", "erofs", "eaddrnotavail", "eidrm", "ecomm", "esrmnt", "eremoteio",
    "el3rst", "ebadmsg", "enfile", "elibmax", "espipe", "enolink", "enetreset", "etimedout", "enoent",
    "eexist", "edquot", "enostr", "ebadslt", "ebadrqc", "elibacc", "efault", "efbig", "edeadlock",
    "enotconn", "edestaddrreq", "elibscn", "enolck", "eisnam", "econnaborted", "enetunreach", "estale",
    "enosr", "enomem", "enotsock", "estrpipe", "emlink", "erange", "elibexec", "el3hlt", "econnreset",
    "eaddrinuse", "enotsup", "eremchg", "enametoolong", "enotty", "erestart", "esocktnosupport", "etime",
    "ebfont", "etoomanyrefs", "emfile", "etxtbsy", "einprogress", "enxio", "enopkg", "enomedium",
    "emediumtype", "ecanceled", "enokey", "ekeyexpired", "ekeyrevoked", "ekeyrejected", "eownerdead",
    "enotrecoverable", "erfkill", "socket_address_in_use_error",
    "socket_address_family_not_supported_error", "socket_address_not_available_error",
    "socket_network_down_error", "socket_network_reset_error", "socket_network_unreachable_error",
    "socket_no_network_error", "socket_connection_aborted_error", "socket_connection_reset_error",
    "socket_connection_refused_error", "socket_connection_timeout_error",
    "socket_connection_in_progress_error", "socket_endpoint_shutdown_error", "socket_no_buffer_space_error",
    "socket_host_down_error", "socket_host_unreachable_error", "socket_already_connected_error",
    "socket_not_connected_error", "socket_option_not_supported_error", "eopnotsupp",
    "socket_operation_not_supported_error",
    # multiplex.readiness
    "wait_until_fd_ready", "fd_ready_p", "fd_readablep", "fd_writablep", "fd_readiness", "poll_error",
    "poll_error_fd", "poll_error_identifier", "poll_timeout", "poll_timeout_fd", "poll_timeout_event_type",
    # multiplex.timers
    "timer",
    # multiplex.multiplexers
    "multiplexer", "epoll_multiplexer", "poll_multiplexer", "select_multiplexer", "kqueue_multiplexer",
    "available_multiplexers",
    "default_multiplexer",
    # multiplex.asyncio_multiplexer
    "asyncio_multiplexer",
    # multiplex.event_loop
    "event_base", "event_base_error", "event_base_error_event_base", "event_base_error_reason",
    "set_io_handler", "set_error_handler", "remove_fd_handlers", "fd_monitored_p", "add_timer",
    "remove_timer", "event_dispatch", "exit_event_loop", "call_in_event_loop", "event_base_empty_p",
    "default_event_loop_timeout",
    # streams.descriptors
    "dual_channel_fd_mixin", "dual_channel_single_fd_mixin", "fd_of", "fd_non_blocking",
    "set_fd_non_blocking",
    # streams.external_formats
    "external_format", "character_encoding_error", "character_decoding_error",
    # streams.gray_streams
    "dual_channel_gray_stream", "hangup", "external_format_of", "set_external_format_of",
    "max_line_length", "set_max_line_length",
    # streams.buffers
    "input_buffer_size", "input_buffer_empty_p", "output_buffer_size", "output_buffer_empty_p",
    "read_buffer_size", "read_buffer_empty_p", "write_buffer_size", "write_buffer_empty_p",
    # streams.designators
    "open_stream_p", "input_stream_p", "output_stream_p", "stream_element_type",
    # streams.input
    "read_byte", "read_char", "read_char_no_hang", "peek_char", "unread_char", "listen", "read_line",
    "clear_input", "line_too_long", "no_characters_to_unread",
    # streams.output
    "write_byte", "write_char", "write_string", "write_line", "terpri", "fresh_line", "force_output",
    "finish_output", "clear_output",
    # streams.sequences
    "read_sequence", "read_sequence_star", "write_sequence",
    "write_sequence_star", "drain_input_buffer",
    # streams.formatted_output
    "format_error",
    # streams.files
    "binary_file", "text_file",
    # sockets.configuration
    "ipv6", "default_linger_seconds", "default_backlog_size",
    "MAX_BACKLOG_SIZE",
    "non_blocking_sockets",
    # sockets.conversions
    "dotted_to_vector", "dotted_to_integer", "integer_to_dotted", "integer_to_vector", "vector_to_dotted",
    "vector_to_integer", "colon_separated_to_vector", "vector_to_colon_separated",
    "string_address_to_vector", "MAX_IPV4_VALUE",
    # sockets.addresses
    "address", "named_address", "inet_address", "ipv4_address", "ipv6_address", "local_address",
    "netlink_address", "netlink_address_multicast_groups", "make_address", "ensure_address", "copy_address",
    "address_to_string", "address_name", "address_vector", "address_to_vector", "address_eq", "address_equal_p", "map_ipv4_address_to_ipv6", "map_ipv6_address_to_ipv4",
    "unmap_address", "IPV4_LOOPBACK",
    "IPV4_UNSPECIFIED",
    "IPV6_LOOPBACK",
    "IPV6_UNSPECIFIED",
    "IPV6_INTERFACE_LOCAL_ALL_NODES",
    "IPV6_INTERFACE_LOCAL_ALL_ROUTERS",
    "IPV6_LINK_LOCAL_ALL_NODES",
    "IPV6_LINK_LOCAL_ALL_ROUTERS",
    "IPV6_SITE_LOCAL_ALL_ROUTERS",
    "ANY_HOST", "LOOPBACK",
    # sockets.predicates
    "addressp", "inet_address_p", "ipv4_address_p", "ipv6_address_p", "local_address_p",
    "abstract_address_p", "address_type", "inet_address_unspecified_p", "inet_address_loopback_p",
    "inet_address_multicast_p", "inet_address_unicast_p", "inet_address_private_p", "ipv6_ipv4_mapped_p",
    "ipv6_link_local_unicast_p", "ipv6_site_local_unicast_p", "ipv6_global_unicast_p",
    "ipv6_solicited_node_multicast_p", "ipv6_transient_multicast_p", "ipv6_reserved_multicast_p",
    "ipv6_interface_local_multicast_p", "ipv6_link_local_multicast_p", "ipv6_admin_local_multicast_p",
    "ipv6_site_local_multicast_p", "ipv6_unassigned_multicast_p", "ipv6_organization_local_multicast_p",
    "ipv6_global_multicast_p", "ipv6_unicast_type", "ipv6_multicast_type", "address_kind",
    "inet_address_type",
    # sockets.networks
    "make_netmask", "ensure_netmask", "inet_address_network_portion", "inet_address_host_portion",
    "inet_address_network_class", "inet_network", "ipv4_network", "ipv6_network",
    "ipv4_network_eq", "ipv6_network_eq",
    "inet_address_in_network_p", "inet_addresses_in_same_network_p",
    # sockets.interfaces
    "interface", "make_interface", "interface_name", "interface_index", "list_network_interfaces",
    "lookup_interface", "unknown_interface", "unknown_interface_datum",
    # sockets.services
    "lookup_service", "service_entry", "unknown_service", "unknown_service_datum",
    # sockets.protocols
    "lookup_protocol", "protocol_entry", "unknown_protocol", "unknown_protocol_datum", "ipproto_icmp",
    "ipproto_icmpv6", "ipproto_ip", "ipproto_ipv6", "ipproto_raw", "ipproto_sctp", "ipproto_tcp",
    "ipproto_udp",
    # sockets.resolver
    "resolver_error", "resolver_error_datum", "resolver_again_error", "resolver_fail_error",
    "resolver_no_name_error", "resolver_unknown_error",
    # sockets.dns
    "dns_nameservers", "dns_domain", "dns_search_domain",
    "dns_repeat", "dns_timeout", "dns_query", "dns_message", "dns_message_id", "dns_message_flags",
    "dns_message_decoded_flags", "dns_message_question", "dns_message_answer", "dns_message_authority",
    "dns_message_additional", "missing_package", "missing_package_extra",
    # sockets.hosts
    "lookup_hostname", "lookup_host", "host_entry", "ensure_hostname", "host_addresses",
    # sockets.classes
    "stream_socket", "datagram_socket", "raw_socket", "internet_socket", "local_socket", "netlink_socket",
    "active_socket", "passive_socket", "socket_stream_internet_active", "socket_stream_internet_passive",
    "socket_stream_local_active", "socket_stream_local_passive", "socket_datagram_internet_active",
    "socket_datagram_local_active", "socket_datagram_internet", "socket_datagram_local",
    "socket_raw_internet", "socket_raw_netlink",
    # sockets.tls_channel
    "tls_error", "tls_error_stream", "tls_error_reason", "tls_certificate_error",
    "tls_certificate_error_server_name",
    # sockets.tls
    "start_tls", "tls_p", "tls_version", "tls_cipher", "tls_peer_certificate", "tls_alpn_protocol",
    # sockets.connecting
    "bind_address", "listen_on", "accept_connection", "connect", "disconnect", "shutdown",
    # sockets.creation
    "make_socket", "make_socket_pair", "socket_pair", "make_socket_from_fd",
    # sockets.accessors
    "socket_name", "local_name", "local_host", "local_port", "local_filename", "remote_name", "remote_host",
    "remote_port", "remote_filename", "socket_os_fd", "socket_open_p", "socket_connected_p",
    "socket_ipv6_p", "ipv6_socket_p", "socket_address_family", "socket_type", "socket_protocol",
    # sockets.transfer
    "send_to", "receive_from", "received", "retry_syscall", "ignore_syscall_error",
    # sockets.passing
    "send_file_descriptor", "receive_file_descriptor", "no_descriptor",
    # sockets.options
    "socket_option", "set_socket_option", "linger_option", "peer_credentials",
    # sockets.icmp
    "icmp_types", "icmp_unreach", "icmp_echo_reply", "icmp_dest_unreach", "icmp_source_quench",
    "icmp_redirect", "icmp_echo_request", "icmp_time_exceeded", "icmp_parameter_prob",
    "icmp_timestamp_request", "icmp_timestamp_reply", "icmp_info_request", "icmp_info_reply",
    "icmp_address_request", "icmp_address_reply", "icmp_net_unreach", "icmp_host_unreach",
    "icmp_prot_unreach", "icmp_port_unreach", "icmp_frag_needed", "icmp_sr_failed", "icmp_net_unknown",
    "icmp_host_unknown", "icmp_host_isolated", "icmp_net_ano", "icmp_host_ano", "icmp_net_unr_tos",
    "icmp_host_unr_tos", "icmp_pkt_filtered", "icmp_prec_violation", "icmp_prec_cutoff", "icmp_redir_net",
    "icmp_redir_host", "icmp_redir_nettos", "icmp_redir_hosttos", "icmp_exc_ttl", "icmp_exc_fragtime",
]
