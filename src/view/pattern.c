// SPDX-License-Identifier: GPL-2.0-or-later
// Patterns that a person types. The subjects are hostile, the pattern may be foolish: both are bounded.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "view/panel.h"

struct pattern {
	bool inverted;
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *context;
};

static void set_limits(struct pattern *p)
{
	p->context = pcre2_match_context_create(NULL);
	p->match = pcre2_match_data_create(1, NULL);
	if (!p->context)
		return;
	pcre2_set_match_limit(p->context, 100000);
	pcre2_set_depth_limit(p->context, 1000);
	pcre2_set_heap_limit(p->context, 1024);
}

struct pattern *pattern_new(const char *text, char *ret_error, size_t error_size)
{
	struct pattern *p = xcalloc(1, sizeof *p);
	PCRE2_SIZE offset;
	int error;

	if (*text == '!') {
		p->inverted = true;
		text++;
	}
	p->code = pcre2_compile((PCRE2_SPTR)text, strlen(text),
				PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C,
				&error, &offset, NULL);
	if (!p->code) {
		pcre2_get_error_message(error, (PCRE2_UCHAR *)ret_error, error_size);
		pattern_free(p);
		return NULL;
	}
	// without JIT it only is slower
	pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);
	set_limits(p);
	if (p->match && p->context)
		return p;
	str_copy(ret_error, error_size, "out of memory");
	pattern_free(p);
	return NULL;
}

void pattern_free(struct pattern *p)
{
	if (!p)
		return;
	pcre2_match_context_free(p->context);
	pcre2_match_data_free(p->match);
	pcre2_code_free(p->code);
	free(p);
}

bool pattern_match(const struct pattern *p, const char *subject, size_t len)
{
	int rc = pcre2_match(p->code, (PCRE2_SPTR)subject, len, 0, 0, p->match, p->context);

	return (rc >= 0) != p->inverted;
}
