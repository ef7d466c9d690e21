// SPDX-License-Identifier: GPL-2.0-or-later
// What the panels share. A panel is one file and a row in the table of view.c.
#ifndef PANEL_H
#define PANEL_H

#include "tunwatch/view.h"

enum display { DISPLAY_NUMBERS, DISPLAY_STATES, DISPLAY_RTT, DISPLAY_COUNT };
enum overlay { OVERLAY_NONE, OVERLAY_DETAIL, OVERLAY_HELP };
enum sort { SORT_NONE, SORT_NAME, SORT_KIND, SORT_STATE, SORT_SINCE, SORT_RTT, SORT_LOSS, SORT_MTU, SORT_RATE,
	    SORT_COUNT };

struct pattern;

struct view {
	bool ascii, utc, bits, faults, all, inverted;
	enum display display;
	enum overlay overlay;
	enum sort sort;
	int zoom[DISPLAY_COUNT];    // index into the table of seconds a cell
	bool events_focus;
	unsigned selected;          // key, MODEL_NONE
	bool chosen;                // by a person; else it is whatever row comes first
	uint16_t *rows;             // keys in the order shown
	uint16_t *lines, *over;     // keys of lines; by tunnel key: the line it goes over
	size_t nrows, rows_cap;
	size_t hidden;              // rows that the filter and the like leave out
	size_t top, page;           // first row shown, rows that fit
	size_t event, event_top, event_page; // counted from the newest
	size_t scroll, scroll_max, scroll_page; // of an overlay
	struct pattern *filter, *search;
	char filter_text[80], search_text[80];
	enum view_question asking;
	char input[80];
	char answer[80];
	char message[160];
};

// One drawing.
struct frame {
	struct view *v;
	struct canvas *c;
	const struct model *m;
	const struct view_status *st;
	int columns, rows;
};

struct glyphs {
	const char *up, *degraded, *down, *unknown, *bar, *better, *worse, *neither, *rx, *tx, *arrow, *rec, *drift;
	const char *level[7];
};
const struct glyphs *panel_glyphs(const struct view *v);

// What the row is said to be.
enum row_state { ROW_UNKNOWN, ROW_UP, ROW_DEGRADED, ROW_DOWN, ROW_ADMIN };

// format.c: every text fits the size given
#define FORMAT_MAX 32
int format_offset(const struct frame *f); // seconds east of UTC
const char *format_clock(const struct frame *f, int64_t t, char out[FORMAT_MAX]);  // 14:05:30
const char *format_moment(const struct frame *f, int64_t t, char out[FORMAT_MAX]); // of another day: 11-19 14:05:30
const char *format_zone(const struct frame *f, char out[FORMAT_MAX]);              // Z, +09, +05:30
const char *format_rate(const struct view *v, double bytes_s, char out[FORMAT_MAX]); // 4 characters; ? unknown
const char *format_rtt(int64_t us, char out[FORMAT_MAX]);                          // ms; - unknown
const char *format_loss(double loss, char out[FORMAT_MAX]);                        // per cent, 4 characters
const char *format_bytes(uint64_t n, char out[FORMAT_MAX]);
const char *format_span(int64_t us, char out[FORMAT_MAX]);                         // 27:41, 3:27:41
// Cut in the middle, so that both ends of a name tell it from others.
const char *format_name(const struct frame *f, const char *name, int width, char out[160]);

// row.c: what one row says
bool row_is_silent(const struct frame *f);
enum row_state row_state(const struct frame *f, const struct model_tunnel *t);
const char *row_word(enum row_state state);
enum role row_role(enum row_state state);
const char *row_kind(const struct model_tunnel *t, bool wide);
bool row_is_line(const struct model_tunnel *t);
// The probed address that stands for the row: the inner one, else the outer one; NULL.
const struct model_target *row_target(const struct model *m, const struct model_tunnel *t);
// Whether nothing has been heard of the row's probes or counters for 3 intervals.
bool row_probes_stale(const struct frame *f, const struct model_target *t);
bool row_counters_stale(const struct frame *f, const struct model_link *l);
const char *row_since(const struct frame *f, const struct model_tunnel *t, char out[FORMAT_MAX]);

// rows.c: which rows, in which order
void rows_collect(struct view *v, const struct model *m, const struct view_status *st, bool worst_first);
void rows_select_nearest(struct view *v, const struct model *m, const struct view_status *st);
size_t rows_index(const struct view *v); // of the selected row; 0 when there is none
bool rows_match(const struct model *m, const struct model_tunnel *t, const struct pattern *p);

// pattern.c
struct pattern *pattern_new(const char *text, char *ret_error, size_t error_size); // NULL: not a pattern
void pattern_free(struct pattern *p);
bool pattern_match(const struct pattern *p, const char *subject, size_t len);

// ask.c
bool ask_clear_filter(struct view *v); // whether there was one
void ask_search(struct view *v, const struct model *m, int step);

// strip.c
extern const int strip_seconds[7];
void strip_draw(struct frame *f, int x, int y, int cells, unsigned tunnel, enum display display);
// Letters of marks above the strips; returns the cell of the first one, or cells.
int strip_marks(struct frame *f, int x, int y, int cells);

// panels: draw into the rows y .. y + height - 1
void panel_head(struct frame *f, int y, int height);    // status and summary
void panel_table(struct frame *f, int y, int height);
void panel_detail(struct frame *f, int y, int height);  // of the selected row
int panel_detail_height(const struct frame *f);         // that the short form takes
void panel_events(struct frame *f, int y, int height);
void panel_help(struct frame *f, int y, int height);
void panel_footer(struct frame *f, int y);
void panel_empty(struct frame *f, int y, int height);   // no tunnel at all
// Title of a panel over the whole width.
void panel_title(struct frame *f, int y, const char *text);
// Scrolled lines: line i of a panel is drawn by the caller when this gives a row; -1 when it is out of sight.
int panel_line(const struct frame *f, int y, int height, size_t i);
void panel_lines_end(struct frame *f, int height, size_t n);

// Events as the panel and the steps see them, newest first; NULL past the last.
const struct history_event *events_get(const struct view *v, const struct model *m, size_t i);
size_t events_count(const struct view *v, const struct model *m);

#endif
