// SPDX-License-Identifier: GPL-2.0-or-later
// rtnetlink messages: dumps captured from real kernels, and made-up ones. tests/tools/rtnl_capture.c makes the files.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <libmnl/libmnl.h>

#include "tunwatch/decode.h"
#include "tunwatch/model.h"

/* after ours: it makes a macro of TUNNEL_KEY, which is a field of the tunnel record */
#include <linux/if_tunnel.h>

enum { FILE_MAX = 1 << 17 };

static uint8_t *load(const char *name, size_t *ret_len)
{
	uint8_t *data = malloc(FILE_MAX);
	char path[128];
	FILE *f;

	snprintf(path, sizeof path, "tests/data/rtnl/%s", name);
	f = fopen(path, "rb");
	if (!f || !data)
		fail_msg("cannot read %s", path);
	*ret_len = fread(data, 1, FILE_MAX, f);
	fclose(f);
	return data;
}

static const char *text(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	return addr_format(a, out);
}

/* What the capture script made, name by name. */
static const struct expected {
	const char *name;
	enum tunnel_type type;
	const char *local, *remote;
	int64_t key, okey, mark; /* -1: none */
	bool fallback;
	const char *lower; /* name of the device it is bound to */
} uml[] = {
	{ "lo", TUNNEL_TYPE_OTHER, "", "", -1, -1, -1, false, "" },
	{ "gre0", TUNNEL_TYPE_GRE, "", "", -1, -1, -1, true, "" },
	{ "gretap0", TUNNEL_TYPE_GRETAP, "", "", -1, -1, -1, true, "" },
	{ "erspan0", TUNNEL_TYPE_ERSPAN, "", "", -1, 0, -1, true, "" },
	{ "ip6tnl0", TUNNEL_TYPE_IP6TNL, "", "", -1, -1, -1, true, "" },
	{ "ip6gre0", TUNNEL_TYPE_IP6GRE, "", "", -1, -1, -1, true, "" },
	{ "tunl0", TUNNEL_TYPE_IPIP, "", "", -1, -1, -1, true, "" },
	{ "sit0", TUNNEL_TYPE_SIT, "", "", -1, -1, -1, true, "" },
	{ "ip_vti0", TUNNEL_TYPE_VTI, "", "", -1, -1, -1, true, "" },
	{ "ip6_vti0", TUNNEL_TYPE_VTI6, "", "", -1, -1, -1, true, "" },
	{ "e1", TUNNEL_TYPE_OTHER, "", "", -1, -1, -1, false, "" },
	{ "gre-a", TUNNEL_TYPE_GRE, "198.51.100.2", "203.0.113.1", 17, 17, -1, false, "e1" },
	{ "gre-io", TUNNEL_TYPE_GRE, "198.51.100.2", "203.0.113.2", 1, 2, 7, false, "" },
	{ "gre-multi", TUNNEL_TYPE_GRE, "198.51.100.2", "", 42, 42, -1, false, "" },
	{ "gre-bare", TUNNEL_TYPE_GRE, "", "", 77, 77, -1, false, "" },
	{ "gt-a", TUNNEL_TYPE_GRETAP, "198.51.100.2", "203.0.113.1", 9, 9, -1, false, "" },
	{ "gt-ext", TUNNEL_TYPE_GRETAP, "", "", -1, -1, -1, false, "" },
	{ "g6-a", TUNNEL_TYPE_IP6GRE, "2001:db8::2", "2001:db8:1::1", 5, 5, -1, false, "" },
	{ "gt6-a", TUNNEL_TYPE_IP6GRETAP, "2001:db8::2", "2001:db8:1::1", -1, -1, -1, false, "" },
	{ "ipip-a", TUNNEL_TYPE_IPIP, "198.51.100.2", "203.0.113.1", -1, -1, -1, false, "" },
	{ "sit-a", TUNNEL_TYPE_SIT, "198.51.100.2", "203.0.113.1", -1, -1, -1, false, "" },
	{ "sit-6to4", TUNNEL_TYPE_SIT, "198.51.100.2", "", -1, -1, -1, false, "" },
	{ "vti-a", TUNNEL_TYPE_VTI, "198.51.100.2", "203.0.113.1", 100, 100, -1, false, "" },
	{ "vti-b", TUNNEL_TYPE_VTI, "198.51.100.2", "203.0.113.9", 3, 4, 8, false, "" },
	{ "vti6-a", TUNNEL_TYPE_VTI6, "2001:db8::2", "2001:db8:1::1", 6, 6, -1, false, "" },
	{ "dslite", TUNNEL_TYPE_IP6TNL, "2001:db8::2", "2001:db8:1::1", -1, -1, -1, false, "" },
	{ "six", TUNNEL_TYPE_IP6TNL, "2001:db8::2", "2001:db8:2::1", -1, -1, 3, false, "" },
	{ "vx-a", TUNNEL_TYPE_VXLAN, "198.51.100.2", "203.0.113.1", 5, -1, -1, false, "" },
	{ "vx-m", TUNNEL_TYPE_VXLAN, "", "239.1.1.1", 6, -1, -1, false, "e1" },
	{ "vx-x", TUNNEL_TYPE_VXLAN, "", "", -1, -1, -1, false, "" },
	{ "ge-a", TUNNEL_TYPE_GENEVE, "", "203.0.113.1", 7, -1, -1, false, "" },
	{ "ge-6", TUNNEL_TYPE_GENEVE, "", "2001:db8:1::1", 8, -1, -1, false, "" },
	{ "tun-a", TUNNEL_TYPE_TUN, "", "", -1, -1, -1, false, "" },
	{ "tap-a", TUNNEL_TYPE_TUN, "", "", -1, -1, -1, false, "" },
	{ "br0", TUNNEL_TYPE_OTHER, "", "", -1, -1, -1, false, "" },
	{ "vrf0", TUNNEL_TYPE_OTHER, "", "", -1, -1, -1, false, "" },
	{ "du0", TUNNEL_TYPE_OTHER, "", "", -1, -1, -1, false, "" },
};

enum { LINKS_MAX = 64 };

static size_t load_links(const char *name, struct rtnl_link *ret)
{
	size_t len, n = 0;
	uint8_t *data = load(name, &len);
	const uint8_t *p = data;
	bool done = false;

	for (struct rtnl_message m; rtnl_next(&p, &len, &m);) {
		if (m.what == RTNL_DONE) {
			assert_int_equal(m.error, 0);
			done = true;
		} else {
			assert_int_equal(m.what, RTNL_LINK);
			assert_true(n < LINKS_MAX);
			ret[n++] = m.link;
		}
	}
	assert_true(done);
	assert_int_equal(len, 0);
	free(data);
	return n;
}

static const char *name_of(const struct rtnl_link *links, size_t n, int ifindex)
{
	for (size_t i = 0; i < n; i++)
		if (links[i].ifindex == ifindex)
			return links[i].name;
	return "";
}

static void check_link(const struct expected *e, const struct rtnl_link *l, const char *lower)
{
	char a[ADDR_TEXT_MAX];

	assert_string_equal(l->name, e->name);
	assert_int_equal(l->type, e->type);
	assert_string_equal(text(&l->local, a), e->local);
	assert_string_equal(text(&l->remote, a), e->remote);
	assert_int_equal(l->has_key ? (int64_t)l->key : -1, e->key);
	assert_int_equal(l->has_okey ? (int64_t)l->okey : -1, e->okey);
	assert_int_equal(l->has_mark ? (int64_t)l->mark : -1, e->mark);
	assert_int_equal(l->fallback, e->fallback);
	assert_string_equal(lower, e->lower);
	assert_true(l->has_counters);
	assert_true(l->mtu > 0);
}

static void test_captured_links(void **state)
{
	struct rtnl_link links[LINKS_MAX];
	size_t n = load_links("uml-link", links);

	(void)state;
	assert_int_equal(n, ARRAY_LEN(uml));
	for (size_t i = 0; i < n; i++)
		check_link(&uml[i], &links[i], name_of(links, n, links[i].lower));
	assert_string_equal(name_of(links, n, links[15].master), "br0");
	assert_true(links[11].up && links[11].running && links[11].carrier);
	assert_false(links[12].up);
	assert_true(links[34].bridge);
	assert_false(links[35].bridge);
	assert_true(links[16].external && links[29].external);
}

/* What its packets carry. The kernel made these devices over a path of 1500 bytes and gave them the MTU that leaves
 * room for it: its arithmetic and ours are one. */
static void test_captured_options(void **state)
{
	static const char limited[] = " ip6tnl0 ip6gre0 g6-a gt6-a six ", cut[] = " sit0 vx-a vx-m vx-x ge-a ge-6 ";
	/* taken from a device that is larger, or Ethernet devices that are told no endpoint */
	static const char own_mtu[] = " vx-a vx-x gt-ext ";
	struct rtnl_link links[LINKS_MAX];
	size_t n = load_links("uml-link", links), compared = 0;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		const struct rtnl_link *l = &links[i];
		struct overhead o = {
			.type = l->type, .outer_family = l->local.family ? l->local.family : l->remote.family,
			.has_key = l->has_okey, .has_checksum = l->checksum, .has_sequence = l->sequence,
			.encap_limit = l->encap_limit,
		};
		char name[IFNAME_TEXT_MAX + 2];

		snprintf(name, sizeof name, " %s ", l->name);
		assert_int_equal(l->encap_limit, strstr(limited, name) != NULL);
		assert_int_equal(l->no_df, strstr(cut, name) != NULL);
		assert_false(l->checksum || l->sequence);
		if (!overhead_inner(&o, 1500) || strstr(own_mtu, name))
			continue;
		if (l->mtu != overhead_inner(&o, 1500))
			fail_msg("%s: the kernel says %d, not %d", l->name, l->mtu, overhead_inner(&o, 1500));
		compared++;
	}
	assert_int_equal(compared, 14);
}

/* Told by kind and endpoints, never by name. */
static void test_captured_sit0(void **state)
{
	struct rtnl_link links[LINKS_MAX];
	size_t n = load_links("sit0-link", links), seen = 0;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(links[i].name, "sit0")) {
			assert_int_equal(links[i].type, TUNNEL_TYPE_IP6TNL);
			assert_false(links[i].fallback);
			seen++;
		} else if (!strcmp(links[i].name, "sit9")) {
			assert_int_equal(links[i].type, TUNNEL_TYPE_SIT);
			assert_true(links[i].fallback);
			seen++;
		}
	}
	assert_int_equal(seen, 2);
}

static bool find_address(const char *file, const char *local, struct rtnl_address *ret)
{
	size_t len;
	uint8_t *data = load(file, &len);
	const uint8_t *p = data;
	char a[ADDR_TEXT_MAX];
	bool found = false;

	for (struct rtnl_message m; rtnl_next(&p, &len, &m);) {
		if (m.what == RTNL_ADDRESS && !strcmp(text(&m.address.local, a), local)) {
			*ret = m.address;
			found = true;
		}
	}
	free(data);
	return found;
}

static void test_captured_addresses(void **state)
{
	struct rtnl_address a;
	char t[ADDR_TEXT_MAX];

	(void)state;
	assert_true(find_address("uml-addr", "169.254.252.2", &a));
	assert_int_equal(a.prefix_len, 30);
	assert_false(addr_is_set(&a.peer));
	assert_true(find_address("uml-addr", "10.7.0.1", &a));
	assert_int_equal(a.prefix_len, 32);
	assert_string_equal(text(&a.peer, t), "10.7.0.2");
	assert_true(find_address("uml-addr", "fd00::1", &a));
	assert_int_equal(a.prefix_len, 126);
	assert_false(addr_is_set(&a.peer));
}

static void test_captured_routes(void **state)
{
	static const char *const want[] = { "198.51.100.1", "", "2001:db8::1", "" };
	size_t len, n = 0;
	uint8_t *data = load("uml-route", &len);
	const uint8_t *p = data;
	char a[ADDR_TEXT_MAX];

	(void)state;
	for (struct rtnl_message m; rtnl_next(&p, &len, &m); n++) {
		assert_int_equal(m.what, RTNL_ROUTE);
		assert_true(n < ARRAY_LEN(want));
		assert_string_equal(text(&m.route.gateway, a), want[n]);
		assert_int_equal(m.route.error, 0);
		assert_true(m.route.oif > 0);
	}
	assert_int_equal(n, ARRAY_LEN(want));
	free(data);
}

static void test_captured_neighbours(void **state)
{
	size_t len, n = 0;
	uint8_t *data = load("host-neigh", &len);
	const uint8_t *p = data;
	char a[ADDR_TEXT_MAX];

	(void)state;
	for (struct rtnl_message m; rtnl_next(&p, &len, &m);) {
		if (m.what != RTNL_NEIGHBOUR)
			continue;
		assert_string_equal(text(&m.neighbour.dst, a), "10.0.0.2");
		assert_string_equal(m.neighbour.mac, "02:00:00:00:00:01");
		n++;
	}
	assert_int_equal(n, 1);
	free(data);
}

static void test_captured_stats(void **state)
{
	struct rtnl_link links[LINKS_MAX];
	size_t nlinks = load_links("uml-link", links), len, n = 0, moved = 0;
	uint8_t *data = load("uml-stats", &len);
	const uint8_t *p = data;

	(void)state;
	for (struct rtnl_message m; rtnl_next(&p, &len, &m);) {
		if (m.what != RTNL_STATS)
			continue;
		assert_true(m.stats.has_counters);
		assert_int_equal(m.stats.ifindex, links[n].ifindex);
		/* the two dumps were made one after the other */
		for (unsigned c = 0; c < 8; c++)
			assert_true(m.stats.counters[c] >= links[n].counters[c]);
		moved += m.stats.counters[LINK_TX_PACKETS] > 0 && m.stats.counters[LINK_TX_BYTES] >= 40;
		n++;
	}
	assert_int_equal(n, nlinks);
	assert_true(moved > 0);
	free(data);
}

/* ---- made-up messages ---- */

struct made {
	_Alignas(8) char buf[4096];
	struct nlmsghdr *h;
};

static void *begin(struct made *m, uint16_t type, size_t body)
{
	memset(m, 0, sizeof *m);
	m->h = mnl_nlmsg_put_header(m->buf);
	m->h->nlmsg_type = type;
	m->h->nlmsg_seq = 7;
	return mnl_nlmsg_put_extra_header(m->h, body);
}

static bool decode(const struct made *m, struct rtnl_message *ret)
{
	const uint8_t *p = (const uint8_t *)m->buf;
	size_t len = m->h->nlmsg_len;
	bool ok = rtnl_next(&p, &len, ret);

	assert_int_equal(ret->seq, 7);
	return ok;
}

static void begin_link(struct made *m, uint16_t type, unsigned family, unsigned arphrd, const char *name)
{
	struct ifinfomsg *i = begin(m, type, sizeof *i);

	i->ifi_family = (unsigned char)family;
	i->ifi_type = (unsigned short)arphrd;
	i->ifi_index = 9;
	mnl_attr_put_strz(m->h, IFLA_IFNAME, name);
}

static void test_xfrm(void **state)
{
	struct nlattr *info, *data;
	struct rtnl_message m;
	struct made x;

	(void)state;
	begin_link(&x, RTM_NEWLINK, AF_UNSPEC, ARPHRD_NONE, "ipsec0");
	info = mnl_attr_nest_start(x.h, IFLA_LINKINFO);
	mnl_attr_put_strz(x.h, IFLA_INFO_KIND, "xfrm");
	data = mnl_attr_nest_start(x.h, IFLA_INFO_DATA);
	mnl_attr_put_u32(x.h, IFLA_XFRM_LINK, 2);
	mnl_attr_put_u32(x.h, IFLA_XFRM_IF_ID, 0x2a);
	mnl_attr_nest_end(x.h, data);
	mnl_attr_nest_end(x.h, info);
	assert_true(decode(&x, &m));
	assert_int_equal(m.what, RTNL_LINK);
	assert_int_equal(m.link.type, TUNNEL_TYPE_XFRM);
	assert_true(m.link.has_if_id);
	assert_int_equal(m.link.if_id, 0x2a);
	assert_int_equal(m.link.lower, 2);
	assert_false(m.link.fallback);
}

/* Options that no captured device has. */
static void test_options(void **state)
{
	static const struct {
		const char *kind;
		uint16_t attribute, flags;
		uint8_t value, size;
		bool checksum, sequence, no_df;
	} cases[] = {
		{ "gre", IFLA_GRE_OFLAGS, 0x8000, 0, 2, true, false, false },
		{ "gre", IFLA_GRE_OFLAGS, 0x3000, 0, 2, false, true, false },
		{ "gre", IFLA_GRE_IFLAGS, 0xb000, 0, 2, false, false, false },
		{ "gretap", IFLA_GRE_IGNORE_DF, 0, 1, 1, false, false, true },
		{ "gre", IFLA_GRE_IGNORE_DF, 0, 0, 1, false, false, false },
		{ "sit", IFLA_IPTUN_PMTUDISC, 0, 1, 1, false, false, false },
		{ "sit", IFLA_IPTUN_PMTUDISC, 0, 0, 1, false, false, true },
		/* what an IPv4 packet inside says is copied */
		{ "ipip", IFLA_IPTUN_PMTUDISC, 0, 0, 1, false, false, false },
		{ "vxlan", IFLA_VXLAN_DF, 0, 2, 1, false, false, false },
		{ "geneve", IFLA_GENEVE_DF, 0, 0, 1, false, false, true },
		{ "gre", IFLA_GRE_OFLAGS, 0xffff, 0, 0, false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint16_t flags = htons(cases[i].flags);
		struct rtnl_message got;
		struct nlattr *info, *data;
		struct made x;

		begin_link(&x, RTM_NEWLINK, AF_UNSPEC, ARPHRD_NONE, "x");
		info = mnl_attr_nest_start(x.h, IFLA_LINKINFO);
		mnl_attr_put_strz(x.h, IFLA_INFO_KIND, cases[i].kind);
		data = mnl_attr_nest_start(x.h, IFLA_INFO_DATA);
		mnl_attr_put(x.h, cases[i].attribute, cases[i].size,
			     cases[i].size == 1 ? (const void *)&cases[i].value : (const void *)&flags);
		mnl_attr_nest_end(x.h, data);
		mnl_attr_nest_end(x.h, info);
		assert_true(decode(&x, &got));
		assert_int_equal(got.link.checksum, cases[i].checksum);
		assert_int_equal(got.link.sequence, cases[i].sequence);
		assert_int_equal(got.link.no_df, cases[i].no_df);
		assert_false(got.link.encap_limit);
	}
}

static void test_plain_kinds(void **state)
{
	static const struct {
		const char *kind;
		enum tunnel_type type;
	} kinds[] = {
		{ "wireguard", TUNNEL_TYPE_WIREGUARD }, { "ppp", TUNNEL_TYPE_PPP }, { "tun", TUNNEL_TYPE_TUN },
		{ "wireguardx", TUNNEL_TYPE_OTHER }, { "wire", TUNNEL_TYPE_OTHER }, { "", TUNNEL_TYPE_OTHER },
	};
	struct rtnl_message m;
	struct made x;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct nlattr *info;

		begin_link(&x, RTM_NEWLINK, AF_UNSPEC, ARPHRD_NONE, "x0");
		info = mnl_attr_nest_start(x.h, IFLA_LINKINFO);
		mnl_attr_put_strz(x.h, IFLA_INFO_KIND, kinds[i].kind);
		mnl_attr_nest_end(x.h, info);
		assert_true(decode(&x, &m));
		assert_int_equal(m.link.type, kinds[i].type);
	}
	/* PPP over L2TP of old kernels has no kind */
	begin_link(&x, RTM_NEWLINK, AF_UNSPEC, ARPHRD_PPP, "ppp0");
	assert_true(decode(&x, &m));
	assert_int_equal(m.link.type, TUNNEL_TYPE_PPP);
	begin_link(&x, RTM_NEWLINK, AF_UNSPEC, ARPHRD_ETHER, "l2tpeth0");
	assert_true(decode(&x, &m));
	assert_true(m.link.kindless_ethernet);
}

/* A port that leaves its bridge is announced by RTM_DELLINK of that family. */
static void test_bridge_notes(void **state)
{
	struct rtnl_message m;
	struct made x;

	(void)state;
	begin_link(&x, RTM_DELLINK, AF_BRIDGE, ARPHRD_ETHER, "vx0");
	assert_true(decode(&x, &m));
	assert_int_equal(m.what, RTNL_OTHER);
	begin_link(&x, RTM_DELLINK, AF_UNSPEC, ARPHRD_ETHER, "vx0");
	assert_true(decode(&x, &m));
	assert_int_equal(m.what, RTNL_LINK_GONE);
	assert_int_equal(m.link.ifindex, 9);
}

static void test_name_is_cleaned(void **state)
{
	struct rtnl_message m;
	struct made x;

	(void)state;
	begin_link(&x, RTM_NEWLINK, AF_UNSPEC, ARPHRD_ETHER, "\x1b[31m\xff");
	assert_true(decode(&x, &m));
	assert_string_equal(m.link.name, "\\x1b[31m\\xff");
	/* without its NUL, and longer than any name can be */
	begin(&x, RTM_NEWLINK, sizeof(struct ifinfomsg));
	((struct ifinfomsg *)mnl_nlmsg_get_payload(x.h))->ifi_index = 1;
	mnl_attr_put(x.h, IFLA_IFNAME, 200, memset((char[200]){0}, 'a', 200));
	assert_true(decode(&x, &m));
	assert_int_equal(strlen(m.link.name), IFNAME_TEXT_MAX - 1);
}

static void test_other_namespace(void **state)
{
	struct rtnl_message m;
	struct made x;

	(void)state;
	begin_link(&x, RTM_NEWLINK, AF_UNSPEC, ARPHRD_ETHER, "v0");
	mnl_attr_put_u32(x.h, IFLA_LINK, 3);
	assert_true(decode(&x, &m));
	assert_int_equal(m.link.lower, 3);
	mnl_attr_put_u32(x.h, IFLA_LINK_NETNSID, 0);
	assert_true(decode(&x, &m));
	assert_int_equal(m.link.lower, 0);
}

static void test_route_details(void **state)
{
	static const uint8_t via[] = { AF_INET6, 0, 0xfe, 0x80, [17] = 1 };
	uint8_t metrics[] = { 8, 0, RTAX_MTU, 0, 0x46, 0x05, 0, 0 };
	struct rtnl_message m;
	struct rtmsg *r;
	char a[ADDR_TEXT_MAX];
	struct made x;

	(void)state;
	r = begin(&x, RTM_NEWROUTE, sizeof *r);
	r->rtm_family = AF_INET;
	mnl_attr_put_u32(x.h, RTA_OIF, 4);
	mnl_attr_put(x.h, RTA_VIA, sizeof via, via);
	mnl_attr_put(x.h, RTA_METRICS, sizeof metrics, metrics);
	assert_true(decode(&x, &m));
	assert_int_equal(m.what, RTNL_ROUTE);
	assert_string_equal(text(&m.route.gateway, a), "fe80::1");
	assert_int_equal(m.route.mtu, 1350);
	r->rtm_type = RTN_PROHIBIT;
	assert_true(decode(&x, &m));
	assert_int_equal(m.route.error, EACCES);
}

static void test_multipath(void **state)
{
	uint8_t hops[32] = {0};
	struct rtnexthop nh = { .rtnh_len = 16, .rtnh_ifindex = 5 };
	struct rtnl_message m;
	struct rtmsg *r;
	char a[ADDR_TEXT_MAX];
	struct made x;

	(void)state;
	memcpy(hops, &nh, sizeof nh);
	memcpy(hops + 8, (uint8_t[]){ 8, 0, RTA_GATEWAY, 0, 192, 0, 2, 1 }, 8);
	nh.rtnh_ifindex = 6;
	memcpy(hops + 16, &nh, sizeof nh);
	r = begin(&x, RTM_NEWROUTE, sizeof *r);
	r->rtm_family = AF_INET;
	mnl_attr_put(x.h, RTA_MULTIPATH, sizeof hops, hops);
	assert_true(decode(&x, &m));
	assert_int_equal(m.route.oif, 5);
	assert_string_equal(text(&m.route.gateway, a), "192.0.2.1");
	/* a next hop longer than its attribute is not read */
	nh.rtnh_len = 200;
	memcpy(hops, &nh, sizeof nh);
	r = begin(&x, RTM_NEWROUTE, sizeof *r);
	r->rtm_family = AF_INET;
	mnl_attr_put(x.h, RTA_MULTIPATH, sizeof hops, hops);
	assert_true(decode(&x, &m));
	assert_int_equal(m.route.oif, 0);
}

static void test_failed_neighbour(void **state)
{
	struct rtnl_message m;
	struct ndmsg *n;
	struct made x;

	(void)state;
	n = begin(&x, RTM_NEWNEIGH, sizeof *n);
	n->ndm_family = AF_INET;
	n->ndm_ifindex = 3;
	n->ndm_state = NUD_REACHABLE;
	mnl_attr_put(x.h, NDA_DST, 4, (uint8_t[]){ 10, 0, 0, 2 });
	mnl_attr_put(x.h, NDA_LLADDR, 6, (uint8_t[]){ 2, 0, 0, 0, 0, 1 });
	assert_true(decode(&x, &m));
	assert_string_equal(m.neighbour.mac, "02:00:00:00:00:01");
	n->ndm_state = NUD_FAILED;
	assert_true(decode(&x, &m));
	assert_string_equal(m.neighbour.mac, "");
}

static void test_control(void **state)
{
	struct rtnl_message m;
	struct made x;
	int *error;

	(void)state;
	error = begin(&x, NLMSG_ERROR, sizeof(struct nlmsgerr));
	*error = -ENETUNREACH;
	assert_true(decode(&x, &m));
	assert_int_equal(m.what, RTNL_ERROR);
	assert_int_equal(m.error, ENETUNREACH);
	*error = 0;
	assert_true(decode(&x, &m));
	assert_int_equal(m.error, 0);
	*error = INT32_MIN;
	assert_true(decode(&x, &m));
	assert_int_equal(m.error, EPROTO);
	begin(&x, NLMSG_DONE, 4);
	x.h->nlmsg_flags = NLM_F_MULTI | NLM_F_DUMP_INTR;
	assert_true(decode(&x, &m));
	assert_int_equal(m.what, RTNL_DONE);
	assert_true(m.interrupted);
	begin(&x, NLMSG_OVERRUN, 4);
	assert_true(decode(&x, &m));
	assert_int_equal(m.what, RTNL_OVERRUN);
	begin(&x, 999, 4);
	assert_true(decode(&x, &m));
	assert_int_equal(m.what, RTNL_OTHER);
}

/* Cut anywhere, in a buffer of just that length: nothing is read behind it, and the loop ends. */
static void test_cut_anywhere(void **state)
{
	static const char *const files[] = { "uml-link", "uml-addr", "uml-route", "host-neigh", "host-stats" };

	(void)state;
	for (size_t f = 0; f < ARRAY_LEN(files); f++) {
		size_t len;
		uint8_t *data = load(files[f], &len);

		len = len < 4000 ? len : 4000;
		for (size_t n = 0; n < len; n++) {
			uint8_t *exact = malloc(n ? n : 1);
			const uint8_t *p = exact;
			size_t left = n, steps = 0;

			assert_non_null(exact);
			memcpy(exact, data, n);
			for (struct rtnl_message m; rtnl_next(&p, &left, &m);)
				assert_true(++steps <= n / 16);
			free(exact);
		}
		free(data);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captured_links),
		cmocka_unit_test(test_captured_options), cmocka_unit_test(test_captured_sit0),
		cmocka_unit_test(test_captured_addresses), cmocka_unit_test(test_captured_routes),
		cmocka_unit_test(test_captured_neighbours), cmocka_unit_test(test_captured_stats),
		cmocka_unit_test(test_xfrm), cmocka_unit_test(test_options), cmocka_unit_test(test_plain_kinds),
		cmocka_unit_test(test_bridge_notes),
		cmocka_unit_test(test_name_is_cleaned), cmocka_unit_test(test_other_namespace),
		cmocka_unit_test(test_route_details), cmocka_unit_test(test_multipath),
		cmocka_unit_test(test_failed_neighbour), cmocka_unit_test(test_control),
		cmocka_unit_test(test_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
