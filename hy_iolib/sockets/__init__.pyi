from ..syscalls import (
    socket_error as socket_error, socket_closed_error as socket_closed_error, error_code as error_code,
    error_identifier as error_identifier, error_message as error_message, socket_address_in_use_error as
    socket_address_in_use_error, socket_address_family_not_supported_error as
    socket_address_family_not_supported_error, socket_address_not_available_error as
    socket_address_not_available_error, socket_network_down_error as socket_network_down_error,
    socket_network_reset_error as socket_network_reset_error, socket_network_unreachable_error as
    socket_network_unreachable_error, socket_no_network_error as socket_no_network_error,
    socket_connection_aborted_error as socket_connection_aborted_error, socket_connection_reset_error as
    socket_connection_reset_error, socket_connection_refused_error as socket_connection_refused_error,
    socket_connection_timeout_error as socket_connection_timeout_error,
    socket_connection_in_progress_error as socket_connection_in_progress_error,
    socket_endpoint_shutdown_error as socket_endpoint_shutdown_error, socket_no_buffer_space_error as
    socket_no_buffer_space_error, socket_host_down_error as socket_host_down_error,
    socket_host_unreachable_error as socket_host_unreachable_error, socket_already_connected_error as
    socket_already_connected_error, socket_not_connected_error as socket_not_connected_error,
    socket_option_not_supported_error as socket_option_not_supported_error,
    socket_operation_not_supported_error as socket_operation_not_supported_error,
)
from .accessors import *
from .addresses import *
from .addresses import (
    hyx_Xplus_signXany_hostXplus_signX as ANY_HOST,
    hyx_Xplus_signXipv4_loopbackXplus_signX as IPV4_LOOPBACK,
    hyx_Xplus_signXipv4_unspecifiedXplus_signX as IPV4_UNSPECIFIED,
    hyx_Xplus_signXipv6_interface_local_all_nodesXplus_signX as IPV6_INTERFACE_LOCAL_ALL_NODES,
    hyx_Xplus_signXipv6_interface_local_all_routersXplus_signX as IPV6_INTERFACE_LOCAL_ALL_ROUTERS,
    hyx_Xplus_signXipv6_link_local_all_nodesXplus_signX as IPV6_LINK_LOCAL_ALL_NODES,
    hyx_Xplus_signXipv6_link_local_all_routersXplus_signX as IPV6_LINK_LOCAL_ALL_ROUTERS,
    hyx_Xplus_signXipv6_loopbackXplus_signX as IPV6_LOOPBACK,
    hyx_Xplus_signXipv6_site_local_all_routersXplus_signX as IPV6_SITE_LOCAL_ALL_ROUTERS,
    hyx_Xplus_signXipv6_unspecifiedXplus_signX as IPV6_UNSPECIFIED,
    hyx_Xplus_signXloopbackXplus_signX as LOOPBACK,
    hyx_addressXequals_signX as address_eq,
)
from .classes import *
from .configuration import *
from .configuration import (
    hyx_XasteriskXdefault_backlog_sizeXasteriskX as default_backlog_size,
    hyx_XasteriskXdefault_linger_secondsXasteriskX as default_linger_seconds,
    hyx_XasteriskXipv6XasteriskX as ipv6,
    hyx_XasteriskXnon_blocking_socketsXasteriskX as non_blocking_sockets,
    hyx_Xplus_signXmax_backlog_sizeXplus_signX as MAX_BACKLOG_SIZE,
)
from .connecting import *
from .conversions import *
from .conversions import (
    hyx_Xplus_signXmax_ipv4_valueXplus_signX as MAX_IPV4_VALUE,
)
from .creation import *
from .dns import *
from .dns import (
    hyx_XasteriskXdns_domainXasteriskX as dns_domain,
    hyx_XasteriskXdns_nameserversXasteriskX as dns_nameservers,
    hyx_XasteriskXdns_repeatXasteriskX as dns_repeat,
    hyx_XasteriskXdns_search_domainXasteriskX as dns_search_domain,
    hyx_XasteriskXdns_timeoutXasteriskX as dns_timeout,
)
from .hosts import *
from .icmp import *
from .interfaces import *
from .networks import *
from .networks import (
    hyx_ipv4_networkXequals_signX as ipv4_network_eq,
    hyx_ipv6_networkXequals_signX as ipv6_network_eq,
)
from .options import *
from .passing import *
from .predicates import *
from .protocols import *
from .resolver import *
from .services import *
from .tls import *
from .tls_channel import *
from .transfer import *

__all__ = [
    # syscalls
    "socket_error", "socket_closed_error", "error_code", "error_identifier", "error_message",
    "socket_address_in_use_error", "socket_address_family_not_supported_error",
    "socket_address_not_available_error", "socket_network_down_error", "socket_network_reset_error",
    "socket_network_unreachable_error", "socket_no_network_error", "socket_connection_aborted_error",
    "socket_connection_reset_error", "socket_connection_refused_error", "socket_connection_timeout_error",
    "socket_connection_in_progress_error", "socket_endpoint_shutdown_error",
    "socket_no_buffer_space_error", "socket_host_down_error", "socket_host_unreachable_error",
    "socket_already_connected_error", "socket_not_connected_error", "socket_option_not_supported_error",
    "socket_operation_not_supported_error",
    # configuration
    "hyx_XasteriskXipv6XasteriskX", "ipv6", "hyx_XasteriskXdefault_linger_secondsXasteriskX",
    "default_linger_seconds", "hyx_XasteriskXdefault_backlog_sizeXasteriskX", "default_backlog_size",
    "hyx_Xplus_signXmax_backlog_sizeXplus_signX", "MAX_BACKLOG_SIZE",
    "hyx_XasteriskXnon_blocking_socketsXasteriskX", "non_blocking_sockets",
    # conversions
    "dotted_to_vector", "dotted_to_integer", "integer_to_dotted", "integer_to_vector", "vector_to_dotted",
    "vector_to_integer", "colon_separated_to_vector", "vector_to_colon_separated",
    "string_address_to_vector", "hyx_Xplus_signXmax_ipv4_valueXplus_signX", "MAX_IPV4_VALUE",
    # addresses
    "address", "named_address", "inet_address", "ipv4_address", "ipv6_address", "local_address",
    "netlink_address", "netlink_address_multicast_groups", "make_address", "ensure_address", "copy_address",
    "address_to_string", "address_name", "address_vector", "address_to_vector", "hyx_addressXequals_signX",
    "address_eq", "address_equal_p", "map_ipv4_address_to_ipv6", "map_ipv6_address_to_ipv4",
    "unmap_address", "hyx_Xplus_signXipv4_loopbackXplus_signX", "IPV4_LOOPBACK",
    "hyx_Xplus_signXipv4_unspecifiedXplus_signX", "IPV4_UNSPECIFIED",
    "hyx_Xplus_signXipv6_loopbackXplus_signX", "IPV6_LOOPBACK",
    "hyx_Xplus_signXipv6_unspecifiedXplus_signX", "IPV6_UNSPECIFIED",
    "hyx_Xplus_signXipv6_interface_local_all_nodesXplus_signX", "IPV6_INTERFACE_LOCAL_ALL_NODES",
    "hyx_Xplus_signXipv6_interface_local_all_routersXplus_signX", "IPV6_INTERFACE_LOCAL_ALL_ROUTERS",
    "hyx_Xplus_signXipv6_link_local_all_nodesXplus_signX", "IPV6_LINK_LOCAL_ALL_NODES",
    "hyx_Xplus_signXipv6_link_local_all_routersXplus_signX", "IPV6_LINK_LOCAL_ALL_ROUTERS",
    "hyx_Xplus_signXipv6_site_local_all_routersXplus_signX", "IPV6_SITE_LOCAL_ALL_ROUTERS",
    "hyx_Xplus_signXany_hostXplus_signX", "ANY_HOST", "hyx_Xplus_signXloopbackXplus_signX", "LOOPBACK",
    # predicates
    "addressp", "inet_address_p", "ipv4_address_p", "ipv6_address_p", "local_address_p",
    "abstract_address_p", "address_type", "inet_address_unspecified_p", "inet_address_loopback_p",
    "inet_address_multicast_p", "inet_address_unicast_p", "inet_address_private_p", "ipv6_ipv4_mapped_p",
    "ipv6_link_local_unicast_p", "ipv6_site_local_unicast_p", "ipv6_global_unicast_p",
    "ipv6_solicited_node_multicast_p", "ipv6_transient_multicast_p", "ipv6_reserved_multicast_p",
    "ipv6_interface_local_multicast_p", "ipv6_link_local_multicast_p", "ipv6_admin_local_multicast_p",
    "ipv6_site_local_multicast_p", "ipv6_unassigned_multicast_p", "ipv6_organization_local_multicast_p",
    "ipv6_global_multicast_p", "ipv6_unicast_type", "ipv6_multicast_type", "address_kind",
    "inet_address_type",
    # networks
    "make_netmask", "ensure_netmask", "inet_address_network_portion", "inet_address_host_portion",
    "inet_address_network_class", "inet_network", "ipv4_network", "ipv6_network",
    "hyx_ipv4_networkXequals_signX", "ipv4_network_eq", "hyx_ipv6_networkXequals_signX", "ipv6_network_eq",
    "inet_address_in_network_p", "inet_addresses_in_same_network_p",
    # interfaces
    "interface", "make_interface", "interface_name", "interface_index", "list_network_interfaces",
    "lookup_interface", "unknown_interface", "unknown_interface_datum",
    # services
    "lookup_service", "service_entry", "unknown_service", "unknown_service_datum",
    # protocols
    "lookup_protocol", "protocol_entry", "unknown_protocol", "unknown_protocol_datum", "ipproto_icmp",
    "ipproto_icmpv6", "ipproto_ip", "ipproto_ipv6", "ipproto_raw", "ipproto_sctp", "ipproto_tcp",
    "ipproto_udp",
    # resolver
    "resolver_error", "resolver_error_datum", "resolver_again_error", "resolver_fail_error",
    "resolver_no_name_error", "resolver_unknown_error",
    # dns
    "hyx_XasteriskXdns_nameserversXasteriskX", "dns_nameservers", "hyx_XasteriskXdns_domainXasteriskX",
    "dns_domain", "hyx_XasteriskXdns_search_domainXasteriskX", "dns_search_domain",
    "hyx_XasteriskXdns_repeatXasteriskX", "dns_repeat", "hyx_XasteriskXdns_timeoutXasteriskX",
    "dns_timeout", "dns_query", "dns_message", "dns_message_id", "dns_message_flags",
    "dns_message_decoded_flags", "dns_message_question", "dns_message_answer", "dns_message_authority",
    "dns_message_additional", "missing_package", "missing_package_extra",
    # hosts
    "lookup_hostname", "lookup_host", "host_entry", "ensure_hostname", "host_addresses",
    # classes
    "socket", "stream_socket", "datagram_socket", "raw_socket", "internet_socket", "local_socket",
    "netlink_socket", "active_socket", "passive_socket", "socket_stream_internet_active",
    "socket_stream_internet_passive", "socket_stream_local_active", "socket_stream_local_passive",
    "socket_datagram_internet_active", "socket_datagram_local_active", "socket_datagram_internet",
    "socket_datagram_local", "socket_raw_internet", "socket_raw_netlink",
    # tls_channel
    "tls_error", "tls_error_stream", "tls_error_reason", "tls_certificate_error",
    "tls_certificate_error_server_name",
    # tls
    "start_tls", "tls_p", "tls_version", "tls_cipher", "tls_peer_certificate", "tls_alpn_protocol",
    # connecting
    "bind_address", "listen_on", "accept_connection", "connect", "disconnect", "shutdown",
    # creation
    "make_socket", "make_socket_pair", "socket_pair", "make_socket_from_fd",
    # accessors
    "socket_name", "local_name", "local_host", "local_port", "local_filename", "remote_name", "remote_host",
    "remote_port", "remote_filename", "socket_os_fd", "socket_open_p", "socket_connected_p",
    "socket_ipv6_p", "ipv6_socket_p", "socket_address_family", "socket_type", "socket_protocol",
    # transfer
    "send_to", "receive_from", "received", "retry_syscall", "ignore_syscall_error",
    # passing
    "send_file_descriptor", "receive_file_descriptor", "no_descriptor",
    # options
    "socket_option", "set_socket_option", "linger_option", "peer_credentials",
    # icmp
    "icmp_types", "icmp_unreach", "icmp_echo_reply", "icmp_dest_unreach", "icmp_source_quench",
    "icmp_redirect", "icmp_echo_request", "icmp_time_exceeded", "icmp_parameter_prob",
    "icmp_timestamp_request", "icmp_timestamp_reply", "icmp_info_request", "icmp_info_reply",
    "icmp_address_request", "icmp_address_reply", "icmp_net_unreach", "icmp_host_unreach",
    "icmp_prot_unreach", "icmp_port_unreach", "icmp_frag_needed", "icmp_sr_failed", "icmp_net_unknown",
    "icmp_host_unknown", "icmp_host_isolated", "icmp_net_ano", "icmp_host_ano", "icmp_net_unr_tos",
    "icmp_host_unr_tos", "icmp_pkt_filtered", "icmp_prec_violation", "icmp_prec_cutoff", "icmp_redir_net",
    "icmp_redir_host", "icmp_redir_nettos", "icmp_redir_hosttos", "icmp_exc_ttl", "icmp_exc_fragtime",
]
