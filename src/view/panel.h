// SPDX-License-Identifier: GPL-2.0-or-later
// What the panels share. A panel is one file and a row in the table of panels.c.
#ifndef PANEL_H
#define PANEL_H

#include "tunwatch/view.h"

enum display { DISPLAY_NUMBERS, DISPLAY_STATES, DISPLAY_RTT, DISPLAY_COUNT };
enum overlay { OVERLAY_NONE, OVERLAY_DETAIL, OVERLAY_HELP };
enum sort { SORT_NONE, SORT_NAME, SORT_KIND, SORT_STATE, SORT_SINCE, SORT_RTT, SORT_LOSS, SORT_MTU, SORT_PATH,
	    SORT_OUTER, SORT_GAP, SORT_DRIFT, SORT_CEILING, SORT_VERDICT, SORT_RATE, SORT_COUNT };

struct pattern;
struct panel;

// A line of the panel of routers. Only neighbours and tunnels can be selected.
enum item_kind { ITEM_ROUTER, ITEM_HOST, ITEM_NOTHING, ITEM_NEIGHBOR, ITEM_TUNNEL };
struct item {
	uint8_t kind, rank;
	uint16_t key;               // of the neighbour, of the router-tunnel; else of the router's name
	uint16_t group;
};
// A router in the panel.
struct group {
	uint16_t name, place;       // place: in the order shown
	uint8_t rank;               // of its worst item
	bool has_items, is_shown;
};

// What is known now of the MTUs of a row; what is not is 0, false, MTU_VERDICT_UNKNOWN.
struct mtu {
	int configured, path, outer, gap, drift, ceiling, mss;
	bool has_gap, has_drift, searching;
	uint8_t verdict;            // enum mtu_verdict
};

struct sorting {
	enum sort by;
	bool inverted;
};

struct view {
	bool ascii, utc, bits, faults, all;
	const struct panel *panel;
	enum display display;
	enum overlay overlay;
	struct sorting sorting[2];  // of the panel of MTUs, of the others
	int zoom[DISPLAY_COUNT];    // index into the table of seconds a cell
	bool events_focus;
	unsigned selected;          // key, MODEL_NONE
	bool chosen;                // by a person; else it is whatever row comes first
	uint16_t *rows;             // keys in the order shown
	uint16_t *lines, *over;     // keys of lines; by tunnel key: the line it goes over
	size_t nrows, rows_cap;
	struct mtu *mtus;           // by tunnel key
	size_t nmtus, mtus_cap;
	size_t hidden;              // what the filter and the like leave out of the panel
	size_t top, page;           // first row shown, rows that fit
	uint16_t *events;           // those shown, as indices of the history, the newest first
	size_t nevents;
	size_t event, event_top, event_page; // counted from the newest
	struct item *items;         // of the panel of routers, in the order shown
	size_t nitems, items_cap, item_top, item_page;
	struct group *groups;
	size_t ngroups, groups_cap;
	uint16_t *group_of;         // by name key
	size_t group_of_cap;
	enum item_kind item_kind;   // selected; ITEM_ROUTER: none
	uint16_t item_key, item_row; // item_row: the tunnel it belongs to, MODEL_NONE
	bool item_chosen;
	uint16_t *sources;
	size_t nsources, source, source_top, source_page;
	size_t scroll, scroll_max, scroll_page; // of an overlay
	struct pattern *filter, *search;
	char filter_text[80], search_text[80];
	enum view_question asking;
	char input[80];
	char answer[80];
	char message[160];
	int64_t message_until; // time of the recording's end; MODEL_NEVER: until the next key
};

// One drawing.
struct frame {
	struct view *v;
	struct canvas *c;
	const struct model *m;
	const struct view_status *st;
	int columns, rows;
};

// What the number keys choose. What can be selected in one is counted from 0 in the order shown.
struct panel {
	unsigned bit;               // PANEL_
	const char *key, *name, *brief;
	void (*collect)(struct view *v, const struct model *m, const struct view_status *st);
	void (*draw)(struct frame *f, int y, int height);
	size_t (*count)(const struct view *v);
	size_t (*index)(const struct view *v);
	size_t (*page)(const struct view *v);
	void (*select)(struct view *v, const struct model *m, size_t at);
	bool (*matches)(const struct view *v, const struct model *m, size_t at, const struct pattern *p);
	void (*detail)(struct frame *f, int y, int height); // NULL: there is none
};

struct glyphs {
	const char *up, *degraded, *down, *unknown, *bar, *better, *worse, *neither, *rx, *tx, *arrow, *rec, *drift;
	const char *level[7], *step[8];
};
const struct glyphs *panel_glyphs(const struct view *v);

// What the row is said to be.
enum row_state { ROW_UNKNOWN, ROW_UP, ROW_DEGRADED, ROW_DOWN, ROW_ADMIN };

// format.c: every text fits the size given
#define FORMAT_MAX 32
#define NEIGHBOR_MAX 80
int format_offset(const struct frame *f); // seconds east of UTC
const char *format_clock(const struct frame *f, int64_t t, char out[FORMAT_MAX]);  // 14:05:30
const char *format_moment(const struct frame *f, int64_t t, char out[FORMAT_MAX]); // of another day: 11-19 14:05:30
const char *format_zone(const struct frame *f, char out[FORMAT_MAX]);              // Z, +09, +05:30
const char *format_rate(const struct view *v, double bytes_s, char out[FORMAT_MAX]); // 4 characters; ? unknown
const char *format_rtt(int64_t us, char out[FORMAT_MAX]);                          // ms; - unknown
const char *format_loss(double loss, char out[FORMAT_MAX]);                        // per cent, 4 characters
const char *format_bytes(uint64_t n, char out[FORMAT_MAX]);
const char *format_span(int64_t us, char out[FORMAT_MAX]);                         // 27:41, 3:27:41
int64_t format_ago(const struct frame *f, int64_t t); // us before the time shown; 0 when it lies ahead
const char *format_since(const struct frame *f, int64_t t, bool known, char out[FORMAT_MAX]); // 2m14; not known: >2m
// An MTU, or a change of one with its sign; where it has too many digits, in thousands; ? unknown.
const char *format_mtu(int mtu, int width, char out[FORMAT_MAX]);
const char *format_change(int change, int width, char out[FORMAT_MAX]);
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

// mtu.c: what a row says of its MTUs
void mtu_collect(struct view *v, const struct model *m, const struct view_status *st); // of all rows
struct mtu mtu_of(const struct view *v, unsigned tunnel);
const char *mtu_word(const struct mtu *u, char out[FORMAT_MAX]); // "!black hole": the bad ones are marked
enum row_state mtu_state(const struct mtu *u);                   // what its verdict is as the state of a row
enum role mtu_role(const struct mtu *u);
enum role mtu_change_role(int change);
const char *format_mtus(const struct mtu *u, int width, char out[FORMAT_MAX]); // 1436/1390, 1436/?; .. is searched
struct mtu_tally {
	size_t drifts, holes;
};
void mtu_count(const struct frame *f, struct mtu_tally *ret);
// Its path MTU over time, newest at the right; want: what should pass, or 0.
void mtu_chart(struct frame *f, int x, int y, int cells, unsigned target, int want);

// neighbor.c: what a BGP neighbour says
bool neighbor_is_stale(const struct frame *f, const struct model_bgp *b);
enum row_state neighbor_state(const struct frame *f, const struct model_bgp *b); // DEGRADED: not understood
// "Established", "!Active", "!Idle (Admin)", "!not understood: WORD", "!gone", "stale".
const char *neighbor_word(const struct frame *f, const struct model_bgp *b, char out[NEIGHBOR_MAX]);
// What the state was, also where it is stale.
const char *neighbor_said(const struct frame *f, const struct model_bgp *b, char out[NEIGHBOR_MAX]);
const char *neighbor_since(const struct frame *f, const struct model_bgp *b, char out[FORMAT_MAX]);
const char *neighbor_prefixes(const struct frame *f, const struct model_bgp *b, char out[FORMAT_MAX]); // 42/3
const char *neighbor_as(const struct model_bgp *b, char out[FORMAT_MAX]);
const char *neighbor_vrf(const struct frame *f, const struct model_bgp *b); // "" in the default one
// The neighbours of a row in so many columns: "E 42", "Est 42", "!Active"; "-" when there is none.
enum role neighbor_brief(const struct frame *f, unsigned tunnel, int width, char out[FORMAT_MAX]);
struct neighbor_tally {
	size_t all, established, stale, admin; // all: without those shut down
};
void neighbor_count(const struct frame *f, struct neighbor_tally *ret);

// router.c: what a router says of itself, and of its tunnels
bool router_is_stale(const struct frame *f, uint16_t name);
const struct model_router *router_of(const struct model *m, uint16_t name); // NULL
enum role router_health(const struct frame *f, const struct model_router *r, char *out, size_t size);
void router_host(const struct frame *f, const struct model_router *r, char *out, size_t size); // "": nothing known
enum row_state router_tunnel_state(const struct frame *f, const struct model_router_tunnel *t);
const char *router_tunnel_word(const struct frame *f, const struct model_router_tunnel *t, char out[NEIGHBOR_MAX]);
const char *router_tunnel_since(const struct frame *f, const struct model_router_tunnel *t, char out[FORMAT_MAX]);
void router_tunnel_traffic(const struct frame *f, const struct model_router_tunnel *t, char *out, size_t size);

// rows.c: which rows, in which order
int rows_rank(enum row_state state); // 0: the worst
enum row_state rows_state(const struct frame *f, const struct model_tunnel *t); // as the panel sees it
struct sorting *rows_sorting(struct view *v);                                   // of the panel
void rows_change_sort(struct view *v, int step);
const char *rows_sort_name(enum sort by);
void rows_collect(struct view *v, const struct model *m, const struct view_status *st, bool worst_first);
void rows_select_nearest(struct view *v, const struct model *m, const struct view_status *st);
size_t rows_index(const struct view *v); // of the selected row; 0 when there is none
bool rows_match(const struct view *v, const struct model *m, unsigned key, const struct pattern *p);

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
void strip_draw_bgp(struct frame *f, int x, int y, int cells, unsigned bgp);
// Seconds a cell, and the marks.
void strip_title(struct frame *f, int x, int y, int width);
// Letters of marks above the strips; returns the cell of the first one, or cells.
int strip_marks(struct frame *f, int x, int y, int cells);

// lines.c: labelled lines of text, wrapped
enum { TEXT_MAX = 1000, LABEL = 9 };
struct text {
	char s[TEXT_MAX];
	size_t pos;
};
void text_say(struct text *o, const char *fmt, ...) PRINTF_LIKE(2, 3); // two blanks before all but the first
void text_line(struct text *o);                                        // what follows stands on the next line
// Where lines go: counted, and drawn when in sight.
struct sheet {
	struct frame *f;
	bool draw;
	int y, height;
	size_t n;
};
int sheet_next(struct sheet *w); // the row of the next line; -1: not to be drawn
void sheet_put(struct sheet *w, const char *label, const char *text);

// sources.c
void sources_collect(struct view *v, const struct model *m, const struct view_status *st);
size_t sources_count(const struct view *v);
size_t sources_index(const struct view *v);
void sources_select(struct view *v, const struct model *m, size_t at);
bool sources_match(const struct view *v, const struct model *m, size_t at, const struct pattern *p);

// panels.c
const struct panel *panels_get(unsigned bit);
void panels_collect(struct view *v, const struct model *m, const struct view_status *st); // all that is shown

// panels: draw into the rows y .. y + height - 1
void panel_head(struct frame *f, int y, int height);    // status and summary
void panel_tunnels(struct frame *f, int y, int height); // and events
void panel_table(struct frame *f, int y, int height);
void panel_detail(struct frame *f, int y, int height);  // of the selected row
int panel_detail_height(const struct frame *f);         // that the short form takes
void panel_mtu(struct frame *f, int y, int height);
void panel_mtu_detail(struct frame *f, int y, int height);
int panel_mtu_detail_height(const struct frame *f);
void panel_events(struct frame *f, int y, int height);
void panel_routers(struct frame *f, int y, int height);
void panel_router_detail(struct frame *f, int y, int height);
int panel_router_detail_height(const struct frame *f);
void panel_sources(struct frame *f, int y, int height);
void panel_help(struct frame *f, int y, int height);
void panel_footer(struct frame *f, int y);
void panel_empty(struct frame *f, int y, int height);   // no tunnel at all
// Rows of a short detail that wants all of them, below a list of n lines: what the list leaves, but not too few.
int panel_detail_share(const struct frame *f, int height, size_t n, int all);
// Title of a panel over the whole width.
void panel_title(struct frame *f, int y, const char *text);
// Scrolled lines: line i of a panel is drawn by the caller when this gives a row; -1 when it is out of sight.
int panel_line(const struct frame *f, int y, int height, size_t i);
void panel_lines_end(struct frame *f, int height, size_t n);


// events.c: as the panel and the steps see them, newest first; NULL past the last
void events_collect(struct view *v, const struct model *m, const struct view_status *st);
const struct history_event *events_get(const struct view *v, const struct model *m, size_t i);
size_t events_count(const struct view *v);
bool events_have_keys(const struct view *v);
void events_select(struct view *v, const struct model *m, size_t at);
bool events_match(const struct view *v, const struct model *m, size_t at, const struct pattern *p);

// routers.c: the lines of the panel of routers
void routers_collect(struct view *v, const struct model *m, const struct view_status *st, bool worst_first);
bool routers_can_select(const struct item *item);
size_t routers_count(const struct view *v);
size_t routers_index(const struct view *v);
void routers_select(struct view *v, const struct model *m, size_t at);
bool routers_match(const struct view *v, const struct model *m, size_t at, const struct pattern *p);

#endif
