// SPDX-License-Identifier: GPL-2.0-or-later
// xfrm: netlink messages about security associations. The kernel puts the keys into all of them but those of expiry;
// no byte of an algorithm behind its name and its lengths is touched here.
#include <linux/xfrm.h>
#include <stddef.h>
#include <sys/socket.h>

#include "decode/rtnl_int.h"

enum {
	ATTR_SA_DIR = 33,      /* XFRMA_SA_DIR, since Linux 6.10 */
	ICV_BITS_MAX = 4096,
};

/* The name that every struct xfrm_algo* begins with; *ret untouched without one. */
static bool take_name(struct span *s, char ret[XFRM_NAME_MAX])
{
	size_t size = sizeof ((struct xfrm_algo *)NULL)->alg_name;

	if (s->n < size || !*s->p)
		return false;
	str_clean(ret, XFRM_NAME_MAX, s->p, strnlen((const char *)s->p, size));
	s->p += size;
	s->n -= size;
	return true;
}

/* xfrm_algo_auth and xfrm_algo_aead: name, bits of the key, bits of the integrity value, key. */
static void parse_with_icv(struct span s, char name[XFRM_NAME_MAX], struct xfrm_sa *sa)
{
	uint32_t bits[2];

	if (take_name(&s, name) && span_take(&s, bits, sizeof bits) && bits[1] <= ICV_BITS_MAX)
		sa->icv_bits = bits[1];
	sa->keyed |= *name;
}

/* xfrm_algo: name, bits of the key, key. */
static void parse_algo(struct span s, char name[XFRM_NAME_MAX], struct xfrm_sa *sa)
{
	take_name(&s, name);
	sa->keyed |= *name;
}

static void parse_encap(struct span s, struct xfrm_sa *sa)
{
	struct xfrm_encap_tmpl e;

	/* its end, an address nobody uses, may be missing */
	if (s.n >= offsetof(struct xfrm_encap_tmpl, encap_oa))
		sa->encap = span_be16((struct span){ s.p + sizeof e.encap_type + sizeof e.encap_sport,
						     sizeof e.encap_dport });
}

static void parse_mark(struct span s, struct xfrm_sa *sa)
{
	struct xfrm_mark m;

	if (!span_take(&s, &m, sizeof m))
		return;
	sa->mark = m.v;
	sa->mark_mask = m.m;
}

static uint32_t seconds(uint64_t after_made, uint64_t after_used)
{
	uint64_t s = after_made ? after_made : after_used;

	return s > UINT32_MAX ? 0 : (uint32_t)s; /* all ones: never */
}

static enum direction direction_of(struct span s)
{
	return s.n < 1 ? DIRECTION_UNKNOWN : *s.p == 1 ? DIRECTION_IN : *s.p == 2 ? DIRECTION_OUT : DIRECTION_UNKNOWN;
}

static void set_mode(unsigned mode, struct xfrm_sa *sa)
{
	sa->has_mode = mode == XFRM_MODE_TRANSPORT || mode == XFRM_MODE_TUNNEL || mode == XFRM_MODE_BEET;
	sa->mode = mode == XFRM_MODE_TUNNEL ? SA_MODE_TUNNEL : mode == XFRM_MODE_BEET ? SA_MODE_BEET :
		SA_MODE_TRANSPORT;
}

static void set_info(const struct xfrm_usersa_info *i, struct xfrm_sa *sa)
{
	sa->spi = span_be32((struct span){ (const uint8_t *)&i->id.spi, sizeof i->id.spi });
	sa->src = addr_make(i->family, &i->saddr);
	sa->dst = addr_make(i->family, &i->id.daddr);
	sa->proto = i->id.proto;
	sa->reqid = i->reqid;
	sa->soft_s = seconds(i->lft.soft_add_expires_seconds, i->lft.soft_use_expires_seconds);
	sa->hard_s = seconds(i->lft.hard_add_expires_seconds, i->lft.hard_use_expires_seconds);
	sa->made_s = i->curlft.add_time;
	set_mode(i->mode, sa);
}

static void parse_attrs(struct span attrs, struct xfrm_sa *sa)
{
	char old[XFRM_NAME_MAX] = "";

	for (struct rtnl_attr at; next_attr(&attrs, &at);) {
		switch (at.type) {
		case XFRMA_ALG_AUTH: /* for those who do not know ALG_AUTH_TRUNC, which comes beside it */
			parse_algo(at.value, old, sa);
			break;
		case XFRMA_ALG_AUTH_TRUNC:
			parse_with_icv(at.value, sa->auth, sa);
			break;
		case XFRMA_ALG_CRYPT:
			parse_algo(at.value, sa->enc, sa);
			break;
		case XFRMA_ALG_AEAD:
			parse_with_icv(at.value, sa->enc, sa);
			break;
		case XFRMA_ALG_COMP:
			sa->keyed = true;
			break;
		case XFRMA_ENCAP:
			parse_encap(at.value, sa);
			break;
		case XFRMA_MARK:
			parse_mark(at.value, sa);
			break;
		case XFRMA_IF_ID:
			sa->if_id = span_u32(at.value);
			break;
		case ATTR_SA_DIR:
			sa->dir = direction_of(at.value);
			break;
		}
	}
	if (!*sa->auth)
		memcpy(sa->auth, old, sizeof old);
}

static bool parse_sa(struct span body, struct xfrm_sa *sa)
{
	struct xfrm_usersa_info info;

	if (!span_take(&body, &info, sizeof info))
		return false;
	set_info(&info, sa);
	parse_attrs(body, sa);
	return sa->dst.family;
}

/* Of XFRM_MSG_DELSA, whose XFRMA_SA, algorithms and keys do not matter any more. */
static bool parse_gone(struct span body, struct xfrm_sa *sa)
{
	struct xfrm_usersa_id id;

	if (!span_take(&body, &id, sizeof id))
		return false;
	sa->spi = span_be32((struct span){ (const uint8_t *)&id.spi, sizeof id.spi });
	sa->dst = addr_make(id.family, &id.daddr);
	sa->proto = id.proto;
	for (struct rtnl_attr at; next_attr(&body, &at);)
		if (at.type == XFRMA_MARK)
			parse_mark(at.value, sa);
	return sa->dst.family;
}

static bool parse_expire(struct span body, struct xfrm_message *m)
{
	struct xfrm_user_expire e;

	if (!span_take(&body, &e, sizeof e))
		return false;
	m->what = e.hard ? XFRM_SA_HARD : XFRM_SA_SOFT;
	set_info(&e.state, &m->sa);
	parse_attrs(body, &m->sa);
	return m->sa.dst.family;
}

static bool parse_flush(struct span body, struct xfrm_sa *sa)
{
	struct xfrm_usersa_flush f;

	if (!span_take(&body, &f, sizeof f))
		return false;
	sa->proto = f.proto;
	return true;
}

static bool parse_body(unsigned type, struct span body, struct xfrm_message *m)
{
	switch (type) {
	case NLMSG_DONE:
	case NLMSG_ERROR:
		m->what = type == NLMSG_DONE ? XFRM_DONE : XFRM_ERROR;
		m->error = span_error(body);
		return true;
	case NLMSG_OVERRUN:
		m->what = XFRM_OVERRUN;
		return true;
	case XFRM_MSG_NEWSA:
	case XFRM_MSG_UPDSA:
		m->what = type == XFRM_MSG_NEWSA ? XFRM_SA_NEW : XFRM_SA_UPDATED;
		return parse_sa(body, &m->sa);
	case XFRM_MSG_DELSA:
		m->what = XFRM_SA_GONE;
		return parse_gone(body, &m->sa);
	case XFRM_MSG_EXPIRE:
		return parse_expire(body, m);
	case XFRM_MSG_FLUSHSA:
		m->what = XFRM_SA_FLUSHED;
		return parse_flush(body, &m->sa);
	}
	return false;
}

bool xfrm_next(const uint8_t **data, size_t *left, struct xfrm_message *ret)
{
	struct nlmsghdr h;
	struct span body;

	if (!next_message(data, left, &h, &body))
		return false;
	*ret = (struct xfrm_message){ .seq = h.nlmsg_seq, .interrupted = h.nlmsg_flags & NLM_F_DUMP_INTR };
	if (!parse_body(h.nlmsg_type, body, ret)) {
		ret->what = XFRM_OTHER;
		ret->sa = (struct xfrm_sa){0};
	}
	return true;
}
