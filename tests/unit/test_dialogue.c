// SPDX-License-Identifier: GPL-2.0-or-later
// Whole sessions with scripted routers, cut and delayed at random: DIALOGUE_SEEDS=N sessions (1000), from
// DIALOGUE_SEED=N on (0). No wrong record, no hang, nothing sent but what was asked for or is in the profile.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/profile.h"
#include "lib/router_sim.h"

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 10) : otherwise;
}

// ---- Yamaha

static void yamaha_begin_poll(struct sim *s, unsigned poll)
{
	world_make(&s->world, s->random + poll, s->world.japanese);
}

static bool yamaha_answer(void *arg, const char *line, struct buf *out)
{
	const struct sim *s = arg;

	for (int i = 0; i < WORLD_ANSWERS; i++) {
		if (strcmp(line, world_commands[i]) != 0)
			continue;
		buf_add(out, s->world.text[i].data, s->world.text[i].len);
		return true;
	}
	return false;
}

static const struct buf *yamaha_want(struct sim *s, size_t command)
{
	return &s->world.want[command];
}

static const struct buf *yamaha_said(struct sim *s, size_t command)
{
	return &s->world.text[command];
}

static const char *run_yamaha(struct sim *s, const struct profile *p, uint64_t seed)
{
	static const char *const prompts[] = { "> ", "# ", "[RTX1210] > ", "branch office (osaka)> ", "rtx>", "a# " };
	static const char *const charsets[] = { "CP932", "UTF-8", "EUC-JP" };
	uint64_t random = world_seed(seed);
	struct dialogue_config config = { .telnet = true };

	s->profile = p;
	s->world.japanese = world_random(&random, 2);
	s->r.make = s->world.japanese ? &yamaha_ja : &yamaha_en;
	s->r.prompt = prompts[world_random(&random, ARRAY_LEN(prompts))];
	s->r.named = world_random(&random, 2);
	s->r.charset = charsets[world_random(&random, ARRAY_LEN(charsets))];
	config.charset = strcmp(s->r.charset, "CP932") != 0 ? s->r.charset : NULL;
	s->r.page_lines = world_random(&random, 3) ? 2 + world_random(&random, 23) : 0;
	s->r.user = s->user = s->r.named ? "monitor" : NULL;
	s->r.password = s->password = "se\xff" "cret word";
	s->r.quit = world_random(&random, 5) ? ROUTER_QUITS : 1 + world_random(&random, 2);
	if (!s->enough_lines && world_random(&random, 2))
		s->enough_lines = 1 + world_random(&random, 40);
	s->r.answer = yamaha_answer;
	s->r.arg = s;
	s->begin_poll = yamaha_begin_poll;
	s->want = yamaha_want;
	s->said = yamaha_said;
	s->seen = world_seen;
	s->commands = (1 << WORLD_ANSWERS) - 1;
	s->polls_max = SIM_POLLS;
	return sim_run(s, &config, seed);
}

static void assert_end(const struct sim *s, uint64_t seed, enum router_outcome outcome, const char *reason,
		       unsigned polls)
{
	if (s->outcome != outcome || !strstr(s->reason, reason) || s->polls < polls)
		fail_msg("seed %llu: outcome %d '%s' after %u polls, not %d '%s' after %u", (unsigned long long)seed,
			 s->outcome, s->reason, s->polls, outcome, reason, polls);
}

static void assert_trouble(const struct sim *s, uint64_t seed)
{
	if (strstr(s->reason, "left in the middle of 'show log reverse'")) {
		assert_int_equal(s->outcome, ROUTER_OUTCOME_OK);
		assert_int_not_equal(s->r.quit, ROUTER_QUITS);
		return;
	}
	switch (s->r.trouble) {
	case ROUTER_CONFIRM:
		assert_non_null(strstr(s->notes, "Save new configuration ? (Y/N)': answered N"));
		assert_int_equal(s->r.confirms, 2);
		// fall through
	case ROUTER_WELL:
	case ROUTER_LOSES_FIRST:
		assert_end(s, seed, ROUTER_OUTCOME_OK, "logged out", SIM_POLLS);
		break;
	case ROUTER_SILENT:
		assert_end(s, seed, ROUTER_OUTCOME_TIMEOUT, "no prompt within 10 s", 0);
		break;
	case ROUTER_WRONG_PASSWORD:
		assert_end(s, seed, ROUTER_OUTCOME_AUTH, "wrong credentials: stopped after one try", 0);
		assert_int_equal(s->r.tries, 1);
		break;
	case ROUTER_ERROR_PASSWORD:
		assert_end(s, seed, ROUTER_OUTCOME_AUTH, "", 0);
		assert_int_equal(s->r.tries, 1);
		break;
	case ROUTER_HANGS_UP:
		assert_end(s, seed, ROUTER_OUTCOME_LOST, "hung up", 0);
		assert_int_equal(s->polls, 0);
		break;
	case ROUTER_GARBAGE:
		assert_end(s, seed, ROUTER_OUTCOME_PARSE, "more than 1024 KiB, and no end", 0);
		assert_int_equal(s->polls, 0);
		break;
	case ROUTER_ASKS_LATER:
		assert_end(s, seed, ROUTER_OUTCOME_PARSE, "is answered with a login question", 0);
		break;
	case ROUTER_IDLE_CLOSE:
		assert_end(s, seed, ROUTER_OUTCOME_LOST, "hung up", 1);
		break;
	case ROUTER_TROUBLES:
		fail();
	}
}

static void yamaha(void **state)
{
	uint64_t seed = from_environment("DIALOGUE_SEED", 0), end = seed + from_environment("DIALOGUE_SEEDS", 1000);
	struct profile *p = load_profile("yamaha-rtx");

	(void)state;
	for (; seed < end; seed++) {
		struct sim s = {0};

		s.r.trouble = seed % 3 ? seed / 3 % ROUTER_TROUBLES : ROUTER_WELL;
		s.pace = seed / 2 % SIM_A_BYTE_A_SECOND;
		s.garbage_max = 2 << 20;
		if (*run_yamaha(&s, p, seed))
			fail_msg("seed %llu: %s", (unsigned long long)seed, s.fault);
		assert_trouble(&s, seed);
	}
	profile_free(p);
}

// A log of 260 pages: read as far as is wanted, with a pager and without; and by a caller that never has enough.
static void a_long_log(void **state)
{
	static const struct { unsigned page_lines; size_t enough; enum router_quit quit; } cases[] = {
		{ 23, 180, ROUTER_QUITS }, { 23, 180, ROUTER_QUIT_IGNORED }, { 23, 180, ROUTER_QUIT_PAGES },
		{ 0, 180, ROUTER_QUITS }, { 23, SIZE_MAX, ROUTER_QUITS }, { 23, SIZE_MAX, ROUTER_QUIT_IGNORED },
	};
	struct profile *p = load_profile("yamaha-rtx");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sim s = { .pace = SIM_AT_ONCE, .world.log_lines = 6000, .profile = p, .seen = world_seen };
		bool quits = cases[i].quit == ROUTER_QUITS;
		struct dialogue_config config = { .telnet = true };

		s.enough_lines = cases[i].enough == SIZE_MAX ? 0 : cases[i].enough;
		s.r = (struct router){ .make = &yamaha_en, .charset = "CP932", .page_lines = cases[i].page_lines,
				       .quit = cases[i].quit, .password = "secret word", .answer = yamaha_answer,
				       .arg = &s, .may_quit = !s.enough_lines };
		s.password = s.r.password;
		s.begin_poll = yamaha_begin_poll;
		s.want = yamaha_want;
		s.said = yamaha_said;
		s.commands = (1 << WORLD_ANSWERS) - 1;
		s.polls_max = 2;
		if (*sim_run(&s, &config, 1))
			fail_msg("case %zu: %s", i, s.fault);
		assert_end(&s, i, ROUTER_OUTCOME_OK, quits ? "logged out" : "left in the middle", quits ? 2 : 0);
		assert_true(s.cuts > 0);
		assert_true(s.r.keys <= (s.enough_lines ? 12 : DIALOGUE_PAGES_MAX + 2) * s.cuts);
	}
	profile_free(p);
}

static void a_hundred_megabytes_of_garbage(void **state)
{
	struct profile *p = load_profile("yamaha-rtx");
	struct sim s = { .r.trouble = ROUTER_GARBAGE, .garbage_max = 100 << 20 };

	(void)state;
	assert_string_equal(run_yamaha(&s, p, 7), "");
	assert_trouble(&s, 7);
	assert_true(s.garbage >= 100 << 20);
	profile_free(p);
}

static void a_byte_a_second(void **state)
{
	struct profile *p = load_profile("yamaha-rtx");

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct sim s = { .pace = SIM_A_BYTE_A_SECOND };

		if (*run_yamaha(&s, p, seed))
			fail_msg("seed %llu: %s", (unsigned long long)seed, s.fault);
		assert_end(&s, seed, ROUTER_OUTCOME_TIMEOUT, "", 0);
	}
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(yamaha), cmocka_unit_test(a_long_log),
		cmocka_unit_test(a_hundred_megabytes_of_garbage), cmocka_unit_test(a_byte_a_second),
	};

	return cmocka_run_group_tests_name("dialogue", tests, NULL, NULL);
}
