// SPDX-License-Identifier: GPL-2.0-or-later
// Patterns of profiles. The subjects are hostile and the patterns a user's: both are bounded.
#include "decode/profile_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct { const char *name; unsigned where; } groups[GROUPS] = {
#define GROUP_ROW(constant, name, where) { name, where },
	GROUP_TABLE(GROUP_ROW)
};

const char *group_name(enum group g)
{
	return g < GROUPS ? groups[g].name : NULL;
}

static enum group find_group(const char *name, unsigned where)
{
	for (unsigned g = 0; g < GROUPS; g++)
		if (groups[g].where & where && !strcmp(groups[g].name, name))
			return g;
	return GROUP_NONE;
}

static int fail_group(const char *name, unsigned where, struct error *err)
{
	char known[300] = "", clean[64];
	size_t pos = 0;

	for (unsigned g = 0; g < GROUPS; g++)
		if (groups[g].where & where)
			str_append(known, sizeof known, &pos, "%s%s", pos ? " " : "", groups[g].name);
	str_clean(clean, sizeof clean, name, strlen(name));
	return error_set(err, -EINVAL, "has a group '%s', which nothing is known of here; there are: %s", clean, known);
}

/* Which of our groups its groups are. */
static int name_groups(struct pattern *pt, unsigned where, struct error *err)
{
	uint32_t count = 0, names = 0, size = 0;
	PCRE2_SPTR table = NULL;

	pcre2_pattern_info(pt->code, PCRE2_INFO_CAPTURECOUNT, &count);
	pcre2_pattern_info(pt->code, PCRE2_INFO_NAMECOUNT, &names);
	pcre2_pattern_info(pt->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(pt->code, PCRE2_INFO_NAMETABLE, &table);
	if (count > PROFILE_GROUPS_MAX)
		return error_set(err, -EINVAL, "has more than %d groups; write (?:...) where a group is not named",
				 PROFILE_GROUPS_MAX);
	memset(pt->groups, GROUP_NONE, sizeof pt->groups);
	for (; names; names--, table += size) {
		const char *name = (const char *)table + 2; /* behind the number, of two bytes */
		enum group g = find_group(name, where);

		if (g == GROUP_NONE)
			return fail_group(name, where, err);
		pt->groups[table[0] << 8 | table[1]] = g;
		pt->has |= UINT64_C(1) << g;
	}
	return 0;
}

/* \C would split characters; only LF ends a line, whatever PCRE2 was built for. */
static pcre2_code *compile(const char *text, struct error *err)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	PCRE2_UCHAR why[120];
	PCRE2_SIZE at;
	int code;
	pcre2_code *ret;

	if (!context)
		abort();
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	pcre2_set_parens_nest_limit(context, 50);
	ret = pcre2_compile((PCRE2_SPTR)text, strlen(text),
			    PCRE2_UTF | PCRE2_MULTILINE | PCRE2_DUPNAMES | PCRE2_NEVER_BACKSLASH_C, &code, &at,
			    context);
	pcre2_compile_context_free(context);
	if (!ret) {
		pcre2_get_error_message(code, why, sizeof why);
		error_set(err, -EINVAL, "is no pattern: %s at byte %zu of it", (char *)why, at);
	}
	return ret;
}

int pattern_add(struct pattern_list *list, const char *text, unsigned where, int line, struct error *err)
{
	struct pattern pt = { .line = line };

	if (!*text)
		return error_set(err, -EINVAL, "is empty; remove it or write a pattern");
	if (strlen(text) > PROFILE_PATTERN_MAX)
		return error_set(err, -EINVAL, "is longer than %d bytes", PROFILE_PATTERN_MAX);
	if (list->n == PROFILE_LIST_MAX)
		return error_set(err, -EINVAL, "has more than %d patterns", PROFILE_LIST_MAX);
	pt.code = compile(text, err);
	if (!pt.code)
		return -EINVAL;
	if (name_groups(&pt, where, err)) {
		pcre2_code_free(pt.code);
		return -EINVAL;
	}
	array_grow(&list->items, &list->cap, list->n + 1, sizeof *list->items);
	list->items[list->n++] = pt;
	return 0;
}

void pattern_list_free(struct pattern_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		pcre2_code_free(list->items[i].code);
	free(list->items);
	*list = (struct pattern_list){0};
}

void pattern_list_jit(struct pattern_list *list)
{
	// without JIT it only is slower
	for (size_t i = 0; i < list->n; i++)
		pcre2_jit_compile(list->items[i].code, PCRE2_JIT_COMPLETE);
}

uint64_t pattern_list_has(const struct pattern_list *list)
{
	uint64_t has = 0;

	for (size_t i = 0; i < list->n; i++)
		has |= list->items[i].has;
	return has;
}

int pattern_find(const struct profile *p, const struct pattern *pt, const char *text, size_t len, size_t offset,
		 size_t *ret_start, size_t *ret_end)
{
	const PCRE2_SIZE *at;
	int r = pcre2_match(pt->code, (PCRE2_SPTR)text, len, offset, PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, p->match,
			    p->limits);

	if (r == PCRE2_ERROR_NOMATCH)
		return 0;
	if (r < 0)
		return -1;
	at = pcre2_get_ovector_pointer(p->match);
	/* \K in a lookahead may put the start behind the end */
	if (at[0] > at[1] || at[1] <= offset)
		return 0;
	*ret_start = at[0] < offset ? offset : at[0];
	*ret_end = at[1];
	return 1;
}

void pattern_captures(const struct profile *p, const struct pattern *pt, const char *text, bool replace,
		      struct captures *c)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(p->match);
	uint32_t n = pcre2_get_ovector_count(p->match);

	for (uint32_t i = 1; i < n && i <= PROFILE_GROUPS_MAX; i++) {
		enum group g = pt->groups[i];

		if (g == GROUP_NONE || (c->text[g] && !replace))
			continue;
		if (at[2 * i] == PCRE2_UNSET || at[2 * i] > at[2 * i + 1])
			continue;
		c->text[g] = text + at[2 * i];
		c->len[g] = at[2 * i + 1] - at[2 * i];
	}
}

const char *text_valid(const char *text, size_t *len, struct buf *copy)
{
	size_t good = 0, n = 1;
	uint32_t c;

	for (size_t i = 0; i < *len; i += n) {
		n = (unsigned char)text[i] < 128 ? 1 : utf8_decode(text + i, *len - i, &c);
		if (n)
			continue;
		buf_add(copy, text + good, i - good);
		buf_puts(copy, "\xef\xbf\xbd");
		n = 1;
		good = i + 1;
	}
	if (!copy->len)
		return *len ? text : "";
	buf_add(copy, text + good, *len - good);
	*len = copy->len;
	return copy->data;
}
