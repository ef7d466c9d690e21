// SPDX-License-Identifier: GPL-2.0-or-later
// Help and footer, read from the table of actions; the empty screen.
#include <stdio.h>
#include <string.h>

#include "view/panel.h"

static void put_legend(struct frame *f, int y, size_t which)
{
	const struct glyphs *g = panel_glyphs(f->v);
	int x = 1;

	if (which == 0) {
		canvas_put(f->c, x, y, -1, ROLE_PLAIN,
			   "State: UP, DEGR degraded, DOWN, ? nothing can tell, ADMIN shut down; "
			   "> before a time: at least so long");
		return;
	}
	x += canvas_put(f->c, x, y, -1, ROLE_PLAIN, "Strip: ");
	x += canvas_put(f->c, x, y, -1, ROLE_UP, g->up);
	x += canvas_put(f->c, x, y, -1, ROLE_PLAIN, " up  ");
	x += canvas_put(f->c, x, y, -1, ROLE_DEGRADED, g->degraded);
	x += canvas_put(f->c, x, y, -1, ROLE_PLAIN, " degraded  ");
	x += canvas_put(f->c, x, y, -1, ROLE_DOWN, g->down);
	x += canvas_put(f->c, x, y, -1, ROLE_PLAIN, " down  ");
	x += canvas_put(f->c, x, y, -1, ROLE_DIM, g->unknown);
	canvas_put(f->c, x, y, -1, ROLE_PLAIN, " not watched; the newest cell is at the right; letters are marks");
}

void panel_help(struct frame *f, int y, int height)
{
	size_t n, line = 0;
	const struct action_info *a = action_table(&n);

	panel_title(f, y, " KEYS  (j k: scroll, q: back)");
	for (size_t i = 0; i < n; i++) {
		int at;

		if (!(a[i].modes & f->st->mode))
			continue;
		at = panel_line(f, y + 1, height - 1, line++);
		if (at < 0)
			continue;
		canvas_put(f->c, 1, at, 13, ROLE_STRONG, a[i].keys);
		canvas_put(f->c, 15, at, -1, ROLE_PLAIN, a[i].help);
	}
	line++;
	for (size_t i = 0; i < 2; i++) {
		int at = panel_line(f, y + 1, height - 1, line++);

		if (at >= 0)
			put_legend(f, at, i);
	}
	panel_lines_end(f, height - 1, line);
}

static const char *question_label(enum view_question q)
{
	switch (q) {
	case ASK_FILTER:
		return "filter (PCRE2, ! inverts): ";
	case ASK_SEARCH:
		return "find (PCRE2): ";
	case ASK_TIME:
		return "go to (14:05, 14:05:30, -10m, +30s, y 14:05, A): ";
	case ASK_MARK:
		return "mark: ";
	case ASK_GOTO:
		return "go to mark (A..Z): ";
	case ASK_BASELINE:
		return "baseline: s set anew, c clear, Esc neither ";
	case ASK_INTERVAL:
		return "interval (seconds, 0.1 to 60): ";
	case ASK_QUIT:
		return "leave: k keep recording (tunwatch attach comes back), s stop it, Esc stay ";
	case ASK_NOTHING:
		break;
	}
	return "";
}

static void put_question(struct frame *f, int y)
{
	const struct view *v = f->v;
	const char *label = question_label(v->asking);
	int label_width = canvas_text_width(label), width = f->columns - canvas_text_width(v->input) - 1, x;

	// the text typed matters more than the label
	if (label_width > width)
		label_width = width > 2 ? width : 2;
	x = canvas_put(f->c, 0, y, label_width, ROLE_NOTE, label);
	x += canvas_put(f->c, x, y, -1, ROLE_PLAIN, v->input);
	canvas_put(f->c, x, y, 1, ROLE_BAR, " ");
}

// Footer entries in the order of the table; of those the ranks up to worst fit.
static bool in_footer(const struct frame *f, const struct action_info *a, int worst)
{
	return a->footer && a->modes & f->st->mode && a->panels & f->v->panel->bit && a->rank <= worst;
}

static int footer_width(const struct frame *f, int worst)
{
	size_t n;
	const struct action_info *a = action_table(&n);
	int width = 0;

	for (size_t i = 0; i < n; i++)
		if (in_footer(f, &a[i], worst))
			width += 1 + canvas_text_width(a[i].footer);
	return width;
}

static void put_keys(struct frame *f, int y)
{
	size_t n;
	const struct action_info *a = action_table(&n);
	int worst = 2, x = 1;

	while (f->columns >= 60 && worst < 20 && footer_width(f, worst + 1) <= f->columns)
		worst++;
	canvas_fill(f->c, 0, y, f->columns, ROLE_BAR);
	for (size_t i = 0; i < n; i++)
		if (in_footer(f, &a[i], worst))
			x += canvas_put(f->c, x, y, -1, ROLE_BAR, a[i].footer) + 1;
}

void panel_footer(struct frame *f, int y)
{
	if (f->v->asking != ASK_NOTHING)
		put_question(f, y);
	else if (*f->v->message)
		canvas_put(f->c, 0, y, -1, ROLE_NOTE, f->v->message);
	else
		put_keys(f, y);
}

void panel_empty(struct frame *f, int y, int height)
{
	static const char *const text[] = {
		"No tunnel found on this host, or none that -i names.",
		"",
		"Looked for: gre gretap ip6gre ipip sit ip6tnl vti vti6 xfrm wireguard tun",
		"ppp l2tp vxlan geneve interfaces with endpoints (ip -d link), in this",
		"network namespace. One that appears will be shown at once.",
		"",
		"A tunnel that ends on another box is named in the configuration",
		"(~/.config/tunwatch.conf or /etc/tunwatch.conf):",
		"",
		"  tunnel office-2 {",
		"    peer  = \"10.255.0.2\"      # inner address to probe",
		"    outer = \"198.51.100.7\"    # the endpoint",
		"  }",
		"  line uplink { target = \"203.0.113.1\" }",
	};

	// what is there is told before the first tick is over
	if (!f->m->ticks && !(f->st->mode & MODE_REPLAY)) {
		canvas_put(f->c, 1, y, -1, ROLE_NOTE, "Looking for tunnels.");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(text) && (int)i < height; i++)
		canvas_put(f->c, 1, y + (int)i, -1, i ? ROLE_PLAIN : ROLE_NOTE,
			   !i && f->st->mode & MODE_REPLAY ? "No tunnel was found up to here." : text[i]);
}
