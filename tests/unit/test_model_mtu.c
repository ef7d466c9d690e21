// SPDX-License-Identifier: GPL-2.0-or-later
// What path MTUs mean for a row: SAs and the rows they belong to, what a row's packets cost, verdicts in words.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/mtu_world.h"

#define L4 "203.0.113.10"
#define R4 "192.0.2.2"
#define L6 "2001:db8:1::10"
#define R6 "2001:db8:2::2"

static void tick(struct sim *s)
{
	struct record r;

	s->t += US_PER_S;
	record_init(&r, RECORD_TICK, 0, s->t);
	sim_put(s, &r);
}

static struct model_mtu mtu_of(const struct sim *s)
{
	struct model_mtu u;

	model_mtu(s->m, 0, &u);
	return u;
}

/* An SA from L to R, or back; as strongSwan's are dumped. */
static struct mtu_sa sa4(bool out, enum sa_mode mode)
{
	return (struct mtu_sa){ .src = out ? L4 : R4, .dst = out ? R4 : L4, .mode = mode, .spi = 0x100 + out,
				.enc = "cbc(aes)", .auth = "hmac(sha1)", .icv_bits = 96 };
}

static struct mtu_sa sa6(bool out, enum sa_mode mode)
{
	struct mtu_sa a = sa4(out, mode);

	a.src = out ? L6 : R6;
	a.dst = out ? R6 : L6;
	return a;
}

/* ---- joins ---- */

static void joins_by_endpoints(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++)
		for (int order = 0; order < 2; order++) {
			const struct mtu_row row = { .type = v6 ? TUNNEL_TYPE_VTI6 : TUNNEL_TYPE_VTI,
						     .local = v6 ? L6 : L4, .remote = v6 ? R6 : R4 };
			struct mtu_sa out = v6 ? sa6(true, SA_MODE_TUNNEL) : sa4(true, SA_MODE_TUNNEL);
			struct mtu_sa in = v6 ? sa6(false, SA_MODE_TUNNEL) : sa4(false, SA_MODE_TUNNEL);
			struct sim s;

			sim_start(&s, 1, 1);
			if (order)
				mtu_put_row(&s, 0, &row);
			mtu_put_sa(&s, 0, &out);
			mtu_put_sa(&s, 1, &in);
			if (!order)
				mtu_put_row(&s, 0, &row);
			tick(&s);
			assert_ptr_equal(model_tunnel_sa(s.m, 0, DIRECTION_OUT), &s.m->sa[0]);
			assert_ptr_equal(model_tunnel_sa(s.m, 0, DIRECTION_IN), &s.m->sa[1]);
			assert_null(model_tunnel_sa(s.m, 1, DIRECTION_OUT));
			assert_string_equal(model_name(s.m, s.m->sa[0].enc), "cbc(aes)");
			/* its end, and the one that takes its place */
			out.event = SA_EVENT_DELETE;
			mtu_put_sa(&s, 0, &out);
			assert_null(model_tunnel_sa(s.m, 0, DIRECTION_OUT));
			out.event = SA_EVENT_NEW;
			out.spi = 0x300;
			mtu_put_sa(&s, 0, &out);
			out.spi = 0x400;
			tick(&s);
			mtu_put_sa(&s, 2, &out);
			assert_int_equal(model_tunnel_sa(s.m, 0, DIRECTION_OUT)->spi, 0x400);
			out.event = SA_EVENT_HARD_EXPIRE;
			mtu_put_sa(&s, 2, &out);
			assert_int_equal(model_tunnel_sa(s.m, 0, DIRECTION_OUT)->spi, 0x300);
			sim_end(&s);
		}
}

/* Two rows between the same endpoints: mode, mark and id tell which. */
static void joins_the_right_row(void **state)
{
	static const struct {
		struct mtu_row row[2];
		struct mtu_sa sa;
		unsigned want;
	} cases[] = {
		/* a GRE tunnel in transport mode beside a VTI */
		{ { { .type = TUNNEL_TYPE_VTI, .remote = R4 }, { .type = TUNNEL_TYPE_GRE, .remote = R4 } },
		  { .src = L4, .dst = R4, .mode = SA_MODE_TRANSPORT }, 1 },
		{ { { .type = TUNNEL_TYPE_GRE, .remote = R4 }, { .type = TUNNEL_TYPE_VTI, .remote = R4 } },
		  { .src = L4, .dst = R4, .mode = SA_MODE_TUNNEL }, 1 },
		/* VTIs by their keys, which are marks */
		{ { { .type = TUNNEL_TYPE_VTI, .remote = R4, .has_key = true, .key = 1 },
		    { .type = TUNNEL_TYPE_VTI, .remote = R4, .has_key = true, .key = 2 } },
		  { .src = L4, .dst = R4, .mode = SA_MODE_TUNNEL, .mark = 2 }, 1 },
		/* XFRM interfaces by id: they name no endpoints */
		{ { { .type = TUNNEL_TYPE_XFRM, .if_id = 1 }, { .type = TUNNEL_TYPE_XFRM, .if_id = 42 } },
		  { .src = L4, .dst = R4, .mode = SA_MODE_TUNNEL, .if_id = 42 }, 1 },
		{ { { .type = TUNNEL_TYPE_VTI, .remote = R4 }, { .type = TUNNEL_TYPE_XFRM, .if_id = 42 } },
		  { .src = L4, .dst = R4, .mode = SA_MODE_TUNNEL, .if_id = 42 }, 1 },
		{ { { .type = TUNNEL_TYPE_XFRM, .if_id = 42 }, { .type = TUNNEL_TYPE_VTI, .remote = R4 } },
		  { .src = L4, .dst = R4, .mode = SA_MODE_TUNNEL }, 1 },
		{ { { .type = TUNNEL_TYPE_GRE, .remote = R4 }, { .type = TUNNEL_TYPE_XFRM, .if_id = 42 } },
		  { .src = L4, .dst = R4, .mode = SA_MODE_TRANSPORT, .if_id = 42 }, 1 },
		/* none: another local end, another id, no tunnel that ESP could carry */
		{ { { .type = TUNNEL_TYPE_VTI, .local = "203.0.113.11", .remote = R4 },
		    { .type = TUNNEL_TYPE_LINE, .remote = R4 } },
		  { .src = L4, .dst = R4, .mode = SA_MODE_TUNNEL }, MODEL_NONE },
		{ { { .type = TUNNEL_TYPE_WIREGUARD, .remote = R4 }, { .type = TUNNEL_TYPE_REMOTE, .remote = R4 } },
		  { .src = L4, .dst = R4, .mode = SA_MODE_TUNNEL }, MODEL_NONE },
		{ { { .type = TUNNEL_TYPE_VTI, .remote = R6 }, { .type = TUNNEL_TYPE_GRE } },
		  { .src = L4, .dst = R4, .mode = SA_MODE_TUNNEL }, MODEL_NONE },
		{ { { .type = TUNNEL_TYPE_VTI, .remote = R4, .has_key = true, .key = 1 },
		    { .type = TUNNEL_TYPE_OTHER } },
		  { .src = L4, .dst = R4, .mode = SA_MODE_TUNNEL, .mark = 7 }, MODEL_NONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sim s;

		sim_start(&s, 1, 1);
		for (unsigned k = 0; k < 2; k++)
			mtu_put_row(&s, k, &cases[i].row[k]);
		mtu_put_sa(&s, 0, &cases[i].sa);
		if (s.m->sa[0].row != cases[i].want)
			fail_msg("case %zu: row %u instead of %u", i, s.m->sa[0].row, cases[i].want);
		tick(&s);
		assert_int_equal(s.m->sa[0].row, cases[i].want);
		sim_end(&s);
	}
}

/* A VTI with another key for what it sends. */
static void joins_each_direction(void **state)
{
	const struct mtu_row row = { .type = TUNNEL_TYPE_VTI, .local = L4, .remote = R4, .has_key = true, .key = 5,
				     .okey = 6 };
	struct mtu_sa out = sa4(true, SA_MODE_TUNNEL), in = sa4(false, SA_MODE_TUNNEL);
	struct sim s;

	(void)state;
	sim_start(&s, 1, 1);
	mtu_put_row(&s, 0, &row);
	out.mark = 6;
	in.mark = 5;
	mtu_put_sa(&s, 0, &out);
	mtu_put_sa(&s, 1, &in);
	assert_int_equal(s.m->sa[0].row, 0);
	assert_int_equal(s.m->sa[1].row, 0);
	in.mark = 6;
	mtu_put_sa(&s, 1, &in);
	assert_int_equal(s.m->sa[1].row, MODEL_NONE);
	/* what the kernel tells of the direction counts more than endpoints */
	out.dir = DIRECTION_IN;
	out.mark = 0;
	mtu_put_sa(&s, 0, &out);
	assert_int_equal(s.m->sa[0].dir, DIRECTION_IN);
	sim_end(&s);
}

/* Of an XFRM interface this host's own addresses tell it. */
static void own_addresses_tell_direction(void **state)
{
	struct mtu_sa out = sa4(true, SA_MODE_TUNNEL), in = sa4(false, SA_MODE_TUNNEL);
	struct record r;
	struct sim s;

	(void)state;
	sim_start(&s, 1, 1);
	mtu_put_row(&s, 0, &(struct mtu_row){ .type = TUNNEL_TYPE_XFRM, .if_id = 7 });
	out.if_id = in.if_id = 7;
	mtu_put_sa(&s, 0, &out);
	mtu_put_sa(&s, 1, &in);
	assert_int_equal(s.m->sa[0].dir, DIRECTION_UNKNOWN);
	record_init(&r, RECORD_ADDRESS, 0, s.t);
	record_set(&r, ADDRESS_LOCAL, mtu_name(&s, L4));
	sim_put(&s, &r);
	tick(&s);
	assert_ptr_equal(model_tunnel_sa(s.m, 0, DIRECTION_OUT), &s.m->sa[0]);
	assert_ptr_equal(model_tunnel_sa(s.m, 0, DIRECTION_IN), &s.m->sa[1]);
	sim_end(&s);
}

static void put_remove(struct sim *s, enum record_kind kind, unsigned key)
{
	struct record r;

	record_init(&r, RECORD_REMOVE, key, s->t);
	record_set(&r, 0, kind);
	sim_put(s, &r);
}

/* What is found by the row is what a look at all of them finds. */
static void check_lists(const struct sim *s)
{
	for (unsigned row = 0; row < s->m->ntunnels; row++)
		for (int dir = DIRECTION_IN; dir <= DIRECTION_OUT; dir++) {
			const struct model_sa *want = NULL;

			for (size_t i = 0; i < s->m->nsa; i++) {
				const struct model_sa *sa = &s->m->sa[i];

				if (sa->used && !sa->gone && sa->row == row && (int)sa->dir == dir &&
				    (!want || sa->since_us >= want->since_us))
					want = sa;
			}
			assert_ptr_equal(model_tunnel_sa(s->m, row, (enum direction)dir), want);
		}
}

/* SAs and rows come and go in any order. */
static void lists_of_rows(void **state)
{
	static const enum tunnel_type types[] = { TUNNEL_TYPE_VTI, TUNNEL_TYPE_GRE, TUNNEL_TYPE_LINE };

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct sim s;

		sim_start(&s, 1, 1);
		s.random = seed * 977;
		for (int i = 0; i < 1000; i++) {
			unsigned key = sim_random(&s) % 12, remote = sim_random(&s) % 3;
			const char *const ends[] = { R4, "192.0.2.3", "192.0.2.4" };
			bool out = sim_random(&s) & 1;
			struct mtu_sa a = sa4(out, (enum sa_mode)(sim_random(&s) % 2));

			*(out ? &a.dst : &a.src) = ends[remote];
			a.spi = sim_random(&s) % 3;
			a.event = sim_random(&s) % 4 ? SA_EVENT_NEW : SA_EVENT_DELETE;
			if (sim_random(&s) % 3)
				mtu_put_sa(&s, key, &a);
			else if (sim_random(&s) % 2)
				mtu_put_row(&s, key % 4, &(struct mtu_row){ .type = types[sim_random(&s) % 3],
									    .local = L4, .remote = ends[remote] });
			else
				put_remove(&s, sim_random(&s) % 2 ? RECORD_SA : RECORD_TUNNEL, key);
			if (!(sim_random(&s) % 20))
				tick(&s);
			check_lists(&s);
		}
		sim_end(&s);
	}
}

/* ---- what a row's packets cost ---- */

static void check_overhead(const struct mtu_row *row, const struct mtu_sa *sa, int outer, int inner, const char *name)
{
	struct overhead o;
	char text[96];
	struct sim s;

	sim_start(&s, 1, 1);
	s.mtu = 1420;
	sim_link(&s);
	mtu_put_row(&s, 0, row);
	if (sa)
		mtu_put_sa(&s, 0, sa);
	if (!inner) {
		assert_false(model_overhead(s.m, &s.m->tunnels[0], &o));
	} else {
		assert_true(model_overhead(s.m, &s.m->tunnels[0], &o));
		assert_int_equal(overhead_inner(&o, outer), inner);
		assert_string_equal(overhead_name(&o, text, sizeof text), name);
	}
	sim_end(&s);
}

static void overheads(void **state)
{
	const struct mtu_sa tunnel = sa4(true, SA_MODE_TUNNEL), transport = sa4(true, SA_MODE_TRANSPORT);
	const struct mtu_sa tunnel6 = sa6(true, SA_MODE_TUNNEL);
	struct mtu_sa natt = tunnel, ah = tunnel, in = sa4(false, SA_MODE_TUNNEL);

	(void)state;
	natt.encap = 4500;
	ah.proto = 51;
	check_overhead(&(struct mtu_row){ .type = TUNNEL_TYPE_VTI, .remote = R4 }, &tunnel, 1454, 1390,
		       "ESP tunnel cbc(aes) hmac(sha1)");
	check_overhead(&(struct mtu_row){ .type = TUNNEL_TYPE_VTI6, .remote = R6 }, &tunnel6, 1454, 1374,
		       "ESP tunnel cbc(aes) hmac(sha1)");
	check_overhead(&(struct mtu_row){ .type = TUNNEL_TYPE_VTI, .remote = R4 }, &natt, 1454, 1374,
		       "ESP tunnel cbc(aes) hmac(sha1) NAT-T");
	/* the one that arrives is no other when the one that leaves is not known */
	check_overhead(&(struct mtu_row){ .type = TUNNEL_TYPE_VTI, .remote = R4 }, &in, 1454, 1390,
		       "ESP tunnel cbc(aes) hmac(sha1)");
	check_overhead(&(struct mtu_row){ .type = TUNNEL_TYPE_GRE, .remote = R4 }, &transport, 1454, 1386,
		       "GRE in ESP transport cbc(aes) hmac(sha1)");
	check_overhead(&(struct mtu_row){ .type = TUNNEL_TYPE_GRE, .remote = R4, .has_key = true, .key = 9,
					  .no_link = true }, NULL, 1454, 1426, "GRE with key");
	/* a key that only packets have that arrive */
	check_overhead(&(struct mtu_row){ .type = TUNNEL_TYPE_GRE, .remote = R4, .has_key = true, .key = 9 }, NULL,
		       1454, 1430, "GRE");
	check_overhead(&(struct mtu_row){ .type = TUNNEL_TYPE_WIREGUARD, .remote = R4 }, NULL, 1500, 1440, "WireGuard");
	check_overhead(&(struct mtu_row){ .type = TUNNEL_TYPE_WIREGUARD, .remote = R6 }, NULL, 1454, 1360, "WireGuard");
	check_overhead(&(struct mtu_row){ .type = TUNNEL_TYPE_XFRM, .if_id = 7 },
		       &(struct mtu_sa){ .src = L4, .dst = R4, .mode = SA_MODE_TUNNEL, .if_id = 7,
					 .enc = "rfc4106(gcm(aes))" }, 1454, 1398, "ESP tunnel rfc4106(gcm(aes))");
	/* nothing is known */
	check_overhead(&(struct mtu_row){ .type = TUNNEL_TYPE_VTI, .remote = R4 }, NULL, 0, 0, NULL);
	check_overhead(&(struct mtu_row){ .type = TUNNEL_TYPE_VTI, .remote = R4 }, &ah, 0, 0, NULL);
	check_overhead(&(struct mtu_row){ .type = TUNNEL_TYPE_LINE, .remote = R4 }, NULL, 0, 0, NULL);
	check_overhead(&(struct mtu_row){ .type = TUNNEL_TYPE_ERSPAN, .remote = R4 }, NULL, 0, 0, NULL);
	check_overhead(&(struct mtu_row){ .type = TUNNEL_TYPE_GRE }, NULL, 0, 0, NULL);
	check_overhead(&(struct mtu_row){ .type = TUNNEL_TYPE_PPP, .remote = R4 }, NULL, 0, 0, NULL);
}

/* What a process or L2TP adds to packets, as it is configured. */
static void framings(void **state)
{
	static const struct {
		enum tunnel_type type;
		enum framing framing;
		const char *remote;
		int inner; /* of 1454 outside; 0: not known */
		const char *name;
	} cases[] = {
		{ TUNNEL_TYPE_PPP, FRAMING_L2TPV2, R4, 1416, "L2TPv2" },
		{ TUNNEL_TYPE_PPP, FRAMING_L2TPV2_LENGTH, R4, 1414, "L2TPv2 with length" },
		{ TUNNEL_TYPE_L2TP, FRAMING_L2TPV3, R4, 1416, "L2TPv3" },
		{ TUNNEL_TYPE_L2TP, FRAMING_L2TPV3_SUBLAYER, R4, 1412, "L2TPv3 with sublayer" },
		{ TUNNEL_TYPE_L2TP, FRAMING_L2TPV3_UDP, R4, 1404, "L2TPv3 over UDP" },
		{ TUNNEL_TYPE_L2TP, FRAMING_L2TPV3_UDP_SUBLAYER, R6, 1380, "L2TPv3 over UDP with sublayer" },
		{ TUNNEL_TYPE_PPP, FRAMING_PPPOE, R4, 1446, "PPPoE" },
		{ TUNNEL_TYPE_PPP, FRAMING_PPPOE, NULL, 1446, "PPPoE" },
		{ TUNNEL_TYPE_TUN, FRAMING_OPENVPN, R4, 1402, "OpenVPN" },
		{ TUNNEL_TYPE_TUN, FRAMING_OPENVPN, R6, 1382, "OpenVPN" },
		{ TUNNEL_TYPE_TUN, FRAMING_OPENVPN, NULL, 0, NULL },
		/* padded up to 16 bytes below the device's MTU of 1420 */
		{ TUNNEL_TYPE_TUN, FRAMING_WIREGUARD, R4, 1392, "WireGuard" },
		{ TUNNEL_TYPE_OTHER, FRAMING_WIREGUARD, R6, 1360, "WireGuard" },
		/* where the kind tells, it is asked alone */
		{ TUNNEL_TYPE_IPIP, FRAMING_OPENVPN, R4, 1434, "IPIP" },
		{ TUNNEL_TYPE_WIREGUARD, FRAMING_OPENVPN, R4, 1392, "WireGuard" },
		{ TUNNEL_TYPE_REMOTE, FRAMING_OPENVPN, R4, 0, NULL },
		{ TUNNEL_TYPE_PPP, FRAMING_COUNT, R4, 0, NULL },
		{ TUNNEL_TYPE_PPP, (enum framing)-1, R4, 0, NULL },
	};
	struct mtu_sa sa = sa4(true, SA_MODE_TRANSPORT);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_overhead(&(struct mtu_row){ .type = cases[i].type, .framing = cases[i].framing,
						  .remote = cases[i].remote }, NULL, 1454, cases[i].inner,
			       cases[i].name);
	check_overhead(&(struct mtu_row){ .type = TUNNEL_TYPE_PPP, .framing = FRAMING_L2TPV2, .remote = R4 }, &sa, 1500,
		       1420, "L2TPv2 in ESP transport cbc(aes) hmac(sha1)");
	sa.encap = 4500;
	check_overhead(&(struct mtu_row){ .type = TUNNEL_TYPE_PPP, .framing = FRAMING_L2TPV2, .remote = R4 }, &sa, 1500,
		       1404, "L2TPv2 in ESP transport cbc(aes) hmac(sha1) NAT-T");
}

/* Rows that more than ESP protects, in either order; and modes that are not known. */
static void others_beside_esp(void **state)
{
	enum { IPIP = 4, AH = 51, IPCOMP = 108 };
	static const struct {
		int proto;
		enum sa_mode esp, other;
		bool in;
		int inner; /* 0: not known */
	} cases[] = {
		{ IPCOMP, SA_MODE_TUNNEL, SA_MODE_TRANSPORT, false, 1390 },
		/* the tunnel is IPCOMP's, and what does not get smaller goes in it */
		{ IPCOMP, SA_MODE_TRANSPORT, SA_MODE_TUNNEL, false, 1390 },
		{ IPCOMP, SA_MODE_TUNNEL, SA_MODE_TUNNEL, true, 1390 },
		{ IPIP, SA_MODE_TUNNEL, SA_MODE_TUNNEL, false, 1390 },
		/* both add to the same packets */
		{ AH, SA_MODE_TUNNEL, SA_MODE_TRANSPORT, false, 0 },
		/* as IPTFS, whose packets are no longer those inside */
		{ IPCOMP, SA_MODE_COUNT, SA_MODE_TRANSPORT, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		struct mtu_sa esp = sa4(true, cases[i / 2].esp), other = sa4(!cases[i / 2].in, cases[i / 2].other);
		struct overhead o;
		struct sim s;

		other.proto = cases[i / 2].proto;
		other.spi = 0x999;
		sim_start(&s, 1, 1);
		mtu_put_row(&s, 0, &(struct mtu_row){ .type = TUNNEL_TYPE_VTI, .local = L4, .remote = R4 });
		mtu_put_sa(&s, 0, i % 2 ? &esp : &other);
		tick(&s);
		mtu_put_sa(&s, 1, i % 2 ? &other : &esp);
		assert_int_equal(model_tunnel_sa(s.m, 0, DIRECTION_OUT)->spi, esp.spi);
		assert_int_equal(model_overhead(s.m, &s.m->tunnels[0], &o), cases[i / 2].inner != 0);
		if (cases[i / 2].inner)
			assert_int_equal(overhead_inner(&o, 1454), cases[i / 2].inner);
		sim_end(&s);
	}
}

/* What the interface says of the packets it sends. */
static void options_of_the_interface(void **state)
{
	static const struct {
		enum tunnel_type type;
		const char *remote;
		unsigned field;
		int inner;
		const char *name;
	} cases[] = {
		{ TUNNEL_TYPE_IP6TNL, R6, LINK_MASTER, 1460, "ip6tnl" },
		{ TUNNEL_TYPE_IP6TNL, R6, LINK_ENCAP_LIMIT, 1452, "ip6tnl with encapsulation limit" },
		{ TUNNEL_TYPE_IP6GRE, R6, LINK_ENCAP_LIMIT, 1448, "GRE with encapsulation limit" },
		{ TUNNEL_TYPE_GRE, R4, LINK_CHECKSUM, 1472, "GRE with checksum" },
		{ TUNNEL_TYPE_GRE, R4, LINK_SEQUENCE, 1472, "GRE with sequence" },
		{ TUNNEL_TYPE_GRE, R4, LINK_NO_DF, 1476, "GRE" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct overhead o;
		struct record r;
		char text[96];
		struct sim s;

		sim_start(&s, 1, 1);
		mtu_put_row(&s, 0, &(struct mtu_row){ .type = cases[i].type, .peer = "10.77.0.2",
						      .remote = cases[i].remote });
		record_init(&r, RECORD_LINK, 0, s.t);
		record_set(&r, LINK_IFINDEX, 7);
		record_set(&r, LINK_UP, 1);
		record_set(&r, LINK_MTU, 1400);
		record_set(&r, cases[i].field, 1);
		sim_put(&s, &r);
		assert_true(model_overhead(s.m, &s.m->tunnels[0], &o));
		assert_int_equal(overhead_inner(&o, 1500), cases[i].inner);
		assert_string_equal(overhead_name(&o, text, sizeof text), cases[i].name);
		/* without DF an inner path says nothing of the outer one */
		mtu_found(&s, MTU_INNER, 1400, PMTU_CAUSE_NONE, NULL);
		assert_int_equal(mtu_of(&s).verdict,
				 cases[i].field == LINK_NO_DF ? MTU_VERDICT_UNKNOWN : MTU_VERDICT_OK);
		mtu_found(&s, MTU_OUTER, 1420, PMTU_CAUSE_PTB, NULL);
		assert_int_equal(mtu_of(&s).verdict, MTU_VERDICT_FRAGMENTS);
		sim_end(&s);
	}
}

/* The row names one key where both are the same: the link has both. */
static void overhead_of_keys(void **state)
{
	struct overhead o;
	struct record r;
	struct sim s;

	(void)state;
	sim_start(&s, 1, 1);
	record_init(&r, RECORD_LINK, 0, s.t);
	record_set(&r, LINK_IFNAME, mtu_name(&s, "vx1"));
	record_set(&r, LINK_TYPE, TUNNEL_TYPE_GRE);
	record_set(&r, LINK_KEY, 9);
	record_set(&r, LINK_OKEY, 9);
	sim_put(&s, &r);
	mtu_put_row(&s, 0, &(struct mtu_row){ .type = TUNNEL_TYPE_GRE, .remote = R4, .has_key = true, .key = 9 });
	assert_true(model_overhead(s.m, &s.m->tunnels[0], &o));
	assert_int_equal(overhead_inner(&o, 1500), 1472);
	sim_end(&s);
}

/* ---- verdicts ---- */

struct way {
	int mtu;               /* 0: not searched */
	enum pmtu_cause cause;
	const char *from;
};

static const struct verdict_case {
	enum tunnel_type type;
	int interface;
	struct way inner, outer;
	enum mtu_verdict verdict;
	int mtu, mss4;
	const char *text;
} verdicts[] = {
	/* IPsec: AES-CBC and SHA-1 */
	{ TUNNEL_TYPE_VTI, 1390, { 1390, PMTU_CAUSE_NONE, NULL }, { 1454, PMTU_CAUSE_PTB, NULL },
	  MTU_VERDICT_TIGHT, 0, 1350, "outer 1454 leaves 1390 inside; interface says 1390" },
	{ TUNNEL_TYPE_VTI, 1436, { 1390, PMTU_CAUSE_LOCAL, NULL }, { 1454, PMTU_CAUSE_PTB, NULL },
	  MTU_VERDICT_OVERSIZED, 1390, 1350, "outer 1454 leaves 1390 inside; interface says 1436; "
	  "limited by this host" },
	{ TUNNEL_TYPE_VTI, 1436, { 1372, PMTU_CAUSE_PTB, "192.0.2.65" }, { 1454, PMTU_CAUSE_PTB, NULL },
	  MTU_VERDICT_OVERSIZED, 1372, 1332, "1372 passes; outer 1454 leaves 1390 inside; interface says 1436; "
	  "frag-needed from 192.0.2.65" },
	{ TUNNEL_TYPE_VTI, 1436, { 1436, PMTU_CAUSE_NONE, NULL }, { 1454, PMTU_CAUSE_PTB, NULL },
	  MTU_VERDICT_FRAGMENTS, 1390, 1350, "1436 goes outside in fragments: outer 1454 leaves 1390 inside; interface "
	  "says 1436" },
	{ TUNNEL_TYPE_VTI, 1300, { 1300, PMTU_CAUSE_NONE, NULL }, { 1500, PMTU_CAUSE_NONE, NULL },
	  MTU_VERDICT_UNDER_UTILISED, 1438, 1260, "outer 1500 leaves 1438 inside; interface says 1300: 138 "
	  "more would fit" },
	{ TUNNEL_TYPE_VTI, 1436, { 1390, PMTU_CAUSE_SILENT, NULL }, { 1454, PMTU_CAUSE_SILENT, NULL },
	  MTU_VERDICT_BLACK_HOLE, 1390, 1350, "more than 1390 vanishes; outer 1454 leaves 1390 inside; "
	  "interface says 1436" },
	{ TUNNEL_TYPE_VTI, 1436, { 1390, PMTU_CAUSE_PENDING, NULL }, { 0 },
	  MTU_VERDICT_OVERSIZED, 1390, 1350, "1390 passes; interface says 1436; cause pending; so outer is "
	  "1448 to 1463" },
	{ TUNNEL_TYPE_VTI, 1390, { 1390, PMTU_CAUSE_NONE, NULL }, { 0 },
	  MTU_VERDICT_OK, 0, 1350, "1390 passes, interface says 1390; so the outer path takes 1448" },
	/* the peer does not answer, the outer path does */
	{ TUNNEL_TYPE_VTI, 1436, { 0 }, { 1454, PMTU_CAUSE_PTB, NULL },
	  MTU_VERDICT_OVERSIZED, 1390, 1350, "outer 1454 leaves 1390 inside; interface says 1436; inner path not known" },
	{ TUNNEL_TYPE_VTI, 1390, { 0 }, { 1454, PMTU_CAUSE_PTB, NULL },
	  MTU_VERDICT_UNKNOWN, 0, 0, "outer 1454 leaves 1390 inside; interface says 1390; inner path not known" },
	{ TUNNEL_TYPE_VTI, 1300, { 0 }, { 1454, PMTU_CAUSE_PTB, NULL },
	  MTU_VERDICT_UNKNOWN, 0, 0, "outer 1454 leaves 1390 inside; interface says 1300; inner path not known" },
	{ TUNNEL_TYPE_VTI, 1436, { 0 }, { 1454, PMTU_CAUSE_SILENT, NULL },
	  MTU_VERDICT_BLACK_HOLE, 1390, 1350, "more than 1454 vanishes outside; outer 1454 leaves 1390 inside; interface "
	  "says 1436" },
	{ TUNNEL_TYPE_VTI, 1390, { 0 }, { 1454, PMTU_CAUSE_SILENT, NULL },
	  MTU_VERDICT_UNKNOWN, 0, 0, "outer 1454 leaves 1390 inside; interface says 1390; inner path not known" },
	/* 1391 is as large outside as 1392 */
	{ TUNNEL_TYPE_VTI, 1436, { 1391, PMTU_CAUSE_PTB, "192.0.2.65" }, { 0 },
	  MTU_VERDICT_OVERSIZED, 1391, 1351, "1391 passes; interface says 1436; frag-needed from 192.0.2.65; "
	  "the limit is not outside" },
	/* some more passes, and that only in fragments */
	{ TUNNEL_TYPE_VTI, 1500, { 1436, PMTU_CAUSE_SILENT, NULL }, { 1454, PMTU_CAUSE_SILENT, NULL },
	  MTU_VERDICT_BLACK_HOLE, 1390, 1350, "more than 1436 vanishes; outer 1454 leaves 1390 inside; "
	  "interface says 1500" },
	/* GRE */
	{ TUNNEL_TYPE_GRE, 1476, { 1430, PMTU_CAUSE_PTB, "203.0.113.1" }, { 1454, PMTU_CAUSE_PTB, "203.0.113.1" },
	  MTU_VERDICT_OVERSIZED, 1430, 1390, "outer 1454 leaves 1430 inside; interface says 1476; "
	  "frag-needed from 203.0.113.1" },
	/* WireGuard: inner packets pass whatever happens to outer ones */
	{ TUNNEL_TYPE_WIREGUARD, 1420, { 1420, PMTU_CAUSE_NONE, NULL }, { 1454, PMTU_CAUSE_PTB, NULL },
	  MTU_VERDICT_FRAGMENTS, 1394, 1354, "1420 goes outside in fragments: outer 1454 leaves 1392 inside; interface "
	  "says 1420" },
	{ TUNNEL_TYPE_WIREGUARD, 1420, { 1420, PMTU_CAUSE_NONE, NULL }, { 1500, PMTU_CAUSE_NONE, NULL },
	  MTU_VERDICT_TIGHT, 0, 1380, "outer 1500 leaves 1440 inside; interface says 1420" },
	{ TUNNEL_TYPE_WIREGUARD, 1420, { 1420, PMTU_CAUSE_NONE, NULL }, { 0 },
	  MTU_VERDICT_UNKNOWN, 0, 1380, "1420 passes, interface says 1420; outside it may be in fragments: "
	  "outer path not known" },
	{ TUNNEL_TYPE_WIREGUARD, 1420, { 0 }, { 1454, PMTU_CAUSE_PTB, NULL },
	  MTU_VERDICT_FRAGMENTS, 1394, 1354, "1420 goes outside in fragments: outer 1454 leaves 1392 inside; interface "
	  "says 1420" },
	/* L2TP's packets may be cut, and what they add is not known */
	{ TUNNEL_TYPE_L2TP, 1440, { 1440, PMTU_CAUSE_NONE, NULL }, { 1454, PMTU_CAUSE_PTB, NULL },
	  MTU_VERDICT_UNKNOWN, 0, 1400, "1440 passes, interface says 1440; outside it may be in fragments: what is "
	  "added is not known" },
	/* nothing is known of what PPP runs over, and over IP it may be cut */
	{ TUNNEL_TYPE_PPP, 1450, { 1450, PMTU_CAUSE_NONE, NULL }, { 0 },
	  MTU_VERDICT_OK, 0, 1410, "1450 passes, interface says 1450" },
	{ TUNNEL_TYPE_PPP, 1450, { 1450, PMTU_CAUSE_NONE, NULL }, { 1500, PMTU_CAUSE_NONE, NULL },
	  MTU_VERDICT_UNKNOWN, 0, 1410, "1450 passes, interface says 1450; outside it may be in fragments: what is "
	  "added is not known" },
	{ TUNNEL_TYPE_TUN, 1500, { 1500, PMTU_CAUSE_NONE, NULL }, { 1500, PMTU_CAUSE_NONE, NULL },
	  MTU_VERDICT_FRAGMENTS, 0, 0, "1500 goes outside in fragments: interface says 1500" },
	{ TUNNEL_TYPE_PPP, 1450, { 0 }, { 1500, PMTU_CAUSE_NONE, NULL }, MTU_VERDICT_UNKNOWN, 0, 0, "outer path 1500" },
};

/* With what is added known there is a verdict: this host cuts what a process sends. */
static const struct {
	enum framing framing;
	struct verdict_case c;
} framed[] = {
	{ FRAMING_OPENVPN, { TUNNEL_TYPE_TUN, 1420, { 1420, PMTU_CAUSE_NONE, NULL }, { 1454, PMTU_CAUSE_PTB, NULL },
	  MTU_VERDICT_FRAGMENTS, 1402, 1362, "1420 goes outside in fragments: outer 1454 leaves 1402 inside; interface "
	  "says 1420" } },
	{ FRAMING_OPENVPN, { TUNNEL_TYPE_TUN, 1420, { 0 }, { 1454, PMTU_CAUSE_PTB, NULL },
	  MTU_VERDICT_FRAGMENTS, 1402, 1362, "1420 goes outside in fragments: outer 1454 leaves 1402 inside; interface "
	  "says 1420" } },
	{ FRAMING_OPENVPN, { TUNNEL_TYPE_TUN, 1420, { 1420, PMTU_CAUSE_NONE, NULL }, { 1500, PMTU_CAUSE_NONE, NULL },
	  MTU_VERDICT_TIGHT, 0, 1380, "outer 1500 leaves 1448 inside; interface says 1420" } },
	{ FRAMING_OPENVPN, { TUNNEL_TYPE_TUN, 1420, { 1420, PMTU_CAUSE_NONE, NULL }, { 0 },
	  MTU_VERDICT_UNKNOWN, 0, 1380, "1420 passes, interface says 1420; outside it may be in fragments: "
	  "outer path not known" } },
	{ FRAMING_WIREGUARD, { TUNNEL_TYPE_TUN, 1420, { 1420, PMTU_CAUSE_NONE, NULL }, { 1454, PMTU_CAUSE_PTB, NULL },
	  MTU_VERDICT_FRAGMENTS, 1394, 1354, "1420 goes outside in fragments: outer 1454 leaves 1392 inside; interface "
	  "says 1420" } },
	{ FRAMING_L2TPV2, { TUNNEL_TYPE_PPP, 1400, { 1400, PMTU_CAUSE_NONE, NULL }, { 1500, PMTU_CAUSE_NONE, NULL },
	  MTU_VERDICT_UNDER_UTILISED, 1462, 1360, "outer 1500 leaves 1462 inside; interface says 1400: 62 "
	  "more would fit" } },
	{ FRAMING_L2TPV2, { TUNNEL_TYPE_PPP, 1400, { 1400, PMTU_CAUSE_NONE, NULL }, { 1300, PMTU_CAUSE_PTB, NULL },
	  MTU_VERDICT_FRAGMENTS, 1262, 1222, "1400 goes outside in fragments: outer 1300 leaves 1262 inside; interface "
	  "says 1400" } },
	{ FRAMING_L2TPV3_SUBLAYER, { TUNNEL_TYPE_L2TP, 1440, { 1440, PMTU_CAUSE_NONE, NULL },
	  { 1454, PMTU_CAUSE_PTB, NULL }, MTU_VERDICT_FRAGMENTS, 1412, 1372, "1440 goes outside in fragments: outer 1454 leaves 1412 inside; interface "
	  "says 1440" } },
	/* PPPoE's Ethernet is never cut */
	{ FRAMING_PPPOE, { TUNNEL_TYPE_PPP, 1492, { 1446, PMTU_CAUSE_PTB, "192.0.2.65" }, { 0 },
	  MTU_VERDICT_OVERSIZED, 1446, 1406, "1446 passes; interface says 1492; frag-needed from 192.0.2.65; so outer "
	  "is 1454" } },
};

static void put_path(struct sim *s, unsigned key, const struct way *p)
{
	if (p->mtu)
		mtu_found(s, key, p->mtu, p->cause, p->from);
}

static void check_verdict(const struct verdict_case *c, enum framing framing, size_t i)
{
	const struct mtu_row row = { .type = c->type, .peer = "10.77.0.2", .local = L4, .remote = R4,
				     .framing = framing };
	const struct mtu_sa sa = sa4(true, SA_MODE_TUNNEL);
	struct model_mtu u;
	struct sim s;

	sim_start(&s, 1, 1);
	s.mtu = c->interface;
	sim_link(&s);
	mtu_put_row(&s, 0, &row);
	if (c->type == TUNNEL_TYPE_VTI)
		mtu_put_sa(&s, 0, &sa);
	put_path(&s, MTU_OUTER, &c->outer);
	put_path(&s, MTU_INNER, &c->inner);
	u = mtu_of(&s);
	if (u.verdict != c->verdict || strcmp(u.text, c->text) || u.mtu != c->mtu || u.mss4 != c->mss4)
		fail_msg("case %zu: %s \"%s\", MTU %d, MSS %d", i, mtu_verdict_word(u.verdict), u.text, u.mtu, u.mss4);
	sim_end(&s);
}

static void verdict_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++)
		check_verdict(&verdicts[i], FRAMING_UNKNOWN, i);
	for (size_t i = 0; i < ARRAY_LEN(framed); i++)
		check_verdict(&framed[i].c, framed[i].framing, ARRAY_LEN(verdicts) + i);
}

static void put_address(struct sim *s, unsigned key, const char *text)
{
	struct record r;

	record_init(&r, RECORD_ADDRESS, key, s->t);
	record_set(&r, ADDRESS_IFINDEX, 7);
	record_set(&r, ADDRESS_LOCAL, mtu_name(s, text));
	sim_put(s, &r);
}

/* Less than 1280 is no MTU for an interface with IPv6, however little the outer path takes. */
static void least_of_ipv6(void **state)
{
	static const struct {
		enum tunnel_type type;
		const char *peer, *address;
		int interface, mtu;
		bool least;
	} cases[] = {
		{ TUNNEL_TYPE_SIT, "2001:db8:77::2", NULL, 1480, 1280, true },
		{ TUNNEL_TYPE_SIT, "10.77.0.2", NULL, 1280, 0, true },
		{ TUNNEL_TYPE_GRE, "10.77.0.2", "2001:db8:77::1", 1476, 1280, true },
		{ TUNNEL_TYPE_GRE, "10.77.0.2", "fe80::1", 1476, 1256, false },
		{ TUNNEL_TYPE_GRE, "10.77.0.2", "10.77.0.1", 1476, 1256, false },
		{ TUNNEL_TYPE_GRE, "2001:db8:77::2", NULL, 1476, 1280, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int fits = cases[i].type == TUNNEL_TYPE_SIT ? 1260 : 1256;
		struct model_mtu u;
		struct sim s;

		sim_start(&s, 1, 1);
		s.mtu = cases[i].interface;
		sim_link(&s);
		mtu_put_row(&s, 0, &(struct mtu_row){ .type = cases[i].type, .peer = cases[i].peer, .local = L4,
						      .remote = R4 });
		if (cases[i].address)
			put_address(&s, 0, cases[i].address);
		mtu_found(&s, MTU_OUTER, 1280, PMTU_CAUSE_PTB, NULL);
		mtu_found(&s, MTU_INNER, 1280, PMTU_CAUSE_NONE, NULL);
		u = mtu_of(&s);
		assert_int_equal(u.verdict, MTU_VERDICT_FRAGMENTS);
		assert_int_equal(u.mtu, cases[i].mtu);
		assert_int_equal(u.mss4, fits - 40);
		assert_int_equal(u.mss6, fits - 60);
		assert_int_equal(u.least_ipv6, cases[i].least);
		assert_int_equal(strstr(u.text, "; IPv6 needs 1280") != NULL, cases[i].least);
		sim_end(&s);
	}
}

/* An outer path that is silent now tells of no black hole, and one that tells at all tells of its drift. */
static void outer_alone(void **state)
{
	const struct mtu_sa sa = sa4(true, SA_MODE_TUNNEL);
	struct model_mtu u;
	struct sim s;

	(void)state;
	sim_start(&s, 1, 1);
	s.mtu = 1436;
	sim_link(&s);
	mtu_put_row(&s, 0, &(struct mtu_row){ .type = TUNNEL_TYPE_VTI, .peer = "10.77.0.2", .local = L4,
					      .remote = R4 });
	mtu_put_sa(&s, 0, &sa);
	/* its peer never answered, a search found that */
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_UNREACHABLE });
	mtu_found(&s, MTU_OUTER, 1500, PMTU_CAUSE_NONE, NULL);
	mtu_found(&s, MTU_OUTER, 1454, PMTU_CAUSE_SILENT, NULL);
	u = mtu_of(&s);
	assert_true(u.has_drift);
	assert_int_equal(u.drift, -46);
	assert_int_equal(u.verdict, MTU_VERDICT_BLACK_HOLE);
	s.m->targets[MTU_OUTER].silent = true;
	u = mtu_of(&s);
	assert_int_equal(u.verdict, MTU_VERDICT_UNKNOWN);
	assert_false(u.has_drift);
	s.m->targets[MTU_OUTER].silent = false;
	/* an inner path that was known has a drift of its own */
	mtu_found(&s, MTU_INNER, 1390, PMTU_CAUSE_NONE, NULL);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_UNREACHABLE });
	assert_false(mtu_of(&s).has_drift);
	sim_end(&s);
}

/* Where it gets lost, when that is known; IPv6. */
static void place_of_the_hole(void **state)
{
	static const struct mtu_row row = { .type = TUNNEL_TYPE_LINE, .peer = "2001:db8::1", .no_link = true };
	struct mtu_found f = { .state = PMTU_STATE_COMPLETE, .cause = PMTU_CAUSE_SILENT, .mtu = 1400, .limit = 1500 };
	struct sim s;

	(void)state;
	sim_start(&s, 1, 1);
	mtu_put_row(&s, 0, &row);
	mtu_put(&s, MTU_INNER, &f);
	assert_string_equal(mtu_of(&s).text, "more than 1400 vanishes; interface says 1500");
	f.direction = DIRECTION_REVERSE;
	mtu_put(&s, MTU_INNER, &f);
	assert_string_equal(mtu_of(&s).text, "more than 1400 vanishes on the way back; interface says 1500");
	f.direction = DIRECTION_FORWARD;
	f.hop = 3;
	mtu_put(&s, MTU_INNER, &f);
	assert_string_equal(mtu_of(&s).text,
			    "more than 1400 vanishes on the way there behind hop 3; interface says 1500");
	f.hop_from = "2001:db8:5::3";
	mtu_put(&s, MTU_INNER, &f);
	assert_string_equal(mtu_of(&s).text,
			    "more than 1400 vanishes on the way there behind 2001:db8:5::3; interface says 1500");
	f = (struct mtu_found){ .state = PMTU_STATE_COMPLETE, .cause = PMTU_CAUSE_SILENT, .high = 1280, .limit = 1500 };
	mtu_put(&s, MTU_INNER, &f);
	assert_string_equal(mtu_of(&s).text, "not even 1280 passes; interface says 1500");
	assert_int_equal(mtu_of(&s).verdict, MTU_VERDICT_BLACK_HOLE);
	sim_end(&s);
}

static void words_of_verdicts(void **state)
{
	(void)state;
	assert_string_equal(mtu_verdict_word(MTU_VERDICT_UNKNOWN), "?");
	assert_string_equal(mtu_verdict_word(MTU_VERDICT_UNSTABLE), "unstable");
	assert_string_equal(mtu_verdict_word(MTU_VERDICT_COUNT), "?");
	for (int v = 0; v < MTU_VERDICT_COUNT; v++)
		assert_true(strlen(mtu_verdict_word((enum mtu_verdict)v)) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins_by_endpoints),
		cmocka_unit_test(joins_the_right_row),
		cmocka_unit_test(joins_each_direction),
		cmocka_unit_test(own_addresses_tell_direction),
		cmocka_unit_test(lists_of_rows),
		cmocka_unit_test(overheads),
		cmocka_unit_test(overhead_of_keys),
		cmocka_unit_test(framings),
		cmocka_unit_test(others_beside_esp),
		cmocka_unit_test(options_of_the_interface),
		cmocka_unit_test(verdict_words),
		cmocka_unit_test(least_of_ipv6),
		cmocka_unit_test(outer_alone),
		cmocka_unit_test(place_of_the_hole),
		cmocka_unit_test(words_of_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
