from typing import Final

__all__ = [
    "icmp_types", "icmp_unreach", "icmp_echo_reply", "icmp_dest_unreach", "icmp_source_quench",
    "icmp_redirect", "icmp_echo_request", "icmp_time_exceeded", "icmp_parameter_prob",
    "icmp_timestamp_request", "icmp_timestamp_reply", "icmp_info_request", "icmp_info_reply",
    "icmp_address_request", "icmp_address_reply", "icmp_net_unreach", "icmp_host_unreach",
    "icmp_prot_unreach", "icmp_port_unreach", "icmp_frag_needed", "icmp_sr_failed", "icmp_net_unknown",
    "icmp_host_unknown", "icmp_host_isolated", "icmp_net_ano", "icmp_host_ano", "icmp_net_unr_tos",
    "icmp_host_unr_tos", "icmp_pkt_filtered", "icmp_prec_violation", "icmp_prec_cutoff",
    "icmp_redir_net", "icmp_redir_host", "icmp_redir_nettos", "icmp_redir_hosttos", "icmp_exc_ttl",
    "icmp_exc_fragtime",
]

icmp_types: Final[dict[str, int]]
icmp_unreach: Final[dict[str, int]]

icmp_echo_reply: Final = 0
icmp_dest_unreach: Final = 3
icmp_source_quench: Final = 4
icmp_redirect: Final = 5
icmp_echo_request: Final = 8
icmp_time_exceeded: Final = 11
icmp_parameter_prob: Final = 12
icmp_timestamp_request: Final = 13
icmp_timestamp_reply: Final = 14
icmp_info_request: Final = 15
icmp_info_reply: Final = 16
icmp_address_request: Final = 17
icmp_address_reply: Final = 18
icmp_net_unreach: Final = 0
icmp_host_unreach: Final = 1
icmp_prot_unreach: Final = 2
icmp_port_unreach: Final = 3
icmp_frag_needed: Final = 4
icmp_sr_failed: Final = 5
icmp_net_unknown: Final = 6
icmp_host_unknown: Final = 7
icmp_host_isolated: Final = 8
icmp_net_ano: Final = 9
icmp_host_ano: Final = 10
icmp_net_unr_tos: Final = 11
icmp_host_unr_tos: Final = 12
icmp_pkt_filtered: Final = 13
icmp_prec_violation: Final = 14
icmp_prec_cutoff: Final = 15
icmp_redir_net: Final = 0
icmp_redir_host: Final = 1
icmp_redir_nettos: Final = 2
icmp_redir_hosttos: Final = 3
icmp_exc_ttl: Final = 0
icmp_exc_fragtime: Final = 1
