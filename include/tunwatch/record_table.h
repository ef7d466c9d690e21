/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of record kinds, fields and words. Add a row; nothing else needs to know.
 * Kinds and fields are numbered by their order here; a file carries its own schema, so the order may change
 * between versions. Most-changing fields stand first (their bits share the first byte of the change mask). */
#ifndef TUNWATCH_RECORD_TABLE_H
#define TUNWATCH_RECORD_TABLE_H

/* K(CONSTANT, name, shape, what) */
#define RECORD_KIND_TABLE(K) \
	K(NAME, "name", NAMED, "a text that other records refer to by this key") \
	K(SESSION, "session", STATE, "the recording itself") \
	K(SETTING, "setting", STATE, "an option that changes what the model concludes") \
	K(CARRY, "carry", BYTES, "what a tunnel had behind it when this part began") \
	K(SOURCE, "source", STATE, "how one source of records fares") \
	K(CLOCK, "clock", STATE, "wall clock against session time") \
	K(TICK, "tick", STATE, "an interval has passed") \
	K(GAP, "gap", EVENT, "ticks that were not recorded") \
	K(TUNNEL, "tunnel", NAMED, "a row: what it is and where it leads") \
	K(LINK, "link", STATE, "an interface and its counters") \
	K(ADDRESS, "address", STATE, "an address on an interface") \
	K(ROUTE, "route", STATE, "the kernel's way to an outer remote") \
	K(PROBE, "probe", STATE, "the fate of one probe") \
	K(PMTU, "pmtu", STATE, "a path-MTU search") \
	K(SA, "sa", STATE, "a security association") \
	K(SA_COUNTERS, "sa-counters", STATE, "traffic of a security association") \
	K(XFRMSTAT, "xfrmstat", STATE, "a counter of /proc/net/xfrm_stat") \
	K(WIREGUARD, "wireguard", STATE, "a WireGuard peer") \
	K(BGP, "bgp", STATE, "a BGP neighbour") \
	K(ROUTER, "router", STATE, "one poll of a router") \
	K(ROUTER_TUNNEL, "router-tunnel", STATE, "a tunnel as its router sees it") \
	K(CAPTURE, "capture", STATE, "packet counts of an interface") \
	K(PTB, "ptb", STATE, "a frag-needed or packet-too-big that arrived") \
	K(MSS, "mss", STATE, "TCP MSS seen in a SYN") \
	K(PACKET, "packet", BYTES, "the first bytes of a packet") \
	K(LOG, "log", EVENT, "a line of a router's log") \
	K(MARK, "mark", EVENT, "a person's mark") \
	K(BASELINE, "baseline", EVENT, "compare with the present from here on") \
	K(NOTICE, "notice", EVENT, "something a person should know")

/* F(CONSTANT, name, TYPE, words, steady, what) */
#define NAME_FIELDS(F)
#define SESSION_FIELDS(F) \
	F(SESSION_FORMAT, "format", INT, 0, 0, "version of the file format") \
	F(SESSION_PROGRAM, "program", REF, 0, 0, "program and version") \
	F(SESSION_HOST, "host", REF, 0, 0, "host name") \
	F(SESSION_KERNEL, "kernel", REF, 0, 0, "kernel release") \
	F(SESSION_INTERVAL_MS, "interval_ms", INT, 0, 0, "period of counters, probes and ticks")
#define SETTING_FIELDS(F) \
	F(SETTING_NAME, "name", REF, 0, 0, "option name as in tunwatch.conf") \
	F(SETTING_VALUE, "value", REF, 0, 0, "its value as text")
#define CARRY_FIELDS(F) \
	F(CARRY_TUNNEL, "tunnel_key", INT, 0, 0, "key of the tunnel record") \
	F(CARRY_STATE, "state", ENUM, record_words_health, 0, "state at the cut") \
	F(CARRY_SINCE_US, "since_us", INT, 0, 0, "session time at which that state began") \
	F(CARRY_UP_US, "up_us", INT, 0, 0, "time spent up or degraded") \
	F(CARRY_DOWN_US, "down_us", INT, 0, 0, "time spent down") \
	F(CARRY_OUTAGES, "outages", INT, 0, 0, "outages begun") \
	F(CARRY_SENT, "sent", INT, 0, 0, "scheduled inner probes with a fate") \
	F(CARRY_LOST, "lost", INT, 0, 0, "of those, lost") \
	F(CARRY_SENT_UP, "sent_up", INT, 0, 0, "scheduled inner probes outside outages") \
	F(CARRY_LOST_UP, "lost_up", INT, 0, 0, "of those, lost") \
	F(CARRY_REKEYS, "rekeys", INT, 0, 0, "rekeys seen") \
	F(CARRY_RTT_COUNT, "rtt_count", INT, 0, 0, "replies") \
	F(CARRY_RTT_SUM_US, "rtt_sum_us", INT, 0, 0, "sum of their round-trip times") \
	F(CARRY_RTT_MAX_US, "rtt_max_us", INT, 0, 0, "the longest") \
	F(CARRY_BASE_RTT_US, "base_rtt_us", INT, 0, 0, "baseline round-trip time") \
	F(CARRY_BASE_US, "base_us", INT, 0, 0, "session time at which the baseline was set") \
	F(CARRY_BY_BGP, "by_bgp", BOOL, 0, 0, "down because BGP is") \
	F(CARRY_BY_ROUTER, "by_router", BOOL, 0, 0, "down because its router says so") \
	F(CARRY_LOG_DOWN_US, "log_down_us", INT, 0, 0, "session time at which its router's log told it down") \
	F(CARRY_LOG_UP_US, "log_up_us", INT, 0, 0, "session time at which its router's log told it up") \
	F(CARRY_BASE_INNER, "base_inner", INT, 0, 0, "inner path MTU of the baseline") \
	F(CARRY_BASE_OUTER, "base_outer", INT, 0, 0, "outer path MTU of the baseline")
#define SOURCE_FIELDS(F) \
	F(SOURCE_NAME, "name", REF, 0, 0, "link, route, probe, pmtu, resolve, xfrm, bgp, router, capture, log") \
	F(SOURCE_INSTANCE, "instance", REF, 0, 0, "which one, when there are several") \
	F(SOURCE_STATE, "state", ENUM, record_words_source_state, 0, "how it fares") \
	F(SOURCE_ERRNO, "errno", INT, 0, 0, "error number behind it") \
	F(SOURCE_PERIOD_MS, "period_ms", INT, 0, 0, "how often it reports; 0: only on change") \
	F(SOURCE_REASON, "reason", REF, 0, 0, "what to do about it, in words")
#define CLOCK_FIELDS(F) \
	F(CLOCK_WALL_OFF_US, "wall_off_us", INT, 0, 0, "wall time (us since 1970) minus session time") \
	F(CLOCK_UTC_OFF_S, "utc_off_s", INT, 0, 0, "local zone, seconds east of UTC") \
	F(CLOCK_SUSPENDED_US, "suspended_us", INT, 0, 0, "time the host slept, in all") \
	F(CLOCK_REASON, "reason", ENUM, record_words_clock_reason, 0, "why this was written") \
	F(CLOCK_STEP_MS, "step_ms", INT, 0, 0, "how far the wall clock moved")
#define TICK_FIELDS(F)
#define GAP_FIELDS(F) \
	F(GAP_FROM_US, "from_us", INT, 0, 0, "session time of the last tick before") \
	F(GAP_TO_US, "to_us", INT, 0, 0, "session time of the first tick after") \
	F(GAP_REASON, "reason", ENUM, record_words_gap_reason, 0, "why") \
	F(GAP_TICKS, "ticks", INT, 0, 0, "ticks that are missing, when known")
#define TUNNEL_FIELDS(F) \
	F(TUNNEL_TYPE, "type", ENUM, record_words_tunnel_type, 0, "kind of tunnel") \
	F(TUNNEL_IFNAME, "ifname", REF, 0, 0, "interface; absent: ends on another box") \
	F(TUNNEL_IFINDEX, "ifindex", INT, 0, 0, "its index") \
	F(TUNNEL_LINK, "link_key", INT, 0, 0, "key of its link record") \
	F(TUNNEL_OUTER_LOCAL, "outer_local", REF, 0, 0, "local endpoint") \
	F(TUNNEL_OUTER_REMOTE, "outer_remote", REF, 0, 0, "remote endpoint") \
	F(TUNNEL_PEER, "peer", REF, 0, 0, "inner address at the far end") \
	F(TUNNEL_PEER_FROM, "peer_from", ENUM, record_words_peer_from, 0, "how the peer was found") \
	F(TUNNEL_KEY, "key", HEX, 0, 0, "GRE or VTI key (input), VNI, tunnel id") \
	F(TUNNEL_OKEY, "okey", HEX, 0, 0, "output key where it differs") \
	F(TUNNEL_IF_ID, "if_id", HEX, 0, 0, "xfrm interface id") \
	F(TUNNEL_MARK, "mark", HEX, 0, 0, "fwmark of its outer packets") \
	F(TUNNEL_GROUP, "group", REF, 0, 0, "rows that back each other up") \
	F(TUNNEL_ORIGIN, "origin", ENUM, record_words_origin, 0, "who named it") \
	F(TUNNEL_GONE, "gone", BOOL, 0, 0, "its interface does not exist now") \
	F(TUNNEL_EXPECT, "expect", ENUM, record_words_expect, 0, "whether gone means down") \
	F(TUNNEL_INNER_TARGET, "inner_target", INT, 0, 0, "key of its inner probe records") \
	F(TUNNEL_OUTER_TARGET, "outer_target", INT, 0, 0, "key of its outer probe records; may be shared") \
	F(TUNNEL_SOURCE, "source", REF, 0, 0, "source address of inner probes") \
	F(TUNNEL_DEVICE, "device", REF, 0, 0, "device that inner probes are bound to") \
	F(TUNNEL_PROBE_MARK, "probe_mark", HEX, 0, 0, "fwmark of inner probes") \
	F(TUNNEL_TOS, "tos", INT, 0, 0, "TOS or traffic class of inner probes") \
	F(TUNNEL_WANT_MTU, "want_mtu", INT, 0, 0, "MTU it should have") \
	F(TUNNEL_WANT_MSS, "want_mss", INT, 0, 0, "MSS it should have") \
	F(TUNNEL_BGP, "bgp", REF, 0, 0, "BGP neighbour that goes with it") \
	F(TUNNEL_ROUTER, "router", REF, 0, 0, "router whose view counts too") \
	F(TUNNEL_REMOTE_NAME, "remote_name", REF, 0, 0, "that router's name for it") \
	F(TUNNEL_SSH, "ssh", BOOL, 0, 0, "carries the watcher's own ssh session") \
	F(TUNNEL_FRAMING, "framing", ENUM, record_words_framing, 0, "what its packets are in, where its kind does not tell")
#define LINK_FIELDS(F) \
	F(LINK_RX_BYTES, "rx_bytes", U64, 0, 0, "raw kernel counter") \
	F(LINK_TX_BYTES, "tx_bytes", U64, 0, 0, "raw kernel counter") \
	F(LINK_RX_PACKETS, "rx_packets", U64, 0, 0, "raw kernel counter") \
	F(LINK_TX_PACKETS, "tx_packets", U64, 0, 0, "raw kernel counter") \
	F(LINK_RX_ERRORS, "rx_errors", U64, 0, 0, "raw kernel counter") \
	F(LINK_TX_ERRORS, "tx_errors", U64, 0, 0, "raw kernel counter") \
	F(LINK_RX_DROPPED, "rx_dropped", U64, 0, 0, "raw kernel counter") \
	F(LINK_TX_DROPPED, "tx_dropped", U64, 0, 0, "raw kernel counter") \
	F(LINK_IFINDEX, "ifindex", INT, 0, 0, "interface index: another one is another device") \
	F(LINK_UP, "up", BOOL, 0, 0, "IFF_UP: not shut down by an administrator") \
	F(LINK_RUNNING, "running", BOOL, 0, 0, "IFF_RUNNING") \
	F(LINK_CARRIER, "carrier", BOOL, 0, 0, "IFF_LOWER_UP") \
	F(LINK_MTU, "mtu", INT, 0, 0, "configured MTU in bytes") \
	F(LINK_GONE, "gone", BOOL, 0, 0, "deleted (RTM_DELLINK)") \
	F(LINK_IFNAME, "ifname", REF, 0, 0, "interface name") \
	F(LINK_TYPE, "type", ENUM, record_words_tunnel_type, 0, "kind of tunnel; other for a carrier device") \
	F(LINK_FALLBACK, "fallback", BOOL, 0, 0, "the kernel's own device without endpoints") \
	F(LINK_OUTER_LOCAL, "outer_local", REF, 0, 0, "local endpoint") \
	F(LINK_OUTER_REMOTE, "outer_remote", REF, 0, 0, "remote endpoint") \
	F(LINK_KEY, "key", HEX, 0, 0, "input key, VNI, tunnel id") \
	F(LINK_OKEY, "okey", HEX, 0, 0, "output key") \
	F(LINK_IF_ID, "if_id", HEX, 0, 0, "xfrm interface id") \
	F(LINK_MARK, "mark", HEX, 0, 0, "fwmark of outer packets") \
	F(LINK_LOWER, "lower", INT, 0, 0, "index of the device it is bound to") \
	F(LINK_MASTER, "master", INT, 0, 0, "index of its bridge or VRF") \
	F(LINK_CHECKSUM, "checksum", BOOL, 0, 0, "its GRE packets have one") \
	F(LINK_SEQUENCE, "sequence", BOOL, 0, 0, "its GRE packets have sequence numbers") \
	F(LINK_ENCAP_LIMIT, "encap_limit", BOOL, 0, 0, "its IPv6 packets carry an encapsulation limit") \
	F(LINK_NO_DF, "no_df", BOOL, 0, 0, "its packets never carry DF")
#define ADDRESS_FIELDS(F) \
	F(ADDRESS_IFINDEX, "ifindex", INT, 0, 0, "interface index") \
	F(ADDRESS_LOCAL, "local", REF, 0, 0, "the address") \
	F(ADDRESS_PREFIX_LEN, "prefix_len", INT, 0, 0, "prefix length in bits") \
	F(ADDRESS_PEER, "peer", REF, 0, 0, "point-to-point peer") \
	F(ADDRESS_GONE, "gone", BOOL, 0, 0, "removed (RTM_DELADDR)")
#define ROUTE_FIELDS(F) \
	F(ROUTE_OUTER_REMOTE, "outer_remote", REF, 0, 0, "where it leads") \
	F(ROUTE_OUTER_LOCAL, "outer_local", REF, 0, 0, "source asked for") \
	F(ROUTE_OIF, "oif", REF, 0, 0, "interface it leaves through") \
	F(ROUTE_GATEWAY, "gateway", REF, 0, 0, "next hop; absent: on the link") \
	F(ROUTE_GATEWAY_MAC, "gateway_mac", REF, 0, 0, "its link-layer address") \
	F(ROUTE_PREFSRC, "prefsrc", REF, 0, 0, "source address the kernel would use") \
	F(ROUTE_CACHED_MTU, "cached_mtu", INT, 0, 0, "MTU the kernel would use now (exception or route metric)") \
	F(ROUTE_ERRNO, "errno", INT, 0, 0, "why there is no way")
#define PROBE_FIELDS(F) \
	F(PROBE_RTT_NS, "rtt_ns", INT, 0, 0, "round-trip time by the kernel's stamps") \
	F(PROBE_AGE_US, "age_us", INT, 0, 0, "since it was sent") \
	F(PROBE_SEQ, "seq", INT, 0, 1, "number of the scheduled or verdict probe on this target") \
	F(PROBE_OUTCOME, "outcome", ENUM, record_words_outcome, 0, "what became of it") \
	F(PROBE_PURPOSE, "purpose", ENUM, record_words_purpose, 0, "why it was sent") \
	F(PROBE_SLIP_US, "slip_us", INT, 0, 0, "left so much later than scheduled, when 1 ms or more") \
	F(PROBE_SIZE, "size", INT, 0, 0, "IP packet length in bytes") \
	F(PROBE_PATH, "path", ENUM, record_words_path, 0, "inner or outer") \
	F(PROBE_TARGET, "target", REF, 0, 0, "address probed") \
	F(PROBE_MTU, "mtu", INT, 0, 0, "MTU that a PTB or the local host named") \
	F(PROBE_FROM, "from", REF, 0, 0, "who answered, when not the target") \
	F(PROBE_ERRNO, "errno", INT, 0, 0, "why it could not be sent, or what was reported")
#define PMTU_FIELDS(F) \
	F(PMTU_PROOFS, "proofs", INT, 0, 0, "periods since the record before that found it so, with no probe records, or 0") \
	F(PMTU_PATH, "path", ENUM, record_words_path, 0, "inner or outer") \
	F(PMTU_TARGET, "target", REF, 0, 0, "address searched") \
	F(PMTU_STATE, "state", ENUM, record_words_pmtu_state, 0, "how far the search is") \
	F(PMTU_CAUSE, "cause", ENUM, record_words_pmtu_cause, 0, "what sets the limit") \
	F(PMTU_MTU, "mtu", INT, 0, 0, "path MTU in bytes") \
	F(PMTU_LOW, "low", INT, 0, 0, "largest size proved to pass") \
	F(PMTU_HIGH, "high", INT, 0, 0, "smallest size believed not to pass") \
	F(PMTU_PROBES, "probes", INT, 0, 0, "probes spent") \
	F(PMTU_TOOK_MS, "took_ms", INT, 0, 0, "duration of the search") \
	F(PMTU_FROM, "from", REF, 0, 0, "who named the MTU") \
	F(PMTU_DIRECTION, "direction", ENUM, record_words_direction, 0, "which way loses") \
	F(PMTU_HOP, "hop", INT, 0, 0, "distance of the last hop that still answers") \
	F(PMTU_HOP_FROM, "hop_from", REF, 0, 0, "the last hop that still answers") \
	F(PMTU_LIMIT, "limit", INT, 0, 0, "largest size this host would send there") \
	F(PMTU_NAMED, "named", INT, 0, 0, "MTU that a PTB named and that is wrong") \
	F(PMTU_NEAR, "near", BOOL, 0, 0, "the PTB came from this host's own next hop") \
	F(PMTU_CACHED_MTU, "cached_mtu", INT, 0, 0, "MTU the kernel would use there now") \
	F(PMTU_CACHED_S, "cached_s", INT, 0, 1, "how long it will; absent: for good") \
	F(PMTU_ERRNO, "errno", INT, 0, 0, "why it is unreachable") \
	F(PMTU_NEAR_MTU, "near_mtu", INT, 0, 0, "MTU that this host's own next hop named in the search, the path's or more")
#define SA_FIELDS(F) \
	F(SA_EVENT, "event", ENUM, record_words_sa_event, 0, "what happened") \
	F(SA_SPI, "spi", HEX, 0, 0, "SPI") \
	F(SA_SRC, "src", REF, 0, 0, "source endpoint") \
	F(SA_DST, "dst", REF, 0, 0, "destination endpoint") \
	F(SA_PROTO, "proto", INT, 0, 0, "IP protocol: 50 ESP, 51 AH, 108 IPCOMP") \
	F(SA_MODE, "mode", ENUM, record_words_sa_mode, 0, "transport or tunnel") \
	F(SA_DIR, "dir", ENUM, record_words_direction, 0, "in or out, where known") \
	F(SA_REQID, "reqid", INT, 0, 0, "reqid") \
	F(SA_IF_ID, "if_id", HEX, 0, 0, "xfrm interface id") \
	F(SA_MARK, "mark", HEX, 0, 0, "mark") \
	F(SA_ENCAP, "encap", INT, 0, 0, "UDP encapsulation port, NAT-T") \
	F(SA_ENC, "enc", REF, 0, 0, "cipher or AEAD name") \
	F(SA_AUTH, "auth", REF, 0, 0, "integrity algorithm name") \
	F(SA_SOFT_S, "soft_s", INT, 0, 0, "soft lifetime, seconds") \
	F(SA_HARD_S, "hard_s", INT, 0, 0, "hard lifetime, seconds") \
	F(SA_ICV_BITS, "auth_bits", INT, 0, 0, "length of the integrity value in packets, bits")
#define SA_COUNTERS_FIELDS(F) \
	F(SA_COUNTERS_BYTES, "bytes", U64, 0, 0, "raw counter") \
	F(SA_COUNTERS_PACKETS, "packets", U64, 0, 0, "raw counter") \
	F(SA_COUNTERS_IDLE_S, "idle_s", INT, 0, 1, "since last used") \
	F(SA_COUNTERS_AGE_S, "age_s", INT, 0, 1, "since made") \
	F(SA_COUNTERS_REPLAY_ERRORS, "replay_errors", U64, 0, 0, "raw counter") \
	F(SA_COUNTERS_INTEGRITY_ERRORS, "integrity_errors", U64, 0, 0, "raw counter") \
	F(SA_COUNTERS_SPI, "spi", HEX, 0, 0, "SPI")
#define XFRMSTAT_FIELDS(F) \
	F(XFRMSTAT_VALUE, "value", U64, 0, 0, "raw counter") \
	F(XFRMSTAT_COUNTER, "counter", REF, 0, 0, "its name, as XfrmInNoStates")
#define WIREGUARD_FIELDS(F) \
	F(WIREGUARD_RX_BYTES, "rx_bytes", U64, 0, 0, "raw counter") \
	F(WIREGUARD_TX_BYTES, "tx_bytes", U64, 0, 0, "raw counter") \
	F(WIREGUARD_HANDSHAKE_AGE_S, "handshake_age_s", INT, 0, 1, "since the last handshake") \
	F(WIREGUARD_LINK, "link_key", INT, 0, 0, "key of its link record") \
	F(WIREGUARD_ENDPOINT, "endpoint", REF, 0, 0, "outer address and port")
#define BGP_FIELDS(F) \
	F(BGP_UPTIME_S, "uptime_s", INT, 0, 1, "since the state began, as the router says") \
	F(BGP_STATE, "state", ENUM, record_words_bgp_state, 0, "RFC 4271 state") \
	F(BGP_PREFIXES_RECEIVED, "prefixes_received", INT, 0, 0, "prefixes accepted") \
	F(BGP_PREFIXES_SENT, "prefixes_sent", INT, 0, 0, "prefixes sent") \
	F(BGP_DROPS, "drops", INT, 0, 0, "connections dropped so far") \
	F(BGP_ROUTER, "router", REF, 0, 0, "router asked") \
	F(BGP_NEIGHBOR, "neighbor", REF, 0, 0, "neighbour's address or interface") \
	F(BGP_VRF, "vrf", REF, 0, 0, "VRF") \
	F(BGP_ASN, "asn", INT, 0, 0, "neighbour's AS") \
	F(BGP_RESET_REASON, "reset_reason", REF, 0, 0, "why it was last reset") \
	F(BGP_GONE, "gone", BOOL, 0, 0, "no longer listed by the router") \
	F(BGP_MESSAGES, "messages_received", INT, 0, 0, "messages received on this and earlier connections") \
	F(BGP_ADMIN, "admin", BOOL, 0, 0, "shut down by the router's administrator") \
	F(BGP_WORD, "word", REF, 0, 0, "the state as the router spells it, where that says more")
#define ROUTER_FIELDS(F) \
	F(ROUTER_TOOK_MS, "took_ms", INT, 0, 0, "duration of the poll") \
	F(ROUTER_OUTCOME, "outcome", ENUM, record_words_router_outcome, 0, "how it went") \
	F(ROUTER_CPU_PCT, "cpu_pct", INT, 0, 0, "router's CPU, per cent") \
	F(ROUTER_MEM_PCT, "mem_pct", INT, 0, 0, "router's memory, per cent") \
	F(ROUTER_BOOT_AT, "boot_at", INT, 0, 0, "boot time, us since 1970") \
	F(ROUTER_CLOCK_OFFSET_S, "clock_offset_s", INT, 0, 0, "router's clock minus ours") \
	F(ROUTER_ROUTER, "router", REF, 0, 0, "router's name in the configuration") \
	F(ROUTER_REASON, "reason", REF, 0, 0, "error in words") \
	F(ROUTER_PROFILE, "profile", REF, 0, 0, "how it is talked to") \
	F(ROUTER_PERIOD_MS, "period_ms", INT, 0, 0, "how often it is asked") \
	F(ROUTER_NOT_UNDERSTOOD, "not_understood", INT, 0, 0, "pieces of its answer that no pattern fits")
#define ROUTER_TUNNEL_FIELDS(F) \
	F(ROUTER_TUNNEL_RX_PACKETS, "rx_packets", U64, 0, 0, "raw counter") \
	F(ROUTER_TUNNEL_TX_PACKETS, "tx_packets", U64, 0, 0, "raw counter") \
	F(ROUTER_TUNNEL_SA_LIFE_S, "sa_life_s", INT, 0, 1, "remaining life of its SA") \
	F(ROUTER_TUNNEL_UP, "up", BOOL, 0, 0, "up, as the router says") \
	F(ROUTER_TUNNEL_SINCE, "since", INT, 0, 0, "us since 1970") \
	F(ROUTER_TUNNEL_ROUTER, "router", REF, 0, 0, "router's name") \
	F(ROUTER_TUNNEL_NAME, "name", REF, 0, 0, "the router's name for it") \
	F(ROUTER_TUNNEL_WORD, "word", REF, 0, 0, "its state as the router spells it") \
	F(ROUTER_TUNNEL_SA, "sa", BOOL, 0, 0, "has SAs in both directions") \
	F(ROUTER_TUNNEL_GONE, "gone", BOOL, 0, 0, "no longer listed by the router")
#define CAPTURE_FIELDS(F) \
	F(CAPTURE_PACKETS, "packets", U64, 0, 0, "packets counted") \
	F(CAPTURE_FRAGMENTS_RX, "fragments_rx", U64, 0, 0, "fragments received") \
	F(CAPTURE_FRAGMENTS_TX, "fragments_tx", U64, 0, 0, "fragments sent") \
	F(CAPTURE_PTB_RX, "ptb_rx", U64, 0, 0, "PTBs received") \
	F(CAPTURE_PTB_TX, "ptb_tx", U64, 0, 0, "PTBs sent") \
	F(CAPTURE_IKE_RX, "ike_rx", U64, 0, 0, "IKE packets received") \
	F(CAPTURE_IKE_TX, "ike_tx", U64, 0, 0, "IKE packets sent") \
	F(CAPTURE_CLEAR_TX, "clear_tx", U64, 0, 0, "packets to an endpoint in clear") \
	F(CAPTURE_DROPPED, "dropped", U64, 0, 0, "packets the capture missed") \
	F(CAPTURE_IFNAME, "ifname", REF, 0, 0, "interface")
#define PTB_FIELDS(F) \
	F(PTB_MTU, "mtu", INT, 0, 0, "MTU named") \
	F(PTB_FROM, "from", REF, 0, 0, "who sent it") \
	F(PTB_SRC, "src", REF, 0, 0, "source of the packet quoted") \
	F(PTB_DST, "dst", REF, 0, 0, "destination of the packet quoted") \
	F(PTB_PROTO, "proto", INT, 0, 0, "IP protocol of the packet quoted") \
	F(PTB_SPI, "spi", HEX, 0, 0, "SPI of the packet quoted")
#define MSS_FIELDS(F) \
	F(MSS_MSS, "mss", INT, 0, 0, "MSS option") \
	F(MSS_DIR, "dir", ENUM, record_words_direction, 0, "in or out") \
	F(MSS_IFNAME, "ifname", REF, 0, 0, "interface") \
	F(MSS_SRC, "src", REF, 0, 0, "source") \
	F(MSS_DST, "dst", REF, 0, 0, "destination")
#define PACKET_FIELDS(F) \
	F(PACKET_LINK_TYPE, "link_type", INT, 0, 0, "LINKTYPE_ number of pcap-linktype(7)") \
	F(PACKET_LENGTH, "length", INT, 0, 0, "length on the wire")
#define LOG_FIELDS(F) \
	F(LOG_SOURCE, "source", REF, 0, 0, "router or file") \
	F(LOG_MEANING, "meaning", ENUM, record_words_log_meaning, 0, "what it says") \
	F(LOG_AT, "at", INT, 0, 0, "when, us since 1970, corrected by the router's clock") \
	F(LOG_NAME, "name", REF, 0, 0, "the router's name for the tunnel it speaks of")
#define MARK_FIELDS(F) \
	F(MARK_LETTER, "letter", INT, 0, 0, "0 for A, 1 for B and so on")
#define BASELINE_FIELDS(F) \
	F(BASELINE_AT_US, "at_us", INT, 0, 0, "session time whose values are taken; absent: the present") \
	F(BASELINE_CLEAR, "clear", BOOL, 0, 0, "forget the baseline instead") \
	F(BASELINE_RESET, "reset", BOOL, 0, 0, "statistics count from here")
#define NOTICE_FIELDS(F) \
	F(NOTICE_SOURCE, "source", REF, 0, 0, "who says so") \
	F(NOTICE_LEVEL, "level", ENUM, record_words_severity, 0, "how bad it is")

/* Words of enumerations: V(CONSTANT, word). A value is its index; words are spelled out in a file's header. */
#define RECORD_WORDS_TABLE(E) \
	E(health, HEALTH) E(source_state, SOURCE_STATE) E(clock_reason, CLOCK_REASON) \
	E(gap_reason, GAP_REASON) E(tunnel_type, TUNNEL_TYPE) E(peer_from, PEER_FROM) \
	E(origin, ORIGIN) E(expect, EXPECT) E(framing, FRAMING) E(outcome, OUTCOME) \
	E(purpose, PURPOSE) E(path, PATH) \
	E(pmtu_state, PMTU_STATE) E(pmtu_cause, PMTU_CAUSE) E(direction, DIRECTION) \
	E(sa_event, SA_EVENT) E(sa_mode, SA_MODE) E(bgp_state, BGP_STATE) \
	E(router_outcome, ROUTER_OUTCOME) E(log_meaning, LOG_MEANING) E(severity, SEVERITY)

#define HEALTH_WORDS(V) \
	V(HEALTH_UNKNOWN, "unknown") V(HEALTH_UP, "up") V(HEALTH_DEGRADED, "degraded") \
	V(HEALTH_DOWN, "down")
#define SOURCE_STATE_WORDS(V) \
	V(SOURCE_STATE_OK, "ok") V(SOURCE_STATE_DENIED, "denied") V(SOURCE_STATE_ABSENT, "absent") \
	V(SOURCE_STATE_STALE, "stale") V(SOURCE_STATE_LOST, "lost")
#define CLOCK_REASON_WORDS(V) \
	V(CLOCK_REASON_START, "start") V(CLOCK_REASON_STEP, "step") V(CLOCK_REASON_RESUME, "resume") \
	V(CLOCK_REASON_ZONE, "zone")
#define GAP_REASON_WORDS(V) \
	V(GAP_REASON_QUEUE, "queue-full") V(GAP_REASON_DISK, "disk-full") \
	V(GAP_REASON_DAMAGE, "damaged") V(GAP_REASON_SUSPEND, "suspend") V(GAP_REASON_CUT, "cut")
#define TUNNEL_TYPE_WORDS(V) \
	V(TUNNEL_TYPE_OTHER, "other") V(TUNNEL_TYPE_GRE, "gre") V(TUNNEL_TYPE_GRETAP, "gretap") \
	V(TUNNEL_TYPE_IP6GRE, "ip6gre") V(TUNNEL_TYPE_IP6GRETAP, "ip6gretap") \
	V(TUNNEL_TYPE_IPIP, "ipip") V(TUNNEL_TYPE_SIT, "sit") V(TUNNEL_TYPE_IP6TNL, "ip6tnl") \
	V(TUNNEL_TYPE_VTI, "vti") V(TUNNEL_TYPE_VTI6, "vti6") V(TUNNEL_TYPE_XFRM, "xfrm") \
	V(TUNNEL_TYPE_WIREGUARD, "wireguard") V(TUNNEL_TYPE_TUN, "tun") V(TUNNEL_TYPE_PPP, "ppp") \
	V(TUNNEL_TYPE_L2TP, "l2tp") V(TUNNEL_TYPE_VXLAN, "vxlan") V(TUNNEL_TYPE_GENEVE, "geneve") \
	V(TUNNEL_TYPE_IPSEC, "ipsec") V(TUNNEL_TYPE_REMOTE, "remote") V(TUNNEL_TYPE_LINE, "line") \
	V(TUNNEL_TYPE_ERSPAN, "erspan")
#define PEER_FROM_WORDS(V) \
	V(PEER_FROM_NONE, "none") V(PEER_FROM_CONFIG, "config") V(PEER_FROM_PTP, "point-to-point") \
	V(PEER_FROM_SUBNET, "subnet") V(PEER_FROM_BGP, "bgp") V(PEER_FROM_WIREGUARD, "allowed-ip")
#define ORIGIN_WORDS(V) V(ORIGIN_DISCOVERED, "discovered") V(ORIGIN_CONFIG, "config")
#define EXPECT_WORDS(V) V(EXPECT_ALWAYS, "always") V(EXPECT_ON_DEMAND, "on-demand")
#define FRAMING_WORDS(V) \
	V(FRAMING_UNKNOWN, "unknown") V(FRAMING_L2TPV2, "l2tpv2") \
	V(FRAMING_L2TPV2_LENGTH, "l2tpv2-length") V(FRAMING_L2TPV3, "l2tpv3") \
	V(FRAMING_L2TPV3_SUBLAYER, "l2tpv3-sublayer") V(FRAMING_L2TPV3_UDP, "l2tpv3-udp") \
	V(FRAMING_L2TPV3_UDP_SUBLAYER, "l2tpv3-udp-sublayer") V(FRAMING_PPPOE, "pppoe") \
	V(FRAMING_OPENVPN, "openvpn") V(FRAMING_WIREGUARD, "wireguard")
#define OUTCOME_WORDS(V) \
	V(OUTCOME_REPLY, "reply") V(OUTCOME_TIMEOUT, "timeout") V(OUTCOME_LATE, "late") \
	V(OUTCOME_DUPLICATE, "duplicate") V(OUTCOME_FOREIGN, "foreign") V(OUTCOME_PTB, "ptb") \
	V(OUTCOME_LOCAL_TOOBIG, "local-toobig") V(OUTCOME_UNREACHABLE, "unreachable") \
	V(OUTCOME_ERROR, "error")
#define PURPOSE_WORDS(V) \
	V(PURPOSE_SCHEDULE, "schedule") V(PURPOSE_VERDICT, "verdict") V(PURPOSE_MTU, "mtu") \
	V(PURPOSE_LOCATE, "locate")
#define PATH_WORDS(V) V(PATH_INNER, "inner") V(PATH_OUTER, "outer")
#define PMTU_STATE_WORDS(V) \
	V(PMTU_STATE_SEARCHING, "searching") V(PMTU_STATE_COMPLETE, "complete") \
	V(PMTU_STATE_UNREACHABLE, "unreachable") V(PMTU_STATE_TOO_LOSSY, "too-lossy") \
	V(PMTU_STATE_UNSTABLE, "unstable")
#define PMTU_CAUSE_WORDS(V) \
	V(PMTU_CAUSE_NONE, "none") V(PMTU_CAUSE_LOCAL, "local") V(PMTU_CAUSE_PTB, "ptb") \
	V(PMTU_CAUSE_SILENT, "silent") V(PMTU_CAUSE_PENDING, "pending")
#define DIRECTION_WORDS(V) \
	V(DIRECTION_UNKNOWN, "unknown") V(DIRECTION_IN, "in") V(DIRECTION_OUT, "out") \
	V(DIRECTION_FORWARD, "forward") V(DIRECTION_REVERSE, "reverse")
#define SA_EVENT_WORDS(V) \
	V(SA_EVENT_NEW, "new") V(SA_EVENT_UPDATE, "update") V(SA_EVENT_SOFT_EXPIRE, "soft-expire") \
	V(SA_EVENT_HARD_EXPIRE, "hard-expire") V(SA_EVENT_DELETE, "delete")
#define SA_MODE_WORDS(V) \
	V(SA_MODE_TRANSPORT, "transport") V(SA_MODE_TUNNEL, "tunnel") V(SA_MODE_BEET, "beet")
#define BGP_STATE_WORDS(V) \
	V(BGP_STATE_NOT_UNDERSTOOD, "not-understood") V(BGP_STATE_IDLE, "Idle") \
	V(BGP_STATE_CONNECT, "Connect") V(BGP_STATE_ACTIVE, "Active") \
	V(BGP_STATE_OPENSENT, "OpenSent") V(BGP_STATE_OPENCONFIRM, "OpenConfirm") \
	V(BGP_STATE_ESTABLISHED, "Established")
#define ROUTER_OUTCOME_WORDS(V) \
	V(ROUTER_OUTCOME_OK, "ok") V(ROUTER_OUTCOME_TIMEOUT, "timeout") \
	V(ROUTER_OUTCOME_REFUSED, "refused") V(ROUTER_OUTCOME_AUTH, "auth") \
	V(ROUTER_OUTCOME_PARSE, "parse") V(ROUTER_OUTCOME_ABSENT, "absent") \
	V(ROUTER_OUTCOME_LOST, "lost") V(ROUTER_OUTCOME_RELEASED, "released")
#define LOG_MEANING_WORDS(V) \
	V(LOG_MEANING_OTHER, "other") V(LOG_MEANING_UP, "up") V(LOG_MEANING_DOWN, "down") \
	V(LOG_MEANING_REKEY, "rekey") V(LOG_MEANING_IKE_TRY, "ike-try")
#define SEVERITY_WORDS(V) \
	V(SEVERITY_INFO, "info") V(SEVERITY_WARNING, "warning") V(SEVERITY_CRITICAL, "critical")

#define RECORD_ENUM_KIND(constant, name, shape, what) RECORD_##constant,
enum record_kind { RECORD_REMOVE, RECORD_KIND_TABLE(RECORD_ENUM_KIND) RECORD_KINDS };
#undef RECORD_ENUM_KIND

#define RECORD_ENUM_FIELD(constant, name, type, words, steady, what) constant,
#define RECORD_ENUM_FIELDS(kind, name, shape, what) \
	enum { kind##_FIELDS(RECORD_ENUM_FIELD) kind##_NFIELDS };
RECORD_KIND_TABLE(RECORD_ENUM_FIELDS)
#undef RECORD_ENUM_FIELDS
#undef RECORD_ENUM_FIELD

#define RECORD_ENUM_VALUE(constant, word) constant,
#define RECORD_ENUM_WORDS(name, prefix) enum name { prefix##_WORDS(RECORD_ENUM_VALUE) prefix##_COUNT };
RECORD_WORDS_TABLE(RECORD_ENUM_WORDS)
#undef RECORD_ENUM_WORDS
#undef RECORD_ENUM_VALUE

#endif
