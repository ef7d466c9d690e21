// SPDX-License-Identifier: GPL-2.0-or-later
// Lines of routers' logs: up and down with the router's own times, rekeys, IKE tries.
#include <string.h>

#include "model/health_int.h"

enum { LOST_LINE_S = 60 };

struct line {
	int64_t at;      /* session time */
	uint16_t source, name;
	enum log_meaning meaning;
	char text[140];
};

static bool is_after(int64_t at, int64_t before)
{
	return before == MODEL_NEVER || at > before;
}

/* A line that names no tunnel is about the row whose outer address it tells. */
static bool is_about(const struct model *m, const struct model_tunnel *t, const struct line *l)
{
	const char *outer = model_name(m, t->outer_remote), *at;
	size_t len = strlen(outer);

	if (!t->used || t->router == MODEL_NONE || t->router != l->source)
		return false;
	if (l->name != MODEL_NONE)
		return t->remote_name == l->name;
	at = len ? strstr(l->text, outer) : NULL;
	/* 192.0.2.1 is no part of 192.0.2.10 */
	return at && !(at[len] >= '0' && at[len] <= '9') && (at == l->text || at[-1] < '0' || at[-1] > '9');
}

static unsigned find_row(const struct model *m, const struct line *l)
{
	for (size_t i = 0; l->source != MODEL_NONE && i < m->ntunnels; i++)
		if (is_about(m, &m->tunnels[i], l))
			return (unsigned)i;
	return MODEL_NONE;
}

static void note_down(struct model_tunnel *t, const struct line *l)
{
	/* said again, or an old line read again */
	if (t->log_down_us > t->log_up_us || !is_after(l->at, t->log_down_us))
		return;
	/* in the second in which it came up: the line stands behind that one */
	t->log_down_us = l->at > t->log_up_us ? l->at : t->log_up_us + 1;
}

static void note_up(struct model *m, unsigned row, const struct line *l)
{
	struct model_tunnel *t = &m->tunnels[row];
	int64_t down = t->log_down_us;
	char cause[MODEL_REASON_MAX];
	size_t pos = 0;

	for (unsigned i = 0; i < ARRAY_LEN(t->ike_us); i++)
		t->ike_us[i] = MODEL_NEVER;
	if (t->log_up_us != MODEL_NEVER && (t->log_up_us >= down || l->at < t->log_up_us))
		return;
	if (down != MODEL_NEVER && l->at < down)
		return;
	t->log_up_us = l->at;
	if (down == MODEL_NEVER)
		return;
	cause[0] = 0;
	str_append(cause, sizeof cause, &pos, "log of %.40s: %.40s was down", model_name(m, l->source),
		   model_name(m, t->remote_name));
	health_past_outage(m, row, down, l->at, cause);
}

/* The log's newest word is down, but the row has been up for a minute all the same: the line that says up was lost, and
 * when the next comes it must not make an outage of all the time between. */
void log_forget(const struct model *m, struct model_tunnel *t)
{
	if (t->log_down_us > t->log_up_us && (t->state == HEALTH_UP || t->state == HEALTH_DEGRADED) &&
	    max_time(t->log_down_us, t->since_us) <= m->now - LOST_LINE_S * US_PER_S)
		t->log_down_us = t->log_up_us;
}

static void note_ike(struct model_tunnel *t, const struct line *l)
{
	t->ike_us[2] = t->ike_us[1];
	t->ike_us[1] = t->ike_us[0];
	t->ike_us[0] = l->at;
}

static void note_rekey(struct model *m, struct model_tunnel *t)
{
	const struct model_router_tunnel *o = model_tunnel_remote(m, t);

	for (unsigned i = 0; i < ARRAY_LEN(t->ike_us); i++)
		t->ike_us[i] = MODEL_NEVER;
	/* where lives of SAs are told they are counted by those */
	if (!o || o->sa_life_s < 0)
		t->rekeys++;
}

static void note(struct model *m, unsigned row, const struct line *l)
{
	switch (l->meaning) {
	case LOG_MEANING_UP:
		note_up(m, row, l);
		health_update(m, row);
		break;
	case LOG_MEANING_DOWN:
		note_down(&m->tunnels[row], l);
		health_update(m, row);
		break;
	case LOG_MEANING_REKEY:
		note_rekey(m, &m->tunnels[row]);
		break;
	case LOG_MEANING_IKE_TRY:
		note_ike(&m->tunnels[row], l);
		break;
	case LOG_MEANING_OTHER:
	case LOG_MEANING_COUNT:
		break;
	}
}

static void tell(struct model *m, unsigned row, const struct line *l)
{
	bool down = l->meaning == LOG_MEANING_DOWN, up = l->meaning == LOG_MEANING_UP;

	if (!down && !up && l->meaning != LOG_MEANING_REKEY)
		return;
	m->changes++;
	history_add_event(m, l->at, row, down ? -1 : up, down ? SEVERITY_WARNING : SEVERITY_INFO, "LOG", "%.40s: %s",
			  model_name(m, l->source), l->text);
}

void log_apply(struct model *m, const struct record *r)
{
	int64_t meaning = record_get(r, LOG_MEANING, LOG_MEANING_OTHER);
	struct line l = {
		.at = record_has(r, LOG_AT) && m->has_clock ? model_session_time(m, r->v[LOG_AT]) : r->t,
		.source = name_or_none(r, LOG_SOURCE), .name = name_or_none(r, LOG_NAME),
		.meaning = meaning < 0 || meaning >= LOG_MEANING_COUNT ? LOG_MEANING_OTHER :
			   (enum log_meaning)meaning,
	};
	unsigned row;

	if (r->snapshot || l.meaning == LOG_MEANING_OTHER)
		return;
	str_clean(l.text, sizeof l.text, r->text ? r->text : "", r->text_len);
	l.at = l.at > m->now ? m->now : l.at;
	row = find_row(m, &l);
	tell(m, row, &l);
	/* what was before the session is no part of it */
	if (row != MODEL_NONE && l.at >= m->started_us)
		note(m, row, &l);
}
