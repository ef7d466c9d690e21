/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dialogue and a scripted router, and a network between them that cuts and delays; its clock is not the world's. */
#ifndef TESTS_ROUTER_SIM_H
#define TESTS_ROUTER_SIM_H

#include "lib/router_script.h"

enum sim_pace { SIM_AT_ONCE, SIM_BYTES, SIM_PIECES, SIM_SEGMENTS, SIM_A_BYTE_A_SECOND };
enum { SIM_POLLS = 3, SIM_STEPS_MAX = 400000, SIM_GARBAGE_PIECE = 16384 };

struct sim {
	struct router r;
	struct dialogue *d;
	const struct profile *profile;
	const char *user, *password;        /* given to the dialogue */
	enum sim_pace pace;
	uint64_t random;
	int64_t now, next_us;               /* next_us: the link delivers */
	struct buf link;                    /* on the way to the dialogue */
	size_t garbage, garbage_max;        /* bytes delivered, to be delivered */
	bool eof;

	/* state of affairs: made anew before each poll */
	void (*begin_poll)(struct sim *s, unsigned poll);
	struct world world;
	const struct buf *(*want)(struct sim *s, size_t command); /* lines of world_seen or the like */
	const struct buf *(*said)(struct sim *s, size_t command); /* what the answer's text is */
	void (*seen)(struct buf *out, const struct router_seen *seen);
	uint32_t asked, answered, commands;
	unsigned polls, ready, failed, polls_max;
	size_t enough_lines;                /* of a log that are wanted, and its echo; 0: all */
	unsigned cuts;
	enum router_outcome outcome;
	char reason[ROUTER_WORDS_MAX], notes[ROUTER_WORDS_MAX];
	char fault[600];
};

struct sim_sink {
	struct router_seen_sink sink;
	struct sim *s;
	struct buf out;
};

static inline void sim_fault(struct sim *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
static inline void sim_fault(struct sim *s, const char *fmt, ...)
{
	va_list ap;

	if (*s->fault)
		return;
	va_start(ap, fmt);
	vsnprintf(s->fault, sizeof s->fault, fmt, ap);
	va_end(ap);
}

static inline void sim_put(struct router_seen_sink *sink, const struct router_seen *seen)
{
	struct sim_sink *k = (struct sim_sink *)(void *)sink;

	k->s->seen(&k->out, seen);
}

static inline size_t sim_lines(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

static inline bool sim_enough(void *arg, size_t command, const char *text, size_t len)
{
	struct sim *s = arg;

	if (command != WORLD_LOG)
		sim_fault(s, "command %zu is asked whether it is enough", command);
	if (!s->enough_lines)
		return false;
	s->r.may_quit = sim_lines(text, len) >= s->enough_lines;
	return s->r.may_quit;
}

/* A log that was cut: its newest lines, whole. got: what it was understood as; the oldest may lack its end. */
static inline void sim_cut_answer(struct sim *s, const struct dialogue_event *ev, const struct buf *got)
{
	const struct buf *want = s->want(s, ev->command), *said = s->said(s, ev->command);
	const char *lf = got->data ? strchr(got->data, '\n') : NULL;
	size_t n = lf ? strlen(lf + 1) : 0;

	s->cuts++;
	if (ev->command != WORLD_LOG || sim_lines(ev->text, ev->text_len) + 1 < s->enough_lines)
		sim_fault(s, "command %zu is cut after %zu lines", ev->command, sim_lines(ev->text, ev->text_len));
	if (ev->text_len > said->len || memcmp(ev->text, said->data, ev->text_len) != 0)
		sim_fault(s, "what was cut is no begin of it: '%s'", ev->text);
	if (!lf || n > want->len || memcmp(lf + 1, want->data + want->len - n, n) != 0)
		sim_fault(s, "a log that was cut\n-- got\n%s-- want\n%s", got->data ? got->data : "", want->data);
}

static inline void sim_answer(struct sim *s, const struct dialogue_event *ev)
{
	struct sim_sink k = { { sim_put }, s, {0} };
	const struct buf *want = s->want(s, ev->command);
	struct router_answer answer;

	if (!(s->asked >> ev->command & 1) || s->answered >> ev->command & 1)
		sim_fault(s, "answer %zu was not asked for", ev->command);
	s->answered |= UINT32_C(1) << ev->command;
	if (*ev->reason)
		snprintf(s->notes, sizeof s->notes, "%s", ev->reason);
	if (ev->outcome != ROUTER_OUTCOME_OK)
		sim_fault(s, "answer %zu: outcome %d, %s", ev->command, ev->outcome, ev->reason);
	for (const char *got = ev->text, *said = s->said(s, ev->command)->data; !ev->cut && (*got || *said);
	     got++, said++) {
		if (*got == *said)
			continue;
		if (s->r.confirms && !*said && !strcmp(got, "N\n")) // what the question was answered
			break;
		sim_fault(s, "answer %zu: '%.100s', not '%.100s'", ev->command, got, said);
		break;
	}
	profile_read(s->profile, ev->command, ev->text, ev->text_len, &k.sink, &answer);
	if (answer.outcome != ROUTER_OUTCOME_OK)
		sim_fault(s, "command %zu is answered '%s': %s", ev->command, ev->text, answer.reason);
	if (ev->cut)
		sim_cut_answer(s, ev, &k.out);
	else if (strcmp(k.out.data ? k.out.data : "", want->data ? want->data : "") != 0)
		sim_fault(s, "command %zu\n-- got\n%s-- want\n%s", ev->command, k.out.data ? k.out.data : "",
			  want->data);
	buf_free(&k.out);
}

static inline void sim_event(void *arg, const struct dialogue_event *ev)
{
	struct sim *s = arg;

	if (s->failed)
		sim_fault(s, "event %d after the end", ev->kind);
	switch (ev->kind) {
	case DIALOGUE_READY:
		s->ready++;
		break;
	case DIALOGUE_ANSWER:
		sim_answer(s, ev);
		break;
	case DIALOGUE_POLLED:
		if (s->answered != s->asked)
			sim_fault(s, "polled with answers %x of %x", s->answered, s->asked);
		s->polls++;
		break;
	case DIALOGUE_FAILED:
		s->failed++;
		s->outcome = ev->outcome;
		snprintf(s->reason, sizeof s->reason, "%s", ev->reason);
		break;
	}
}

static inline int sim_password(void *arg, char *buf, size_t size)
{
	const struct sim *s = arg;

	snprintf(buf, size, "%s", s->password);
	return (int)strlen(s->password);
}

/* What the dialogue says reaches the router at once; a password leaves nothing behind. */
static inline void sim_drain(struct sim *s)
{
	struct buf *out = dialogue_out(s->d);
	bool secret = dialogue_secret(s->d);

	if (out->len > 16384)
		sim_fault(s, "%zu bytes wait to be sent", out->len);
	s->r.undelivered = s->link.len;
	router_input(&s->r, out->data, out->len);
	buf_clear(out);
	if (s->r.out.len && !s->link.len)
		s->next_us = s->now;
	buf_add(&s->link, s->r.out.data, s->r.out.len);
	buf_clear(&s->r.out);
	if (!secret)
		return;
	dialogue_time(s->d, s->now);
	// its begin may have been overwritten, and a byte of it is sent as two
	if (dialogue_secret(s->d) || memmem(out->data, out->cap, s->password + strlen(s->password) - 6, 6))
		sim_fault(s, "the password is still there");
}

static inline size_t sim_piece(struct sim *s)
{
	static const char cut[] = ":500 > ";
	static const uint32_t most[] = { [SIM_AT_ONCE] = 100000, [SIM_BYTES] = 3, [SIM_PIECES] = 64,
					 [SIM_SEGMENTS] = 1448, [SIM_A_BYTE_A_SECOND] = 1 };
	size_t n = s->pace == SIM_AT_ONCE ? s->link.len : 1 + world_random(&s->random, most[s->pace]);
	const char *at;

	if (n > s->link.len)
		n = s->link.len;
	// behind what looks like a prompt the network likes to pause
	at = memmem(s->link.data, n, cut, sizeof cut - 1);
	return at && world_random(&s->random, 2) ? (size_t)(at - s->link.data) + sizeof cut - 1 : n;
}

static inline int64_t sim_delay(struct sim *s, const char *piece, size_t n)
{
	static const uint32_t most[] = { [SIM_AT_ONCE] = 1, [SIM_BYTES] = 600, [SIM_PIECES] = 15000,
					 [SIM_SEGMENTS] = 150000, [SIM_A_BYTE_A_SECOND] = 1 };

	if (s->pace == SIM_A_BYTE_A_SECOND)
		return US_PER_S;
	if (n >= 3 && !memcmp(piece + n - 3, " > ", 3) && n > 3)
		return world_random(&s->random, 1500) * US_PER_MS;
	return world_random(&s->random, most[s->pace]);
}

static inline void sim_deliver(struct sim *s)
{
	size_t n;
	char *piece;

	if (s->r.garbage && s->link.len < SIM_GARBAGE_PIECE && s->garbage < s->garbage_max) {
		for (int i = 0; i < SIM_GARBAGE_PIECE; i += 4) {
			// nobody looks at it any more when it is over
			uint32_t x = s->failed ? 0 : world_random(&s->random, UINT32_MAX);

			buf_add(&s->link, &x, 4);
		}
		s->garbage += SIM_GARBAGE_PIECE;
	}
	n = s->r.garbage ? s->link.len : sim_piece(s);
	piece = xcalloc(n + 1, 1); // exact, for sanitizers
	memcpy(piece, s->link.data, n);
	piece = xrealloc(piece, n ? n : 1, 1);
	buf_drop(&s->link, n);
	dialogue_input(s->d, piece, n, s->now);
	s->next_us = s->now + (s->r.garbage ? 1000 : sim_delay(s, piece, n));
	free(piece);
}

static inline bool sim_link_has(const struct sim *s)
{
	return s->link.len || (s->r.garbage && s->garbage < s->garbage_max);
}

static inline void sim_begin_poll(struct sim *s)
{
	s->begin_poll(s, s->polls);
	s->asked = 1 + world_random(&s->random, s->commands);
	if (s->polls == 0)
		s->asked = s->commands;
	s->answered = 0;
	s->now += world_random(&s->random, 20) * US_PER_S;
	dialogue_poll(s->d, s->asked, s->now);
}

/* One thing happens. False: all is over. */
static inline bool sim_step(struct sim *s)
{
	int64_t deadline = dialogue_deadline(s->d), was = s->now;

	if (s->failed && !sim_link_has(s))
		return false;
	if (sim_link_has(s) && (s->next_us <= deadline || s->failed)) {
		s->now = s->next_us > s->now ? s->next_us : s->now;
		sim_deliver(s);
	} else if (s->r.hung_up && !s->link.len && !s->eof) {
		s->eof = true;
		dialogue_eof(s->d, s->now);
		if (!s->failed)
			sim_fault(s, "the end of the connection is not the end");
	} else if (dialogue_idle(s->d)) {
		if (s->r.trouble == ROUTER_IDLE_CLOSE && s->polls > 0)
			s->r.hung_up = true;
		else if (s->polls < s->polls_max)
			sim_begin_poll(s);
		else
			dialogue_leave(s->d, s->now);
	} else if (deadline == INT64_MAX) {
		sim_fault(s, "it waits for nothing");
		return false;
	} else {
		// sometimes too early, never a step without an end
		if (deadline > s->now + 1000 && world_random(&s->random, 8) == 0)
			deadline = s->now + 1000;
		s->now = deadline;
		dialogue_time(s->d, s->now);
		if (dialogue_deadline(s->d) <= was && s->now == was && !s->failed && !dialogue_out(s->d)->len)
			sim_fault(s, "time does not lead on");
	}
	sim_drain(s);
	return true;
}

/* From login to the end. The fault, or "". */
static inline const char *sim_run(struct sim *s, const struct dialogue_config *more, uint64_t seed)
{
	struct dialogue_config config = *more;
	int64_t begin = s->now = 1000000;

	config.profile = s->profile;
	config.user = s->user;
	config.password = s->password ? sim_password : NULL;
	config.event = sim_event;
	config.enough = sim_enough;
	config.arg = s;
	s->random = world_seed(seed);
	s->d = dialogue_new(&config, s->now);
	router_start(&s->r, seed);
	sim_drain(s);
	for (unsigned i = 0; sim_step(s); i++) {
		if (i > SIM_STEPS_MAX || s->now - begin > 600 * US_PER_S) {
			sim_fault(s, "no end after %u steps and %d s", i, (int)((s->now - begin) / US_PER_S));
			break;
		}
	}
	if (!s->failed)
		sim_fault(s, "it did not end");
	if (dialogue_deadline(s->d) != INT64_MAX || dialogue_out(s->d)->len)
		sim_fault(s, "it wants something after its end");
	if (*s->r.fault)
		sim_fault(s, "sent: %s", s->r.fault);
	dialogue_free(s->d);
	buf_free(&s->link);
	world_free(&s->world);
	router_free(&s->r);
	return s->fault;
}

#endif
