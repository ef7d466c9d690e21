// SPDX-License-Identifier: GPL-2.0-or-later
// The answer of a router to one command, read by its profile. A pattern that fits no longer must never look like "there
// are none": what looks like a record and is none is counted.
#include "decode/router_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS_MAX = 65536 };

void reading_put(struct reading *rd, const struct router_seen *seen)
{
	rd->ret->seen++;
	rd->sink->put(rd->sink, seen);
}

void reading_odd(struct reading *rd, size_t offset)
{
	rd->ret->suspects++;
	if (rd->nodd < rd->odd_max)
		rd->odd[rd->nodd++] = offset;
}

struct router_seen *reading_keep(struct reading *rd, enum router_seen_kind kind, uint64_t family)
{
	struct kept *k;

	array_grow(&rd->kept, &rd->kept_cap, rd->nkept + 1, sizeof *rd->kept);
	k = &rd->kept[rd->nkept++];
	*k = (struct kept){ .seen.kind = kind, .family = family };
	return &k->seen;
}

/* ---- where patterns match ---- */

static int by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end > y->end ? -1 : x->end < y->end;
}

static void find_matches(struct reading *rd, const struct pattern *pt, struct spans *ret)
{
	struct span s = { .pattern = pt };
	int r;

	for (size_t at = 0; (r = pattern_find(rd->p, pt, rd->text, rd->len, at, &s.start, &s.end)) > 0; at = s.end) {
		if (ret->n == RECORDS_MAX) {
			r = -1;
			break;
		}
		array_grow(&ret->items, &ret->cap, ret->n + 1, sizeof *ret->items);
		ret->items[ret->n++] = s;
	}
	if (r < 0)
		rd->gave_up = true;
}

void spans_find(struct reading *rd, const struct pattern_list *list, struct spans *ret)
{
	size_t n = 0, end = 0;

	for (size_t i = 0; i < list->n && !rd->gave_up; i++)
		find_matches(rd, &list->items[i], ret);
	if (list->n < 2 || !ret->n)
		return;
	qsort(ret->items, ret->n, sizeof *ret->items, by_start);
	for (size_t i = 0; i < ret->n; i++) {
		if (ret->items[i].start < end)
			continue;
		end = ret->items[i].end;
		ret->items[n++] = ret->items[i];
	}
	ret->n = n;
}

/* Suspects that begin in no record. */
static void find_odd(struct reading *rd, const struct spans *records)
{
	struct spans suspects = {0};
	size_t k = 0;

	spans_find(rd, &rd->c->uses[USE_SUSPECT], &suspects);
	for (size_t i = 0; i < suspects.n; i++) {
		while (k < records->n && records->items[k].end <= suspects.items[i].start)
			k++;
		if (k == records->n || records->items[k].start > suspects.items[i].start)
			reading_odd(rd, suspects.items[i].start);
	}
	free(suspects.items);
}

/* ---- records with fields ---- */

/* What the span's pattern captures there; it matched, so it matches again. */
static void capture(struct reading *rd, const struct span *s, bool replace, struct captures *c)
{
	size_t start, end;

	if (pattern_find(rd->p, s->pattern, rd->text, rd->len, s->start, &start, &end) > 0)
		pattern_captures(rd->p, s->pattern, rd->text, replace, c);
}

/* A line that applies to what follows sets all its groups anew. */
static void apply_local(struct reading *rd, const struct span *s, struct captures *context)
{
	for (unsigned g = 0; g < GROUPS; g++)
		if (s->pattern->has >> g & 1) {
			context->text[g] = NULL;
			context->len[g] = 0;
		}
	capture(rd, s, true, context);
}

static void capture_fields(struct reading *rd, size_t start, size_t end, struct captures *c)
{
	const struct pattern_list *fields = &rd->c->uses[USE_FIELD];

	for (size_t i = 0; i < fields->n; i++) {
		size_t at, to;
		int r = pattern_find(rd->p, &fields->items[i], rd->text + start, end - start, 0, &at, &to);

		if (r > 0)
			pattern_captures(rd->p, &fields->items[i], rd->text + start, false, c);
		else if (r < 0)
			rd->gave_up = true;
	}
}

static bool read_record(struct reading *rd, const struct captures *c)
{
	switch (rd->c->kind) {
	case ROUTER_SEEN_BGP:
		return seen_bgp(rd, c);
	case ROUTER_SEEN_TUNNEL:
		return seen_tunnel(rd, c);
	case ROUTER_SEEN_SA:
		return seen_sa(rd, c);
	case ROUTER_SEEN_ENVIRONMENT:
		return seen_environment(rd, c);
	case ROUTER_SEEN_LOG:
		break;
	}
	return false;
}

static void read_records(struct reading *rd, const struct spans *records)
{
	struct captures context = {0};
	struct spans locals = {0};
	size_t next = 0;

	spans_find(rd, &rd->c->uses[USE_LOCAL], &locals);
	for (size_t i = 0; i < records->n && !rd->gave_up; i++) {
		size_t end = i + 1 < records->n ? records->items[i + 1].start : rd->len;
		struct captures c = {0};

		for (; next < locals.n && locals.items[next].start < records->items[i].start; next++)
			apply_local(rd, &locals.items[next], &context);
		capture(rd, &records->items[i], true, &c);
		capture_fields(rd, records->items[i].start, end, &c);
		for (unsigned g = 0; g < GROUPS; g++)
			if (!c.text[g]) {
				c.text[g] = context.text[g];
				c.len[g] = context.len[g];
			}
		if (!read_record(rd, &c))
			reading_odd(rd, records->items[i].start);
	}
	free(locals.items);
}

/* ---- BGP: a neighbour of two address families is one ---- */

struct known {
	size_t *slots; /* index + 1 of kept */
	size_t mask;
};

/* The slot of the neighbour, or its free one. */
static size_t find_known(const struct reading *rd, const struct known *k, const struct router_seen_bgp *b)
{
	uint64_t hash = hash_bytes(hash_bytes(0, b->vrf, strlen(b->vrf)), b->neighbor, strlen(b->neighbor));
	size_t slot = hash & k->mask;

	for (; k->slots[slot]; slot = (slot + 1) & k->mask) {
		const struct router_seen_bgp *other = &rd->kept[k->slots[slot] - 1].seen.bgp;

		if (!strcmp(other->neighbor, b->neighbor) && !strcmp(other->vrf, b->vrf))
			break;
	}
	return slot;
}

static int64_t sum(int64_t a, int64_t b)
{
	return a < 0 ? b : b < 0 ? a : a + b;
}

static void merge(struct router_seen_bgp *into, const struct router_seen_bgp *b)
{
	/* one family without a policy is not the news while another has routes */
	if (b->state == into->state && !*b->word)
		*into->word = 0;
	into->prefixes_received = sum(into->prefixes_received, b->prefixes_received);
	into->prefixes_sent = sum(into->prefixes_sent, b->prefixes_sent);
}

static void put_neighbors(struct reading *rd)
{
	struct known k = { .mask = 15 };
	size_t n = 0;

	while (k.mask < 2 * rd->nkept)
		k.mask = k.mask * 2 + 1;
	k.slots = xcalloc(k.mask + 1, sizeof *k.slots);
	for (size_t i = 0; i < rd->nkept; i++) {
		size_t slot = find_known(rd, &k, &rd->kept[i].seen.bgp);
		struct kept *same = k.slots[slot] ? &rd->kept[k.slots[slot] - 1] : NULL;

		if (same && same->family && rd->kept[i].family && same->family != rd->kept[i].family) {
			merge(&same->seen.bgp, &rd->kept[i].seen.bgp);
			continue;
		}
		rd->kept[n++] = rd->kept[i];
		k.slots[slot] = n;
	}
	free(k.slots);
	for (size_t i = 0; i < n; i++)
		reading_put(rd, &rd->kept[i].seen);
}

/* ---- what came of it ---- */

static bool any_match(struct reading *rd, const struct pattern_list *list, char text[ROUTER_WORDS_MAX])
{
	for (size_t i = 0; i < list->n; i++) {
		struct captures c = {0};
		size_t start, end;

		if (pattern_find(rd->p, &list->items[i], rd->text, rd->len, 0, &start, &end) <= 0)
			continue;
		pattern_captures(rd->p, &list->items[i], rd->text, true, &c);
		if (c.text[GROUP_TEXT])
			value_clean(text, ROUTER_WORDS_MAX, c.text[GROUP_TEXT], c.len[GROUP_TEXT]);
		else
			value_clean(text, ROUTER_WORDS_MAX, rd->text + start, end - start);
		return true;
	}
	return false;
}

/* Lines that tell how many records there must be. True: there is one at least, so it is an answer. */
static bool check_totals(struct reading *rd, size_t records)
{
	struct spans totals = {0};
	uint64_t want = 0;
	bool any;

	spans_find(rd, &rd->c->uses[USE_TOTAL], &totals);
	for (size_t i = 0; i < totals.n; i++) {
		struct captures c = {0};
		int64_t n;

		capture(rd, &totals.items[i], true, &c);
		n = value_number(c.text[GROUP_COUNT], c.len[GROUP_COUNT]);
		want += n > 0 ? (uint64_t)n : 0;
	}
	any = totals.n;
	free(totals.items);
	if (want > records + rd->ret->suspects)
		rd->ret->suspects = want - records > UINT32_MAX ? UINT32_MAX : want - records;
	return any;
}

static void set_outcome(struct router_answer *a, enum router_outcome outcome, const char *words, const char *text)
{
	char clean[ROUTER_WORDS_MAX + 32];

	a->outcome = outcome;
	snprintf(clean, sizeof clean, "%s%s", words, text);
	str_clean(a->reason, sizeof a->reason, clean, strlen(clean));
}

static void judge_nothing(struct reading *rd, bool heading)
{
	size_t lead = 0, len;
	char text[ROUTER_WORDS_MAX];

	while (lead < rd->len && strchr(" \t\n", rd->text[lead]))
		lead++;
	for (len = 0; lead + len < rd->len && rd->text[lead + len] != '\n';)
		len++;
	if (any_match(rd, &rd->c->uses[USE_ABSENT], text))
		set_outcome(rd->ret, ROUTER_OUTCOME_ABSENT, "", text);
	else if (any_match(rd, &rd->c->uses[USE_NONE], text) || (rd->c->kind == ROUTER_SEEN_LOG && !len))
		return;
	else if (any_match(rd, &rd->p->sessions[PROFILE_ERROR], text))
		set_outcome(rd->ret, ROUTER_OUTCOME_PARSE, "the router says: ", text);
	else if (heading)
		return;
	else if (!len)
		set_outcome(rd->ret, ROUTER_OUTCOME_PARSE, "unexpected answer: nothing", "");
	else {
		value_clean(text, sizeof text, rd->text + lead, len);
		set_outcome(rd->ret, ROUTER_OUTCOME_PARSE, "unexpected answer: ", text);
	}
}

static void judge(struct reading *rd, size_t records, bool heading)
{
	struct router_answer *a = rd->ret;

	if (rd->gave_up) {
		set_outcome(a, ROUTER_OUTCOME_PARSE, "the answer is too long or too odd to be read", "");
	} else if (a->suspects) {
		a->outcome = ROUTER_OUTCOME_PARSE;
		snprintf(a->reason, sizeof a->reason, "%u piece%s of the answer %s not understood", a->suspects,
			 a->suspects == 1 ? "" : "s", a->suspects == 1 ? "was" : "were");
	} else if (!records) {
		judge_nothing(rd, heading);
	}
	a->listing = a->outcome == ROUTER_OUTCOME_OK && !rd->c->detail && rd->c->kind != ROUTER_SEEN_ENVIRONMENT &&
		     rd->c->kind != ROUTER_SEEN_LOG;
}

static void read_text(struct reading *rd)
{
	struct spans records = {0};
	bool heading;

	spans_find(rd, &rd->c->uses[USE_RECORD], &records);
	find_odd(rd, &records);
	if (rd->c->kind == ROUTER_SEEN_LOG)
		read_log(rd, &records);
	else
		read_records(rd, &records);
	if (rd->c->kind == ROUTER_SEEN_BGP)
		put_neighbors(rd);
	heading = check_totals(rd, records.n);
	judge(rd, records.n, heading);
	free(records.items);
	free(rd->kept);
}

static bool is_json(const char *text, size_t len)
{
	size_t lead = 0;

	while (lead < len && strchr(" \t\r\n", text[lead]))
		lead++;
	return lead < len && text[lead] == '{';
}

size_t profile_read_odd(const struct profile *p, size_t command, const char *text, size_t len,
			struct router_seen_sink *sink, struct router_answer *ret, size_t *offsets, size_t max)
{
	struct reading rd = { .p = p, .c = &p->commands[command], .len = len, .sink = sink, .ret = ret,
			      .odd = offsets, .odd_max = max };
	struct buf copy = {0};

	*ret = (struct router_answer){ .outcome = ROUTER_OUTCOME_OK };
	if (rd.c->json && is_json(text, len)) {
		if (rd.c->detail)
			bgp_json_detail(text, len, "", sink, ret);
		else
			bgp_json_summary(text, len, sink, ret);
		return 0;
	}
	rd.text = text_valid(text, &rd.len, &copy);
	read_text(&rd);
	buf_free(&copy);
	return rd.nodd;
}

void profile_read(const struct profile *p, size_t command, const char *text, size_t len,
		  struct router_seen_sink *sink, struct router_answer *ret)
{
	profile_read_odd(p, command, text, len, sink, ret, NULL, 0);
}
