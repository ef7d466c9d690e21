// SPDX-License-Identifier: GPL-2.0-or-later
// Security associations that come, change, expire and go; and the records of that.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "source/sa_table.h"

enum { FILE_MAX = 1 << 14, KEPT = 64 };

struct world {
	struct record_sink sink;
	struct source_env env;
	struct watch_config watch;
	struct sa_table *table;
	struct record kept[KEPT]; /* the newest of sa, removed and notice */
	size_t n;
	bool used[SA_TABLE_MAX]; /* keys that are not to be given to another one */
};

static struct model *model_of(const struct world *w)
{
	struct model *m;

	memcpy(&m, &w->env.model, sizeof m);
	return m;
}

static void put(struct record_sink *sink, const struct record *r)
{
	struct world *w = (struct world *)sink;

	model_apply(model_of(w), r);
	if (r->kind != RECORD_SA && r->kind != RECORD_REMOVE && r->kind != RECORD_NOTICE)
		return;
	if (r->kind == RECORD_SA) {
		assert_in_range(r->key, 0, SA_TABLE_MAX - 1);
		assert_true(w->used[r->key] || r->v[SA_EVENT] == SA_EVENT_NEW);
		w->used[r->key] = true;
	} else if (r->kind == RECORD_REMOVE) {
		assert_int_equal(r->v[0], RECORD_SA);
		assert_true(w->used[r->key]);
		w->used[r->key] = false;
	}
	w->kept[w->n++ % KEPT] = *r;
}

static struct addr own_address; /* told by the host, as the model does not know it */
static unsigned asked;

static bool is_own(const struct addr *a)
{
	asked++;
	return addr_equal(a, &own_address);
}

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof *w);
	struct timespec ts;

	assert_non_null(w);
	clock_gettime(CLOCK_BOOTTIME, &ts);
	w->sink.put = put;
	w->env = (struct source_env){ .sink = &w->sink, .model = model_new(false), .watch = &w->watch,
				      .boot0_ns = ts.tv_sec * NS_PER_S + ts.tv_nsec };
	w->env.intern = record_intern_new(&w->sink);
	w->table = sa_table_new(&w->env, is_own);
	return w;
}

static void world_free(struct world *w)
{
	sa_table_free(w->table);
	record_intern_free(w->env.intern);
	model_free(model_of(w));
	free(w);
}

static void pass(struct world *w, int seconds)
{
	w->env.boot0_ns -= seconds * NS_PER_S;
}

static struct addr address(const char *text)
{
	struct addr a = {0};

	assert_true(addr_parse(text, &a));
	return a;
}

static struct xfrm_message message(enum xfrm_what what, uint32_t spi, const char *src, const char *dst)
{
	struct xfrm_message m = { .what = what,
				  .sa = { .spi = spi, .src = address(src), .dst = address(dst), .proto = 50,
					  .has_mode = true, .mode = SA_MODE_TUNNEL, .keyed = true, .enc = "cbc(aes)",
					  .auth = "hmac(sha1)", .icv_bits = 96, .hard_s = 3600, .made_s = 1000 } };
	return m;
}

static void tell(struct world *w, enum xfrm_what what, uint32_t spi)
{
	struct xfrm_message m = message(what, spi, "192.0.2.1", "192.0.2.2");

	sa_table_put(w->table, &m);
}

/* How many since the last call; then w->kept[0..] are they. */
static size_t news(struct world *w)
{
	size_t n = w->n;

	w->n = 0;
	return n;
}

static void check(const struct world *w, size_t i, unsigned key, enum sa_event event, uint32_t spi)
{
	assert_int_equal(w->kept[i].kind, RECORD_SA);
	assert_int_equal(w->kept[i].key, key);
	assert_int_equal(w->kept[i].v[SA_EVENT], event);
	assert_int_equal(w->kept[i].v[SA_SPI], spi);
}

static const char *text(const struct world *w, size_t i, unsigned field)
{
	return record_has(&w->kept[i], field) ? model_name(w->env.model, (unsigned)w->kept[i].v[field]) : "";
}

/* ---- what a record says ---- */

static void feed(struct world *w, const char *name, bool is_dump)
{
	static uint8_t data[FILE_MAX];
	const uint8_t *p = data;
	char path[128];
	size_t len;
	FILE *f;

	snprintf(path, sizeof path, "tests/data/xfrm/%s", name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("cannot read %s", path);
	len = fread(data, 1, sizeof data, f);
	fclose(f);
	if (is_dump)
		sa_table_begin(w->table);
	for (struct xfrm_message m; xfrm_next(&p, &len, &m);)
		sa_table_put(w->table, &m);
	if (is_dump)
		sa_table_end(w->table, true);
}

/* Of a real kernel's dump, newest first, the records are in the order of their making, larval ones left out. */
static void test_captured(void **state)
{
	struct world *w = world_new();

	(void)state;
	feed(w, "uml-dump", true);
	assert_int_equal(news(w), 13);
	check(w, 0, 0, SA_EVENT_NEW, 0xc00010);
	check(w, 1, 1, SA_EVENT_NEW, 0xc00011);
	check(w, 12, 12, SA_EVENT_NEW, 0x604);
	assert_string_equal(text(w, 0, SA_SRC), "198.51.100.2");
	assert_string_equal(text(w, 0, SA_DST), "203.0.113.2");
	assert_string_equal(text(w, 0, SA_ENC), "cbc(aes)");
	assert_string_equal(text(w, 0, SA_AUTH), "hmac(sha1)");
	assert_int_equal(w->kept[0].v[SA_ICV_BITS], 96);
	assert_int_equal(w->kept[0].v[SA_MARK], 1);
	assert_false(record_has(&w->kept[0], SA_IF_ID));
	assert_false(record_has(&w->kept[0], SA_DIR));
	assert_false(record_has(&w->kept[0], SA_HARD_S));
	assert_false(record_has(&w->kept[0], SA_ENCAP));
	check(w, 8, 8, SA_EVENT_NEW, 0x600);
	assert_string_equal(text(w, 8, SA_ENC), "rfc4106(gcm(aes))");
	assert_string_equal(text(w, 8, SA_DST), "2001:db8::2");
	assert_int_equal(w->kept[8].v[SA_ICV_BITS], 64);
	assert_int_equal(w->kept[8].v[SA_IF_ID], 9);
	assert_false(record_has(&w->kept[8], SA_AUTH));
	assert_false(record_has(&w->kept[8], SA_MARK));
	check(w, 6, 6, SA_EVENT_NEW, 0xe0000010);
	assert_int_equal(w->kept[6].v[SA_ENCAP], 4500);
	assert_int_equal(w->kept[12].v[SA_SOFT_S], 3600);
	assert_int_equal(w->kept[12].v[SA_HARD_S], 4000);
	/* the same again is no news */
	feed(w, "uml-dump", true);
	assert_int_equal(news(w), 0);
	feed(w, "uml-events", false);
	check(w, 0, 13, SA_EVENT_NEW, 0x700);
	check(w, 1, 14, SA_EVENT_NEW, 0x1000); /* a larval one was finished */
	check(w, 2, 12, SA_EVENT_UPDATE, 0x604);
	assert_int_equal(w->kept[2].v[SA_SOFT_S], 100);
	check(w, 3, 12, SA_EVENT_DELETE, 0x604);
	assert_string_equal(text(w, 3, SA_ENC), "cbc(aes)");
	check(w, 4, 14, SA_EVENT_DELETE, 0x1000);
	check(w, 5, 13, SA_EVENT_SOFT_EXPIRE, 0x700);
	check(w, 6, 13, SA_EVENT_HARD_EXPIRE, 0x700);
	assert_string_equal(text(w, 6, SA_ENC), "rfc4106(gcm(aes))");
	check(w, 7, 9, SA_EVENT_DELETE, 0x601); /* flushed: AH, then all */
	assert_int_equal(news(w), 7 + 12);
	assert_int_equal(sa_table_count(w->table), 0);
	world_free(w);
}

/* ---- lives ---- */

/* A rekey: the new one comes, the old one goes; its key is no one's for a minute. */
static void test_rekey(void **state)
{
	struct world *w = world_new();

	(void)state;
	tell(w, XFRM_SA_NEW, 1);
	tell(w, XFRM_SA_SOFT, 1);
	tell(w, XFRM_SA_NEW, 2);
	tell(w, XFRM_SA_GONE, 1);
	assert_int_equal(news(w), 4);
	check(w, 0, 0, SA_EVENT_NEW, 1);
	check(w, 1, 0, SA_EVENT_SOFT_EXPIRE, 1);
	check(w, 2, 1, SA_EVENT_NEW, 2);
	check(w, 3, 0, SA_EVENT_DELETE, 1);
	pass(w, 59);
	sa_table_tick(w->table);
	tell(w, XFRM_SA_NEW, 3);
	assert_int_equal(news(w), 1);
	check(w, 0, 2, SA_EVENT_NEW, 3);
	pass(w, 2);
	sa_table_tick(w->table);
	assert_int_equal(news(w), 1);
	assert_int_equal(w->kept[0].kind, RECORD_REMOVE);
	tell(w, XFRM_SA_NEW, 4);
	assert_int_equal(news(w), 1);
	check(w, 0, 0, SA_EVENT_NEW, 4);
	world_free(w);
}

/* The event of its end was lost: the next dump tells. Not one that was interrupted. */
static void test_missed(void **state)
{
	struct world *w = world_new();

	(void)state;
	tell(w, XFRM_SA_NEW, 1);
	tell(w, XFRM_SA_NEW, 2);
	news(w);
	sa_table_begin(w->table);
	tell(w, XFRM_SA_NEW, 2);
	tell(w, XFRM_SA_NEW, 3);
	assert_int_equal(news(w), 0);
	sa_table_end(w->table, false);
	assert_int_equal(news(w), 1);
	check(w, 0, 2, SA_EVENT_NEW, 3);
	sa_table_begin(w->table);
	tell(w, XFRM_SA_NEW, 2);
	tell(w, XFRM_SA_NEW, 3);
	sa_table_end(w->table, true);
	assert_int_equal(news(w), 1);
	check(w, 0, 0, SA_EVENT_DELETE, 1);
	world_free(w);
}

/* Ends and expiries of what is not known, and what is asked twice. */
static void test_contradictions(void **state)
{
	struct world *w = world_new();
	struct xfrm_message m = message(XFRM_SA_UPDATED, 9, "192.0.2.1", "192.0.2.2");

	(void)state;
	tell(w, XFRM_SA_GONE, 1);
	tell(w, XFRM_SA_SOFT, 1);
	tell(w, XFRM_SA_HARD, 1);
	tell(w, XFRM_OTHER, 1);
	m.sa.keyed = false;
	sa_table_put(w->table, &m);
	assert_int_equal(news(w), 0);
	/* one shown twice, and one that ends, while a dump is read */
	sa_table_begin(w->table);
	tell(w, XFRM_SA_NEW, 1);
	tell(w, XFRM_SA_NEW, 2);
	m = message(XFRM_SA_NEW, 2, "192.0.2.1", "192.0.2.2");
	m.sa.reqid = 5;
	sa_table_put(w->table, &m);
	tell(w, XFRM_SA_SOFT, 2);
	tell(w, XFRM_SA_GONE, 1);
	sa_table_tick(w->table);
	assert_int_equal(news(w), 0);
	sa_table_end(w->table, true);
	assert_int_equal(news(w), 1);
	check(w, 0, 0, SA_EVENT_NEW, 2);
	assert_int_equal(w->kept[0].v[SA_REQID], 5);
	world_free(w);
}

/* The kernel tells SAs apart by destination, SPI, protocol and mark. */
static void test_identity(void **state)
{
	struct world *w = world_new();
	struct xfrm_message m = message(XFRM_SA_NEW, 1, "192.0.2.1", "192.0.2.2");

	(void)state;
	sa_table_put(w->table, &m);
	m.sa.mark = 5;
	sa_table_put(w->table, &m);
	m.sa.mark_mask = 0xff;
	sa_table_put(w->table, &m);
	m.sa.proto = 51;
	sa_table_put(w->table, &m);
	m.sa.dst = address("192.0.2.3");
	sa_table_put(w->table, &m);
	m.sa.dst = address("2001:db8::3");
	sa_table_put(w->table, &m);
	assert_int_equal(sa_table_count(w->table), 6);
	assert_int_equal(news(w), 6);
	m.what = XFRM_SA_GONE;
	sa_table_put(w->table, &m);
	assert_int_equal(sa_table_count(w->table), 5);
	assert_int_equal(news(w), 1);
	check(w, 0, 5, SA_EVENT_DELETE, 1);
	world_free(w);
}

/* Deleted and made again with the same SPI while nobody looked. */
static void test_made_again(void **state)
{
	struct world *w = world_new();
	struct xfrm_message m = message(XFRM_SA_NEW, 1, "192.0.2.1", "192.0.2.2");

	(void)state;
	sa_table_put(w->table, &m);
	news(w);
	m.sa.made_s++;
	sa_table_put(w->table, &m);
	assert_int_equal(news(w), 1);
	check(w, 0, 0, SA_EVENT_NEW, 1);
	/* an update's event is of another time, and the SA is the same */
	m.what = XFRM_SA_UPDATED;
	m.sa.made_s = 5000;
	sa_table_put(w->table, &m);
	assert_int_equal(news(w), 0);
	m.sa.hard_s++;
	sa_table_put(w->table, &m);
	assert_int_equal(news(w), 1);
	check(w, 0, 0, SA_EVENT_UPDATE, 1);
	m.what = XFRM_SA_NEW;
	m.sa.made_s = 1001;
	sa_table_put(w->table, &m);
	assert_int_equal(news(w), 0);
	world_free(w);
}

/* ---- directions ---- */

static void own(struct world *w, unsigned key, const char *local, bool gone)
{
	struct addr a = address(local);
	struct record r;

	record_init(&r, RECORD_ADDRESS, key, source_now(&w->env));
	record_set(&r, ADDRESS_IFINDEX, 2);
	record_set(&r, ADDRESS_LOCAL, record_intern_addr(w->env.intern, &a, r.t));
	record_set(&r, ADDRESS_PREFIX_LEN, 24);
	record_set(&r, ADDRESS_GONE, gone);
	put(&w->sink, &r);
}

static void own_link(struct world *w, const char *local, const char *remote)
{
	struct addr a = address(local), b = address(remote);
	struct record r;

	record_init(&r, RECORD_LINK, 0, source_now(&w->env));
	record_set(&r, LINK_IFINDEX, 2);
	record_set(&r, LINK_IFNAME, record_intern_text(w->env.intern, "vti1", r.t));
	record_set(&r, LINK_TYPE, TUNNEL_TYPE_VTI);
	record_set(&r, LINK_OUTER_LOCAL, record_intern_addr(w->env.intern, &a, r.t));
	record_set(&r, LINK_OUTER_REMOTE, record_intern_addr(w->env.intern, &b, r.t));
	put(&w->sink, &r);
}

static void directions(void **state, const char *here, const char *there)
{
	struct world *w = world_new();
	struct xfrm_message out = message(XFRM_SA_NEW, 1, here, there), in = message(XFRM_SA_NEW, 2, there, here);

	(void)state;
	sa_table_tick(w->table);
	sa_table_put(w->table, &out);
	sa_table_put(w->table, &in);
	assert_false(record_has(&w->kept[0], SA_DIR));
	news(w);
	own(w, 0, here, false);
	sa_table_tick(w->table);
	assert_int_equal(news(w), 2);
	check(w, 0, 0, SA_EVENT_UPDATE, 1);
	assert_int_equal(w->kept[0].v[SA_DIR], DIRECTION_OUT);
	assert_int_equal(w->kept[1].v[SA_DIR], DIRECTION_IN);
	sa_table_tick(w->table);
	assert_int_equal(news(w), 0);
	/* both ends are here */
	own(w, 1, there, false);
	sa_table_tick(w->table);
	assert_int_equal(news(w), 2);
	assert_false(record_has(&w->kept[0], SA_DIR));
	world_free(w);
}

static void test_directions(void **state)
{
	directions(state, "192.0.2.1", "198.51.100.1");
	directions(state, "2001:db8::1", "2001:db8:1::1");
}

/* Addresses of carriers nobody watches are told by the tunnel's endpoints; and the kernel knows best. */
static void test_direction_by_endpoints(void **state)
{
	struct world *w = world_new();
	struct xfrm_message m = message(XFRM_SA_NEW, 1, "192.0.2.1", "198.51.100.1");

	(void)state;
	own_link(w, "192.0.2.1", "198.51.100.1");
	sa_table_tick(w->table);
	sa_table_put(w->table, &m);
	assert_int_equal(w->kept[0].v[SA_DIR], DIRECTION_OUT);
	m.sa.spi++;
	m.sa.dir = DIRECTION_IN;
	news(w);
	sa_table_put(w->table, &m);
	assert_int_equal(w->kept[0].v[SA_DIR], DIRECTION_IN);
	own(w, 0, "192.0.2.1", false);
	news(w);
	sa_table_tick(w->table);
	assert_int_equal(news(w), 0);
	world_free(w);
}

/* Of an interface nobody watches: the host is asked, once for each address until the next dump. */
static void test_direction_by_asking(void **state)
{
	static const struct {
		const char *here, *there;
	} ends[] = { { "192.0.2.1", "198.51.100.1" }, { "2001:db8::1", "2001:db8:1::1" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct world *w = world_new();
		struct xfrm_message out = message(XFRM_SA_NEW, 1, ends[i].here, ends[i].there);
		struct xfrm_message in = message(XFRM_SA_NEW, 2, ends[i].there, ends[i].here);

		own_address = address(ends[i].here);
		asked = 0;
		sa_table_put(w->table, &out);
		sa_table_put(w->table, &in);
		assert_int_equal(news(w), 2);
		assert_int_equal(w->kept[0].v[SA_DIR], DIRECTION_OUT);
		assert_int_equal(w->kept[1].v[SA_DIR], DIRECTION_IN);
		assert_int_equal(asked, 2);
		/* it moves away */
		own_address = (struct addr){0};
		sa_table_begin(w->table);
		sa_table_put(w->table, &in);
		sa_table_put(w->table, &out);
		sa_table_end(w->table, true);
		assert_int_equal(news(w), 2);
		assert_false(record_has(&w->kept[0], SA_DIR));
		assert_int_equal(asked, 4);
		/* what the model knows is not asked for */
		own(w, 0, ends[i].there, false);
		sa_table_tick(w->table);
		assert_int_equal(news(w), 2);
		assert_int_equal(asked, 4);
		world_free(w);
	}
}

/* ---- many ---- */

static void test_full(void **state)
{
	struct world *w = world_new();

	(void)state;
	sa_table_begin(w->table);
	for (uint32_t spi = 1; spi <= SA_TABLE_MAX + 5; spi++)
		tell(w, XFRM_SA_NEW, spi);
	sa_table_end(w->table, true);
	assert_int_equal(w->n, SA_TABLE_MAX + 1);
	assert_int_equal(w->kept[SA_TABLE_MAX % KEPT].kind, RECORD_NOTICE);
	assert_int_equal(sa_table_count(w->table), SA_TABLE_MAX);
	assert_int_equal(news(w), SA_TABLE_MAX + 1);
	/* told once; nobody is pushed out */
	sa_table_begin(w->table);
	for (uint32_t spi = 1; spi <= SA_TABLE_MAX + 5; spi++)
		tell(w, XFRM_SA_NEW, spi);
	sa_table_end(w->table, true);
	assert_int_equal(news(w), 0);
	/* who is gone makes room at once when there is no other */
	tell(w, XFRM_SA_GONE, 7);
	tell(w, XFRM_SA_NEW, SA_TABLE_MAX + 1);
	assert_int_equal(news(w), 3);
	check(w, 0, w->kept[0].key, SA_EVENT_DELETE, 7);
	assert_int_equal(w->kept[1].kind, RECORD_REMOVE);
	check(w, 2, w->kept[0].key, SA_EVENT_NEW, SA_TABLE_MAX + 1);
	world_free(w);
}

/* Any order of messages: no key is shared, and what lives is what was said last. */
static void test_random(void **state)
{
	enum { SPIS = 40, STEPS = 20000 };
	struct world *w = world_new();
	bool lives[SPIS] = {0};
	unsigned seed = 1;

	(void)state;
	for (int i = 0; i < STEPS; i++) {
		uint32_t spi;

		seed = seed * 1103515245 + 12345;
		spi = seed >> 16 & 0xff;
		if (spi < SPIS) {
			lives[spi] = seed >> 24 & 1;
			tell(w, lives[spi] ? XFRM_SA_NEW : seed >> 25 & 1 ? XFRM_SA_GONE : XFRM_SA_HARD, spi);
		} else if (spi < 50) {
			tell(w, XFRM_SA_SOFT, spi % SPIS);
		} else if (spi < 60) {
			pass(w, 25);
			sa_table_tick(w->table);
		} else if (spi < 62) {
			sa_table_begin(w->table);
			for (uint32_t k = 0; k < SPIS; k++)
				if (lives[k])
					tell(w, XFRM_SA_NEW, k);
			sa_table_end(w->table, true);
		}
	}
	for (uint32_t k = 0; k < SPIS; k++) {
		news(w);
		tell(w, XFRM_SA_GONE, k);
		assert_int_equal(news(w), lives[k]);
	}
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captured),
		cmocka_unit_test(test_rekey),
		cmocka_unit_test(test_missed),
		cmocka_unit_test(test_contradictions),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_made_again),
		cmocka_unit_test(test_directions),
		cmocka_unit_test(test_direction_by_endpoints),
		cmocka_unit_test(test_direction_by_asking),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
