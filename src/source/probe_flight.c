// SPDX-License-Identifier: GPL-2.0-or-later
// Probes under way and their fate. Every probe gets one fate: reply, timeout, unreachable, ptb, local-toobig or error.
// What comes after that is late or a duplicate.
#include <stdlib.h>
#include <string.h>

#include "source/probe.h"

#define REMEMBER_US (10 * US_PER_S)      /* late replies are told from duplicates for so long */
#define LATE_MAX_US (600 * US_PER_S)     /* beyond this a reply is no longer believed */
#define EARLY_US (5 * US_PER_MS)         /* slots come that much early or late: not another slot for it */
#define FOREIGN_EVERY_US (100 * US_PER_MS)
#define SLEW_NS INT64_C(1000000)         /* a stamp may seem that much too early while the clock is slewed */
enum { DUPLICATES_MAX = 3 };             /* records of one probe */

static int64_t boot_ns(const struct prober *p, int64_t session_us)
{
	return p->env->boot0_ns + session_us * NS_PER_US;
}

static int64_t timeout_of(const struct prober *p, const struct target *t)
{
	const struct model *m = p->env->model;

	if (t->key < m->ntargets && m->targets[t->key].used)
		return model_timeout(&m->targets[t->key]);
	return US_PER_S;
}

static struct flight *place(struct target *t, uint32_t seq)
{
	return &t->ring[seq & (t->ring_cap - 1)];
}

struct flight *prober_flight_find(struct target *t, uint32_t seq)
{
	struct flight *f = t->ring_cap ? place(t, seq) : NULL;

	return f && f->state != FLIGHT_FREE && f->seq == seq ? f : NULL;
}

struct flight *prober_flight_find16(struct target *t, uint16_t seq16)
{
	for (uint32_t seq = t->oldest; seq != t->seq; seq++) {
		struct flight *f = prober_flight_find(t, seq);

		if (f && f->state == FLIGHT_PENDING && (seq & 0xffff) == seq16)
			return f;
	}
	return NULL;
}

static void record_begin(struct prober *p, const struct target *t, enum outcome outcome, struct record *r)
{
	record_init(r, RECORD_PROBE, t->key, p->now);
	record_set(r, PROBE_OUTCOME, outcome);
	record_set(r, PROBE_PATH, t->path);
	record_set(r, PROBE_TARGET, t->name);
	record_set(r, PROBE_SIZE, (int64_t)prober_size(t->way.target.family));
	record_set(r, PROBE_PURPOSE, PURPOSE_SCHEDULE);
}

static void record_flight(struct prober *p, const struct flight *f, struct record *r)
{
	int64_t slip = f->slip_us;

	if (f->tx_ns != FLIGHT_NO_STAMP)
		slip += f->tx_ns / NS_PER_US;
	record_set(r, PROBE_SEQ, f->seq);
	record_set(r, PROBE_PURPOSE, f->purpose);
	record_set(r, PROBE_AGE_US, p->now - f->sent_us);
	if (slip >= US_PER_MS)
		record_set(r, PROBE_SLIP_US, slip);
}

static void record_from(struct prober *p, const struct target *t, const struct addr *from, struct record *r)
{
	if (from->family && !addr_equal(from, &t->way.target))
		record_set(r, PROBE_FROM, record_intern_addr(p->env->intern, from, p->now));
}

static void put(struct prober *p, const struct record *r)
{
	p->env->sink->put(p->env->sink, r);
}

/* The fate of a probe is out: does the model want to know more, soon? */
static void put_fate(struct prober *p, struct target *t, const struct record *r, bool reply)
{
	put(p, r);
	if (reply && !t->trouble && !t->fast)
		return;
	t->trouble = !reply;
	t->fast = model_wants_fast(p->env->model, t->key);
}

static void ring_grow(struct target *t)
{
	uint32_t cap = t->ring_cap ? t->ring_cap * 2 : PROBER_RING_MIN;
	struct flight *old = t->ring;
	uint32_t n = t->ring_cap;

	t->ring = xcalloc(cap, sizeof *t->ring);
	t->ring_cap = cap;
	for (uint32_t i = 0; i < n; i++)
		if (old[i].state != FLIGHT_FREE)
			*place(t, old[i].seq) = old[i];
	free(old);
}

static void give_up(struct prober *p, struct target *t, struct flight *f)
{
	struct record r;

	f->state = FLIGHT_LOST;
	record_begin(p, t, OUTCOME_TIMEOUT, &r);
	record_flight(p, f, &r);
	put_fate(p, t, &r, false);
}

/* A free place for the next probe: the ring grows while what it holds is still of use. */
static struct flight *claim(struct prober *p, struct target *t)
{
	for (;;) {
		struct flight *f = t->ring_cap ? place(t, t->seq) : NULL;

		if (f && (f->state == FLIGHT_FREE ||
			  (f->state != FLIGHT_PENDING && p->now - f->sent_us > REMEMBER_US)))
			return f;
		if (t->ring_cap < PROBER_RING_MAX) {
			ring_grow(t);
			continue;
		}
		if (f->state == FLIGHT_PENDING)
			give_up(p, t, f);
		return f;
	}
}

void prober_flight_sent(struct prober *p, struct target *t, enum purpose purpose, int64_t sent_us, int64_t planned_us)
{
	struct flight *f = claim(p, t);
	int64_t slip = sent_us - planned_us;

	*f = (struct flight){ .sent_us = sent_us, .tx_ns = FLIGHT_NO_STAMP, .seq = t->seq, .state = FLIGHT_PENDING,
			      .purpose = (uint8_t)purpose, .ref = p->clock.ref };
	f->slip_us = slip < 0 ? 0 : slip > INT32_MAX ? INT32_MAX : (uint32_t)slip;
	t->seq++;
	t->planned_us = planned_us;
	if (t->deadline_us == PROBER_NEVER)
		t->deadline_us = sent_us + timeout_of(p, t) - EARLY_US;
}

void prober_flight_stamp(struct prober *p, struct target *t, uint32_t seq, int64_t real_ns)
{
	struct flight *f = prober_flight_find(t, seq);
	int64_t since;

	if (!f || f->tx_ns != FLIGHT_NO_STAMP)
		return;
	since = prober_clock_since(&p->clock, f->ref, boot_ns(p, f->sent_us), -SLEW_NS, real_ns);
	if (since != PROBER_NO_TIME && since < INT32_MAX)
		f->tx_ns = (int32_t)since;
}

/* A target whose probes never get a transmit stamp is sent to in another way. */
static void note_stamp(struct target *t, const struct flight *f)
{
	enum { ENOUGH = 3 };

	if (f->tx_ns != FLIGHT_NO_STAMP) {
		t->unstamped = 0;
	} else if (t->mode != STAMP_CLOCK && ++t->unstamped >= ENOUGH) {
		t->mode++;
		t->unstamped = 0;
	}
}

/* In ns; -1: unknown. Without a receive stamp it would be no better than the slots, and is not told. */
static int64_t round_trip(struct prober *p, const struct flight *f, int64_t real_ns)
{
	bool stamped = f->tx_ns != FLIGHT_NO_STAMP;
	int64_t since;

	if (!real_ns)
		return -1;
	since = prober_clock_since(&p->clock, f->ref, boot_ns(p, f->sent_us), stamped ? f->tx_ns : -SLEW_NS, real_ns);
	if (since == PROBER_NO_TIME)
		return -1;
	if (stamped)
		since -= f->tx_ns;
	return since < 0 ? 0 : since;
}

static void reply_known(struct prober *p, struct target *t, struct flight *f, const struct addr *from,
			int64_t real_ns)
{
	int64_t rtt = round_trip(p, f, real_ns);
	bool fate = f->state == FLIGHT_PENDING;
	enum outcome outcome = OUTCOME_REPLY;
	struct record r;

	if (f->state == FLIGHT_LOST || f->state == FLIGHT_FAILED) {
		outcome = OUTCOME_LATE;
	} else if (!fate) {
		if (f->again++ >= DUPLICATES_MAX) {
			f->again = DUPLICATES_MAX;
			return;
		}
		outcome = OUTCOME_DUPLICATE;
	}
	if (fate)
		note_stamp(t, f);
	f->state = fate ? FLIGHT_ANSWERED : FLIGHT_LATE;
	record_begin(p, t, outcome, &r);
	record_flight(p, f, &r);
	record_from(p, t, from, &r);
	if (rtt >= 0)
		record_set(&r, PROBE_RTT_NS, rtt);
	if (fate)
		put_fate(p, t, &r, true);
	else
		put(p, &r);
}

/* Once in a while; the rest is only counted. */
static bool odd_one_due(struct prober *p)
{
	if (p->foreign_us && p->now - p->foreign_us < FOREIGN_EVERY_US)
		return false;
	p->foreign_us = p->now;
	return true;
}

/* A reply to a probe no longer remembered: the probe itself says when it was sent. */
static void reply_forgotten(struct prober *p, struct target *t, const struct icmp_probe *probe,
			    const struct addr *from)
{
	int64_t age = p->now - probe->sent_us;
	struct record r;

	if (age < 0 || age > LATE_MAX_US || !odd_one_due(p))
		return;
	record_begin(p, t, OUTCOME_LATE, &r);
	record_set(&r, PROBE_SEQ, probe->seq);
	record_set(&r, PROBE_PURPOSE, probe->purpose);
	record_set(&r, PROBE_AGE_US, age);
	record_from(p, t, from, &r);
	put(p, &r);
}

void prober_flight_reply(struct prober *p, struct target *t, const struct icmp_probe *probe, const struct addr *from,
			 int64_t real_ns)
{
	struct flight *f = prober_flight_find(t, probe->seq);

	if (f)
		reply_known(p, t, f, from, real_ns);
	else if (probe->seq < t->seq)
		reply_forgotten(p, t, probe, from);
}

void prober_flight_failed(struct prober *p, struct target *t, uint32_t seq, const struct prober_failure *failure)
{
	struct flight *f = prober_flight_find(t, seq);
	struct record r;

	if (!f || f->state != FLIGHT_PENDING)
		return;
	f->state = FLIGHT_FAILED;
	record_begin(p, t, failure->outcome, &r);
	record_flight(p, f, &r);
	record_from(p, t, &failure->from, &r);
	if (failure->error)
		record_set(&r, PROBE_ERRNO, failure->error);
	if (failure->mtu > 0)
		record_set(&r, PROBE_MTU, failure->mtu);
	put_fate(p, t, &r, false);
}

void prober_flight_foreign(struct prober *p, const struct addr *from)
{
	size_t i, end;
	struct record r;

	p->foreign++;
	prober_targets_find(p, from, &i, &end);
	if (i == end || !odd_one_due(p))
		return;
	record_begin(p, &p->targets[p->by_addr[i]], OUTCOME_FOREIGN, &r);
	put(p, &r);
}

void prober_flight_expire(struct prober *p, struct target *t)
{
	int64_t timeout = timeout_of(p, t);

	t->deadline_us = PROBER_NEVER;
	for (; t->oldest != t->seq; t->oldest++) {
		struct flight *f = prober_flight_find(t, t->oldest);

		if (!f || f->state != FLIGHT_PENDING)
			continue;
		if (p->now - f->sent_us < timeout - EARLY_US) {
			t->deadline_us = f->sent_us + timeout - EARLY_US;
			return;
		}
		give_up(p, t, f);
	}
}
