// SPDX-License-Identifier: GPL-2.0-or-later
// Path MTUs in the model: the fold, what people are told, baseline and drift, health, and what survives a rotation.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/mtu_world.h"

#define PTB4 "192.0.2.65"
#define PTB6 "2001:db8::65"

static const struct mtu_row vti4 = { .type = TUNNEL_TYPE_VTI, .peer = "10.77.0.2", .local = "203.0.113.10",
				     .remote = "192.0.2.2" };
static const struct mtu_row vti6 = { .type = TUNNEL_TYPE_VTI6, .peer = "2001:db8:77::2", .local = "2001:db8:1::10",
				     .remote = "2001:db8:2::2" };
static const struct mtu_row line4 = { .type = TUNNEL_TYPE_LINE, .peer = "10.77.0.2", .no_link = true };

static const struct model_tunnel *row(const struct sim *s)
{
	return &s->m->tunnels[0];
}

static struct model_mtu mtu_of(const struct sim *s, unsigned tunnel)
{
	struct model_mtu u;

	model_mtu(s->m, tunnel, &u);
	return u;
}

/* A tunnel that is up, its interface says 1436. */
static void start(struct sim *s, const struct mtu_row *w)
{
	sim_start(s, 1, 1);
	s->mtu = 1436;
	sim_link(s);
	mtu_put_row(s, 0, w);
	sim_run(s, 10);
}

static void put_sas(struct sim *s, const struct mtu_row *w)
{
	mtu_put_sa(s, 0, &(struct mtu_sa){ .src = w->local, .dst = w->remote, .mode = SA_MODE_TUNNEL, .spi = 0x100,
					   .enc = "cbc(aes)", .auth = "hmac(sha1)" });
	mtu_put_sa(s, 1, &(struct mtu_sa){ .src = w->remote, .dst = w->local, .mode = SA_MODE_TUNNEL, .spi = 0x101,
					   .enc = "cbc(aes)", .auth = "hmac(sha1)" });
}

/* ---- the fold ---- */

static void numbers(void **state)
{
	const struct model_pmtu *p;
	struct model_mtu u;
	struct sim s;

	(void)state;
	start(&s, &vti4);
	assert_null(model_find_pmtu(s.m, MTU_INNER));
	assert_null(model_find_pmtu(s.m, 5000));
	u = mtu_of(&s, 0);
	assert_int_equal(u.verdict, MTU_VERDICT_UNKNOWN);
	assert_string_equal(u.text, "");
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING, .target = "10.77.0.2" });
	p = model_find_pmtu(s.m, MTU_INNER);
	assert_int_equal(p->mtu, 0);
	assert_int_equal(p->since_us, MODEL_NEVER);
	assert_string_equal(mtu_of(&s, 0).text, "being searched");
	sim_run(&s, 1);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_COMPLETE, .cause = PMTU_CAUSE_PTB, .mtu = 1372,
		.from = PTB4, .limit = 1436, .cached = 1390, .target = "10.77.0.2" });
	p = model_find_pmtu(s.m, MTU_INNER);
	assert_int_equal(p->mtu, 1372);
	assert_int_equal(p->high, 1373);
	assert_int_equal(p->limit, 1436);
	assert_int_equal(p->cached_mtu, 1390);
	assert_int_equal(p->named, -1);
	assert_int_equal(p->since_us, s.t);
	assert_int_equal(p->proved_us, s.t);
	assert_string_equal(model_name(s.m, p->from), PTB4);
	u = mtu_of(&s, 0);
	assert_true(u.has_gap && u.gap == -64 && u.configured == 1436 && u.mtu == 1372);
	assert_true(u.has_drift && !u.drift);
	assert_true(u.mss4 == 1332 && u.mss6 == 1312);
	/* a new search: what was known stands */
	sim_run(&s, 5);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING });
	assert_int_equal(mtu_of(&s, 0).gap, -64);
	sim_end(&s);
}

/* What is not a number hides the one before, and keeps it. */
static void no_number(void **state)
{
	static const struct {
		struct mtu_found found;
		enum mtu_verdict verdict;
		const char *words;
	} ways[] = {
		{ { .state = PMTU_STATE_UNREACHABLE }, MTU_VERDICT_UNKNOWN, "does not answer; it was 1372" },
		{ { .state = PMTU_STATE_UNREACHABLE, .error = 113, .from = PTB4 }, MTU_VERDICT_UNKNOWN,
		  "unreachable (No route to host), says 192.0.2.65; it was 1372" },
		{ { .state = PMTU_STATE_TOO_LOSSY }, MTU_VERDICT_TOO_LOSSY, "too many probes are lost to tell" },
		{ { .state = PMTU_STATE_UNSTABLE }, MTU_VERDICT_UNSTABLE, "passes and vanishes by turns" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct model_mtu u;
		struct sim s;

		start(&s, &vti4);
		mtu_found(&s, MTU_INNER, 1372, PMTU_CAUSE_PTB, PTB4);
		sim_run(&s, 2);
		mtu_put(&s, MTU_INNER, &ways[i].found);
		u = mtu_of(&s, 0);
		assert_int_equal(u.verdict, ways[i].verdict);
		assert_words(u.text, ways[i].words);
		assert_true(!u.path_inner && !u.has_gap && !u.has_drift && !u.mss4);
		assert_int_equal(model_find_pmtu(s.m, MTU_INNER)->mtu, 1372);
		/* the next search does not bring it back before it ends */
		mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING, .mtu = 1372 });
		u = mtu_of(&s, 0);
		assert_int_equal(u.verdict, MTU_VERDICT_UNKNOWN);
		assert_string_equal(u.text, "being searched; it was 1372");
		assert_true(!u.path_inner && !u.has_gap && !u.has_drift && !u.mss4);
		mtu_found(&s, MTU_INNER, 1372, PMTU_CAUSE_PTB, PTB4);
		assert_int_equal(mtu_of(&s, 0).path_inner, 1372);
		sim_end(&s);
	}
}

/* ---- sizes ---- */

static const struct model_pmtu_size *size_of(const struct sim *s, int size)
{
	const struct model_pmtu *p = model_find_pmtu(s->m, MTU_INNER);

	for (uint32_t i = 0; i < p->nsizes; i++)
		if (p->sizes[i].size == size)
			return &p->sizes[i];
	return NULL;
}

static void check_order(const struct sim *s)
{
	const struct model_pmtu *p = model_find_pmtu(s->m, MTU_INNER);

	assert_true(p->nsizes <= MODEL_PMTU_SIZES);
	for (uint32_t i = 1; i < p->nsizes; i++)
		assert_true(p->sizes[i - 1].size < p->sizes[i].size);
	for (uint32_t i = p->nsizes; i < MODEL_PMTU_SIZES; i++)
		assert_int_equal(p->sizes[i].size, 0);
}

static void evidence(void **state)
{
	const struct model_pmtu_size *z;
	struct sim s;

	(void)state;
	start(&s, &vti4);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING });
	for (int i = 0; i < 3; i++) {
		mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1372, OUTCOME_REPLY);
		mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1373, OUTCOME_TIMEOUT);
	}
	mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1436, OUTCOME_PTB);
	mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1500, OUTCOME_LOCAL_TOOBIG);
	/* told lost, and then it came */
	mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1371, OUTCOME_TIMEOUT);
	mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1371, OUTCOME_LATE);
	/* these say nothing about a size */
	mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1300, OUTCOME_UNREACHABLE);
	mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1300, OUTCOME_ERROR);
	mtu_probe(&s, MTU_INNER, PURPOSE_LOCATE, 1301, OUTCOME_REPLY);
	z = size_of(&s, 1372);
	assert_true(z && z->answered == 3 && !z->lost && !z->refused);
	z = size_of(&s, 1373);
	assert_true(z && !z->answered && z->lost == 3 && !z->refused);
	z = size_of(&s, 1371);
	assert_true(z && z->answered == 1 && !z->lost);
	assert_int_equal(size_of(&s, 1436)->refused, 1);
	assert_int_equal(size_of(&s, 1500)->refused, 1);
	assert_null(size_of(&s, 1300));
	assert_null(size_of(&s, 1301));
	check_order(&s);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING });
	assert_int_equal(model_find_pmtu(s.m, MTU_INNER)->nsizes, 0);
	sim_end(&s);
}

/* One record for many periods that found nothing new. */
static void proofs(void **state)
{
	struct mtu_found f = { .state = PMTU_STATE_COMPLETE, .cause = PMTU_CAUSE_PTB, .mtu = 1372, .from = PTB4,
			       .proofs = 6 };
	int64_t searched;
	uint64_t changes;
	struct sim s;

	(void)state;
	start(&s, &vti4);
	mtu_found(&s, MTU_INNER, 1372, PMTU_CAUSE_PTB, PTB4);
	searched = s.t;
	mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1372, OUTCOME_REPLY);
	sim_run(&s, 60);
	changes = s.m->changes;
	for (int i = 0; i < 3; i++)
		mtu_put(&s, MTU_INNER, &f);
	assert_int_equal(s.m->changes, changes);
	assert_int_equal(size_of(&s, 1372)->answered, 19);
	assert_true(size_of(&s, 1373)->refused == 18 && !size_of(&s, 1373)->lost);
	assert_int_equal(model_find_pmtu(s.m, MTU_INNER)->proved_us, s.t);
	assert_int_equal(model_find_pmtu(s.m, MTU_INNER)->searched_us, searched);
	assert_int_equal(model_find_pmtu(s.m, MTU_INNER)->recent, 19);
	f.cause = PMTU_CAUSE_SILENT;
	f.proofs = 2;
	mtu_put(&s, MTU_INNER, &f);
	assert_int_equal(size_of(&s, 1373)->lost, 2);
	/* losses are outlived by what was proved since */
	mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1372, OUTCOME_TIMEOUT);
	assert_true(model_find_pmtu(s.m, MTU_INNER)->recent_lost != 0);
	f.proofs = 64;
	mtu_put(&s, MTU_INNER, &f);
	assert_true(model_find_pmtu(s.m, MTU_INNER)->recent_lost == 0);
	check_order(&s);
	sim_end(&s);
}

/* The kernel believes something else than when the search ended: that has a time of its own. */
static void beliefs(void **state)
{
	struct mtu_found f = { .state = PMTU_STATE_COMPLETE, .cause = PMTU_CAUSE_SILENT, .mtu = 1372, .again = true,
			       .cached = 1400, .cached_s = 600 };
	const struct model_pmtu *p;
	int64_t searched;
	uint64_t changes;
	struct sim s;

	(void)state;
	start(&s, &vti4);
	mtu_found(&s, MTU_INNER, 1372, PMTU_CAUSE_SILENT, NULL);
	searched = s.t;
	sim_run(&s, 60);
	changes = s.m->changes;
	mtu_put(&s, MTU_INNER, &f);
	p = model_find_pmtu(s.m, MTU_INNER);
	assert_true(p->cached_mtu == 1400 && p->cached_s == 600 && p->cached_us == s.t);
	assert_true(p->searched_us == searched && p->mtu == 1372 && !p->nsizes);
	assert_int_equal(s.m->changes, changes);
	sim_run(&s, 5);
	f.cached = f.cached_s = 0;
	mtu_put(&s, MTU_INNER, &f);
	assert_true(!p->cached_mtu && !p->cached_s);
	sim_end(&s);
}

/* However many sizes are tried: those at the edge stay. */
static void telling_sizes(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		int edge = 600 + (int)(seed * 37 % 800);
		struct sim s;

		start(&s, &vti4);
		s.random = seed * 977;
		mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING });
		for (int i = 0; i < 300; i++) {
			int size = 84 + (int)(sim_random(&s) % 1417);

			mtu_probe(&s, MTU_INNER, PURPOSE_MTU, size, size <= edge ? OUTCOME_REPLY : OUTCOME_TIMEOUT);
			check_order(&s);
		}
		for (int i = 0; i < 20; i++)
			mtu_probe(&s, MTU_INNER, PURPOSE_MTU, edge + i % 2, i % 2 ? OUTCOME_TIMEOUT : OUTCOME_REPLY);
		check_order(&s);
		assert_true(size_of(&s, edge) && size_of(&s, edge)->answered >= 10);
		assert_true(size_of(&s, edge + 1) && size_of(&s, edge + 1)->lost >= 10);
		/* ... and stay when others are tried again */
		for (int i = 0; i < 300; i++)
			mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 84 + (int)(sim_random(&s) % 300), OUTCOME_REPLY);
		assert_non_null(size_of(&s, edge));
		assert_non_null(size_of(&s, edge + 1));
		sim_end(&s);
	}
}

static void counts_end_somewhere(void **state)
{
	struct sim s;

	(void)state;
	start(&s, &vti4);
	for (int i = 0; i < 70000; i++)
		mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1372, i & 1 ? OUTCOME_REPLY : OUTCOME_LATE);
	assert_int_equal(size_of(&s, 1372)->answered, UINT16_MAX);
	sim_end(&s);
}

/* What is measured of a row is measured with small probes alone. Those that look for the place are sent only at times
 * that are left out of loss. */
static void nothing_else_moves(void **state)
{
	struct sim s, plain;

	(void)state;
	start(&s, &vti4);
	start(&plain, &vti4);
	for (int i = 0; i < 120; i++) {
		for (int k = 0; k < 5; k++)
			mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1400 + k, k & 1 ? OUTCOME_TIMEOUT : OUTCOME_REPLY);
		sim_run(&s, 1);
		sim_run(&plain, 1);
	}
	s.m->targets[0].large = 0;
	assert_memory_equal(&s.m->targets[0], &plain.m->targets[0], sizeof s.m->targets[0]);
	assert_int_equal(row(&s)->state, HEALTH_UP);
	assert_int_equal(row(&s)->up_us, row(&plain)->up_us);
	for (int i = 0; i < 30; i++) {
		for (int k = 0; k < 5; k++)
			mtu_probe(&s, MTU_INNER, PURPOSE_LOCATE, 1400 + k, OUTCOME_TIMEOUT);
		sim_run(&s, 1);
		sim_run(&plain, 1);
	}
	assert_memory_equal(&s.m->targets[0].rtt, &plain.m->targets[0].rtt, sizeof s.m->targets[0].rtt);
	assert_memory_equal(s.m->targets[0].ring_lost, plain.m->targets[0].ring_lost, sizeof plain.m->targets[0].ring_lost);
	assert_int_equal(s.m->targets[0].replies, plain.m->targets[0].replies);
	assert_int_equal(s.m->targets[0].lost, 0);
	assert_int_equal(row(&s)->state, HEALTH_UP);
	sim_end(&s);
	sim_end(&plain);
}

/* Answers to MTU probes arrive through the interface: they are no traffic that speaks for a silent peer. */
static void answers_are_no_traffic(void **state)
{
	struct sim s;

	(void)state;
	start(&s, &vti4);
	sim_run(&s, 20);
	s.loss = 1;
	for (int i = 0; i < 20; i++) {
		for (int k = 0; k < 4; k++) {
			s.rx++;
			mtu_probe(&s, MTU_INNER, k & 1 ? PURPOSE_MTU : PURPOSE_LOCATE, 1437,
				  k & 2 ? OUTCOME_PTB : OUTCOME_UNREACHABLE);
		}
		sim_run(&s, 1);
	}
	assert_int_equal(row(&s)->state, HEALTH_DOWN);
	sim_end(&s);
}

/* ---- what people are told ---- */

static void told_with_cause(void **state)
{
	static const struct {
		const char *from;
		const struct mtu_row *row;
		const char *text;
	} ways[] = {
		{ PTB4, &vti4, "path 1400 -> 1372 (-28) frag-needed from " PTB4 },
		{ PTB6, &vti6, "path 1400 -> 1372 (-28) frag-needed from " PTB6 },
		{ NULL, &vti4, "path 1400 -> 1372 (-28) frag-needed" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct sim s;

		start(&s, ways[i].row);
		s.mtu = 1400;
		sim_link(&s);
		mtu_found(&s, MTU_INNER, 1400, PMTU_CAUSE_NONE, NULL);
		assert_int_equal(mtu_events(&s, 0, "MTU"), 0);
		sim_run(&s, 30);
		mtu_found(&s, MTU_INNER, 1372, PMTU_CAUSE_PTB, ways[i].from);
		assert_string_equal(mtu_event(&s, 0, "MTU", 0), ways[i].text);
		assert_int_equal(mtu_of(&s, 0).drift, -28);
		sim_run(&s, 30);
		/* nothing new: nothing is told */
		mtu_found(&s, MTU_INNER, 1372, PMTU_CAUSE_PTB, ways[i].from);
		assert_int_equal(mtu_events(&s, 0, "MTU"), 1);
		mtu_found(&s, MTU_INNER, 1386, PMTU_CAUSE_PTB, ways[i].from);
		assert_words(mtu_event(&s, 0, "MTU", 0), "path 1372 -> 1386 (+14, -14 from the baseline)");
		mtu_found(&s, MTU_INNER, 1400, PMTU_CAUSE_NONE, NULL);
		assert_string_equal(mtu_event(&s, 0, "MTU", 0), "path 1386 -> 1400 (+14, as at the baseline)");
		assert_int_equal(mtu_of(&s, 0).drift, 0);
		sim_end(&s);
	}
}

/* The number is told at once, who set it when that is known. */
static void told_without_cause_yet(void **state)
{
	static const struct {
		enum pmtu_cause cause;
		const char *from, *text;
	} ways[] = {
		{ PMTU_CAUSE_SILENT, NULL, "path 1436 -> 1372 (-64) silently (black hole)" },
		{ PMTU_CAUSE_PTB, PTB4, "path 1436 -> 1372 (-64) frag-needed from 192.0.2.65" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct sim s;

		start(&s, &vti4);
		mtu_found(&s, MTU_INNER, 1436, PMTU_CAUSE_NONE, NULL);
		sim_run(&s, 30);
		mtu_found(&s, MTU_INNER, 1372, PMTU_CAUSE_PENDING, NULL);
		assert_string_equal(mtu_event(&s, 0, "MTU", 0), "path 1436 -> 1372 (-64) cause pending");
		sim_run(&s, 3);
		mtu_found(&s, MTU_INNER, 1372, ways[i].cause, ways[i].from);
		assert_string_equal(mtu_event(&s, 0, "MTU", 0), ways[i].text);
		assert_int_equal(mtu_events(&s, 0, "MTU"), 1);
		/* the search that confirms it has no cause for a while, either */
		mtu_found(&s, MTU_INNER, 1372, PMTU_CAUSE_PENDING, NULL);
		mtu_found(&s, MTU_INNER, 1372, ways[i].cause, ways[i].from);
		assert_int_equal(mtu_events(&s, 0, "MTU"), 1);
		assert_string_equal(mtu_event(&s, 0, "MTU", 0), ways[i].text);
		sim_end(&s);
	}
}

/* A router begins to filter ICMP, and stops again; a number that is wrong is named. */
static void told_cause_change(void **state)
{
	struct sim s;

	(void)state;
	start(&s, &vti4);
	mtu_found(&s, MTU_INNER, 1372, PMTU_CAUSE_PTB, PTB4);
	assert_words(mtu_event(&s, 0, "MTU", 0), "baseline 1372, though the interface says 1436");
	sim_run(&s, 10);
	mtu_found(&s, MTU_INNER, 1372, PMTU_CAUSE_SILENT, NULL);
	assert_words(mtu_event(&s, 0, "MTU", 0), "path 1372: no frag-needed any more, larger packets vanish");
	sim_run(&s, 10);
	mtu_found(&s, MTU_INNER, 1372, PMTU_CAUSE_PENDING, NULL);
	mtu_found(&s, MTU_INNER, 1372, PMTU_CAUSE_PTB, PTB4);
	assert_words(mtu_event(&s, 0, "MTU", 0), "path 1372: now frag-needed from 192.0.2.65");
	assert_int_equal(mtu_events(&s, 0, "MTU"), 3);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_COMPLETE, .cause = PMTU_CAUSE_PTB, .mtu = 1300,
		.from = PTB4, .has_named = true });
	assert_words(mtu_event(&s, 0, "MTU", 0), "frag-needed from 192.0.2.65 naming 0");
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_COMPLETE, .cause = PMTU_CAUSE_SILENT, .mtu = 0,
		.high = 576 });
	assert_words(mtu_event(&s, 0, "MTU", 0), "path 1300 -> less than 576 silently (black hole)");
	mtu_found(&s, MTU_INNER, 1300, PMTU_CAUSE_PTB, PTB4);
	assert_words(mtu_event(&s, 0, "MTU", 0), "path now 1300");
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_COMPLETE, .cause = PMTU_CAUSE_SILENT, .mtu = 0,
		.high = 576 });
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_UNSTABLE });
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_UNSTABLE });
	assert_words(mtu_event(&s, 0, "MTU", 0), "unstable");
	assert_words(mtu_event(&s, 0, "MTU", 1), "path 1300");
	sim_end(&s);
}

static void told_of_outer_paths(void **state)
{
	struct sim s;

	(void)state;
	start(&s, &vti4);
	mtu_found(&s, MTU_OUTER, 1500, PMTU_CAUSE_NONE, NULL);
	sim_run(&s, 10);
	mtu_found(&s, MTU_OUTER, 1454, PMTU_CAUSE_PTB, PTB4);
	assert_string_equal(mtu_event(&s, 0, "MTU", 0), "outer path 1500 -> 1454 (-46) frag-needed from 192.0.2.65");
	assert_int_equal(mtu_of(&s, 0).drift, -46);
	sim_end(&s);
}

/* ---- steps ---- */

static void steps(void **state)
{
	struct history_step got[100];
	struct model *copy;
	struct sim s;

	(void)state;
	start(&s, &vti4);
	assert_int_equal(history_steps(s.m, MTU_INNER, got, 100), 0);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_UNREACHABLE });
	assert_int_equal(history_steps(s.m, MTU_INNER, got, 100), 0);
	mtu_found(&s, MTU_INNER, 1436, PMTU_CAUSE_NONE, NULL);
	sim_run(&s, 10);
	mtu_found(&s, MTU_INNER, 1436, PMTU_CAUSE_NONE, NULL);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_UNREACHABLE });
	sim_run(&s, 10);
	mtu_found(&s, MTU_INNER, 1372, PMTU_CAUSE_NONE, NULL);
	assert_int_equal(history_steps(s.m, MTU_INNER, got, 100), 3);
	assert_true(got[0].mtu == 1436 && got[1].mtu == 0 && got[2].mtu == 1372);
	assert_true(got[0].t == 10 * US_PER_S && got[1].t == 20 * US_PER_S && got[2].t == 30 * US_PER_S);
	assert_int_equal(history_steps(s.m, MTU_INNER, got, 1), 1);
	assert_int_equal(got[0].mtu, 1372);
	for (int i = 0; i < 200; i++) {
		sim_run(&s, 1);
		mtu_found(&s, MTU_INNER, 1000 + i, PMTU_CAUSE_NONE, NULL);
	}
	copy = model_copy(s.m);
	assert_true(model_bytes(copy) > sizeof *copy);
	assert_int_equal(history_steps(copy, MTU_INNER, got, 100), 64);
	for (int i = 0; i < 64; i++)
		assert_int_equal(got[i].mtu, 1136 + i);
	assert_int_equal(history_steps(copy, MTU_OUTER, got, 100), 0);
	assert_int_equal(history_steps(copy, 60000, got, 100), 0);
	model_free(copy);
	sim_end(&s);
}

/* ---- baseline ---- */

static void put_baseline(struct sim *s)
{
	struct record r;

	record_init(&r, RECORD_BASELINE, 0, s->t);
	sim_put(s, &r);
}

static void baselines(void **state)
{
	struct sim s;

	(void)state;
	start(&s, &vti4);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_TOO_LOSSY });
	assert_int_equal(row(&s)->base_inner, 0);
	mtu_found(&s, MTU_INNER, 1436, PMTU_CAUSE_NONE, NULL);
	mtu_found(&s, MTU_OUTER, 1500, PMTU_CAUSE_NONE, NULL);
	sim_run(&s, 10);
	mtu_found(&s, MTU_INNER, 1372, PMTU_CAUSE_PTB, PTB4);
	assert_true(row(&s)->base_inner == 1436 && row(&s)->base_outer == 1500);
	assert_int_equal(mtu_of(&s, 0).drift, -64);
	/* `=`: the present, and it says that it is less than it should be */
	put_baseline(&s);
	assert_true(row(&s)->base_inner == 1372 && row(&s)->base_outer == 1500);
	assert_int_equal(mtu_of(&s, 0).drift, 0);
	assert_words(mtu_event(&s, 0, "MTU", 0), "baseline 1372, though the interface says 1436");
	/* while it is being searched the next one that settles */
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING });
	put_baseline(&s);
	assert_int_equal(row(&s)->base_inner, 0);
	assert_false(mtu_of(&s, 0).has_drift);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_COMPLETE, .mtu = 1380,
		.cause = PMTU_CAUSE_PTB });
	assert_int_equal(row(&s)->base_inner, 1380);
	/* while it does not answer neither: the next that is found so after it did */
	s.loss = 1;
	sim_run(&s, 20);
	assert_int_equal(row(&s)->state, HEALTH_DOWN);
	put_baseline(&s);
	assert_int_equal(row(&s)->base_inner, 0);
	s.loss = 0;
	sim_run(&s, 20);
	assert_int_equal(row(&s)->state, HEALTH_DEGRADED);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_COMPLETE, .mtu = 1380,
		.cause = PMTU_CAUSE_PTB, .proofs = 6 });
	assert_int_equal(row(&s)->base_inner, 1380);
	sim_end(&s);
}

/* Less than the outer path would let in: said once, whichever of the two is known first. */
static void baseline_under_ceiling(void **state)
{
	(void)state;
	for (int order = 0; order < 2; order++) {
		struct sim s;

		start(&s, &vti4);
		s.mtu = 1500;
		sim_link(&s);
		put_sas(&s, &vti4);
		mtu_found(&s, order ? MTU_INNER : MTU_OUTER, order ? 1372 : 1454, PMTU_CAUSE_PTB, PTB4);
		mtu_found(&s, order ? MTU_OUTER : MTU_INNER, order ? 1454 : 1372, PMTU_CAUSE_PTB, PTB4);
		mtu_found(&s, MTU_INNER, 1372, PMTU_CAUSE_PTB, PTB4);
		assert_int_equal(mtu_events(&s, 0, "MTU"), 1);
		assert_words(mtu_event(&s, 0, "MTU", 0), order ? "baseline 1372, though the interface says 1500" :
			     "baseline 1372, though outer 1454 leaves 1390 inside");
		sim_end(&s);
	}
}

/* ---- health ---- */

static void gap_degrades(void **state)
{
	struct sim s;

	(void)state;
	start(&s, &vti4);
	mtu_found(&s, MTU_INNER, 1436, PMTU_CAUSE_NONE, NULL);
	sim_run(&s, 120);
	assert_int_equal(row(&s)->state, HEALTH_UP);
	mtu_found(&s, MTU_INNER, 1372, PMTU_CAUSE_PTB, PTB4);
	sim_run(&s, 1);
	assert_int_equal(row(&s)->state, HEALTH_DEGRADED);
	assert_string_equal(row(&s)->reason,
			    "path MTU 1372, 64 less than the interface says: frag-needed from 192.0.2.65");
	/* it holds for as long as it is so */
	sim_run(&s, 200);
	assert_int_equal(row(&s)->state, HEALTH_DEGRADED);
	s.mtu = 1372;
	sim_link(&s);
	sim_run(&s, 58);
	assert_int_equal(row(&s)->state, HEALTH_DEGRADED);
	sim_run(&s, 4);
	assert_int_equal(row(&s)->state, HEALTH_UP);
	sim_end(&s);
}

static void black_hole_degrades(void **state)
{
	struct sim s;

	(void)state;
	start(&s, &line4);
	mtu_found(&s, MTU_INNER, 1454, PMTU_CAUSE_PENDING, NULL);
	sim_run(&s, 5);
	assert_int_equal(row(&s)->state, HEALTH_UP);
	mtu_found(&s, MTU_INNER, 1454, PMTU_CAUSE_SILENT, NULL);
	sim_run(&s, 1);
	assert_int_equal(row(&s)->state, HEALTH_DEGRADED);
	assert_string_equal(row(&s)->reason,
			    "black hole: packets larger than 1454 vanish without frag-needed, interface says 1500");
	/* a search does not end it, its result does */
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING });
	sim_run(&s, 70);
	assert_int_equal(row(&s)->state, HEALTH_DEGRADED);
	mtu_found(&s, MTU_INNER, 1454, PMTU_CAUSE_PTB, PTB4);
	sim_run(&s, 62);
	assert_int_equal(row(&s)->state, HEALTH_UP);
	assert_int_equal(mtu_of(&s, 0).verdict, MTU_VERDICT_OK);
	assert_string_equal(mtu_of(&s, 0).text,
			    "line carries 1454, interface says 1500; frag-needed from 192.0.2.65");
	sim_end(&s);
}

/* An address that never answered large packets, nor small ones, is no black hole. */
static void silent_target_is_unknown(void **state)
{
	struct sim s;

	(void)state;
	start(&s, &vti4);
	mtu_put(&s, MTU_OUTER, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING });
	mtu_put(&s, MTU_OUTER, &(struct mtu_found){ .state = PMTU_STATE_UNREACHABLE });
	sim_run(&s, 5);
	assert_int_equal(row(&s)->state, HEALTH_UP);
	assert_string_equal(mtu_of(&s, 0).text, "does not answer");
	assert_int_equal(mtu_of(&s, 0).verdict, MTU_VERDICT_UNKNOWN);
	sim_end(&s);
}

/* While a row is down its path MTU is not known, whatever it was. */
static void down_row_has_no_number(void **state)
{
	struct sim s;

	(void)state;
	start(&s, &vti4);
	mtu_found(&s, MTU_INNER, 1436, PMTU_CAUSE_NONE, NULL);
	sim_run(&s, 10);
	s.loss = 1;
	sim_run(&s, 10);
	assert_int_equal(row(&s)->state, HEALTH_DOWN);
	assert_true(!mtu_of(&s, 0).path_inner && !mtu_of(&s, 0).has_gap);
	assert_string_equal(mtu_of(&s, 0).text, "does not answer; it was 1436");
	s.loss = 0;
	sim_run(&s, 10);
	assert_int_equal(mtu_of(&s, 0).path_inner, 1436);
	sim_end(&s);
}

/* Probes of the number itself are lost, small ones are not. */
static void large_packets_lost(void **state)
{
	struct sim s;

	(void)state;
	start(&s, &vti4);
	mtu_found(&s, MTU_INNER, 1436, PMTU_CAUSE_NONE, NULL);
	sim_run(&s, 60);
	for (int i = 0; i < 40; i++) {
		mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1436, i % 3 ? OUTCOME_REPLY : OUTCOME_TIMEOUT);
		sim_run(&s, 10);
	}
	assert_int_equal(row(&s)->state, HEALTH_DEGRADED);
	assert_words(row(&s)->reason, "large packets are lost: ");
	assert_words(row(&s)->reason, " of 1436 bytes, small ones are not");
	for (int i = 0; i < 64; i++) {
		mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1436, OUTCOME_REPLY);
		sim_run(&s, 10);
	}
	assert_int_equal(row(&s)->state, HEALTH_UP);
	sim_end(&s);
}

/* All sizes are lost alike, or in outages: that is not held against large ones. */
static void loss_of_all_is_not(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct sim s;

		start(&s, &vti4);
		s.random = seed * 1234567;
		mtu_found(&s, MTU_INNER, 1436, PMTU_CAUSE_NONE, NULL);
		s.loss = 0.1;
		sim_run(&s, 60);
		for (int i = 0; i < 100; i++) {
			bool lost = sim_random(&s) % 10 == 0;

			s.loss = i % 20 == 10 ? 1 : 0.1;
			mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1436, lost || s.loss == 1 ? OUTCOME_TIMEOUT :
				  OUTCOME_REPLY);
			sim_run(&s, 10);
		}
		for (size_t i = 0; i < history_events(s.m); i++)
			assert_null(strstr(history_event(s.m, i)->text, "large packets"));
		sim_end(&s);
	}
}

/* Blips that are too short to be outages swallow large and small ones alike. */
static void loss_in_blips_is_not(void **state)
{
	struct sim s;

	(void)state;
	start(&s, &vti4);
	mtu_found(&s, MTU_INNER, 1436, PMTU_CAUSE_NONE, NULL);
	sim_run(&s, 60);
	for (int i = 0; i < 60; i++) {
		s.loss = 1;
		sim_run(&s, 1.2);
		mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1436, OUTCOME_TIMEOUT);
		s.loss = 0;
		sim_run(&s, 28.8);
		mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1436, OUTCOME_REPLY);
	}
	assert_int_equal(model_find_pmtu(s.m, MTU_INNER)->recent_lost, 0);
	for (size_t i = 0; i < history_events(s.m); i++)
		assert_null(strstr(history_event(s.m, i)->text, "large packets"));
	sim_end(&s);
}

/* What the next hop names is what is configured on a router that the tunnel ends on. */
static void remote_rows(void **state)
{
	static const struct mtu_row remote = { .type = TUNNEL_TYPE_REMOTE, .peer = "10.77.0.2", .no_link = true };
	struct model_mtu u;
	struct sim s;

	(void)state;
	start(&s, &remote);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_COMPLETE, .cause = PMTU_CAUSE_PTB, .mtu = 1390,
		.from = "192.168.1.1", .near = true });
	u = mtu_of(&s, 0);
	assert_true(u.configured == 1390 && u.from_router && u.has_gap && !u.gap);
	assert_int_equal(u.verdict, MTU_VERDICT_OK);
	assert_string_equal(u.text, "1390 passes, its router says 1390");
	sim_run(&s, 2);
	assert_int_equal(row(&s)->state, HEALTH_UP);
	/* behind the router it is less, and nobody says so */
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_COMPLETE, .cause = PMTU_CAUSE_SILENT,
		.mtu = 1300, .near_mtu = 1390 });
	u = mtu_of(&s, 0);
	assert_true(u.configured == 1390 && u.gap == -90 && u.mtu == 1300);
	assert_int_equal(u.verdict, MTU_VERDICT_BLACK_HOLE);
	assert_string_equal(u.text, "more than 1300 vanishes; its router says 1390");
	sim_run(&s, 2);
	assert_int_equal(row(&s)->state, HEALTH_DEGRADED);
	/* ... or a router further away does */
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_COMPLETE, .cause = PMTU_CAUSE_PTB, .mtu = 1300,
		.from = PTB4, .near_mtu = 1390 });
	u = mtu_of(&s, 0);
	assert_true(u.configured == 1390 && u.from_router && u.gap == -90 && u.mtu == 1300);
	assert_int_equal(u.verdict, MTU_VERDICT_OVERSIZED);
	assert_string_equal(u.text, "1300 passes; its router says 1390; frag-needed from " PTB4);
	/* it is known, though nobody at the far end answers */
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_UNREACHABLE, .near_mtu = 1390 });
	assert_int_equal(mtu_of(&s, 0).configured, 1390);
	/* that one names what a path has, not what is configured */
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_COMPLETE, .cause = PMTU_CAUSE_PTB, .mtu = 1300,
		.from = PTB4 });
	u = mtu_of(&s, 0);
	assert_true(!u.configured && !u.has_gap);
	sim_end(&s);
}

/* ---- keys, addresses, hostile files ---- */

static void put_remove(struct sim *s, enum record_kind kind, unsigned key)
{
	struct record r;

	record_init(&r, RECORD_REMOVE, key, s->t);
	record_set(&r, 0, kind);
	sim_put(s, &r);
}

static void put_pmtu_source(struct sim *s, const char *period)
{
	struct record r;

	record_init(&r, RECORD_SETTING, 3, s->t);
	record_set(&r, SETTING_NAME, mtu_name(s, "mtu-period"));
	record_set(&r, SETTING_VALUE, mtu_name(s, period));
	sim_put(s, &r);
	record_init(&r, RECORD_SOURCE, 16, s->t);
	record_set(&r, SOURCE_NAME, mtu_name(s, "pmtu"));
	record_set(&r, SOURCE_INSTANCE, mtu_name(s, "ipv4"));
	record_set(&r, SOURCE_STATE, SOURCE_STATE_OK);
	sim_put(s, &r);
}

/* Whether a first search is still to end. */
static void still_searched(void **state)
{
	struct sim s;

	(void)state;
	start(&s, &vti4);
	assert_false(model_mtu_searching(s.m, 0));
	put_pmtu_source(&s, "0");
	assert_false(model_mtu_searching(s.m, 0));
	put_pmtu_source(&s, "10");
	assert_true(model_mtu_searching(s.m, 0));
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING });
	assert_true(model_mtu_searching(s.m, 0));
	/* outside as well, while its target answers */
	mtu_found(&s, MTU_INNER, 1390, PMTU_CAUSE_PENDING, NULL);
	assert_true(model_mtu_searching(s.m, 0));
	mtu_put(&s, MTU_OUTER, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING });
	assert_true(model_mtu_searching(s.m, 0));
	s.m->targets[MTU_OUTER].silent = true;
	assert_false(model_mtu_searching(s.m, 0));
	s.m->targets[MTU_OUTER].silent = false;
	mtu_put(&s, MTU_OUTER, &(struct mtu_found){ .state = PMTU_STATE_TOO_LOSSY });
	assert_false(model_mtu_searching(s.m, 0));
	assert_false(model_mtu_searching(s.m, 1));
	assert_false(model_mtu_searching(s.m, MODEL_NONE));
	sim_end(&s);
	/* a row that is down is told as such */
	start(&s, &vti4);
	put_pmtu_source(&s, "10");
	s.loss = 1;
	sim_run(&s, 10);
	assert_false(model_mtu_searching(s.m, 0));
	sim_end(&s);
}

static void another_address(void **state)
{
	struct mtu_row moved = vti4;
	struct sim s;

	(void)state;
	start(&s, &vti4);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_COMPLETE, .mtu = 1372, .target = "10.77.0.2" });
	moved.peer = "10.77.0.3";
	mtu_put_row(&s, 0, &moved);
	assert_null(model_find_pmtu(s.m, MTU_INNER));
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_COMPLETE, .mtu = 1372, .target = "10.77.0.3" });
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING, .target = "10.77.0.4" });
	assert_int_equal(model_find_pmtu(s.m, MTU_INNER)->mtu, 0);
	put_remove(&s, RECORD_PMTU, MTU_INNER);
	assert_null(model_find_pmtu(s.m, MTU_INNER));
	put_remove(&s, RECORD_PMTU, 65535);
	put_remove(&s, RECORD_SA, 65535);
	put_remove(&s, RECORD_SA, 0);
	sim_end(&s);
}

static void hostile(void **state)
{
	static const int64_t odd[] = { INT64_MIN, -1, 0, 1, 68, 575, 1400, 65535, 65536, INT32_MAX, INT64_MAX };

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct model_mtu u;
		struct record r;
		struct sim s;

		start(&s, seed & 1 ? &vti4 : &line4);
		s.random = seed * 7919;
		for (int i = 0; i < 3000; i++) {
			static const enum record_kind kinds[] = { RECORD_PMTU, RECORD_SA, RECORD_PROBE, RECORD_PMTU,
								  RECORD_REMOVE };
			enum record_kind kind = kinds[sim_random(&s) % 5];

			record_init(&r, kind, sim_random(&s) % 4 ? sim_random(&s) % 3 : sim_random(&s) % 65536, s.t);
			r.snapshot = sim_random(&s) % 8 == 0;
			for (unsigned f = 0; kind != RECORD_REMOVE && f < record_kind_info(kind)->nfields; f++)
				if (sim_random(&s) % 3)
					record_set(&r, f, sim_random(&s) % 2 ? odd[sim_random(&s) % ARRAY_LEN(odd)] :
						   sim_random(&s) % 5);
			if (kind == RECORD_REMOVE)
				record_set(&r, 0, kinds[sim_random(&s) % 3]);
			sim_put(&s, &r);
			if (i % 50 == 0)
				sim_run(&s, 1);
			model_mtu(s.m, 0, &u);
			assert_true(strlen(u.text) < sizeof u.text && u.path_inner >= 0 && u.path_inner <= 65535);
			assert_true(s.m->npmtu <= 16384 && s.m->nsa <= 16384);
		}
		model_mtu(s.m, 77777, &u);
		assert_int_equal(u.verdict, MTU_VERDICT_UNKNOWN);
		sim_end(&s);
	}
}

/* ---- a part of a recording that begins in the middle ---- */

static void restated(struct sim *from, struct model *to, enum record_kind kind, struct record *r)
{
	(void)from;
	r->snapshot = true;
	r->kind = kind;
	model_apply(to, r);
}

static void survives_rotation(void **state)
{
	uint8_t data[RECORD_TEXT_MAX];
	struct record r;
	struct model *part;
	struct model_mtu u;
	struct sim s, other;

	(void)state;
	start(&s, &vti4);
	mtu_found(&s, MTU_INNER, 1436, PMTU_CAUSE_NONE, NULL);
	mtu_found(&s, MTU_OUTER, 1500, PMTU_CAUSE_NONE, NULL);
	sim_run(&s, 20);
	mtu_found(&s, MTU_INNER, 1372, PMTU_CAUSE_PTB, PTB4);
	/* the same world, told by snapshots */
	sim_start(&other, 1, 1);
	model_free(other.m);
	other.m = part = model_new(true);
	other.t = s.t;
	record_init(&r, RECORD_TUNNEL, 0, s.t);
	record_set(&r, TUNNEL_TYPE, TUNNEL_TYPE_VTI);
	record_set(&r, TUNNEL_INNER_TARGET, MTU_INNER);
	record_set(&r, TUNNEL_OUTER_TARGET, MTU_OUTER);
	record_set(&r, TUNNEL_LINK, 0);
	restated(&s, part, RECORD_TUNNEL, &r);
	record_init(&r, RECORD_LINK, 0, s.t);
	record_set(&r, LINK_MTU, 1436);
	record_set(&r, LINK_UP, 1);
	restated(&s, part, RECORD_LINK, &r);
	mtu_fill(&other, &r, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_COMPLETE, .cause = PMTU_CAUSE_PTB,
		 .mtu = 1372 });
	restated(&s, part, RECORD_PMTU, &r);
	/* cut while it is searched: the number goes with it */
	mtu_fill(&other, &r, MTU_OUTER, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING, .mtu = 1500 });
	restated(&s, part, RECORD_PMTU, &r);
	model_carry(s.m, 0, &r, data);
	r.snapshot = true;
	model_apply(part, &r);
	model_mtu(part, 0, &u);
	assert_true(u.path_inner == 1372 && u.path_outer == 1500 && u.drift == -64 && u.gap == -64);
	assert_true(part->tunnels[0].base_inner == 1436 && part->tunnels[0].base_outer == 1500);
	assert_int_equal(history_events(part), 0);
	assert_true(history_steps(part, MTU_INNER, &(struct history_step){0}, 1) == 1);
	/* a snapshot alone is no baseline: nobody knows what it was */
	part->tunnels[0].base_inner = 0;
	mtu_fill(&other, &r, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_COMPLETE, .mtu = 1372 });
	restated(&s, part, RECORD_PMTU, &r);
	assert_int_equal(part->tunnels[0].base_inner, 0);
	sim_end(&s);
	sim_end(&other);
}

/* ---- small probes while large ones are sent ---- */

/* Somebody limits the rate of echoes: what is sent during a search is lost for it, and counts for no loss, whenever its
 * fate becomes known. Verdicts go by it all the same. */
static void aside(void **state)
{
	struct model *c;
	struct sim s;
	unsigned n;

	(void)state;
	start(&s, &line4);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING, .target = "10.77.0.2" });
	for (int i = 0; i < 9; i++) {
		s.loss = i % 2;
		sim_run(&s, 1);
	}
	s.loss = 1;
	sim_run(&s, 1);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_COMPLETE, .mtu = 1390,
						    .cause = PMTU_CAUSE_PENDING });
	s.loss = 0;
	sim_run(&s, 2);
	s.loss = 1;
	sim_run(&s, 1);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_COMPLETE, .mtu = 1390,
						    .cause = PMTU_CAUSE_SILENT });
	s.loss = 0;
	sim_run(&s, 3);
	/* the place is looked for later */
	mtu_probe(&s, MTU_INNER, PURPOSE_LOCATE, 1391, OUTCOME_TIMEOUT);
	s.loss = 1;
	sim_run(&s, 1);
	s.loss = 0;
	sim_run(&s, 20);
	assert_true(model_loss(s.m, &s.m->targets[0], LOSS_ALL) == 0);
	assert_true(model_loss(s.m, &s.m->targets[0], LOSS_UP) == 0);
	assert_true(model_loss(s.m, &s.m->targets[0], LOSS_1M) == 0);
	assert_true(model_loss(s.m, &s.m->targets[0], LOSS_10M) == 0);
	/* answered ones are left out as lost ones are: 49 s, of which 10 before and 18 behind it count */
	assert_in_range(s.m->targets[0].sent, 26, 32);
	assert_true(model_ring_lost(&s.m->targets[0], UINT32_MAX) >= 6);
	assert_int_equal(model_ring_loss(&s.m->targets[0], UINT32_MAX, &n), 0);
	assert_in_range(n, 26, 32);
	assert_null(strstr(row(&s)->reason, "loss"));
	assert_int_equal(history_outages(s.m), 0);
	c = model_copy(s.m);
	assert_true(model_hash(c) == model_hash(s.m));
	model_free(c);
	/* an outage is one, searching or not */
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING });
	s.loss = 1;
	sim_run(&s, 10);
	assert_int_equal(row(&s)->state, HEALTH_DOWN);
	sim_end(&s);
}

/* Sent before the search, lost while it is under way: that was not the search. */
static void aside_by_sending(void **state)
{
	struct sim s;

	(void)state;
	start(&s, &line4);
	s.loss = 1;
	sim_run(&s, 1);
	s.loss = 0;
	sim_run(&s, 0.5);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING, .target = "10.77.0.2" });
	sim_run(&s, 5);
	assert_int_equal(s.m->targets[0].lost, 1);
	sim_end(&s);
}

/* Searches that hardly end hide no loss for long; it is the same when a keyframe repeats what was said. */
static void aside_has_an_end(void **state)
{
	(void)state;
	for (int keyframes = 0; keyframes < 2; keyframes++) {
		int64_t began = 0, first = 0, last = 0;
		unsigned total = 0;
		struct sim s;

		start(&s, &line4);
		for (int i = 0; i < 600; i++) {
			if (i % 5 == 0) {
				mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = i % 10 ? PMTU_STATE_TOO_LOSSY :
					PMTU_STATE_SEARCHING, .target = "10.77.0.2" });
				last = i % 10 ? last : s.t;
				began = began ? began : s.t;
			}
			if (keyframes && i % 10 < 5) {
				int64_t t = s.t;

				s.t = last;
				mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING,
					.target = "10.77.0.2", .snapshot = true });
				s.t = t;
			}
			s.loss = i % 5 == 2 ? 1 : 0.05;
			sim_run(&s, 1);
			total += model_pmtu_aside(s.m, MTU_INNER, s.t);
			if (!first && row(&s)->state == HEALTH_DEGRADED)
				first = s.t;
		}
		assert_in_range(total, 150, 320);
		assert_true(first && first < began + 90 * US_PER_S);
		assert_int_equal(row(&s)->state, HEALTH_DEGRADED);
		assert_near(model_loss(s.m, &s.m->targets[0], LOSS_10M), 0.23, 0.1);
		sim_end(&s);
	}
	/* one that does not end at all */
	for (int found = 0; found < 2; found++) {
		struct sim s;

		start(&s, &line4);
		mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = found ? PMTU_STATE_COMPLETE : PMTU_STATE_SEARCHING,
			.mtu = 1390, .cause = PMTU_CAUSE_PENDING, .target = "10.77.0.2" });
		assert_true(model_pmtu_aside(s.m, MTU_INNER, s.t + 29 * US_PER_S));
		assert_false(model_pmtu_aside(s.m, MTU_INNER, s.t - 1));
		assert_false(model_pmtu_aside(s.m, MTU_INNER, s.t + 30 * US_PER_S));
		assert_false(model_pmtu_aside(s.m, MTU_OUTER, s.t));
		sim_end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(no_number),
		cmocka_unit_test(evidence),
		cmocka_unit_test(proofs),
		cmocka_unit_test(beliefs),
		cmocka_unit_test(telling_sizes),
		cmocka_unit_test(counts_end_somewhere),
		cmocka_unit_test(nothing_else_moves),
		cmocka_unit_test(answers_are_no_traffic),
		cmocka_unit_test(told_with_cause),
		cmocka_unit_test(told_without_cause_yet),
		cmocka_unit_test(told_cause_change),
		cmocka_unit_test(told_of_outer_paths),
		cmocka_unit_test(steps),
		cmocka_unit_test(baselines),
		cmocka_unit_test(baseline_under_ceiling),
		cmocka_unit_test(gap_degrades),
		cmocka_unit_test(black_hole_degrades),
		cmocka_unit_test(silent_target_is_unknown),
		cmocka_unit_test(down_row_has_no_number),
		cmocka_unit_test(large_packets_lost),
		cmocka_unit_test(loss_of_all_is_not),
		cmocka_unit_test(loss_in_blips_is_not),
		cmocka_unit_test(remote_rows),
		cmocka_unit_test(still_searched),
		cmocka_unit_test(another_address),
		cmocka_unit_test(hostile),
		cmocka_unit_test(survives_rotation),
		cmocka_unit_test(aside),
		cmocka_unit_test(aside_by_sending),
		cmocka_unit_test(aside_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
