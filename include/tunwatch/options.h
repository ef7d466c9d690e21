/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options: what may be said on the command line and in tunwatch.conf, as data. The parser, --help, the configuration
 * reader, the completion and the check of the man pages read these tables. A new option is one row here. */
#ifndef TUNWATCH_OPTIONS_H
#define TUNWATCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#define OPTION_ALL "*"

/* What a value must be, and the member it fills. */
enum value_type {
	VALUE_FLAG,     /* no argument; bool. In the file: true or false */
	VALUE_TEXT,     /* text without control characters; char * */
	VALUE_RAW,      /* any bytes, as file names are; char * */
	VALUE_LIST,     /* may be given again; char ** and a count */
	VALUE_SECONDS,  /* 5, 0.5, 90s, 2m, 1h, 3d; double */
	VALUE_DURATION, /* the same in whole seconds; int64_t */
	VALUE_BYTES,    /* 1048576, 64K, 64M, 1G; int64_t */
	VALUE_CHOICE,   /* one of words; char * */
	VALUE_SIZE,     /* COLUMNSxROWS; two int */
	VALUE_INT,      /* whole number, also 0x..; int */
	VALUE_MARK,     /* 32 bits, also 0x..; uint32_t */
	VALUE_HOST,     /* address or name; char * */
	VALUE_ADDRESS,  /* numeric address; char * */
	VALUE_IFNAME,   /* interface name; char * */
	VALUE_NEIGHBOR, /* address or interface; char * */
	VALUE_SOURCES,  /* source names, separated by commas; char * */
	VALUE_ZONE,     /* +09:00, -0330, UTC; int, seconds east of UTC */
	VALUE_LISTEN,   /* ADDRESS, ADDRESS:PORT, [ADDRESS]:PORT; char * */
	VALUE_CHARSET,  /* name of a character set as iconv knows it; char * */
};

/* O(ID, member of struct options, long name, letter or 0, TYPE, argument, words, min, max, default, commands that
 * take it, key in tunwatch.conf, help). Numbers are in the unit of the type: seconds, bytes. */
#define OPTION_TABLE(O) \
	O(CONFIG, config_file, "config", 'c', RAW, "FILE", NULL, 0, 0, NULL, OPTION_ALL, NULL, \
	  "read this configuration file") \
	O(INTERFACE, globs, "interface", 'i', LIST, "GLOB", NULL, 0, 0, NULL, "live record check list", "interfaces", \
	  "only interfaces whose name matches; may be given again") \
	O(INTERVAL, interval, "interval", 'n', SECONDS, "SECONDS", NULL, 0.1, 60, "1", "live record check list", \
	  "interval", "period of probes, counters and the screen") \
	O(MTU_PERIOD, mtu_period_s, "mtu-period", 0, DURATION, "TIME", NULL, 0, 3600, "10", "live record check", \
	  "mtu-period", "look at each path MTU so often; 0: only when asked") \
	O(WRITE, write_file, "write", 'w', RAW, "FILE", NULL, 0, 0, NULL, "live", NULL, \
	  "keep the recording under this name") \
	O(ASCII, ascii, "ascii", 0, FLAG, NULL, NULL, 0, 0, NULL, "live attach replay", "ascii", \
	  "draw with ASCII characters only") \
	O(UTF8, utf8, "utf8", 0, FLAG, NULL, NULL, 0, 0, NULL, "live attach replay", "utf8", \
	  "draw with UTF-8, whatever the locale says") \
	O(NO_COLOR, no_color, "no-color", 0, FLAG, NULL, NULL, 0, 0, NULL, "live attach replay", "no-color", \
	  "no colours (also: environment NO_COLOR)") \
	O(UTC, utc, "utc", 0, FLAG, NULL, NULL, 0, 0, NULL, "live attach replay report", "utc", \
	  "show times in UTC instead of the local zone") \
	O(NEW, new_session, "new", 0, FLAG, NULL, NULL, 0, 0, NULL, "live record", NULL, \
	  "begin a session although one is running") \
	O(LINGER, linger_s, "linger", 0, DURATION, "TIME", NULL, 0, 31536000, "86400", "live", "linger", \
	  "go on collecting so long after the last viewer left") \
	O(DISK_CAP, disk_cap, "disk-cap", 0, BYTES, "BYTES", NULL, 1048576, 1.0e15, "1G", "live record", "disk-cap", \
	  "most disk space for all sessions; the oldest go first") \
	O(ROTATE_SIZE, rotate_size, "rotate-size", 0, BYTES, "BYTES", NULL, 65536, 1.0e12, "64M", "live record", \
	  "rotate-size", "begin a new part of the recording at this size") \
	O(OUTPUT, output, "output", 'o', RAW, "FILE", NULL, 0, 0, NULL, "record report export", NULL, \
	  "write to this file; - is standard output") \
	O(FOR, for_s, "for", 0, SECONDS, "TIME", NULL, 0.1, 31536000, NULL, "record check", NULL, \
	  "collect for so long (check: at most; 7 s unless given)") \
	O(ONLY, only, "only", 0, SOURCES, "SOURCES", NULL, 0, 0, NULL, "record", NULL, \
	  "only these sources, separated by commas") \
	O(REPORT_FORMAT, format, "format", 'f', CHOICE, "FORMAT", "text md json", 0, 0, "text", "report", NULL, \
	  "text, md (markdown) or json") \
	O(EXPORT_FORMAT, format, "format", 'f', CHOICE, "FORMAT", "jsonl csv twr", 0, 0, "jsonl", "export", NULL, \
	  "jsonl (one JSON object a line), csv, or twr (a recording of its own)") \
	O(JSON, json, "json", 0, FLAG, NULL, NULL, 0, 0, NULL, "check mtu", NULL, \
	  "print the verdict as JSON") \
	O(IPV4, ipv4, "ipv4", '4', FLAG, NULL, NULL, 0, 0, NULL, "mtu", NULL, \
	  "over IPv4 only") \
	O(IPV6, ipv6, "ipv6", '6', FLAG, NULL, NULL, 0, 0, NULL, "mtu", NULL, \
	  "over IPv6 only") \
	O(DEVICE, device, "device", 'I', IFNAME, "IFACE", NULL, 0, 0, NULL, "mtu", NULL, \
	  "send through this interface") \
	O(LIST, list_sessions, "list", 'l', FLAG, NULL, NULL, 0, 0, NULL, "attach", NULL, \
	  "list the sessions instead") \
	O(KIND, kind, "kind", 0, TEXT, "KIND", NULL, 0, 0, NULL, "export", NULL, \
	  "only records of these kinds, separated by commas") \
	O(TUNNEL, tunnel, "tunnel", 0, TEXT, "REGEX", NULL, 0, 0, NULL, "export", NULL, \
	  "only records of tunnels whose name matches") \
	O(FROM, from, "from", 0, TEXT, "TIME", NULL, 0, 0, NULL, "report export", NULL, \
	  "begin here: 14:05, 2026-11-20T14:05:00Z, -10m, a mark") \
	O(TO, to, "to", 0, TEXT, "TIME", NULL, 0, 0, NULL, "report export", NULL, \
	  "end here; -10m is before the end of the recording") \
	O(HASHES, hashes, "hashes", 0, RAW, "FILE", NULL, 0, 0, NULL, "record", NULL, \
	  "write the model's fingerprint at every tick (for tests)") \
	O(KEYS, keys, "keys", 0, RAW, "KEYS", NULL, 0, 0, NULL, "replay", NULL, \
	  "press these keys first (for tests and pictures)") \
	O(SIZE, columns, "size", 0, SIZE, "CxR", NULL, 1, 1000, NULL, "replay", NULL, \
	  "no terminal: print one screen of this size as text") \
	O(LOG, log, "log", 0, RAW, "FILE", NULL, 0, 0, NULL, "report", NULL, \
	  "a router's log: alone, or beside a recording; - is standard input") \
	O(PROFILE, profile, "profile", 0, RAW, "NAME", NULL, 0, 0, "yamaha-rtx", "report", NULL, \
	  "the profile that reads the log") \
	O(ZONE, zone_s, "zone", 0, ZONE, "OFFSET", NULL, 0, 0, NULL, "report", NULL, \
	  "zone of the log's times, as +09:00; the local one unless given") \
	O(ROUTER_COMMAND, router_command, "command", 0, TEXT, "NAME", NULL, 0, 0, NULL, "router-test", NULL, \
	  "only the patterns of this command of the profile") \
	O(HELP, help, "help", 'h', FLAG, NULL, NULL, 0, 0, NULL, OPTION_ALL, NULL, \
	  "show this help") \
	O(VERSION, version, "version", 'V', FLAG, NULL, NULL, 0, 0, NULL, OPTION_ALL, NULL, \
	  "show the version")

#define OPTION_ID(id, member, name, letter, type, arg, words, min, max, value, commands, key, what) OPTION_##id,
enum option_id { OPTION_TABLE(OPTION_ID) OPTION_IDS };
#undef OPTION_ID

struct option_row {
	const char *name;
	char letter;          /* 0: none */
	enum value_type type;
	const char *arg;      /* what help calls its argument; NULL: takes none */
	const char *words;    /* CHOICE: separated by blanks */
	double min, max;      /* numbers and sizes; 0, 0: any */
	const char *value;    /* default, or NULL */
	const char *commands; /* names separated by blanks, or OPTION_ALL */
	const char *key;      /* in tunwatch.conf, or NULL */
	const char *what;
};
/* The row of an option; OPTION_IDS rows. */
const struct option_row *option_row(enum option_id id);
/* Whether words (separated by blanks, or OPTION_ALL) holds word. */
bool option_word(const char *words, const char *word);

/* Keys inside the sections of tunwatch.conf.
 * C(ID, section, member of struct tunnel_config (sections tunnel and line; else name), name, TYPE, words, min, max,
 * list, what) */
#define CONFIG_KEY_TABLE(C) \
	C(TUNNEL_IFNAME, "tunnel", ifname, "ifname", IFNAME, NULL, 0, 0, false, \
	  "its interface; leave it out for a tunnel that ends on another box") \
	C(TUNNEL_PEER, "tunnel", peer, "peer", HOST, NULL, 0, 0, false, \
	  "address at the far end, inside the tunnel, to probe") \
	C(TUNNEL_OUTER, "tunnel", outer, "outer", HOST, NULL, 0, 0, false, \
	  "address of the far endpoint, outside the tunnel") \
	C(TUNNEL_BGP, "tunnel", bgp, "bgp", NEIGHBOR, NULL, 0, 0, false, "BGP neighbour that goes with it") \
	C(TUNNEL_ROUTER, "tunnel", router, "router", TEXT, NULL, 0, 0, false, "router whose view counts too") \
	C(TUNNEL_REMOTE_NAME, "tunnel", remote_name, "remote-name", TEXT, NULL, 0, 0, false, \
	  "that router's name for the tunnel") \
	C(TUNNEL_GROUP, "tunnel", group, "group", TEXT, NULL, 0, 0, false, "rows that back each other up") \
	C(TUNNEL_EXPECT, "tunnel", expect, "expect", CHOICE, "always on-demand", 0, 0, false, \
	  "on-demand: that it is gone does not mean down") \
	C(TUNNEL_FRAMING, "tunnel", framing, "framing", CHOICE, "l2tpv2 l2tpv2-length l2tpv3 l2tpv3-sublayer " \
	  "l2tpv3-udp l2tpv3-udp-sublayer pppoe openvpn wireguard", 0, 0, false, \
	  "what its packets are in, where its kind does not tell") \
	C(TUNNEL_MTU, "tunnel", mtu, "mtu", INT, NULL, 68, 65535, false, "MTU it should have") \
	C(TUNNEL_MSS, "tunnel", mss, "mss", INT, NULL, 48, 65495, false, "TCP MSS it should have") \
	C(TUNNEL_SOURCE, "tunnel", source, "source", ADDRESS, NULL, 0, 0, false, "source address of probes") \
	C(TUNNEL_DEVICE, "tunnel", device, "device", IFNAME, NULL, 0, 0, false, "device probes are bound to") \
	C(TUNNEL_MARK, "tunnel", mark, "mark", MARK, NULL, 0, 4294967295.0, false, "firewall mark of probes") \
	C(TUNNEL_TOS, "tunnel", tos, "tos", INT, NULL, 0, 255, false, "TOS or traffic class of probes") \
	C(LINE_TARGET, "line", peer, "target", HOST, NULL, 0, 0, false, \
	  "host to probe: an address, a name, or gateway") \
	C(LINE_SOURCE, "line", source, "source", ADDRESS, NULL, 0, 0, false, "source address of probes") \
	C(LINE_DEVICE, "line", device, "device", IFNAME, NULL, 0, 0, false, "device probes are bound to") \
	C(LINE_GROUP, "line", group, "group", TEXT, NULL, 0, 0, false, "rows that back each other up") \
	C(LINE_MARK, "line", mark, "mark", MARK, NULL, 0, 4294967295.0, false, "firewall mark of probes") \
	C(LINE_TOS, "line", tos, "tos", INT, NULL, 0, 255, false, "TOS or traffic class of probes") \
	C(ROUTER_PROFILE, "router", name, "profile", TEXT, NULL, 0, 0, false, "how to talk to it") \
	C(ROUTER_TRANSPORT, "router", name, "transport", CHOICE, "telnet exec vtysh", 0, 0, false, "how to reach it") \
	C(ROUTER_HOST, "router", name, "host", HOST, NULL, 0, 0, false, "its address or name") \
	C(ROUTER_PORT, "router", name, "port", INT, NULL, 1, 65535, false, \
	  "TCP port; the profile knows the usual one") \
	C(ROUTER_USER, "router", name, "user", TEXT, NULL, 0, 0, false, "who logs in") \
	C(ROUTER_PASSWORD_FILE, "router", name, "password-file", TEXT, NULL, 0, 0, false, \
	  "file that holds the password") \
	C(ROUTER_PASSWORD_ENV, "router", name, "password-env", TEXT, NULL, 0, 0, false, \
	  "environment variable that holds the password") \
	C(ROUTER_PASSWORD_COMMAND, "router", name, "password-command", TEXT, NULL, 0, 0, true, \
	  "program, with arguments, that prints the password") \
	C(ROUTER_CHARSET, "router", name, "charset", CHARSET, NULL, 0, 0, false, "instead of the profile's") \
	C(ROUTER_POLL, "router", name, "poll", SECONDS, NULL, 0.1, 3600, false, "how often to ask") \
	C(ROUTER_ZONE, "router", name, "zone", ZONE, NULL, 0, 0, false, "zone of its clock, as +09:00") \
	C(ROUTER_RUN, "router", name, "run", TEXT, NULL, 0, 0, true, "program, with arguments, that reaches it") \
	C(ROUTER_ARGS, "router", name, "args", TEXT, NULL, 0, 0, true, "further arguments of vtysh") \
	C(LOG_ROUTER, "log", name, "router", TEXT, NULL, 0, 0, false, "whose log it is") \
	C(LOG_PROFILE, "log", name, "profile", TEXT, NULL, 0, 0, false, "how its lines read") \
	C(LOG_FILE, "log", name, "file", TEXT, NULL, 0, 0, false, "file that it is written to") \
	C(LOG_LISTEN, "log", name, "listen", LISTEN, NULL, 0, 0, false, \
	  "address and UDP port it is sent to by syslog") \
	C(LOG_FROM, "log", name, "from", ADDRESS, NULL, 0, 0, false, "take it from this sender only") \
	C(LOG_CHARSET, "log", name, "charset", CHARSET, NULL, 0, 0, false, "instead of the profile's") \
	C(LOG_ZONE, "log", name, "zone", ZONE, NULL, 0, 0, false, "zone of its times, as +09:00") \
	C(CAPTURE_INTERFACES, "capture", name, "interfaces", TEXT, NULL, 0, 0, true, "where to capture") \
	C(CAPTURE_SAMPLES, "capture", name, "samples", FLAG, NULL, 0, 0, false, "keep headers of some packets") \
	C(HOOK_ON, "hook", name, "on", CHOICE, "down up degraded unknown", 0, 0, true, "states that run it") \
	C(HOOK_AFTER, "hook", name, "after", SECONDS, NULL, 0, 86400, false, "how long the state must hold") \
	C(HOOK_RUN, "hook", name, "run", TEXT, NULL, 0, 0, true, "program and arguments")

#define CONFIG_KEY_ID(id, section, member, name, type, words, min, max, list, what) CONFIG_##id,
enum config_key_id { CONFIG_KEY_TABLE(CONFIG_KEY_ID) CONFIG_KEYS };
#undef CONFIG_KEY_ID

struct config_key {
	const char *section, *name;
	enum value_type type;
	const char *words;
	double min, max;
	bool list;
	const char *what;
};
const struct config_key *config_key(enum config_key_id id);

#endif
