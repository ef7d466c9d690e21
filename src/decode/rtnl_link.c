// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_link: interfaces and what each kind of tunnel says of itself.
#include <sys/socket.h>

#include "decode/rtnl_int.h"

/* after ours: if_tunnel.h makes a macro of TUNNEL_KEY, which is a field of the tunnel record */
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>

#define CHECKSUM_FLAG 0x8000 /* GRE_CSUM, GRE_KEY, GRE_SEQ in host order */
#define KEY_FLAG 0x2000
#define SEQUENCE_FLAG 0x1000
#define NO_LIMIT_FLAG 1      /* IP6_TNL_F_IGN_ENCAP_LIMIT */

/* What an attribute of IFLA_INFO_DATA means. Keys are in network order, ids in host order. */
enum meaning {
	NOTHING, LOCAL, REMOTE, LOWER, MARK, IN_FLAGS, OUT_FLAGS, IN_KEY, OUT_KEY, ID, IF_ID, EXTERNAL, EXTERNAL_BOOL,
	FLAGS6, IGNORE_DF, PMTUDISC, DF,
};

static const uint8_t gre[] = {
	[IFLA_GRE_LINK] = LOWER, [IFLA_GRE_IFLAGS] = IN_FLAGS, [IFLA_GRE_OFLAGS] = OUT_FLAGS,
	[IFLA_GRE_IKEY] = IN_KEY, [IFLA_GRE_OKEY] = OUT_KEY, [IFLA_GRE_LOCAL] = LOCAL,
	[IFLA_GRE_REMOTE] = REMOTE, [IFLA_GRE_COLLECT_METADATA] = EXTERNAL, [IFLA_GRE_FWMARK] = MARK,
	[IFLA_GRE_FLAGS] = FLAGS6, [IFLA_GRE_IGNORE_DF] = IGNORE_DF,
};
static const uint8_t iptun[] = {
	[IFLA_IPTUN_LINK] = LOWER, [IFLA_IPTUN_LOCAL] = LOCAL, [IFLA_IPTUN_REMOTE] = REMOTE,
	[IFLA_IPTUN_COLLECT_METADATA] = EXTERNAL, [IFLA_IPTUN_FWMARK] = MARK,
};
/* IPv6 in IPv4: there is no DF inside that could be copied */
static const uint8_t sit[] = {
	[IFLA_IPTUN_LINK] = LOWER, [IFLA_IPTUN_LOCAL] = LOCAL, [IFLA_IPTUN_REMOTE] = REMOTE,
	[IFLA_IPTUN_COLLECT_METADATA] = EXTERNAL, [IFLA_IPTUN_FWMARK] = MARK, [IFLA_IPTUN_PMTUDISC] = PMTUDISC,
};
static const uint8_t ip6tnl[] = {
	[IFLA_IPTUN_LINK] = LOWER, [IFLA_IPTUN_LOCAL] = LOCAL, [IFLA_IPTUN_REMOTE] = REMOTE,
	[IFLA_IPTUN_COLLECT_METADATA] = EXTERNAL, [IFLA_IPTUN_FWMARK] = MARK, [IFLA_IPTUN_FLAGS] = FLAGS6,
};
static const uint8_t vti[] = {
	[IFLA_VTI_LINK] = LOWER, [IFLA_VTI_IKEY] = IN_KEY, [IFLA_VTI_OKEY] = OUT_KEY, [IFLA_VTI_LOCAL] = LOCAL,
	[IFLA_VTI_REMOTE] = REMOTE, [IFLA_VTI_FWMARK] = MARK,
};
static const uint8_t xfrm[] = {
	[IFLA_XFRM_LINK] = LOWER, [IFLA_XFRM_IF_ID] = IF_ID, [IFLA_XFRM_COLLECT_METADATA] = EXTERNAL,
};
static const uint8_t vxlan[] = {
	[IFLA_VXLAN_ID] = ID, [IFLA_VXLAN_GROUP] = REMOTE, [IFLA_VXLAN_GROUP6] = REMOTE, [IFLA_VXLAN_LINK] = LOWER,
	[IFLA_VXLAN_LOCAL] = LOCAL, [IFLA_VXLAN_LOCAL6] = LOCAL, [IFLA_VXLAN_COLLECT_METADATA] = EXTERNAL_BOOL,
	[IFLA_VXLAN_DF] = DF,
};
static const uint8_t geneve[] = {
	[IFLA_GENEVE_ID] = ID, [IFLA_GENEVE_REMOTE] = REMOTE, [IFLA_GENEVE_REMOTE6] = REMOTE,
	[IFLA_GENEVE_COLLECT_METADATA] = EXTERNAL, [IFLA_GENEVE_DF] = DF,
};

/* One row a kind. own_device: the module makes a fallback device in every namespace. */
static const struct kind {
	const char *name;
	enum tunnel_type type;
	const uint8_t *meanings;
	size_t nmeanings;
	bool own_device;
} kinds[] = {
	{ "gre", TUNNEL_TYPE_GRE, gre, sizeof gre, true },
	{ "gretap", TUNNEL_TYPE_GRETAP, gre, sizeof gre, true },
	{ "erspan", TUNNEL_TYPE_ERSPAN, gre, sizeof gre, true },
	{ "ip6gre", TUNNEL_TYPE_IP6GRE, gre, sizeof gre, true },
	{ "ip6gretap", TUNNEL_TYPE_IP6GRETAP, gre, sizeof gre, true },
	{ "ip6erspan", TUNNEL_TYPE_ERSPAN, gre, sizeof gre, true },
	{ "ipip", TUNNEL_TYPE_IPIP, iptun, sizeof iptun, true },
	{ "sit", TUNNEL_TYPE_SIT, sit, sizeof sit, true },
	{ "ip6tnl", TUNNEL_TYPE_IP6TNL, ip6tnl, sizeof ip6tnl, true },
	{ "vti", TUNNEL_TYPE_VTI, vti, sizeof vti, true },
	{ "vti6", TUNNEL_TYPE_VTI6, vti, sizeof vti, true },
	{ "xfrm", TUNNEL_TYPE_XFRM, xfrm, sizeof xfrm, false },
	{ "wireguard", TUNNEL_TYPE_WIREGUARD, NULL, 0, false },
	{ "tun", TUNNEL_TYPE_TUN, NULL, 0, false },
	{ "ovpn", TUNNEL_TYPE_TUN, NULL, 0, false },
	{ "ovpn-dco", TUNNEL_TYPE_TUN, NULL, 0, false },
	{ "ppp", TUNNEL_TYPE_PPP, NULL, 0, false },
	{ "vxlan", TUNNEL_TYPE_VXLAN, vxlan, sizeof vxlan, false },
	{ "geneve", TUNNEL_TYPE_GENEVE, geneve, sizeof geneve, false },
};

static void apply(enum meaning meaning, struct span v, struct rtnl_link *l)
{
	struct addr a;

	switch (meaning) {
	case NOTHING:
		break;
	case LOCAL:
	case REMOTE:
		a = rtnl_addr(v);
		if (a.family)
			*(meaning == LOCAL ? &l->local : &l->remote) = a;
		break;
	case LOWER:
		l->lower = span_index(v);
		break;
	case MARK:
		l->mark = span_u32(v);
		l->has_mark = l->mark != 0;
		break;
	case IN_FLAGS:
		l->has_key = span_be16(v) & KEY_FLAG;
		break;
	case OUT_FLAGS:
		l->has_okey = span_be16(v) & KEY_FLAG;
		l->checksum = span_be16(v) & CHECKSUM_FLAG;
		l->sequence = span_be16(v) & SEQUENCE_FLAG;
		break;
	case IN_KEY:
		l->key = span_be32(v);
		break;
	case OUT_KEY:
		l->okey = span_be32(v);
		break;
	case ID:
		l->key = span_u32(v);
		l->has_key = true;
		break;
	case IF_ID:
		l->if_id = span_u32(v);
		l->has_if_id = true;
		break;
	case EXTERNAL:
		l->external = true;
		break;
	case EXTERNAL_BOOL:
		l->external = v.n && v.p[0];
		break;
	case FLAGS6:
		l->encap_limit = v.n == 4 && !(span_u32(v) & NO_LIMIT_FLAG);
		break;
	case IGNORE_DF:
		l->no_df = v.n && v.p[0];
		break;
	case PMTUDISC:
	case DF:
		l->no_df = v.n && !v.p[0];
		break;
	}
}

static void parse_data(const struct kind *k, struct span data, struct rtnl_link *l)
{
	for (struct rtnl_attr at; next_attr(&data, &at);)
		if (at.type < k->nmeanings)
			apply((enum meaning)k->meanings[at.type], at.value, l);
	if (k->meanings == vti) {
		/* a VTI has no key flags: 0 is no key */
		l->has_key = l->key != 0;
		l->has_okey = l->okey != 0;
	}
	/* an erspan's own device claims an output key of 0 */
	l->fallback = k->own_device && !l->external && !l->local.family && !l->remote.family && !l->has_key && !l->okey;
	if (l->external && l->type == TUNNEL_TYPE_VXLAN)
		l->has_key = false;
}

static bool kind_is(struct span kind, const char *name)
{
	size_t n = strnlen((const char *)kind.p, kind.n);

	return n == strlen(name) && !memcmp(kind.p, name, n);
}

static void parse_linkinfo(struct span info, struct rtnl_link *l)
{
	struct span kind = {0}, data = {0};

	for (struct rtnl_attr at; next_attr(&info, &at);) {
		if (at.type == IFLA_INFO_KIND)
			kind = at.value;
		else if (at.type == IFLA_INFO_DATA)
			data = at.value;
	}
	if (!kind.n)
		return;
	l->kindless_ethernet = false;
	l->bridge = kind_is(kind, "bridge");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!kind_is(kind, kinds[i].name))
			continue;
		l->type = kinds[i].type;
		parse_data(&kinds[i], data, l);
		return;
	}
}

bool rtnl_link_parse(struct span body, struct rtnl_link *l)
{
	struct span info = {0};
	bool other_namespace = false;
	struct ifinfomsg m;

	*l = (struct rtnl_link){0};
	if (body.n < sizeof m)
		return false;
	memcpy(&m, body.p, sizeof m);
	/* AF_BRIDGE: a port joined or left its bridge; RTM_DELLINK then does not mean that the device is gone */
	if (m.ifi_family != AF_UNSPEC || m.ifi_index <= 0)
		return false;
	l->ifindex = m.ifi_index;
	l->up = m.ifi_flags & IFF_UP;
	l->running = m.ifi_flags & IFF_RUNNING;
	l->carrier = m.ifi_flags & IFF_LOWER_UP;
	l->kindless_ethernet = m.ifi_type == ARPHRD_ETHER;
	l->type = m.ifi_type == ARPHRD_PPP ? TUNNEL_TYPE_PPP : TUNNEL_TYPE_OTHER;
	body.p += sizeof m;
	body.n -= sizeof m;
	for (struct rtnl_attr at; next_attr(&body, &at);) {
		if (at.type == IFLA_IFNAME)
			str_clean(l->name, sizeof l->name, at.value.p, strnlen((const char *)at.value.p, at.value.n));
		else if (at.type == IFLA_MTU)
			l->mtu = span_index(at.value);
		else if (at.type == IFLA_LINK)
			l->lower = span_index(at.value);
		else if (at.type == IFLA_LINK_NETNSID)
			other_namespace = true;
		else if (at.type == IFLA_MASTER)
			l->master = span_index(at.value);
		else if (at.type == IFLA_STATS64)
			l->has_counters = rtnl_counters(at.value, l->counters);
		else if (at.type == IFLA_LINKINFO)
			info = at.value;
	}
	parse_linkinfo(info, l);
	if (other_namespace || l->lower == l->ifindex)
		l->lower = 0;
	return true;
}
