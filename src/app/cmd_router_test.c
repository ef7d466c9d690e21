// SPDX-License-Identifier: GPL-2.0-or-later
// A profile tried on captured text: for who writes one.
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app.h"
#include "app/profile_file.h"
#include "tunwatch/decode.h"

enum { TRANSCRIPT_MAX = 16 << 20, ODD_MAX = 20 };

struct trial {
	struct router_seen_sink sink; /* first: the sink is the trial */
	const char *command;
	struct buf out;
};

static const char *const bgp_states[] = {
#define STATE_WORD(constant, word) word,
	BGP_STATE_WORDS(STATE_WORD)
};
static const char *const meanings[] = {
	LOG_MEANING_WORDS(STATE_WORD)
};

/* ---- what was seen, as JSON ---- */

static void set_text(json_t *o, const char *key, const char *text)
{
	if (*text)
		json_object_set_new(o, key, json_string(text));
}

static void set_number(json_t *o, const char *key, int64_t n)
{
	if (n >= 0)
		json_object_set_new(o, key, json_integer(n));
}

/* The router's own clock, whose zone is not known here. */
static void set_civil(json_t *o, const char *key, int64_t civil_us)
{
	struct time_parts p;

	if (civil_us == INT64_MIN)
		return;
	p = time_split(civil_us, 0);
	json_object_set_new(o, key, json_sprintf("%04d-%02d-%02dT%02d:%02d:%02d", p.year, p.month, p.day, p.hour,
						 p.minute, p.second));
}

static void add_bgp(json_t *o, const struct router_seen_bgp *b)
{
	set_text(o, "neighbor", b->neighbor);
	set_text(o, "vrf", b->vrf);
	set_text(o, "state", bgp_states[b->state]);
	set_text(o, "word", b->word);
	if (b->admin)
		json_object_set_new(o, "admin", json_true());
	set_number(o, "asn", b->asn);
	set_number(o, "uptime_s", b->uptime_s);
	set_number(o, "prefixes_received", b->prefixes_received);
	set_number(o, "prefixes_sent", b->prefixes_sent);
	set_number(o, "drops", b->drops);
	set_number(o, "messages_received", b->messages_received);
	set_text(o, "reset_reason", b->reset_reason);
}

static void add_tunnel(json_t *o, const struct router_seen_tunnel *t)
{
	set_text(o, "name", t->name);
	json_object_set_new(o, "up", t->up < 0 ? json_null() : json_boolean(t->up));
	set_text(o, "word", t->word);
	set_civil(o, "since", t->since_civil_us);
	set_number(o, "up_for_s", t->up_for_s);
	set_number(o, "rx_packets", t->rx_packets);
	set_number(o, "tx_packets", t->tx_packets);
}

static void add_log(json_t *o, const struct router_seen_log *l)
{
	set_civil(o, "at", l->at_civil_us);
	set_text(o, "meaning", meanings[l->meaning]);
	set_text(o, "name", l->name);
	if (l->repeated)
		set_number(o, "repeated", l->repeated);
	set_text(o, "text", l->text);
}

static void put(struct router_seen_sink *sink, const struct router_seen *seen)
{
	struct trial *t = (struct trial *)sink;
	json_t *o = json_object();
	char *text;

	set_text(o, "command", t->command);
	switch (seen->kind) {
	case ROUTER_SEEN_BGP:
		add_bgp(o, &seen->bgp);
		break;
	case ROUTER_SEEN_TUNNEL:
		add_tunnel(o, &seen->tunnel);
		break;
	case ROUTER_SEEN_SA:
		set_text(o, "name", seen->sa.name);
		set_text(o, "direction", seen->sa.in ? "in" : "out");
		set_number(o, "life_s", seen->sa.life_s);
		break;
	case ROUTER_SEEN_ENVIRONMENT:
		set_number(o, "cpu_pct", seen->environment.cpu_pct);
		set_number(o, "mem_pct", seen->environment.mem_pct);
		set_civil(o, "boot_at", seen->environment.boot_civil_us);
		set_civil(o, "now", seen->environment.now_civil_us);
		break;
	case ROUTER_SEEN_LOG:
		add_log(o, &seen->log);
		break;
	}
	text = json_dumps(o, JSON_COMPACT);
	if (text) {
		buf_puts(&t->out, text);
		buf_putc(&t->out, '\n');
	}
	free(text);
	json_decref(o);
}

/* ---- the text ---- */

static int read_transcript(const char *path, struct buf *ret)
{
	bool stream = !strcmp(path, "-");
	int fd = stream ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char chunk[16384];
	struct stat st;
	ssize_t n = 0;
	int status = EXIT_OK;

	if (fd < 0)
		return die(EXIT_NOINPUT, "cannot open %.200s: %s", path, strerror(errno));
	if (!stream && (fstat(fd, &st) || S_ISDIR(st.st_mode)))
		status = die(EXIT_NOINPUT, "%.200s is a directory; name a file, or - for standard input", path);
	while (!status && (n = read(fd, chunk, sizeof chunk)) > 0) {
		buf_add(ret, chunk, n);
		if (ret->len > TRANSCRIPT_MAX)
			status = die(EXIT_DATA, "%.200s is longer than %d bytes; cut out the answers of interest", path,
				     TRANSCRIPT_MAX);
	}
	if (!status && n < 0)
		status = die(EXIT_NOINPUT, "cannot read %.200s: %s", path, strerror(errno));
	if (!stream)
		close(fd);
	return status;
}

static bool is_utf8(const struct buf *b)
{
	uint32_t c;

	for (size_t i = 0, n; i < b->len; i += n) {
		n = utf8_decode(b->data + i, b->len - i, &c);
		if (!n)
			return false;
	}
	return true;
}

/* Lines as a terminal would show them; in the router's charset unless it is UTF-8 already. */
static int make_lines(const struct profile *p, const struct buf *raw, struct buf *ret)
{
	const char *charset = is_utf8(raw) ? "UTF-8" : profile_session(p)->charset, *rest;
	struct lines *ls = lines_new(charset);
	size_t n;

	if (!ls)
		return die(EXIT_CONFIG, "profile %s: there is no charset %s; see iconv -l", profile_name(p), charset);
	lines_input(ls, raw->data ? raw->data : "", raw->len, ret);
	rest = lines_pending(ls, &n);
	if (n) {
		buf_add(ret, rest, n);
		buf_putc(ret, '\n');
	}
	lines_free(ls);
	return EXIT_OK;
}

/* JSON among other lines: from a line that begins with { to the last that begins with }. False: there is none. */
static bool cut_json(const char **text, size_t *len)
{
	const char *stop = *text + *len, *start = *text, *end = NULL;

	if (*len && *start != '{')
		start = memmem(start, *len, "\n{", 2);
	if (!*len || !start)
		return false;
	start += *start == '\n';
	for (const char *at = start; (at = memmem(at, stop - at, "\n}", 2)); at++)
		end = at + 1;
	end = memchr(end ? end : start, '\n', stop - (end ? end : start));
	*text = start;
	*len = (end ? end : stop) - start;
	return true;
}

/* ---- commands ---- */

static void print_odd(const char *command, const char *text, size_t len, size_t offset)
{
	const char *nl = memchr(text + offset, '\n', len - offset);
	char clean[200];
	unsigned line = 1;

	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n';
	str_clean(clean, sizeof clean, text + offset, nl ? (size_t)(nl - text) - offset : len - offset);
	fprintf(stderr, PROGRAM ": %s: line %u is not understood: %s\n", command, line, clean);
}

/* One command's patterns. Returns whether there was anything for them; adds to *odd what was not understood. asked:
 * it must be an answer to this command. */
static bool try_command(const struct profile *p, size_t i, const struct buf *lines, bool asked, unsigned *odd)
{
	struct trial t = { .sink.put = put, .command = profile_command(p, i)->name };
	const char *text = lines->data ? lines->data : "";
	size_t len = lines->len, offsets[ODD_MAX], n;
	struct router_answer answer;
	bool json = false;

	n = profile_read_odd(p, i, text, len, &t.sink, &answer, offsets, ODD_MAX);
	if (!answer.seen && !answer.suspects && cut_json(&text, &len)) {
		json = true;
		n = profile_read_odd(p, i, text, len, &t.sink, &answer, offsets, ODD_MAX);
	}
	if (t.out.len)
		fwrite(t.out.data, 1, t.out.len, stdout);
	buf_free(&t.out);
	/* JSON may be the answer to another command */
	if (!asked && !answer.seen && (json || !answer.suspects))
		return false;
	for (size_t k = 0; k < n; k++)
		print_odd(t.command, text, len, offsets[k]);
	if (answer.suspects > n)
		fprintf(stderr, PROGRAM ": %s: %u piece%s not understood\n", t.command, answer.suspects - (unsigned)n,
			answer.suspects - n == 1 ? " more is" : "s more are");
	else if (!answer.seen && !n)
		fprintf(stderr, PROGRAM ": %s: %s\n", t.command,
			*answer.reason ? answer.reason : "there is nothing to list");
	*odd += answer.outcome == ROUTER_OUTCOME_PARSE;
	return true;
}

static int try_profile(const struct profile *p, const struct buf *lines, const char *only)
{
	struct buf names = {0};
	unsigned odd = 0, tried = 0;
	bool any = false;
	int status = EXIT_OK;

	for (size_t i = 0; i < profile_commands(p); i++) {
		const char *name = profile_command(p, i)->name;

		buf_printf(&names, " %s", name);
		if (only && strcmp(only, name))
			continue;
		tried++;
		any |= try_command(p, i, lines, only, &odd);
	}
	if (!tried)
		status = die(EXIT_USAGE, "profile %s has no command %.60s; there are:%s", profile_name(p), only,
			     names.data);
	else if (!any)
		status = die(EXIT_DATA, "nothing in it looks like an answer that profile %s knows; its commands are:%s",
			     profile_name(p), names.data);
	else if (odd)
		status = EXIT_DATA;
	buf_free(&names);
	if (fflush(stdout) || ferror(stdout))
		return errno == EPIPE ? EXIT_OK : die(EXIT_IO, "cannot write: %s", strerror(errno));
	return status;
}

int cmd_router_test(struct options *o)
{
	struct buf raw = {0}, lines = {0};
	struct profile *p = NULL;
	struct error err;
	int status;

	if (o->nargs != 2)
		return die(EXIT_USAGE, "router-test needs a profile and a transcript: " PROGRAM
			   " router-test yamaha-rtx FILE");
	p = profile_find(o->args[0], &err);
	status = p ? read_transcript(o->args[1], &raw) : die(EXIT_CONFIG, "%s", err.text);
	/* what a router printed is read with no privileges */
	if (!status && privilege_drop(false, &err))
		status = die(EXIT_UNAVAILABLE, "%s", err.text);
	if (!status)
		status = make_lines(p, &raw, &lines);
	if (!status && profile_experimental(p))
		fprintf(stderr, PROGRAM ": profile %s is experimental: nobody has tried it on a router\n",
			profile_name(p));
	if (!status)
		status = try_profile(p, &lines, o->router_command);
	profile_free(p);
	buf_free(&raw);
	buf_free(&lines);
	return status;
}
