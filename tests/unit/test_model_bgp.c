// SPDX-License-Identifier: GPL-2.0-or-later
// BGP neighbours in the model: since when, flaps, events, and what they are to the health of a row.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/router_check.h"

static const struct model_bgp *neighbour(const struct router_world *w)
{
	return &w->s.m->bgp[3];
}

/* ---- what FRR was seen to do ---- */

/* clear: Idle for 2 s, Established again, prefixes 1.3 s later. */
static void cleared(void **state)
{
	struct router_world w;
	const char *text;

	(void)state;
	world_start(&w, 1, 1);
	world_run(&w, 20);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	assert_int_equal(neighbour(&w)->row, 0);
	assert_int_equal(world_events(&w, "BGP", &text), 0);
	w.reason = "User reset";
	world_state(&w, BGP_STATE_IDLE);
	world_run(&w, 2);
	assert_int_equal(world_events(&w, "BGP", &text), 1);
	assert_string_equal(text, "10.77.0.2 Established -> Idle (User reset)");
	w.prefixes = 0;
	world_state(&w, BGP_STATE_ESTABLISHED);
	world_run(&w, 1.3);
	w.prefixes = 2;
	world_run(&w, 10);
	assert_int_equal(world_events(&w, "BGP", &text), 2);
	assert_string_equal(text, "10.77.0.2 Idle -> Established");
	assert_int_equal(neighbour(&w)->flaps, 1);
	assert_int_equal(history_outages(w.s.m), 0);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	assert_near(seconds(neighbour(&w)->since_us), 22, 1.1);
	sim_end(&w.s);
}

/* The peer is lost, 9 s later the hold timer expires: Idle, a second later Connect; then it comes back. */
static void hold_timer(void **state)
{
	struct router_world w;
	const char *text;

	(void)state;
	world_start(&w, 1, 2);
	world_run(&w, 60);
	w.s.loss = 1;
	w.keepalive_us = INT64_MAX / 2;
	world_run(&w, 9);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	assert_words(row(&w)->reason, "no reply from 10.77.0.2");
	world_state(&w, BGP_STATE_IDLE);
	w.reason = "Hold Timer Expired";
	world_run(&w, 1);
	world_state(&w, BGP_STATE_CONNECT);
	world_run(&w, 20);
	assert_int_equal(world_events(&w, "BGP", &text), 1);
	assert_string_equal(text, "10.77.0.2 Established -> Idle (Hold Timer Expired)");
	assert_words(row(&w)->reason, "; BGP Connect");
	w.s.loss = 0;
	world_run(&w, 5);
	/* the peer answers, but the outage goes on until BGP is Established */
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	assert_words(row(&w)->reason, "10.77.0.2 answers, but BGP is Connect (Hold Timer Expired)");
	w.keepalive_us = 3 * US_PER_S;
	world_state(&w, BGP_STATE_ESTABLISHED);
	world_run(&w, 5);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	assert_int_equal(history_outages(w.s.m), 1);
	assert_near(seconds(history_outage(w.s.m, 0)->start), 60, 1.1);
	assert_near(seconds(history_outage(w.s.m, 0)->end), 95, 1.1);
	sim_end(&w.s);
}

/* The remote bgpd dies: pings go on. Idle for a second, then Active. */
static void remote_killed(void **state)
{
	struct history_cell cell[10];
	struct router_world w;
	const char *text;

	(void)state;
	world_start(&w, 1, 3);
	world_run(&w, 30);
	world_state(&w, BGP_STATE_IDLE);
	w.reason = "Peer closed the session";
	world_run(&w, 1);
	world_state(&w, BGP_STATE_ACTIVE);
	world_run(&w, 1.5);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	world_run(&w, 3);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	assert_string_equal(row(&w)->reason, "10.77.0.2 answers, but BGP is Active (Peer closed the session)");
	world_run(&w, 120);
	assert_string_equal(row(&w)->reason, "10.77.0.2 answers, but BGP is Active for 2m (Peer closed the session)");
	assert_int_equal(world_events(&w, "BGP", &text), 1);
	assert_true(history_bgp_cells(w.s.m, 3, 5, w.s.t, cell, 10));
	assert_true(cell[8].seen && cell[8].health == HEALTH_DOWN);
	world_state(&w, BGP_STATE_ESTABLISHED);
	world_run(&w, 5);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	assert_int_equal(history_outages(w.s.m), 1);
	assert_near(seconds(history_outage(w.s.m, 0)->start), 30, 1.1);
	assert_near(seconds(history_outage(w.s.m, 0)->end), 155.5, 1.1);
	assert_true(history_outage(w.s.m, 0)->start_known);
	assert_words(history_outage(w.s.m, 0)->cause, "BGP is Active (Peer closed the session)");
	assert_near(seconds(row(&w)->down_us), 125.5, 1.1);
	sim_end(&w.s);
}

/* The reason is asked for only after the list said that it is down, and the one before may still stand there. */
static void reason_comes_later(void **state)
{
	struct router_world w;
	const char *text;

	(void)state;
	world_start(&w, 1, 4);
	w.reason = "User reset";
	world_run(&w, 10);
	world_state(&w, BGP_STATE_IDLE);
	w.s.t += 10000;
	world_bgp(&w);
	assert_int_equal(world_events(&w, "BGP", &text), 1);
	assert_string_equal(text, "10.77.0.2 Established -> Idle (User reset)");
	w.reason = "Cease/Administrative Shutdown";
	world_bgp(&w);
	assert_int_equal(world_events(&w, "BGP", &text), 1);
	assert_string_equal(text, "10.77.0.2 Established -> Idle (Cease/Administrative Shutdown)");
	sim_end(&w.s);
}

static void max_prefix(void **state)
{
	struct router_world w;
	const char *text;

	(void)state;
	world_start(&w, 1, 5);
	world_run(&w, 20);
	world_state(&w, BGP_STATE_IDLE);
	w.word = "Idle (PfxCt)";
	w.reason = "Cease/Maximum Number of Prefixes Reached";
	world_run(&w, 60);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	assert_words(row(&w)->reason, "BGP is Idle (PfxCt)");
	assert_int_equal(world_events(&w, "BGP", &text), 1);
	assert_words(text, "Established -> Idle (PfxCt) (Cease/Maximum Number of Prefixes Reached)");
	sim_end(&w.s);
}

/* Shut down at the router: words, no fault. */
static void shut_down(void **state)
{
	struct router_world w;
	const char *text;

	(void)state;
	world_start(&w, 1, 6);
	world_run(&w, 20);
	world_state(&w, BGP_STATE_IDLE);
	w.admin = true;
	world_run(&w, 30);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	assert_string_equal(row(&w)->reason, "10.77.0.2 answers; BGP shut down (admin)");
	assert_int_equal(world_events(&w, "BGP", &text), 1);
	assert_words(text, "Established -> shut down (admin)");
	w.admin = false;
	world_state(&w, BGP_STATE_CONNECT);
	world_run(&w, 5);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	world_state(&w, BGP_STATE_ESTABLISHED);
	world_run(&w, 5);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	sim_end(&w.s);
}

/* ---- between polls ---- */

static void flap_between_polls(void **state)
{
	(void)state;
	/* told by the counter and the uptime; by the uptime alone; by the counter alone */
	for (int how = 0; how < 3; how++) {
		struct history_cell cell;
		struct router_world w;
		const char *text;

		world_start(&w, 10, 7);
		world_run(&w, 25);
		world_state(&w, BGP_STATE_IDLE);
		world_run(&w, 2);
		world_state(&w, BGP_STATE_ESTABLISHED);
		w.drops = how == 1 ? 0 : w.drops;
		w.changed_us = how == 2 ? -1000 * US_PER_S : w.changed_us;
		world_run(&w, 10);
		assert_int_equal(world_events(&w, "BGP", &text), 1);
		assert_words(text, "10.77.0.2 flapped between polls");
		assert_int_equal(neighbour(&w)->flaps, 1);
		if (how != 2) {
			assert_near(seconds(neighbour(&w)->since_us), 27, 1.1);
			history_bgp_cells(w.s.m, 3, 1, neighbour(&w)->since_us, &cell, 1);
			assert_int_equal(cell.health, HEALTH_DOWN);
		}
		assert_int_equal(history_outages(w.s.m), 0);
		world_run(&w, 100);
		assert_int_equal(neighbour(&w)->flaps, 1);
		sim_end(&w.s);
	}
}

static void prefixes_fall(void **state)
{
	struct router_world w;
	const char *text;

	(void)state;
	world_start(&w, 1, 8);
	w.prefixes = 100;
	world_run(&w, 20);
	w.prefixes = 60;
	world_run(&w, 5);
	assert_int_equal(world_events(&w, "BGP", &text), 0);
	w.prefixes = 0;
	world_run(&w, 5);
	assert_int_equal(world_events(&w, "BGP", &text), 1);
	assert_string_equal(text, "10.77.0.2 prefixes received 60 -> 0");
	assert_int_equal(row(&w)->state, HEALTH_UP);
	sim_end(&w.s);
}

/* ---- health ---- */

static void never_established(void **state)
{
	struct router_world w;

	(void)state;
	world_start(&w, 1, 9);
	w.state = BGP_STATE_ACTIVE;
	w.changed_us = MODEL_NEVER;
	world_run(&w, 8);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	assert_string_equal(row(&w)->reason, "10.77.0.2 answers, but BGP is Active (never Established)");
	assert_false(history_outage(w.s.m, 0)->start_known);
	assert_near(seconds(history_outage(w.s.m, 0)->start), 0.5, 0.6);
	sim_end(&w.s);
}

/* IPsec up, BGP not: of a tunnel whose peer cannot be asked. */
static void ipsec_up_bgp_down(void **state)
{
	struct router_world w;

	(void)state;
	world_start(&w, 1, 10);
	world_row(&w, false, "10.77.0.2");
	w.has_tunnel = w.up = w.sa = true;
	world_run(&w, 20);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	assert_words(row(&w)->reason, "BGP with 10.77.0.2 Established");
	world_state(&w, BGP_STATE_ACTIVE);
	world_run(&w, 130);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	assert_words(row(&w)->reason, "IPsec up, BGP with 10.77.0.2 Active 2m");
	sim_end(&w.s);
}

static void not_understood(void **state)
{
	struct router_world w;
	const char *text;

	(void)state;
	world_start(&w, 1, 11);
	world_run(&w, 20);
	w.state = BGP_STATE_NOT_UNDERSTOOD;
	w.word = "Sulking";
	world_run(&w, 20);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	assert_words(row(&w)->reason, "10.77.0.2 answers; BGP in a state that is not understood (\"Sulking\")");
	assert_int_equal(world_events(&w, "BGP", &text), 1);
	/* and where nothing else speaks for the row it is not up */
	w.s.loss = 1;
	world_run(&w, 20);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	sim_end(&w.s);
	world_start(&w, 1, 11);
	w.s.loss = 1;
	world_run(&w, 20);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	w.state = BGP_STATE_NOT_UNDERSTOOD;
	w.word = "Sulking";
	world_run(&w, 3);
	assert_int_equal(row(&w)->state, HEALTH_UNKNOWN);
	assert_words(row(&w)->reason, "not understood");
	sim_end(&w.s);
}

/* A router that does not answer: nothing it said last brings the row down or up. */
static void router_is_stale(void **state)
{
	struct router_world w;
	const char *text;

	(void)state;
	world_start(&w, 1, 12);
	world_run(&w, 20);
	world_state(&w, BGP_STATE_ACTIVE);
	world_run(&w, 1);
	w.outcome = ROUTER_OUTCOME_TIMEOUT;
	world_run(&w, 2.5);
	world_run(&w, 20);
	/* 3 s had not passed, or just so: then it stays down */
	assert_int_equal(world_events(&w, "ROUTER", &text), 1);
	assert_string_equal(text, "rtx does not answer");
	if (row(&w)->state == HEALTH_DOWN)
		assert_words(row(&w)->reason, "BGP Active when last heard of; its router rtx does not answer");
	sim_end(&w.s);

	/* down by BGP: stays so, whatever the peer says */
	world_start(&w, 1, 12);
	world_run(&w, 20);
	world_state(&w, BGP_STATE_ACTIVE);
	world_run(&w, 10);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	w.outcome = ROUTER_OUTCOME_TIMEOUT;
	world_run(&w, 60);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	assert_string_equal(row(&w)->reason, "BGP Active when last heard of; its router rtx does not answer");
	w.outcome = ROUTER_OUTCOME_OK;
	world_state(&w, BGP_STATE_ESTABLISHED);
	world_run(&w, 5);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	assert_int_equal(history_outages(w.s.m), 1);
	assert_near(seconds(history_outage(w.s.m, 0)->end), 90, 1.1);
	world_events(&w, "ROUTER", &text);
	assert_string_equal(text, "rtx answers again");

	/* up: stays up by its peer, with a word about the router; and it goes down when the peer falls silent */
	w.outcome = ROUTER_OUTCOME_REFUSED;
	world_run(&w, 20);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	assert_string_equal(row(&w)->reason, "10.77.0.2 answers; its router rtx refuses connections");
	w.s.loss = 1;
	world_run(&w, 20);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	sim_end(&w.s);
}

/* Up by BGP alone: unknown when its router is not heard of. */
static void peer_never_answers(void **state)
{
	struct router_world w;

	(void)state;
	world_start(&w, 1, 13);
	w.s.loss = 1;
	world_run(&w, 20);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	assert_string_equal(row(&w)->reason, "peer 10.77.0.2 does not answer ping, BGP Established");
	world_state(&w, BGP_STATE_IDLE);
	world_run(&w, 2);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	world_state(&w, BGP_STATE_ESTABLISHED);
	world_run(&w, 20);
	assert_int_equal(history_outages(w.s.m), 0);
	w.outcome = ROUTER_OUTCOME_AUTH;
	world_run(&w, 20);
	assert_int_equal(row(&w)->state, HEALTH_UNKNOWN);
	assert_words(row(&w)->reason, "rtx refuses the login");
	w.outcome = ROUTER_OUTCOME_OK;
	world_run(&w, 2);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	world_state(&w, BGP_STATE_ACTIVE);
	world_run(&w, 6);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	assert_words(row(&w)->reason, "vx1 is up, BGP Active");
	sim_end(&w.s);
}

/* A peer that answered falls silent: Established may only be a hold timer that has not run out yet. */
static void silent_with_keepalives(void **state)
{
	struct router_world w;

	(void)state;
	world_start(&w, 1, 14);
	world_run(&w, 60);
	w.s.loss = 1;
	world_run(&w, 30);
	/* keepalives every 3 s go on: only ping is filtered now */
	assert_int_equal(row(&w)->state, HEALTH_UP);
	assert_string_equal(row(&w)->reason, "peer 10.77.0.2 does not answer ping, BGP Established");
	w.keepalive_us = INT64_MAX / 2;
	world_run(&w, 60);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	world_run(&w, 10);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	sim_end(&w.s);

	world_start(&w, 1, 14);
	world_run(&w, 60);
	w.s.loss = 1;
	w.keepalive_us = INT64_MAX / 2;
	world_run(&w, 10);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	assert_near(seconds(row(&w)->since_us), 60, 1.1);
	sim_end(&w.s);
}

/* No longer listed: an event, and a fault where it was up before. */
static void not_listed(void **state)
{
	struct router_world w;
	const char *text;

	(void)state;
	world_start(&w, 1, 15);
	world_run(&w, 20);
	w.listed = false;
	world_run(&w, 10);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	assert_string_equal(row(&w)->reason, "BGP neighbour 10.77.0.2 is no longer listed by rtx");
	assert_int_equal(world_events(&w, "BGP", &text), 1);
	assert_string_equal(text, "10.77.0.2 is no longer listed by its router");
	w.listed = true;
	world_run(&w, 5);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	sim_end(&w.s);

	/* the daemon is gone: so is BGP */
	world_start(&w, 1, 15);
	world_run(&w, 20);
	w.outcome = ROUTER_OUTCOME_ABSENT;
	world_run(&w, 10);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	assert_string_equal(row(&w)->reason, "rtx has no BGP running");
	assert_near(seconds(row(&w)->since_us), 20, 1.1);
	w.outcome = ROUTER_OUTCOME_OK;
	world_run(&w, 2);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	sim_end(&w.s);
}

/* ---- joins ---- */

static void put_neighbour(struct router_world *w, unsigned key, const char *router, const char *address,
			  const char *vrf, enum bgp_state state)
{
	struct record r;

	record_init(&r, RECORD_BGP, key, w->s.t);
	record_set(&r, BGP_ROUTER, world_name(w, router));
	record_set(&r, BGP_NEIGHBOR, world_name(w, address));
	if (vrf)
		record_set(&r, BGP_VRF, world_name(w, vrf));
	record_set(&r, BGP_STATE, state);
	sim_put(&w->s, &r);
}

static void joins(void **state)
{
	struct router_world w;

	(void)state;
	world_start(&w, 1000, 16);
	/* another router's, until its own lists one */
	put_neighbour(&w, 0, "frr", "10.77.0.2", NULL, BGP_STATE_ESTABLISHED);
	world_run(&w, 0.2);
	put_neighbour(&w, 1, "frr", "10.77.0.9", NULL, BGP_STATE_ACTIVE);
	w.next_us = INT64_MAX;
	world_run(&w, 2);
	assert_int_equal(model_tunnel_bgp(w.s.m, 0, 0), 0);
	assert_int_equal(model_tunnel_bgp(w.s.m, 0, 1), MODEL_NONE);
	assert_int_equal(w.s.m->bgp[1].row, MODEL_NONE);
	put_neighbour(&w, 2, "rtx", "10.77.0.2", NULL, BGP_STATE_ESTABLISHED);
	put_neighbour(&w, 4, "rtx", "vx1", NULL, BGP_STATE_ACTIVE);
	world_run(&w, 2);
	assert_int_equal(w.s.m->bgp[0].row, MODEL_NONE);
	/* the worst first: the unnumbered one */
	assert_int_equal(model_tunnel_bgp(w.s.m, 0, 0), 4);
	assert_int_equal(model_tunnel_bgp(w.s.m, 0, 1), 2);
	assert_int_equal(model_tunnel_bgp(w.s.m, 0, 2), MODEL_NONE);
	/* named by the configuration, in another spelling of the address */
	world_row(&w, true, "2001:DB8::1");
	put_neighbour(&w, 5, "rtx", "2001:db8:0::1", NULL, BGP_STATE_ESTABLISHED);
	world_run(&w, 2);
	assert_int_equal(model_tunnel_bgp(w.s.m, 0, 0), 5);
	assert_int_equal(model_tunnel_bgp(w.s.m, 0, 1), MODEL_NONE);
	sim_end(&w.s);
}

/* Two neighbours of one row: the worse decides, unless it is shut down. */
static void two_neighbours(void **state)
{
	struct router_world w;
	struct record r;

	(void)state;
	world_start(&w, 1, 17);
	world_run(&w, 20);
	put_neighbour(&w, 7, "rtx", "vx1", NULL, BGP_STATE_ACTIVE);
	world_run(&w, 6);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	assert_words(row(&w)->reason, "BGP with vx1 is Active");
	record_init(&r, RECORD_REMOVE, 7, w.s.t);
	record_set(&r, 0, RECORD_BGP);
	sim_put(&w.s, &r);
	world_run(&w, 3);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	sim_end(&w.s);
}

/* The peer answers again just after the hold timer ran out: one outage, until BGP is back. */
static void one_outage(void **state)
{
	struct router_world w;

	(void)state;
	world_start(&w, 1, 31);
	world_run(&w, 60);
	w.s.loss = 1;
	w.keepalive_us = 1000 * US_PER_S;
	world_run(&w, 11);
	world_state(&w, BGP_STATE_ACTIVE);
	world_run(&w, 1);
	w.s.loss = 0;
	for (int i = 0; i < 8; i++) {
		world_run(&w, 1);
		assert_int_equal(w.s.m->tunnels[0].state, HEALTH_DOWN);
	}
	world_state(&w, BGP_STATE_ESTABLISHED);
	w.keepalive_us = 3 * US_PER_S;
	world_run(&w, 10);
	assert_int_equal(w.s.m->tunnels[0].state, HEALTH_UP);
	assert_int_equal(history_outages(w.s.m), 1);
	assert_near((double)history_outage(w.s.m, 0)->end / 1e6, 80, 1.1);
	sim_end(&w.s);
}

/* bgpd is started anew: one outage from when it was not there until its session is back. */
static void restarted(void **state)
{
	struct router_world w;

	(void)state;
	world_start(&w, 1, 32);
	world_run(&w, 60);
	w.outcome = ROUTER_OUTCOME_ABSENT;
	world_run(&w, 10);
	w.outcome = ROUTER_OUTCOME_OK;
	w.state = BGP_STATE_CONNECT;
	w.changed_us = MODEL_NEVER;
	w.drops = 0;
	world_run(&w, 5);
	world_state(&w, BGP_STATE_ESTABLISHED);
	world_run(&w, 20);
	assert_int_equal(w.s.m->tunnels[0].state, HEALTH_UP);
	assert_int_equal(history_outages(w.s.m), 1);
	assert_near((double)history_outage(w.s.m, 0)->start / 1e6, 60, 1.1);
	assert_near((double)history_outage(w.s.m, 0)->end / 1e6, 75, 1.1);
	sim_end(&w.s);
}

/* Without bgpd nothing is better than it was, and nothing is called Established. */
static void not_running(void **state)
{
	struct router_world w;

	(void)state;
	for (int i = 0; i < 4; i++) {
		const struct model_tunnel *t;

		world_start(&w, 1, 34);
		if (i == 1)
			w.state = BGP_STATE_ACTIVE;
		world_run(&w, 60);
		t = &w.s.m->tunnels[0];
		w.s.loss = i >= 2;
		w.listed = i != 3;
		world_run(&w, 2);
		if (i != 3)
			w.outcome = ROUTER_OUTCOME_ABSENT;
		world_run(&w, 40);
		assert_int_equal(t->state, HEALTH_DOWN);
		if (i < 2)
			assert_string_equal(t->reason, "rtx has no BGP running");
		else
			assert_words(t->reason, i == 2 ? "; BGP not running" : "; BGP neighbour no longer listed");
		assert_int_equal(t->outages, 1);
		w.outcome = ROUTER_OUTCOME_TIMEOUT;
		world_run(&w, 20);
		assert_null(strstr(t->reason, "Established"));
		sim_end(&w.s);
	}
}

/* A login takes its time: what was down when it was first asked for began nobody knows when. */
static void first_asked_late(void **state)
{
	static const int64_t since[] = { -86400 * US_PER_S, MODEL_NEVER };
	struct router_world w;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(since); i++) {
		world_start(&w, 10, 33);
		w.next_us = 12 * US_PER_S;
		w.state = BGP_STATE_ACTIVE;
		w.changed_us = since[i];
		world_run(&w, 60);
		assert_int_equal(history_outages(w.s.m), 1);
		assert_false(history_outage(w.s.m, 0)->start_known);
		assert_false(w.s.m->tunnels[0].since_known);
		sim_end(&w.s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleared), cmocka_unit_test(hold_timer), cmocka_unit_test(remote_killed),
		cmocka_unit_test(reason_comes_later), cmocka_unit_test(max_prefix), cmocka_unit_test(shut_down),
		cmocka_unit_test(flap_between_polls), cmocka_unit_test(prefixes_fall),
		cmocka_unit_test(never_established), cmocka_unit_test(ipsec_up_bgp_down),
		cmocka_unit_test(not_understood), cmocka_unit_test(router_is_stale),
		cmocka_unit_test(peer_never_answers), cmocka_unit_test(silent_with_keepalives),
		cmocka_unit_test(not_listed), cmocka_unit_test(joins), cmocka_unit_test(two_neighbours),
		cmocka_unit_test(one_outage), cmocka_unit_test(restarted), cmocka_unit_test(not_running),
		cmocka_unit_test(first_asked_late),
	};

	return cmocka_run_group_tests_name("model_bgp", tests, NULL, NULL);
}
