// SPDX-License-Identifier: GPL-2.0-or-later
// The source of security associations where it may not look, and later may.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cap-ng.h>
#include <cmocka.h>

#include "source/sources.h"

struct world {
	struct record_sink sink;
	struct source_env env;
	struct watch_config watch;
	int state, puts; /* of the source record */
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
	if (r->kind != RECORD_SOURCE)
		return;
	assert_int_equal(r->key, SOURCE_KEY_XFRM);
	w->state = (int)r->v[SOURCE_STATE];
	w->puts++;
}

static void world_init(struct world *w)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	*w = (struct world){ .sink.put = put, .state = -1 };
	w->env = (struct source_env){ .sink = &w->sink, .model = model_new(false), .watch = &w->watch,
				      .boot0_ns = ts.tv_sec * NS_PER_S + ts.tv_nsec };
	w->env.intern = record_intern_new(&w->sink);
}

static void world_free(struct world *w)
{
	record_intern_free(w->env.intern);
	model_free(model_of(w));
}

static bool may_administer(bool on)
{
	capng_get_caps_process();
	capng_update(on ? CAPNG_ADD : CAPNG_DROP, CAPNG_EFFECTIVE, CAP_NET_ADMIN);
	return capng_apply(CAPNG_SELECT_CAPS) == 0;
}

static void pass(struct world *w, void *source, int seconds)
{
	w->env.boot0_ns -= seconds * NS_PER_S;
	sa_source.slot(source, 0);
	sa_source.tick(source, 0);
	sa_source.slot(source, 0);
}

static void test_denied_then_allowed(void **state)
{
	struct world w;
	void *source;

	(void)state;
	if (geteuid() || !may_administer(false))
		skip();
	world_init(&w);
	source = sa_source.start(&w.env);
	if (w.state == SOURCE_STATE_ABSENT) { /* a kernel without XFRM */
		sa_source.stop(source);
		world_free(&w);
		assert_true(may_administer(true));
		skip();
	}
	assert_int_equal(w.state, SOURCE_STATE_DENIED);
	pass(&w, source, 61);
	assert_int_equal(w.state, SOURCE_STATE_DENIED);
	assert_int_equal(w.puts, 1);
	assert_true(may_administer(true));
	pass(&w, source, 30);
	assert_int_equal(w.state, SOURCE_STATE_DENIED);
	pass(&w, source, 31);
	pass(&w, source, 1);
	assert_int_equal(w.state, SOURCE_STATE_OK);
	/* and again each minute, which is no news */
	pass(&w, source, 61);
	assert_int_equal(w.puts, 2);
	sa_source.stop(source);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_denied_then_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
