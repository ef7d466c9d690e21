// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "lib/check.h"
#include "lib/mtu_world.h"
#include "lib/router_world.h"
#include "tunwatch/report.h"

static json_t *as_json(const struct report *r)
{
	struct buf out = {0};
	json_error_t error;
	json_t *o;

	report_json(&out, r);
	assert_true(out.len && out.data[out.len - 1] == '\n');
	o = json_loads(out.data, JSON_REJECT_DUPLICATES, &error);
	if (!o)
		fail_msg("%s: %s", error.text, out.data);
	buf_free(&out);
	return o;
}

static struct report whole(const struct model *m)
{
	return (struct report){ .m = m, .from = m->started_us, .to = m->now, .utc = true, .closed = true };
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "(none)";
}

/* One tunnel: 20 s fine, 10 s down, 20 s fine. */
static void run_outage(struct sim *s)
{
	sim_start(s, 1, 1);
	sim_run(s, 20);
	s->loss = 1;
	sim_run(s, 10);
	s->loss = 0;
	sim_run(s, 20);
}

/* Every member the promise names, with its type. n: null, s: string, i: integer, r: real, a: array, o: object. */
struct member {
	const char *path, *types;
};

static void check_member(const json_t *o, const struct member *m)
{
	static const char letters[] = "oasirbbn"; /* by enum json_type: ..., true, false, null */
	char copy[64], *save = NULL;
	const json_t *v = o;

	str_copy(copy, sizeof copy, m->path);
	for (char *part = strtok_r(copy, ".", &save); part && v; part = strtok_r(NULL, ".", &save))
		v = json_object_get(v, part);
	if (!v)
		fail_msg("%s is missing", m->path);
	if (!strchr(m->types, letters[json_typeof(v)]))
		fail_msg("%s is of type %c, not %s", m->path, letters[json_typeof(v)], m->types);
}

static const struct member promised[] = {
	{ "name", "s" }, { "type", "s" }, { "ifname", "sn" }, { "peer", "sn" }, { "outer_local", "sn" },
	{ "outer_remote", "sn" }, { "via", "sn" }, { "state", "s" }, { "since", "sn" }, { "reason", "sn" },
	{ "rtt_us.last", "in" }, { "rtt_us.avg", "in" }, { "rtt_us.p50", "in" }, { "rtt_us.p95", "in" },
	{ "rtt_us.max", "in" },
	{ "loss.1m", "rn" }, { "loss.10m", "rn" }, { "loss.all", "rn" }, { "loss.up", "rn" },
	{ "mtu.interface", "in" }, { "mtu.path_inner", "in" }, { "mtu.path_outer", "in" }, { "mtu.gap", "in" },
	{ "mtu.baseline", "in" }, { "mtu.drift", "in" }, { "mtu.cause", "sn" }, { "mtu.mss4", "in" }, { "mtu.mss6", "in" },
	{ "mtu.configured", "in" }, { "mtu.ceiling", "in" }, { "mtu.verdict", "sn" }, { "mtu.mtu", "in" },
	{ "mtu.text", "sn" }, { "mtu.state", "sn" }, { "mtu.from", "sn" }, { "mtu.named", "in" },
	{ "mtu.direction", "sn" }, { "mtu.hop", "in" }, { "mtu.hop_from", "sn" }, { "mtu.cached_mtu", "in" },
	{ "mtu.since", "sn" }, { "mtu.proved", "sn" }, { "mtu.sizes", "a" },
	{ "bgp", "a" }, { "sa", "a" }, { "rekeys", "in" },
	{ "capture.fragments", "in" }, { "capture.ptb", "in" }, { "capture.mss_max", "in" },
	{ "outages", "a" }, { "diagnoses", "a" },
};

static void test_json_shape(void **state)
{
	struct sim s;
	struct report r;
	json_t *o, *t, *outage;

	(void)state;
	run_outage(&s);
	r = whole(s.m);
	o = as_json(&r);
	assert_string_equal(text_of(o, "status"), "OK");
	assert_int_equal(json_array_size(json_object_get(o, "tunnels")), 1);
	t = json_array_get(json_object_get(o, "tunnels"), 0);
	for (size_t i = 0; i < ARRAY_LEN(promised); i++)
		check_member(t, &promised[i]);
	assert_string_equal(text_of(t, "name"), "vx1");
	assert_string_equal(text_of(t, "type"), "vxlan");
	assert_string_equal(text_of(t, "state"), "up");
	assert_string_equal(text_of(t, "peer"), "10.77.0.2");
	assert_true(json_is_null(json_object_get(t, "outer_local")));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(t, "mtu"), "interface")), 1450);
	assert_int_equal(json_array_size(json_object_get(t, "outages")), 1);
	outage = json_array_get(json_object_get(t, "outages"), 0);
	assert_int_equal(strlen(text_of(outage, "start")), strlen("2026-11-20T14:05:30.000000Z"));
	assert_int_equal(strlen(text_of(outage, "end")), strlen("2026-11-20T14:05:30.000000Z"));
	assert_in_range(json_integer_value(json_object_get(outage, "duration_ms")), 9000, 11500);
	assert_true(json_real_value(json_object_get(json_object_get(t, "loss"), "all")) > 0.1);
	json_decref(o);
	sim_end(&s);
}

/* The MTU object of the one row, as compact JSON. */
static char *mtu_json(const struct model *m)
{
	struct report r = whole(m);
	json_t *o = as_json(&r), *t = json_array_get(json_object_get(o, "tunnels"), 0);
	char *text;

	for (size_t i = 0; i < ARRAY_LEN(promised); i++)
		check_member(t, &promised[i]);
	text = json_dumps(json_object_get(t, "mtu"), JSON_COMPACT);
	json_decref(o);
	return text;
}

static void check_json(const struct model *m, const char *const *want, size_t n)
{
	char *text = mtu_json(m);

	for (size_t i = 0; i < n; i++)
		assert_words(text, want[i]);
	free(text);
}

static void test_mtu(void **state)
{
	static const char *const nothing[] = { "\"interface\":1450,", "\"configured\":1450,", "\"path_inner\":null",
		"\"verdict\":null", "\"text\":null", "\"searching\":false", "\"state\":null", "\"cause\":null",
		"\"sizes\":[]" };
	static const char *const narrow[] = { "\"path_inner\":1372", "\"path_outer\":1454", "\"ceiling\":1404",
		"\"gap\":-78", "\"baseline\":1450", "\"drift\":-78", "\"mss4\":1332", "\"mss6\":1312",
		"\"verdict\":\"oversized\"", "\"mtu\":1372", "\"state\":\"complete\"", "\"cause\":\"ptb\"",
		"\"from\":\"192.0.2.65\"", "\"named\":null", "\"direction\":null",
		"{\"size\":1372,\"answered\":1,\"lost\":0,\"refused\":0}",
		"{\"size\":1373,\"answered\":0,\"lost\":0,\"refused\":1}",
		"\"text\":\"1372 passes; outer 1454 leaves 1404 inside; interface says 1450; frag-needed from 192.0.2.65\"" };
	static const char *const hole[] = { "\"verdict\":\"black hole\"", "\"cause\":\"silent\"",
		"\"direction\":\"reverse\"", "\"hop\":3", "\"hop_from\":\"192.0.2.3\"", "\"cached_mtu\":1400",
		"\"named\":0" };
	static const char *const lossy[] = { "\"verdict\":\"too lossy\"", "\"path_inner\":null", "\"gap\":null",
		"\"drift\":null", "\"baseline\":1450", "\"state\":\"too-lossy\"", "\"cause\":null", "\"mss4\":null" };
	const struct mtu_row row = { .type = TUNNEL_TYPE_VXLAN, .peer = "10.77.0.2", .remote = "192.0.2.2", .name = "vx1" };
	struct buf text = {0};
	struct report r;
	struct sim s;

	(void)state;
	sim_start(&s, 1, 1);
	mtu_put_row(&s, 0, &row);
	sim_run(&s, 10);
	check_json(s.m, nothing, ARRAY_LEN(nothing));
	mtu_found(&s, MTU_INNER, 1450, PMTU_CAUSE_NONE, NULL);
	mtu_found(&s, MTU_OUTER, 1454, PMTU_CAUSE_PTB, "192.0.2.65");
	sim_run(&s, 60);
	mtu_found(&s, MTU_INNER, 1372, PMTU_CAUSE_PTB, "192.0.2.65");
	mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1372, OUTCOME_REPLY);
	mtu_probe(&s, MTU_INNER, PURPOSE_MTU, 1373, OUTCOME_PTB);
	sim_run(&s, 2);
	check_json(s.m, narrow, ARRAY_LEN(narrow));
	r = whole(s.m);
	report_text(&text, &r);
	assert_words(text.data, "  mtu      interface 1450  path 1372  gap -78  outer 1454  drift -78  mss 1332 and 1312 (IPv6)\n"
		     "           oversized: 1372 passes; outer 1454 leaves 1404 inside; ");
	assert_words(text.data, "           to configure: MTU 1372\n");
	assert_words(text.data, "  path 1450 -> 1372 (-78) frag-needed from 192.0.2.65\n");
	assert_words(text.data, "WARNING: 0 down, 1 degraded");
	/* what changed before the window is not told in it */
	r.from = s.m->now - US_PER_S;
	buf_clear(&text);
	report_text(&text, &r);
	assert_null(strstr(text.data, "1450 -> 1372"));
	buf_clear(&text);
	report_markdown(&text, &r);
	assert_words(text.data, "## Path MTU");
	assert_words(text.data, "| vx1 | 1450 | 1372 | 1454 | -78 | -78 | 1332 | oversized | 1372 passes; ");
	buf_free(&text);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_COMPLETE, .cause = PMTU_CAUSE_SILENT, .mtu = 1372,
		.direction = DIRECTION_REVERSE, .hop = 3, .hop_from = "192.0.2.3", .cached = 1400, .has_named = true });
	check_json(s.m, hole, ARRAY_LEN(hole));
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_TOO_LOSSY });
	check_json(s.m, lossy, ARRAY_LEN(lossy));
	sim_end(&s);
}

/* Nothing known, nothing said. */
static void test_mtu_unknown(void **state)
{
	struct buf text = {0};
	struct report r;
	struct sim s;

	(void)state;
	sim_start(&s, 1, 1);
	sim_run(&s, 3);
	r = whole(s.m);
	report_text(&text, &r);
	assert_words(text.data, "  mtu      interface 1450\n  outages");
	buf_clear(&text);
	report_markdown(&text, &r);
	assert_null(strstr(text.data, "Path MTU"));
	buf_free(&text);
	sim_end(&s);
}

static void test_open_outage(void **state)
{
	struct sim s;
	struct report r;
	json_t *o, *outage;
	struct buf text = {0};

	(void)state;
	sim_start(&s, 1, 2);
	sim_run(&s, 20);
	s.loss = 1;
	sim_run(&s, 30);
	r = whole(s.m);
	o = as_json(&r);
	assert_string_equal(text_of(o, "status"), "CRITICAL");
	outage = json_array_get(json_object_get(json_array_get(json_object_get(o, "tunnels"), 0), "outages"), 0);
	assert_true(json_is_null(json_object_get(outage, "end")));
	assert_in_range(json_integer_value(json_object_get(outage, "duration_ms")), 28000, 31000);
	json_decref(o);
	report_text(&text, &r);
	assert_non_null(strstr(text.data, "CRITICAL: 1 down"));
	assert_non_null(strstr(text.data, "(still down)"));
	buf_free(&text);
	sim_end(&s);
}

static void test_unknown_is_null(void **state)
{
	struct model *m = model_new(true);
	struct report r = whole(m);
	json_t *o = as_json(&r);

	(void)state;
	assert_string_equal(text_of(o, "status"), "UNKNOWN");
	assert_true(json_is_null(json_object_get(o, "time")));
	assert_int_equal(json_array_size(json_object_get(o, "tunnels")), 0);
	json_decref(o);
	model_free(m);
}

/* Statistics of a window: what came before does not count. */
static void test_window(void **state)
{
	struct sim s;
	struct report r;
	struct record reset;
	struct model *before, *m;
	json_t *o, *t;

	(void)state;
	run_outage(&s);
	before = model_copy(s.m);
	m = model_copy(s.m);
	record_init(&reset, RECORD_BASELINE, 0, s.t);
	record_set(&reset, BASELINE_RESET, 1);
	record_text(&reset, "");
	sim_put(&s, &reset);
	sim_run(&s, 30);
	r = whole(s.m);
	r.from = before->now;
	r.before = before;
	r.stats = s.m;
	o = as_json(&r);
	t = json_array_get(json_object_get(o, "tunnels"), 0);
	assert_int_equal(json_array_size(json_object_get(t, "outages")), 0);
	assert_int_equal(json_integer_value(json_object_get(t, "lost")), 0);
	assert_in_range(json_integer_value(json_object_get(t, "sent")), 28, 32);
	assert_int_equal(json_integer_value(json_object_get(t, "down_ms")), 0);
	assert_in_range(json_integer_value(json_object_get(t, "up_ms")), 28000, 31000);
	json_decref(o);
	/* without the reset, all that came before counts */
	r.m = r.stats = m;
	r.before = NULL;
	o = as_json(&r);
	t = json_array_get(json_object_get(o, "tunnels"), 0);
	assert_true(json_integer_value(json_object_get(t, "lost")) > 5);
	json_decref(o);
	model_free(before);
	model_free(m);
	sim_end(&s);
}

static void test_summary(void **state)
{
	struct sim s;
	struct buf out = {0};

	(void)state;
	sim_start(&s, 1, 3);
	sim_run(&s, 20);
	report_summary(&out, s.m, "");
	if (strncmp(out.data, "TUNWATCH OK - 1 up | 'vx1_rtt'=5.", 33))
		fail_msg("%s", out.data);
	buf_clear(&out);
	mtu_put(&s, MTU_INNER, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING });
	report_summary(&out, s.m, "; remark");
	if (strncmp(out.data, "TUNWATCH OK - 1 up; path MTU of 1 of 1 still being searched; remark | ", 69))
		fail_msg("%s", out.data);
	mtu_found(&s, MTU_INNER, 1450, PMTU_CAUSE_NONE, NULL);
	buf_clear(&out);
	report_summary(&out, s.m, "");
	assert_null(strstr(out.data, "searched"));
	assert_non_null(strstr(out.data, " 'vx1_loss'=0.0%;3;;0;100"));
	buf_clear(&out);
	s.loss = 1;
	sim_run(&s, 10);
	report_summary(&out, s.m, "");
	assert_int_equal(strncmp(out.data, "TUNWATCH CRITICAL - 1 of 1 down: vx1 (", 38), 0);
	assert_non_null(strstr(out.data, " | 'vx1_rtt'=U 'vx1_loss'="));
	assert_null(strchr(out.data, '\n'));
	buf_free(&out);
	sim_end(&s);
}

/* A row whose packets go outside in fragments is up: the line says so all the same. */
static void test_summary_fragments(void **state)
{
	const struct mtu_row rows = { .type = TUNNEL_TYPE_WIREGUARD, .peer = "10.77.0.2", .remote = "192.0.2.2",
				      .name = "wg|1" };
	static const char want[] = "TUNWATCH OK - 1 up; fragments outside: wg/1; remark | ";
	struct buf out = {0};
	struct sim s;

	(void)state;
	sim_start(&s, 1, 1);
	sim_link(&s);
	mtu_put_row(&s, 0, &rows);
	mtu_found(&s, MTU_INNER, 1450, PMTU_CAUSE_NONE, NULL);
	mtu_found(&s, MTU_OUTER, 1454, PMTU_CAUSE_PTB, "192.0.2.65");
	sim_run(&s, 10);
	report_summary(&out, s.m, "; remark");
	if (strncmp(out.data, want, strlen(want)))
		fail_msg("%s", out.data);
	mtu_found(&s, MTU_OUTER, 1530, PMTU_CAUSE_NONE, NULL);
	buf_clear(&out);
	report_summary(&out, s.m, "");
	assert_null(strstr(out.data, "fragments"));
	buf_free(&out);
	sim_end(&s);
}

/* A name that would break the line of a plugin, a table or JSON does not. */
static void test_hostile_names(void **state)
{
	struct sim s;
	struct record r;
	struct report rep;
	struct buf out = {0};
	json_t *o;

	(void)state;
	sim_start(&s, 1, 4);
	sim_run(&s, 5);
	record_init(&r, RECORD_TUNNEL, 1, s.t);
	record_text(&r, "a|b'=\"\xff\n\033[2J");
	sim_put(&s, &r);
	sim_run(&s, 5);
	rep = whole(s.m);
	o = as_json(&rep);
	assert_int_equal(json_array_size(json_object_get(o, "tunnels")), 2);
	json_decref(o);
	report_summary(&out, s.m, "; a|remark\n");
	assert_null(strpbrk(out.data, "\n\033"));
	assert_ptr_equal(strchr(out.data, '|'), strrchr(out.data, '|'));
	buf_clear(&out);
	report_markdown(&out, &rep);
	assert_null(strchr(out.data, '\033'));
	assert_non_null(strstr(out.data, "| a\\|b'="));
	buf_clear(&out);
	report_text(&out, &rep);
	assert_null(strchr(out.data, '\033'));
	buf_free(&out);
	sim_end(&s);
}

static void test_text_and_markdown(void **state)
{
	static const char *const notes[] = { "half a frame" };
	struct sim s;
	struct report r;
	struct buf out = {0};

	(void)state;
	run_outage(&s);
	r = whole(s.m);
	r.closed = false;
	r.notes = notes;
	r.nnotes = 1;
	report_text(&out, &r);
	assert_non_null(strstr(out.data, "OK: 0 down, 0 degraded, 1 up, 0 unknown"));
	assert_non_null(strstr(out.data, "note: half a frame"));
	assert_non_null(strstr(out.data, "not closed"));
	assert_non_null(strstr(out.data, "outages  1"));
	assert_non_null(strstr(out.data, "peer 10.77.0.2"));
	buf_clear(&out);
	report_markdown(&out, &r);
	assert_int_equal(strncmp(out.data, "# Tunnels of ", 13), 0);
	assert_non_null(strstr(out.data, "## Outages"));
	assert_non_null(strstr(out.data, "| vx1 | vxlan | up |"));
	buf_free(&out);
	sim_end(&s);
}

/* A row that BGP brought down, and the router that tells of it. */
/* A neighbour that has nothing to do with any tunnel. */
static void add_transit(struct router_world *w)
{
	struct record r;

	record_init(&r, RECORD_BGP, 9, w->s.t);
	record_set(&r, BGP_ROUTER, world_name(w, "rtx"));
	record_set(&r, BGP_NEIGHBOR, world_name(w, "192.0.2.99"));
	record_set(&r, BGP_ASN, 64500);
	record_set(&r, BGP_STATE, BGP_STATE_ESTABLISHED);
	sim_put(&w->s, &r);
}

static void test_bgp(void **state)
{
	static const struct member members[] = {
		{ "neighbor", "s" }, { "asn", "i" }, { "state", "s" }, { "since", "s" }, { "prefixes_received", "i" },
		{ "prefixes_sent", "n" }, { "flaps", "i" }, { "reset_reason", "s" }, { "router", "s" }, { "vrf", "n" },
	};
	struct router_world w;
	struct report r;
	struct buf out = {0};
	json_t *o, *t, *b, *router;

	(void)state;
	world_start(&w, 1, 1);
	w.has_tunnel = w.up = w.sa = true;
	world_run(&w, 30);
	w.life_s = 90000;
	w.reason = "Hold Timer Expired";
	world_state(&w, BGP_STATE_ACTIVE);
	world_run(&w, 70);
	add_transit(&w);
	world_run(&w, 1);
	r = whole(w.s.m);
	o = as_json(&r);
	assert_string_equal(text_of(o, "status"), "CRITICAL");
	t = json_array_get(json_object_get(o, "tunnels"), 0);
	assert_string_equal(text_of(t, "state"), "down");
	assert_int_equal(json_integer_value(json_object_get(t, "rekeys")), 1);
	assert_int_equal(json_array_size(json_object_get(o, "bgp")), 1);
	assert_string_equal(text_of(json_array_get(json_object_get(o, "bgp"), 0), "neighbor"), "192.0.2.99");
	b = json_array_get(json_object_get(t, "bgp"), 0);
	assert_non_null(b);
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		check_member(b, &members[i]);
	assert_string_equal(text_of(b, "neighbor"), "10.77.0.2");
	assert_string_equal(text_of(b, "state"), "Active");
	assert_string_equal(text_of(b, "reset_reason"), "Hold Timer Expired");
	assert_int_equal(json_integer_value(json_object_get(b, "flaps")), 1);
	router = json_array_get(json_object_get(o, "routers"), 0);
	assert_string_equal(text_of(router, "name"), "rtx");
	assert_string_equal(text_of(router, "outcome"), "ok");
	assert_int_equal(json_integer_value(json_object_get(router, "polls")), 101);
	assert_int_equal(json_integer_value(json_object_get(router, "cpu_pct")), 7);
	json_decref(o);
	report_text(&out, &r);
	assert_non_null(strstr(out.data, "  bgp      10.77.0.2 AS 65002 Active since "));
	assert_non_null(strstr(out.data, "last reset: Hold Timer Expired, as rtx says\n"));
	assert_non_null(strstr(out.data, "  router   rtx: TUNNEL[1] up\n  rekeys   1\n"));
	assert_non_null(strstr(out.data, "\nrouters\n  rtx  ok  101 polls, 0 failed, last answer "));
	assert_non_null(strstr(out.data, "\nBGP neighbours of no tunnel\n  192.0.2.99 AS 64500 Established"));
	buf_clear(&out);
	report_markdown(&out, &r);
	assert_non_null(strstr(out.data, "| aws-1 | 10.77.0.2 | Active | "));
	assert_non_null(strstr(out.data, "| - | 192.0.2.99 | Established | "));
	assert_non_null(strstr(out.data, "\n| rtx | ok | "));
	assert_non_null(strstr(out.data, " | 101 | 0 | 7% | - |  |\n"));
	buf_clear(&out);
	report_summary(&out, w.s.m, "");
	assert_non_null(strstr(out.data, "(10.77.0.2 answers, but BGP is Active for 1m (Hold Timer Expired))"));
	buf_free(&out);
	sim_end(&w.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bgp),
		cmocka_unit_test(test_json_shape),
		cmocka_unit_test(test_mtu),
		cmocka_unit_test(test_mtu_unknown),
		cmocka_unit_test(test_open_outage),
		cmocka_unit_test(test_unknown_is_null),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_summary_fragments),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_text_and_markdown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
