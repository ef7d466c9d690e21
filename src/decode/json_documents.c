// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes that should be JSON. Its strings hold whatever an administrator or a peer typed, in any encoding: bytes become
// UTF-8 before the parser sees them, so that one bad description does not hide every neighbour.
#include <string.h>

#include "decode/json_documents.h"

enum { SIZE_MAX_BYTES = 4 << 20, DEPTH_MAX = 24, DOCUMENTS_MAX = 64 };

struct cleaner {
	struct buf out;
	int depth, deepest;
	bool in_string, escaped;
};

static void clean_ascii(struct cleaner *c, char byte)
{
	bool control = (unsigned char)byte < 0x20 || byte == 0x7f;

	buf_putc(&c->out, control ? ' ' : byte);
	if (c->in_string) {
		if (!c->escaped && byte == '"')
			c->in_string = false;
		c->escaped = !c->escaped && byte == '\\';
		return;
	}
	c->in_string = byte == '"';
	c->escaped = false;
	if (byte == '{' || byte == '[')
		c->depth++;
	if (byte == '}' || byte == ']')
		c->depth--;
	if (c->depth > c->deepest)
		c->deepest = c->depth;
}

static void clean(struct cleaner *c, const char *data, size_t len)
{
	uint32_t ignored;

	for (size_t i = 0; i < len;) {
		size_t n = utf8_decode(data + i, len - i, &ignored);

		if (n == 1) {
			clean_ascii(c, data[i]);
		} else if (n) {
			buf_add(&c->out, data + i, n);
			c->escaped = false;
		} else {
			buf_puts(&c->out, "\xef\xbf\xbd"); /* U+FFFD */
			c->escaped = false;
		}
		i += n ? n : 1;
	}
}

struct reader {
	struct router_answer *answer;
	void (*document)(void *arg, const json_t *doc);
	void *arg;
};

void json_documents_trouble(struct router_answer *a, enum router_outcome outcome, const char *what, const char *text,
			    size_t len)
{
	char raw[ROUTER_WORDS_MAX], cleaned[ROUTER_WORDS_MAX];
	size_t pos = 0;

	a->suspects += outcome == ROUTER_OUTCOME_PARSE;
	if (a->outcome == ROUTER_OUTCOME_PARSE)
		return; /* the first trouble is the one to mend */
	str_clean(cleaned, sizeof cleaned, text, len);
	*raw = 0;
	str_append(raw, sizeof raw, &pos, "%s%s%s", what, *what && *cleaned ? ": " : "", cleaned);
	a->outcome = outcome;
	str_clean(a->reason, sizeof a->reason, raw, strlen(raw)); /* cut between characters */
}

/* It printed words instead: the first line of them. */
static void read_words(struct reader *r, const char *text, size_t len)
{
	size_t line = 0;
	char start[64];

	while (line < len && text[line] != '\n' && text[line] != '\r')
		line++;
	str_clean(start, sizeof start, text, line);
	if (strstr(start, "instance not found") || strstr(start, "No BGP process"))
		json_documents_trouble(r->answer, ROUTER_OUTCOME_ABSENT, "no BGP instance", text, line);
	else
		json_documents_trouble(r->answer, ROUTER_OUTCOME_PARSE, "the answer is not JSON", text, line);
}

static size_t skip_blanks(const char *text, size_t pos, size_t len)
{
	while (pos < len && strchr(" \t\r\n", text[pos]))
		pos++;
	return pos;
}

/* raw: where words are told from, line ends included; text: the same, cleaned. */
static void read_documents(struct reader *r, const char *raw, size_t raw_len, const char *text, size_t len)
{
	size_t pos = skip_blanks(text, 0, len);

	if (pos == len) {
		json_documents_trouble(r->answer, ROUTER_OUTCOME_PARSE, "the answer is empty", "", 0);
	} else if (text[pos] != '{') {
		size_t at = skip_blanks(raw, 0, raw_len);

		read_words(r, raw + at, raw_len - at);
		return;
	}
	for (unsigned n = 0; pos < len && n < DOCUMENTS_MAX; n++) {
		json_error_t err;
		json_t *doc;

		if (text[pos] != '{') {
			read_words(r, text + pos, len - pos);
			return;
		}
		doc = json_loadb(text + pos, len - pos, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, &err);
		if (!doc) {
			json_documents_trouble(r->answer, ROUTER_OUTCOME_PARSE, "the answer is cut or broken",
					       err.text, strlen(err.text));
			return;
		}
		r->document(r->arg, doc);
		json_decref(doc);
		pos = skip_blanks(text, pos + (size_t)err.position, len);
	}
}

void json_documents_read(const void *data, size_t len, struct router_answer *answer,
			 void (*document)(void *arg, const json_t *doc), void *arg)
{
	struct reader r = { .answer = answer, .document = document, .arg = arg };
	struct cleaner c = {0};

	*answer = (struct router_answer){ .outcome = ROUTER_OUTCOME_OK };
	if (len > SIZE_MAX_BYTES) {
		json_documents_trouble(answer, ROUTER_OUTCOME_PARSE, "the answer is too long", "", 0);
		return;
	}
	clean(&c, data, len);
	if (c.deepest > DEPTH_MAX)
		json_documents_trouble(answer, ROUTER_OUTCOME_PARSE, "the answer is nested too deeply", "", 0);
	else
		read_documents(&r, data, len, c.out.data ? c.out.data : "", c.out.len);
	buf_free(&c.out);
}
