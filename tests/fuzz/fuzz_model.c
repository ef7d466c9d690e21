// SPDX-License-Identifier: GPL-2.0-or-later
// Any records, as a reader lets them through (names and words within bounds, numbers as they come), folded; then what is
// read of the model: verdicts, steps, reports. Input: records one after another, see take_record.
#include <stdlib.h>
#include <string.h>

#include "lib/take_record.h"
#include "tunwatch/model.h"
#include "tunwatch/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORDS_MAX = 4000, LOOKS = 64 };

static void look(const struct model *m)
{
	struct history_step steps[80];
	struct model_mtu u;

	for (unsigned i = 0; i < m->ntunnels && i < LOOKS; i++) {
		model_mtu(m, i, &u);
		if (!memchr(u.text, 0, sizeof u.text) || u.verdict >= MTU_VERDICT_COUNT || u.path_inner < 0 ||
		    u.path_inner > 65535 || u.ceiling < 0 || (u.has_gap && u.gap != u.path_inner - u.configured))
			abort();
		if (!memchr(m->tunnels[i].reason, 0, MODEL_REASON_MAX))
			abort();
	}
	for (unsigned i = 0; i < m->npmtu && i < LOOKS; i++)
		if (history_steps(m, i, steps, ARRAY_LEN(steps)) > 64 || m->pmtu[i].nsizes > MODEL_PMTU_SIZES)
			abort();
}

static void report_all(const struct model *m)
{
	const struct report r = { .m = m, .from = m->started_us, .to = m->now };
	struct buf out = {0};

	report_text(&out, &r);
	report_markdown(&out, &r);
	report_json(&out, &r);
	report_summary(&out, m, "");
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct model *m = model_new(true), *copy;
	int64_t t = 0;
	struct record r;
	bool more = size > 0;

	for (unsigned n = 0; more && n < RECORDS_MAX; n++) {
		more = take_record(&in, &t, &r);
		model_apply(m, &r);
		if (n % 16 == 0)
			look(m);
	}
	look(m);
	copy = model_copy(m);
	if (model_hash(copy) != model_hash(m))
		abort();
	if (size % 8 == 0 && m->started_us != MODEL_NEVER)
		report_all(copy);
	model_free(copy);
	model_free(m);
	return 0;
}
