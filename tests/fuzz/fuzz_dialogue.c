// SPDX-License-Identifier: GPL-2.0-or-later
// A hostile router: bytes and steps of time. Whatever comes, nothing is sent but what the profile lists, the login's
// answers at most once each; little of it; and time always leads on.
//   first byte: bit 0 a user is configured, 1 a password, 2 telnet, 3 the charset of the profile
//   then: 0x00..0x3f an operation (below), 0x40..0xff: so many bytes less 0x3f follow, and come in
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tunwatch/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OP_DEADLINE, OP_MS, OP_TENTH, OP_SECOND, OP_POLL, OP_EOF, OP_LEAVE, OPS };
enum { OUT_MAX = 16384, TIMES_MAX = 3000 };

static const char user[] = "monitor", password[] = "se\xff" "cret";

struct world {
	struct dialogue *d;
	struct buf sent;        // without what is telnet's
	struct telnet telnet;
	bool ended, quits;
	int64_t now;
	size_t replies;
};

static const struct profile *yamaha(void)
{
	static struct profile *p;
	static char text[65536];
	struct error err;
	FILE *f;

	if (p)
		return p;
	f = fopen("contrib/profiles/yamaha-rtx.conf", "r");
	if (!f) {
		fprintf(stderr, "run it at the top of the tree: contrib/profiles/yamaha-rtx.conf is needed\n");
		abort();
	}
	p = profile_parse("yamaha-rtx.conf", text, fread(text, 1, sizeof text, f), &err);
	fclose(f);
	assert(p);
	return p;
}

static void event(void *arg, const struct dialogue_event *ev)
{
	struct world *w = arg;

	assert(!w->ended);
	w->ended = ev->kind == DIALOGUE_FAILED;
	if (ev->kind == DIALOGUE_ANSWER) {
		assert(ev->command < profile_commands(yamaha()));
		assert(ev->text_len <= DIALOGUE_REPLY_MAX);
		assert(ev->text_len == 0 || ev->text[ev->text_len - 1] == '\n');
	}
	if (w->ended)
		assert(ev->reason && *ev->reason);
}

static bool enough(void *arg, size_t command, const char *text, size_t len)
{
	struct world *w = arg;

	assert(profile_command(yamaha(), command)->newest_first && len && text[len - 1] == '\n');
	w->quits = true;
	return len % 3 == 0;
}

static int give(void *arg, char *buf, size_t size)
{
	(void)arg;
	assert(size >= sizeof password);
	memcpy(buf, password, sizeof password - 1);
	return sizeof password - 1;
}

static void drain(struct world *w, bool telnet)
{
	struct buf *out = dialogue_out(w->d), none = {0};
	bool secret = dialogue_secret(w->d);
	char text[OUT_MAX];
	size_t n = out->len;

	if (!n)
		return;
	assert(n <= OUT_MAX);
	memcpy(text, out->data, n);
	w->replies += n;
	if (telnet)
		n = telnet_input(&w->telnet, out->data, out->len, text, &none);
	buf_add(&w->sent, text, n);
	buf_free(&none);
	buf_clear(out);
	if (!secret)
		return;
	dialogue_input(w->d, "", 0, w->now);
	assert(!memmem(out->data, out->cap, "cret", 4));
}

static bool starts(const char *s, const char *line, bool eol, size_t *ret)
{
	size_t n = strlen(line);

	if (strncmp(s, line, n) != 0 || (eol && s[n] != '\r'))
		return false;
	*ret = n + eol;
	return true;
}

// All that was sent is made of what may be sent.
static void check_sent(const struct world *w, bool telnet)
{
	const struct profile_session *ps = profile_session(yamaha());
	unsigned users = 0, passwords = 0;
	const char *s = w->sent.data ? w->sent.data : "";
	// the filter that takes telnet out of it drops a NUL only
	const char *secret = telnet ? "se\xff" "cret" : password;

	assert(strlen(s) == w->sent.len);
	while (*s) {
		size_t n = 0;

		for (size_t i = 0; !n && i < profile_commands(yamaha()); i++)
			starts(s, profile_command(yamaha(), i)->send, true, &n);
		if (!n && starts(s, user, true, &n))
			users++;
		if (!n && starts(s, secret, true, &n))
			passwords++;
		if (!n && !starts(s, ps->logout, true, &n) && !starts(s, "", true, &n) && !starts(s, " ", false, &n))
			assert(starts(s, "N", false, &n) || (w->quits && starts(s, ps->pager_quit, false, &n)));
		s += n;
	}
	assert(users <= 1 && passwords <= 1);
}

static void operate(struct world *w, unsigned op)
{
	static const int64_t steps[] = { [OP_MS] = US_PER_MS, [OP_TENTH] = US_PER_S / 10, [OP_SECOND] = US_PER_S };
	int64_t deadline = dialogue_deadline(w->d);

	switch (op % OPS) {
	case OP_DEADLINE:
		if (deadline != INT64_MAX)
			w->now = deadline > w->now ? deadline : w->now;
		dialogue_time(w->d, w->now);
		break;
	case OP_POLL:
		dialogue_poll(w->d, op / OPS ? op / OPS : 0xffff, w->now);
		break;
	case OP_EOF:
		dialogue_eof(w->d, w->now);
		break;
	case OP_LEAVE:
		dialogue_leave(w->d, w->now);
		break;
	default:
		w->now += steps[op % OPS];
		if (w->now >= deadline || op & 32)
			dialogue_time(w->d, w->now);
	}
}

// Left alone it comes to rest.
static void run_out(struct world *w)
{
	int64_t at, was = INT64_MIN;

	for (int i = 0, same = 0; (at = dialogue_deadline(w->d)) != INT64_MAX; i++) {
		assert(i < TIMES_MAX);
		same = at > was ? 0 : same + 1;
		assert(same < 8);
		was = at;
		w->now = at > w->now ? at : w->now;
		dialogue_time(w->d, w->now);
		buf_clear(dialogue_out(w->d));
	}
	assert(w->ended || dialogue_idle(w->d));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dialogue_config c = { .profile = yamaha(), .event = event, .enough = enough };
	struct world w = { .now = 1000 };
	size_t polls = 1;

	if (size < 1)
		return 0;
	c.arg = &w;
	c.user = data[0] & 1 ? user : NULL;
	c.password = data[0] & 2 ? give : NULL;
	c.telnet = data[0] & 4;
	c.charset = data[0] & 8 ? NULL : "UTF-8";
	w.d = dialogue_new(&c, w.now);
	for (size_t i = 1; i < size;) {
		unsigned op = data[i++];

		if (op >= 0x40) {
			size_t n = op - 0x3f < size - i ? op - 0x3f : size - i;

			dialogue_input(w.d, data + i, n, w.now);
			i += n;
		} else {
			polls += op % OPS == OP_POLL;
			operate(&w, op);
		}
		drain(&w, c.telnet);
	}
	check_sent(&w, c.telnet);
	assert(w.replies <= polls * OUT_MAX + size);
	run_out(&w);
	dialogue_free(w.d);
	buf_free(&w.sent);
	return 0;
}
