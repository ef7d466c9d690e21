// SPDX-License-Identifier: GPL-2.0-or-later
// What a tunnel adds to a packet. Pure arithmetic: its own headers first, then those of the SA that carries it.
#include <string.h>
#include <sys/socket.h>

#include "model/model_int.h"

enum { UDP = 8, ETHERNET = 14, SIZE_MAX_IP = 65575 };

/* RFC 4303 2.4 and the kernel's crypto: bytes of IV, and what the padded payload is a multiple of. */
struct cipher {
	const char *name;
	int iv, align;
	int icv; /* of an AEAD that brings its own; -1: auth has it */
};

static const struct cipher ciphers[] = {
	{ "cbc(aes)", 16, 16, -1 },          { "cbc(camellia)", 16, 16, -1 },    { "cbc(serpent)", 16, 16, -1 },
	{ "cbc(twofish)", 16, 16, -1 },      { "cbc(sm4)", 16, 16, -1 },         { "cbc(des3_ede)", 8, 8, -1 },
	{ "cbc(des)", 8, 8, -1 },            { "cbc(blowfish)", 8, 8, -1 },      { "cbc(cast5)", 8, 8, -1 },
	{ "rfc3686(ctr(aes))", 8, 4, -1 },   { "rfc3686(ctr(sm4))", 8, 4, -1 },  { "ecb(cipher_null)", 0, 4, -1 },
	{ "cipher_null", 0, 4, -1 },         { "rfc4106(gcm(aes))", 8, 4, 16 },  { "rfc4309(ccm(aes))", 8, 4, 16 },
	{ "rfc4543(gcm(aes))", 8, 4, 16 },   { "rfc7539esp(chacha20,poly1305)", 8, 4, 16 },
};

/* Truncated length in bytes: RFC 2403, 2404, 2857, 3566, 4494, 4868. */
static const struct {
	const char *name;
	int icv;
} hashes[] = {
	{ "hmac(md5)", 12 },     { "hmac(sha1)", 12 },    { "hmac(sha256)", 16 }, { "hmac(sha384)", 24 },
	{ "hmac(sha512)", 32 },  { "hmac(rmd160)", 12 },  { "xcbc(aes)", 12 },    { "cmac(aes)", 12 },
	{ "hmac(sm3)", 32 },     { "digest_null", 0 },
};

/* Bytes between the outer IP header and the inner packet. */
static const struct {
	const char *name;
	int bytes;
} framings[FRAMING_COUNT] = {
	[FRAMING_PPPOE] = { "PPPoE", 6 + 2 }, /* in an Ethernet payload: no IP header */
	[FRAMING_L2TPV2] = { "L2TPv2", UDP + 6 + 4 }, /* PPP with its address field */
	[FRAMING_L2TPV2_LENGTH] = { "L2TPv2 with length", UDP + 8 + 4 },
	[FRAMING_L2TPV3] = { "L2TPv3", 4 + ETHERNET }, /* IP protocol 115, no cookie */
	[FRAMING_L2TPV3_SUBLAYER] = { "L2TPv3 with sublayer", 4 + 4 + ETHERNET },
	[FRAMING_L2TPV3_UDP] = { "L2TPv3 over UDP", UDP + 8 + ETHERNET },
	[FRAMING_L2TPV3_UDP_SUBLAYER] = { "L2TPv3 over UDP with sublayer", UDP + 8 + 4 + ETHERNET },
	[FRAMING_OPENVPN] = { "OpenVPN", UDP + 4 + 4 + 16 }, /* P_DATA_V2, number, tag of an AEAD */
};

/* What ESP adds: fixed bytes, and the grid that the payload with its two bytes of trailer is padded to. */
struct esp {
	int fixed, align;
	int own; /* header of the packet inside that becomes the outer one: transport */
};

static int ip_header(int family)
{
	return family == AF_INET ? 20 : family == AF_INET6 ? 40 : 0;
}

static int icv_of(const struct overhead *o, const struct cipher *c)
{
	if (o->icv_bits > 0)
		return o->icv_bits <= 512 ? o->icv_bits / 8 : -1;
	if (c->icv >= 0)
		return c->icv;
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
		if (o->auth && !strcmp(o->auth, hashes[i].name))
			return hashes[i].icv;
	return o->auth ? -1 : 0;
}

static bool esp_of(const struct overhead *o, struct esp *ret)
{
	int ip = ip_header(o->outer_family), icv = -1;
	const struct cipher *c = NULL;

	for (size_t i = 0; i < ARRAY_LEN(ciphers) && !c; i++)
		if (o->enc && !strcmp(o->enc, ciphers[i].name))
			c = &ciphers[i];
	if (c)
		icv = icv_of(o, c);
	if (!ip || icv < 0)
		return false;
	ret->align = c->align;
	ret->fixed = ip + (o->natt ? UDP : 0) + 8 + c->iv + icv;
	switch (o->mode) {
	case SA_MODE_TRANSPORT:
		ret->own = ip;
		return true;
	case SA_MODE_TUNNEL:
		ret->own = 0;
		return true;
	case SA_MODE_BEET:
		ret->own = o->inner_family ? ip_header(o->inner_family) : ip;
		return true;
	case SA_MODE_COUNT:
		break;
	}
	return false;
}

static int gre_header(const struct overhead *o)
{
	return 4 + 4 * o->has_key + 4 * o->has_sequence + 4 * o->has_checksum;
}

/* Bytes that the tunnel itself puts before a packet, its IP header among them; -1: not known. */
static int own_header(const struct overhead *o)
{
	int ip = ip_header(o->outer_family), option = o->encap_limit ? 8 : 0, after = -1;

	switch (o->type) {
	case TUNNEL_TYPE_GRE: after = gre_header(o); break;
	case TUNNEL_TYPE_GRETAP: after = gre_header(o) + ETHERNET; break;
	case TUNNEL_TYPE_IP6GRE: after = option + gre_header(o); break;
	case TUNNEL_TYPE_IP6GRETAP: after = option + gre_header(o) + ETHERNET; break;
	case TUNNEL_TYPE_IPIP:
	case TUNNEL_TYPE_SIT: after = 0; break;
	case TUNNEL_TYPE_IP6TNL: after = option; break;
	case TUNNEL_TYPE_VXLAN:
	case TUNNEL_TYPE_GENEVE: after = UDP + 8 + ETHERNET; break;
	case TUNNEL_TYPE_WIREGUARD: after = UDP + 16 + 16; break;
	case TUNNEL_TYPE_VTI:
	case TUNNEL_TYPE_VTI6:
	case TUNNEL_TYPE_XFRM:
	case TUNNEL_TYPE_IPSEC:
		/* nothing but ESP */
		return o->esp ? 0 : -1;
	case TUNNEL_TYPE_TUN:
	case TUNNEL_TYPE_PPP:
	case TUNNEL_TYPE_L2TP:
	case TUNNEL_TYPE_OTHER:
		if (o->framing >= FRAMING_COUNT || !framings[o->framing].bytes)
			return -1;
		after = framings[o->framing].bytes;
		if (o->framing == FRAMING_PPPOE)
			return after;
		break;
	case TUNNEL_TYPE_ERSPAN: /* its header depends on its version, which is not asked for */
	case TUNNEL_TYPE_REMOTE:
	case TUNNEL_TYPE_LINE:
	case TUNNEL_TYPE_COUNT:
		break;
	}
	return after >= 0 && ip ? ip + after : -1;
}

/* WireGuard pads to 16 bytes, but never beyond the device's MTU. */
static int wireguard_padded(const struct overhead *o, int inner)
{
	int padded = (inner + 15) / 16 * 16;

	if (o->type != TUNNEL_TYPE_WIREGUARD || o->device_mtu <= 0 || inner >= o->device_mtu)
		return inner;
	return padded < o->device_mtu ? padded : o->device_mtu;
}

static int wireguard_room(const struct overhead *o, int room)
{
	if (o->type != TUNNEL_TYPE_WIREGUARD || o->device_mtu <= 0 || room >= o->device_mtu)
		return room;
	return room / 16 * 16;
}

int overhead_inner(const struct overhead *o, int outer)
{
	int header = own_header(o), room = outer;
	struct esp esp;

	if (header < 0 || outer <= 0 || outer > SIZE_MAX_IP)
		return 0;
	if (o->esp) {
		if (!esp_of(o, &esp) || room < esp.fixed)
			return 0;
		room = (room - esp.fixed) / esp.align * esp.align - 2 + esp.own;
	}
	room = wireguard_room(o, room - header);
	return room > 0 ? room : 0;
}

int overhead_outer(const struct overhead *o, int inner)
{
	int header = own_header(o), size;
	struct esp esp;

	if (header < 0 || inner <= 0 || inner > SIZE_MAX_IP)
		return 0;
	size = header + wireguard_padded(o, inner);
	if (o->esp) {
		if (!esp_of(o, &esp))
			return 0;
		size = size > esp.own ? size - esp.own : 0;
		size = esp.fixed + (size + 2 + esp.align - 1) / esp.align * esp.align;
	}
	return size;
}

/* ---- in words ---- */

static bool is_gre(enum tunnel_type type)
{
	return type == TUNNEL_TYPE_GRE || type == TUNNEL_TYPE_GRETAP || type == TUNNEL_TYPE_IP6GRE ||
	       type == TUNNEL_TYPE_IP6GRETAP;
}

/* What others call a key, as a VXLAN its network, is in their header anyway. */
static void add_options(const struct overhead *o, char *text, size_t size, size_t *pos)
{
	bool gre = is_gre(o->type);
	const char *const words[] = { gre && o->has_key ? "key" : NULL, gre && o->has_sequence ? "sequence" : NULL,
				      gre && o->has_checksum ? "checksum" : NULL,
				      o->encap_limit ? "encapsulation limit" : NULL };
	const char *lead = " with ";

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!words[i])
			continue;
		str_append(text, size, pos, "%s%s", lead, words[i]);
		lead = " and ";
	}
}

static const char *type_name(const struct overhead *o)
{
	switch (o->type) {
	case TUNNEL_TYPE_GRE:
	case TUNNEL_TYPE_IP6GRE: return "GRE";
	case TUNNEL_TYPE_GRETAP:
	case TUNNEL_TYPE_IP6GRETAP: return "GRE (Ethernet)";
	case TUNNEL_TYPE_ERSPAN: return "ERSPAN";
	case TUNNEL_TYPE_IPIP: return "IPIP";
	case TUNNEL_TYPE_SIT: return "SIT";
	case TUNNEL_TYPE_IP6TNL: return "ip6tnl";
	case TUNNEL_TYPE_WIREGUARD: return "WireGuard";
	case TUNNEL_TYPE_VXLAN: return "VXLAN";
	case TUNNEL_TYPE_GENEVE: return "Geneve";
	case TUNNEL_TYPE_L2TP:
	case TUNNEL_TYPE_PPP:
	case TUNNEL_TYPE_TUN:
	case TUNNEL_TYPE_OTHER: return o->framing < FRAMING_COUNT && framings[o->framing].name ?
				       framings[o->framing].name : "";
	case TUNNEL_TYPE_VTI:
	case TUNNEL_TYPE_VTI6:
	case TUNNEL_TYPE_XFRM:
	case TUNNEL_TYPE_IPSEC:
	case TUNNEL_TYPE_REMOTE:
	case TUNNEL_TYPE_LINE:
	case TUNNEL_TYPE_COUNT:
		break;
	}
	return "";
}

char *overhead_name(const struct overhead *o, char *text, size_t size)
{
	static const char *const modes[] = { "transport", "tunnel", "BEET" };
	const char *name = type_name(o);
	size_t pos = 0;

	text[0] = 0;
	str_append(text, size, &pos, "%s", name);
	if (*name)
		add_options(o, text, size, &pos);
	if (!o->esp)
		return text;
	str_append(text, size, &pos, "%sESP %s %.40s", *name ? " in " : "",
		   o->mode < SA_MODE_COUNT ? modes[o->mode] : "?", o->enc ? o->enc : "?");
	if (o->auth)
		str_append(text, size, &pos, " %.40s", o->auth);
	if (o->natt)
		str_append(text, size, &pos, " NAT-T");
	return text;
}
