// SPDX-License-Identifier: GPL-2.0-or-later
// Questions in the last line, filter and search.
#include <stdio.h>
#include <string.h>

#include "view/panel.h"

void view_say(struct view *v, const char *fmt, ...)
{
	va_list ap;

	v->message_until = MODEL_NEVER;
	va_start(ap, fmt);
	vsnprintf(v->message, sizeof v->message, fmt, ap);
	va_end(ap);
}

void view_say_until(struct view *v, int64_t until, const char *fmt, ...)
{
	va_list ap;

	v->message_until = until;
	va_start(ap, fmt);
	vsnprintf(v->message, sizeof v->message, fmt, ap);
	va_end(ap);
}

void view_ask(struct view *v, enum view_question which)
{
	v->asking = which;
	v->input[0] = 0;
	v->message[0] = 0;
	// an empty answer to an old filter clears it; the old text is there to be edited
	if (which == ASK_FILTER)
		str_copy(v->input, sizeof v->input, v->filter_text);
}

enum view_question view_asking(const struct view *v)
{
	return v->asking;
}

static void set_filter(struct view *v, const char *text)
{
	struct pattern *p = NULL;
	char error[120];

	if (*text) {
		p = pattern_new(text, error, sizeof error);
		if (!p) {
			view_say(v, "filter: %s", error);
			return;
		}
	}
	pattern_free(v->filter);
	v->filter = p;
	str_copy(v->filter_text, sizeof v->filter_text, text);
}

bool ask_clear_filter(struct view *v)
{
	bool had = v->filter != NULL;

	set_filter(v, "");
	return had;
}

// The next one, from the selected one on, that the search matches.
void ask_search(struct view *v, const struct model *m, int step)
{
	const struct panel *p = v->panel;
	size_t at = p->index(v), n = p->count(v);

	if (!v->search) {
		view_say(v, "nothing to find: / asks for it");
		return;
	}
	for (size_t i = 1; i <= n; i++) {
		size_t k = step > 0 ? (at + i) % n : (at + n * 2 - i) % n;

		if (!p->matches(v, m, k, v->search))
			continue;
		p->select(v, m, k);
		return;
	}
	view_say(v, v->panel->bit & (PANEL_TUNNELS | PANEL_MTU) ? "no row matches %.80s" : "nothing matches %.80s",
		 v->search_text);
}

static void set_search(struct view *v, const struct model *m, const char *text)
{
	struct pattern *p;
	char error[120];

	if (!*text)
		return;
	p = pattern_new(text, error, sizeof error);
	if (!p) {
		view_say(v, "find: %s", error);
		return;
	}
	pattern_free(v->search);
	v->search = p;
	str_copy(v->search_text, sizeof v->search_text, text);
	ask_search(v, m, 1);
}

static void drop_char(char *s)
{
	size_t n = strlen(s);

	while (n && ((uint8_t)s[n - 1] & 0xc0) == 0x80)
		n--;
	s[n ? n - 1 : 0] = 0;
}

// Whether the key is a character to be typed; Space is one.
static const char *typed(const char *key)
{
	uint32_t c;
	size_t n = strlen(key);

	if (!strcmp(key, "Space"))
		return " ";
	if (n && utf8_decode(key, n, &c) == n && c >= 0x20 && c != 0x7f)
		return key;
	return NULL;
}

static bool is_one_key(enum view_question q)
{
	return q == ASK_GOTO || q == ASK_BASELINE || q == ASK_QUIT;
}

// True when the question is answered with v->answer.
static bool edit(struct view *v, const char *key)
{
	const char *c = typed(key);

	if (!strcmp(key, "Esc") || !strcmp(key, "^C") || !strcmp(key, "^G")) {
		v->asking = ASK_NOTHING;
	} else if (!strcmp(key, "Enter")) {
		str_copy(v->answer, sizeof v->answer, v->input);
		return true;
	} else if (!strcmp(key, "Backspace")) {
		drop_char(v->input);
	} else if (!strcmp(key, "^U")) {
		v->input[0] = 0;
	} else if (c && is_one_key(v->asking)) {
		str_copy(v->answer, sizeof v->answer, c);
		return true;
	} else if (c && strlen(v->input) + strlen(c) < sizeof v->input) {
		size_t pos = strlen(v->input);

		str_append(v->input, sizeof v->input, &pos, "%s", c);
	}
	return false;
}

enum view_question view_answer(struct view *v, const char *key, const struct model *m, const struct view_status *st,
			       const char **ret)
{
	enum view_question which = v->asking;

	v->message[0] = 0;
	if (!edit(v, key))
		return ASK_NOTHING;
	v->asking = ASK_NOTHING;
	if (which == ASK_FILTER) {
		set_filter(v, v->answer);
		panels_collect(v, m, st);
		return ASK_NOTHING;
	}
	if (which == ASK_SEARCH) {
		set_search(v, m, v->answer);
		return ASK_NOTHING;
	}
	*ret = v->answer;
	return which;
}
