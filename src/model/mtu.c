// SPDX-License-Identifier: GPL-2.0-or-later
// What path MTUs and overheads mean for a row: gap, drift, verdict, trouble, and the MTU to configure.
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "model/model_int.h"

/* A difference that is worth a change; samples before losses of large packets are held against a path; RFC 8200 5. */
enum { WORTH_BYTES = 32, LARGE_SAMPLES = 30, ESP = 50, MTU_MOST = 65575, IPV6_LEAST = 1280 };

const char *mtu_verdict_word(enum mtu_verdict v)
{
	static const char *const words[] = { "?", "ok", "tight", "under-utilised", "oversized", "fragments outside",
					     "black hole", "too lossy", "unstable" };

	return v < MTU_VERDICT_COUNT ? words[v] : "?";
}

/* ---- what a row's packets cost ---- */

static int family_of(const struct model *m, const struct model_tunnel *t, const struct model_sa *sa)
{
	const uint16_t keys[] = { t->outer_remote, t->outer_local, sa ? sa->dst : MODEL_NONE };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (model_addr(m, keys[i]).family)
			return model_addr(m, keys[i]).family;
	return 0;
}

/* A process sends its packets, with DF or without, and what it adds is not known unless configured. */
static bool is_by_process(const struct model_tunnel *t)
{
	return t->type == TUNNEL_TYPE_TUN || t->type == TUNNEL_TYPE_PPP || t->type == TUNNEL_TYPE_OTHER;
}

static enum framing framing_of(const struct model_tunnel *t)
{
	return is_by_process(t) || t->type == TUNNEL_TYPE_L2TP ? t->framing : FRAMING_UNKNOWN;
}

/* Its packets may be cut into fragments: they carry no DF (the kernel's drivers/net/wireguard/socket.c, and ignore_df
 * in net/l2tp/l2tp_core.c), or this host cuts what a process sends by UDP (IP_PMTUDISC_WANT, if not told otherwise). */
static bool may_be_cut(const struct model *m, const struct model_tunnel *t)
{
	const struct model_link *l = model_tunnel_link(m, t);
	enum framing f = framing_of(t);

	return t->type == TUNNEL_TYPE_WIREGUARD || t->type == TUNNEL_TYPE_L2TP || (l && l->no_df) ||
	       (f != FRAMING_UNKNOWN && f != FRAMING_PPPOE);
}

bool model_overhead(const struct model *m, const struct model_tunnel *t, struct overhead *ret)
{
	unsigned row = (unsigned)(t - m->tunnels);
	struct sa_beside beside;
	const struct model_sa *sa = sa_of_row(m, row, &beside);
	const struct model_link *l = model_tunnel_link(m, t);
	struct overhead o = { .type = t->type };

	o.framing = framing_of(t);
	if (o.framing == FRAMING_WIREGUARD)
		o.type = TUNNEL_TYPE_WIREGUARD;
	o.outer_family = family_of(m, t, sa);
	o.inner_family = model_addr(m, t->peer).family;
	/* that of packets that arrive need not be in those that leave */
	o.has_key = l ? l->has_okey : t->has_key || t->has_okey;
	if (l && !l->gone) {
		o.device_mtu = l->mtu;
		o.has_checksum = l->checksum;
		o.has_sequence = l->sequence;
		o.encap_limit = l->encap_limit;
	}
	if (sa) {
		o.esp = true;
		/* what IPCOMP leaves as it is has the header of its tunnel all the same */
		o.mode = sa->mode == SA_MODE_TRANSPORT && beside.compression ? SA_MODE_TUNNEL : sa->mode;
		o.natt = sa->encap != 0;
		o.enc = sa->enc != MODEL_NONE ? model_name(m, sa->enc) : NULL;
		o.auth = sa->auth != MODEL_NONE ? model_name(m, sa->auth) : NULL;
		o.icv_bits = sa->icv_bits;
	}
	if (!overhead_inner(&o, 9000) || (sa && ((sa->proto && sa->proto != ESP) || beside.ah)))
		return false;
	*ret = o;
	return true;
}

/* ---- what is known ---- */

/* The number that holds now, or 0. */
static int number_of(const struct model *m, unsigned key, const struct model_pmtu *p)
{
	const struct model_target *t = key < m->ntargets && m->targets[key].used ? &m->targets[key] : NULL;

	if (!p || p->stale || (t && t->silent))
		return 0;
	return p->mtu;
}

static bool is_silent(const struct model_pmtu *p)
{
	return p && p->cause == PMTU_CAUSE_SILENT && p->searched_us != MODEL_NEVER && !p->stale;
}

int mtu_configured(const struct model *m, const struct model_tunnel *t, bool *ret_router)
{
	const struct model_link *l = model_tunnel_link(m, t);
	const struct model_pmtu *p = model_find_pmtu(m, t->inner_target);
	int named;

	*ret_router = false;
	if (t->type == TUNNEL_TYPE_LINE)
		return p ? p->limit : 0;
	if (l)
		return l->gone || l->mtu < 0 || l->mtu > MTU_MOST ? 0 : l->mtu;
	if (!p || t->ifname != MODEL_NONE)
		return 0;
	/* what the next hop names is what it was told to let into the tunnel, whatever passes behind it; where nothing
	 * behind it is smaller that is the path's, and older recordings say no more */
	named = p->near && p->cause == PMTU_CAUSE_PTB ? p->mtu : 0;
	if (p->near_mtu)
		named = p->near_mtu;
	*ret_router = named > 0;
	return named;
}

/* ---- in words ---- */

void mtu_add_cause(const struct model *m, const struct model_pmtu *p, const char *lead, char *text, size_t size,
		   size_t *pos)
{
	switch (p->cause) {
	case PMTU_CAUSE_NONE:
	case PMTU_CAUSE_COUNT:
		break;
	case PMTU_CAUSE_LOCAL:
		str_append(text, size, pos, "%slimited by this host", lead);
		break;
	case PMTU_CAUSE_PTB:
		str_append(text, size, pos, "%sfrag-needed", lead);
		if (p->from != MODEL_NONE)
			str_append(text, size, pos, " from %.46s", model_name(m, p->from));
		if (p->named >= 0)
			str_append(text, size, pos, " naming %d", p->named);
		break;
	case PMTU_CAUSE_SILENT:
		str_append(text, size, pos, "%ssilently (black hole)", lead);
		break;
	case PMTU_CAUSE_PENDING:
		str_append(text, size, pos, "%scause pending", lead);
		break;
	}
}

static const char *says(const struct model_mtu *u)
{
	return u->from_router ? "its router" : "interface";
}

/* "outer 1454 leaves 1390 inside; interface says 1436" */
static void add_ceiling(const struct model_mtu *u, const char *lead, char *text, size_t size, size_t *pos)
{
	if (u->ceiling) {
		str_append(text, size, pos, "%souter %d leaves %d inside", lead, u->path_outer, u->ceiling);
		lead = "; ";
	}
	if (u->configured)
		str_append(text, size, pos, "%s%s says %d", lead, says(u), u->configured);
}

static void add_least(const struct model_mtu *u, char *text, size_t size, size_t *pos)
{
	if (u->least_ipv6)
		str_append(text, size, pos, "; IPv6 needs %d", IPV6_LEAST);
}

/* The outer path does not tell, but what the inner one lets through does. */
static void add_range(const struct model *m, const struct model_tunnel *t, const struct model_mtu *u, char *text,
		      size_t size, size_t *pos)
{
	int least, most;
	struct overhead o;

	if (u->path_outer || !u->path_inner || may_be_cut(m, t) || !model_overhead(m, t, &o))
		return;
	least = overhead_outer(&o, u->path_inner);
	most = overhead_outer(&o, u->path_inner + 1) - 1;
	if (u->inner->cause == PMTU_CAUSE_NONE)
		str_append(text, size, pos, "; so the outer path takes %d", least);
	else if (most < least) /* one byte more is padded to the same outer packet */
		str_append(text, size, pos, "; the limit is not outside");
	else
		str_append(text, size, pos, least == most ? "; so outer is %d" : "; so outer is %d to %d", least, most);
}

static void hole_text(const struct model *m, const struct model_tunnel *t, const struct model_mtu *u, char *text,
		      size_t size)
{
	const struct model_pmtu *p = is_silent(u->inner) ? u->inner : u->outer;
	const char *way = p->direction == DIRECTION_REVERSE ? " on the way back" :
			  p->direction == DIRECTION_FORWARD ? " on the way there" : "";
	size_t pos = 0;

	if (p->mtu)
		str_append(text, size, &pos, "more than %d vanishes%s", p->mtu, way);
	else
		str_append(text, size, &pos, "not even %d passes%s", p->high, way);
	if (p == u->outer)
		str_append(text, size, &pos, " outside");
	if (p->hop_from != MODEL_NONE)
		str_append(text, size, &pos, " behind %.46s", model_name(m, p->hop_from));
	else if (p->hop > 0)
		str_append(text, size, &pos, " behind hop %d", p->hop);
	add_ceiling(u, "; ", text, size, &pos);
	add_range(m, t, u, text, size, &pos);
	add_least(u, text, size, &pos);
}

static void oversized_text(const struct model *m, const struct model_tunnel *t, const struct model_mtu *u, char *text,
			   size_t size)
{
	size_t pos = 0;

	if (u->path_inner && u->ceiling != u->path_inner)
		str_append(text, size, &pos, "%d passes; ", u->path_inner);
	add_ceiling(u, "", text, size, &pos);
	if (u->path_inner)
		mtu_add_cause(m, u->inner, "; ", text, size, &pos);
	else
		str_append(text, size, &pos, "; inner path not known");
	add_range(m, t, u, text, size, &pos);
	add_least(u, text, size, &pos);
}

static void line_text(const struct model *m, const struct model_mtu *u, char *text, size_t size)
{
	size_t pos = 0;

	str_append(text, size, &pos, "line carries %d", u->path_inner);
	if (u->has_gap && u->gap < 0)
		str_append(text, size, &pos, ", interface says %d", u->configured);
	mtu_add_cause(m, u->inner, "; ", text, size, &pos);
}

/* It fits. */
static void fit_text(const struct model *m, const struct model_tunnel *t, const struct model_mtu *u, char *text,
		     size_t size)
{
	size_t pos = 0;

	if (u->ceiling) {
		add_ceiling(u, "", text, size, &pos);
		if (u->verdict == MTU_VERDICT_UNDER_UTILISED)
			str_append(text, size, &pos, ": %d more would fit", u->mtu - u->configured);
	} else {
		str_append(text, size, &pos, "%d passes", u->path_inner);
		if (u->configured)
			str_append(text, size, &pos, ", %s says %d", says(u), u->configured);
		if (u->verdict == MTU_VERDICT_UNKNOWN)
			str_append(text, size, &pos, "; outside it may be in fragments: %s not known",
				   u->path_outer ? "what is added is" : "outer path");
		add_range(m, t, u, text, size, &pos);
	}
}

/* No number. */
static void none_text(const struct model *m, const struct model_mtu *u, char *text, size_t size)
{
	const struct model_pmtu *p = u->inner ? u->inner : u->outer;
	size_t pos = 0;

	if (!p)
		return;
	if (!u->inner && u->path_outer) {
		if (u->ceiling) {
			add_ceiling(u, "", text, size, &pos);
			str_append(text, size, &pos, "; inner path not known");
		} else {
			str_append(text, size, &pos, "outer path %d", u->path_outer);
		}
		return;
	}
	switch (p->state) {
	case PMTU_STATE_SEARCHING:
	case PMTU_STATE_COMPLETE:
		str_append(text, size, &pos, p->searched_us == MODEL_NEVER || p->stale ? "being searched" :
			   "does not answer");
		break;
	case PMTU_STATE_UNREACHABLE:
		str_append(text, size, &pos, p->error ? "unreachable" : "does not answer");
		if (p->error && strerrordesc_np(p->error))
			str_append(text, size, &pos, " (%s)", strerrordesc_np(p->error));
		if (p->from != MODEL_NONE)
			str_append(text, size, &pos, ", says %.46s", model_name(m, p->from));
		break;
	case PMTU_STATE_TOO_LOSSY:
		str_append(text, size, &pos, "too many probes are lost to tell");
		break;
	case PMTU_STATE_UNSTABLE:
		str_append(text, size, &pos, "the same size passes and vanishes by turns");
		break;
	case PMTU_STATE_COUNT:
		break;
	}
	if (p->mtu && p->searched_us != MODEL_NEVER)
		str_append(text, size, &pos, "; it was %d", p->mtu);
	if (u->ceiling)
		add_ceiling(u, "; ", text, size, &pos);
}

/* ---- the verdict ---- */

static enum mtu_verdict failed(const struct model_pmtu *p)
{
	if (p && p->state == PMTU_STATE_TOO_LOSSY)
		return MTU_VERDICT_TOO_LOSSY;
	return p && p->state == PMTU_STATE_UNSTABLE ? MTU_VERDICT_UNSTABLE : MTU_VERDICT_UNKNOWN;
}

/* The outer path swallows what the interface lets in, and nothing is known of the inner one. */
static bool is_hole_outside(const struct model *m, const struct model_tunnel *t, const struct model_pmtu *outer,
			    int configured)
{
	int path = number_of(m, t->outer_target, outer);
	struct overhead o;

	return is_silent(outer) && path && configured && model_overhead(m, t, &o) && !may_be_cut(m, t) &&
	       overhead_outer(&o, configured) > path;
}

static enum mtu_verdict judge_fit(const struct model *m, const struct model_tunnel *t, const struct model_mtu *u)
{
	if (t->type == TUNNEL_TYPE_LINE)
		return u->path_inner ? MTU_VERDICT_OK : MTU_VERDICT_UNKNOWN;
	/* every tunnel adds something */
	if (u->path_outer && u->path_inner > (u->ceiling ? u->ceiling : u->path_outer - 1))
		return MTU_VERDICT_FRAGMENTS;
	if (u->has_gap && u->gap < 0)
		return MTU_VERDICT_OVERSIZED;
	if (u->ceiling && u->configured > u->ceiling)
		return may_be_cut(m, t) ? MTU_VERDICT_FRAGMENTS : MTU_VERDICT_OVERSIZED;
	/* that it fits is for the inner path to say */
	if (u->ceiling && u->configured && u->path_inner)
		return u->ceiling - u->configured < WORTH_BYTES ? MTU_VERDICT_TIGHT : MTU_VERDICT_UNDER_UTILISED;
	if (may_be_cut(m, t) || (u->path_outer && is_by_process(t)))
		return MTU_VERDICT_UNKNOWN;
	return u->path_inner ? MTU_VERDICT_OK : MTU_VERDICT_UNKNOWN;
}

static enum mtu_verdict judge_mtu(const struct model *m, const struct model_tunnel *t, const struct model_mtu *u)
{
	const struct model_target *in = model_tunnel_inner(m, t);

	if (failed(u->inner) != MTU_VERDICT_UNKNOWN)
		return failed(u->inner);
	if (in && in->silent && in->replies)
		return MTU_VERDICT_UNKNOWN;
	if (is_silent(u->inner) || (!u->path_inner && is_hole_outside(m, t, u->outer, u->configured)))
		return MTU_VERDICT_BLACK_HOLE;
	if (!u->path_inner && !u->path_outer)
		return u->inner ? MTU_VERDICT_UNKNOWN : failed(u->outer);
	return judge_fit(m, t, u);
}

/* With the MTU a device is told to have its own padding changes: what then fits. */
static int best_mtu(const struct model *m, const struct model_tunnel *t, const struct model_mtu *u)
{
	struct overhead o;

	if (!u->ceiling || !model_overhead(m, t, &o))
		return 0;
	o.device_mtu = 0;
	return overhead_inner(&o, u->path_outer);
}

/* An interface that is told less loses its IPv6 addresses. */
static bool carries_ipv6(const struct model *m, const struct model_tunnel *t)
{
	const struct model_link *l = model_tunnel_link(m, t);

	if (t->type == TUNNEL_TYPE_SIT || model_addr(m, t->peer).family == AF_INET6)
		return true;
	for (size_t i = 0; l && i < m->naddresses; i++) {
		struct addr a = model_addr(m, m->addresses[i].local);

		if (m->addresses[i].used && m->addresses[i].ifindex == l->ifindex && a.family == AF_INET6 &&
		    !addr_is_link_local(&a))
			return true;
	}
	return false;
}

static void advise(const struct model *m, const struct model_tunnel *t, struct model_mtu *u)
{
	int best = best_mtu(m, t, u), fits = u->path_inner;

	switch (u->verdict) {
	case MTU_VERDICT_FRAGMENTS:
		u->mtu = fits = best;
		break;
	case MTU_VERDICT_UNDER_UTILISED:
		u->mtu = best;
		break;
	case MTU_VERDICT_OVERSIZED:
	case MTU_VERDICT_BLACK_HOLE:
		u->mtu = fits = fits && (!best || fits < best) ? fits : best;
		break;
	case MTU_VERDICT_UNKNOWN:
	case MTU_VERDICT_OK:
	case MTU_VERDICT_TIGHT:
	case MTU_VERDICT_TOO_LOSSY:
	case MTU_VERDICT_UNSTABLE:
	case MTU_VERDICT_COUNT:
		break;
	}
	u->mss4 = fits > 40 ? fits - 40 : 0;
	u->mss6 = fits > 60 ? fits - 60 : 0;
	u->least_ipv6 = u->mtu && u->mtu < IPV6_LEAST && carries_ipv6(m, t);
	if (u->least_ipv6)
		u->mtu = u->configured > IPV6_LEAST ? IPV6_LEAST : 0;
}

static void describe(const struct model *m, const struct model_tunnel *t, struct model_mtu *u)
{
	char *text = u->text;
	size_t size = sizeof u->text, pos = 0;

	switch (u->verdict) {
	case MTU_VERDICT_BLACK_HOLE:
		hole_text(m, t, u, text, size);
		return;
	case MTU_VERDICT_OVERSIZED:
		oversized_text(m, t, u, text, size);
		return;
	case MTU_VERDICT_FRAGMENTS:
		str_append(text, size, &pos, "%d goes outside in fragments: ",
			   u->path_inner ? u->path_inner : u->configured);
		add_ceiling(u, "", text, size, &pos);
		add_least(u, text, size, &pos);
		return;
	case MTU_VERDICT_UNKNOWN:
	case MTU_VERDICT_OK:
	case MTU_VERDICT_TIGHT:
	case MTU_VERDICT_UNDER_UTILISED:
		if (t->type == TUNNEL_TYPE_LINE && u->path_inner)
			line_text(m, u, text, size);
		else if (u->path_inner)
			fit_text(m, t, u, text, size);
		else
			none_text(m, u, text, size);
		return;
	case MTU_VERDICT_TOO_LOSSY:
	case MTU_VERDICT_UNSTABLE:
	case MTU_VERDICT_COUNT:
		none_text(m, u, text, size);
		return;
	}
}

static void set_drift(const struct model_tunnel *t, struct model_mtu *u)
{
	if (u->path_inner && t->base_inner) {
		u->drift = u->path_inner - t->base_inner;
		u->has_drift = true;
	} else if (!u->path_inner && !t->base_inner && u->path_outer && t->base_outer) {
		u->drift = u->path_outer - t->base_outer;
		u->has_drift = true;
	}
}

void model_mtu(const struct model *m, unsigned tunnel, struct model_mtu *ret)
{
	const struct model_tunnel *t;
	struct overhead o;

	memset(ret, 0, sizeof *ret);
	if (tunnel >= m->ntunnels || !m->tunnels[tunnel].used)
		return;
	t = &m->tunnels[tunnel];
	ret->inner = model_find_pmtu(m, t->inner_target);
	ret->outer = model_find_pmtu(m, t->outer_target);
	ret->path_inner = number_of(m, t->inner_target, ret->inner);
	ret->path_outer = number_of(m, t->outer_target, ret->outer);
	ret->configured = mtu_configured(m, t, &ret->from_router);
	ret->has_gap = ret->path_inner && ret->configured;
	if (ret->has_gap)
		ret->gap = ret->path_inner - ret->configured;
	if (ret->path_outer && model_overhead(m, t, &o))
		ret->ceiling = overhead_inner(&o, ret->path_outer);
	set_drift(t, ret);
	ret->verdict = judge_mtu(m, t, ret);
	advise(m, t, ret);
	describe(m, t, ret);
}

/* ---- trouble ---- */

/* Two proportions: large packets are lost more often than small ones, whatever chance there is in both. */
static bool is_large_lost(const struct model_target *t, const struct model_pmtu *p, unsigned *ret_lost)
{
	unsigned lost = (unsigned)__builtin_popcountll(p->recent_lost), small = model_ring_lost(t, UINT32_MAX);

	*ret_lost = lost;
	return p->recent >= LARGE_SAMPLES && t->ring_count >= LARGE_SAMPLES && lost >= 3 &&
	       wilson_lower(lost, p->recent) > wilson_upper(small, t->ring_count);
}

bool mtu_trouble(const struct model *m, const struct model_tunnel *t, char *text, size_t size)
{
	const struct model_pmtu *in = model_find_pmtu(m, t->inner_target), *out = model_find_pmtu(m, t->outer_target);
	const struct model_target *target = model_tunnel_inner(m, t);
	int path = number_of(m, t->inner_target, in), configured;
	bool from_router;
	unsigned lost;
	size_t pos = 0;

	if ((!in && !out) || (target && target->silent && target->replies))
		return false;
	configured = mtu_configured(m, t, &from_router);
	text[0] = 0;
	if (in && in->state == PMTU_STATE_UNSTABLE) {
		str_append(text, size, &pos, "path MTU unstable: the same size passes and vanishes by turns");
	} else if (is_silent(in) && path) {
		str_append(text, size, &pos, "black hole: packets larger than %d vanish without frag-needed", path);
		if (configured > path)
			str_append(text, size, &pos, ", %s says %d", from_router ? "its router" : "interface",
				   configured);
	} else if (is_silent(in) && !in->mtu) {
		str_append(text, size, &pos, "black hole: not even packets of %d bytes pass", in->high);
	} else if (path && path < configured && t->type != TUNNEL_TYPE_LINE) {
		str_append(text, size, &pos, "path MTU %d, %d less than %s says", path, configured - path,
			   from_router ? "its router" : "the interface");
		mtu_add_cause(m, in, ": ", text, size, &pos);
	} else if (path && target && is_large_lost(target, in, &lost)) {
		str_append(text, size, &pos, "large packets are lost: %u of %u of %d bytes, small ones are not", lost,
			   in->recent, path);
	} else if (!path && is_hole_outside(m, t, out, configured)) {
		str_append(text, size, &pos, "black hole outside: packets larger than %d vanish, interface says %d",
			   out->mtu, configured);
	}
	return pos > 0;
}
