// SPDX-License-Identifier: GPL-2.0-or-later
// ncurses on a full pty cannot be interrupted: doupdate would block for as long as nobody reads. So it writes into a
// memory file, and the bytes go to the terminal without blocking. It is also kept from the terminal's modes.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <curses.h>

#include "term/crash.h"
#include "tunwatch/term.h"

enum { INPUT_MAX = 1024, RESTORE_MS = 300, PLAIN_ROWS = 24 };

struct term {
	int tty, flags;
	bool plain, color, can_color, redraw;
	struct termios before, ours;
	SCREEN *screen;
	FILE *in, *out;      // out: the memory file
	int width, height;
	struct buf pending;
	size_t cost;         // of the newest screen
	char input[INPUT_MAX];
	size_t input_len;
};

// A string of the terminal without the pauses that old ones want.
static void add_string(struct buf *b, const char *name)
{
	const char *s = tigetstr(name);

	if (!s || s == (const char *)-1)
		return;
	while (*s) {
		const char *end = !strncmp(s, "$<", 2) ? strchr(s, '>') : NULL;

		if (end)
			s = end + 1;
		else
			buf_putc(b, *s++);
	}
}

// What ends the screen without curses. Half an escape sequence may be out: cancel it.
static void guard(const struct term *t)
{
	static const char *const names[] = { "sgr0", "op", "cnorm", "rmcup" };
	struct buf b = { 0 };

	if (!t->plain) {
		buf_putc(&b, 0x18);
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			add_string(&b, names[i]);
		buf_puts(&b, "\r\n");
	}
	crash_guard(t->tty, t->flags, &t->before, b.len ? b.data : "", b.len);
	buf_free(&b);
}

static void set_modes(struct term *t)
{
	t->flags = fcntl(t->tty, F_GETFL);
	fcntl(t->tty, F_SETFL, t->flags | O_NONBLOCK);
	t->ours = t->before;
	t->ours.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | IEXTEN);
	t->ours.c_iflag &= ~(tcflag_t)(INLCR | ISTRIP);
	// curses believes in no mapping of newlines: it was told so
	if (!t->plain)
		t->ours.c_oflag &= ~(tcflag_t)OPOST;
	t->ours.c_cc[VMIN] = 1;
	t->ours.c_cc[VTIME] = 0;
	// never TCSADRAIN: it waits for a terminal that may not be read
	tcsetattr(t->tty, TCSANOW, &t->ours);
	guard(t);
}

static int from_environment(const char *name, int otherwise)
{
	const char *s = getenv(name);
	int64_t n;

	return s && str_to_int(s, 1, 10000, &n) ? (int)n : otherwise;
}

static void ask_size(struct term *t)
{
	struct winsize w = { 0 };

	if (ioctl(t->tty, TIOCGWINSZ, &w) || !w.ws_col || !w.ws_row) {
		w.ws_col = (unsigned short)from_environment("COLUMNS", 80);
		w.ws_row = (unsigned short)from_environment("LINES", 24);
	}
	t->width = w.ws_col < CANVAS_COLUMNS_MAX ? w.ws_col : CANVAS_COLUMNS_MAX;
	t->height = w.ws_row < CANVAS_ROWS_MAX ? w.ws_row : CANVAS_ROWS_MAX;
}

// Many terminals unknown to this host's terminfo do what xterm does.
static const char *stand_in(const char *name)
{
	static const char *const like[] = { "xterm", "rxvt", "tmux", "screen", "alacritty", "kitty", "foot", "ghostty",
					    "wezterm", "vte", "konsole", "gnome", "iterm", "putty", "st-" };

	for (size_t i = 0; i < ARRAY_LEN(like); i++)
		if (!strncmp(name, like[i], strlen(like[i])))
			return strncmp(name, "screen", 6) != 0 && strncmp(name, "tmux", 4) != 0 ? "xterm" : "screen";
	return NULL;
}

static void set_number(const char *name, int n)
{
	char text[16];

	snprintf(text, sizeof text, "%d", n);
	setenv(name, text, 1);
}

static void put_back(const char *name, char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
	free(value);
}

// curses cannot ask a memory file for its size, and would set the scroll region to what terminfo believes: it would
// stay so behind us.
static SCREEN *open_sized(struct term *t, const char *name)
{
	char *lines = getenv("LINES") ? xstrdup(getenv("LINES")) : NULL;
	char *columns = getenv("COLUMNS") ? xstrdup(getenv("COLUMNS")) : NULL;
	SCREEN *screen;

	set_number("LINES", t->height);
	set_number("COLUMNS", t->width);
	screen = newterm(name, t->out, t->in);
	put_back("LINES", lines);
	put_back("COLUMNS", columns);
	return screen;
}

static void open_screen(struct term *t)
{
	const char *name = getenv("TERM"), *other;

	name = name && *name ? name : "dumb";
	t->screen = open_sized(t, name);
	other = stand_in(name);
	if (!t->screen && other)
		t->screen = open_sized(t, other);
}

static void set_up_screen(struct term *t)
{
	set_term(t->screen);
	// a key in the queue would stop an update in the middle
	typeahead(-1);
	nonl();
	noecho();
	curs_set(0);
	leaveok(stdscr, TRUE);
	scrollok(stdscr, FALSE);
	t->can_color = has_colors();
	if (t->can_color) {
		start_color();
		use_default_colors();
		init_pair(1, COLOR_GREEN, -1);
		init_pair(2, COLOR_YELLOW, -1);
		init_pair(3, COLOR_RED, -1);
		init_pair(4, COLOR_CYAN, -1);
	}
	resizeterm(t->height, t->width);
}

// The bytes that curses wrote, at the end of what is pending.
static void collect(struct term *t)
{
	int fd = fileno(t->out);
	char part[4096];
	ssize_t n;

	fflush(t->out);
	for (off_t at = 0; (n = pread(fd, part, sizeof part, at)) > 0; at += n)
		buf_add(&t->pending, part, (size_t)n);
	if (ftruncate(fd, 0) == 0)
		lseek(fd, 0, SEEK_SET);
}

static int open_files(struct term *t)
{
	int memory = memfd_create("screen", MFD_CLOEXEC), input = fcntl(t->tty, F_DUPFD_CLOEXEC, 3);

	t->out = memory >= 0 ? fdopen(memory, "w+") : NULL;
	t->in = input >= 0 ? fdopen(input, "r") : NULL;
	if (!t->out && memory >= 0)
		close(memory);
	if (!t->in && input >= 0)
		close(input);
	return t->out && t->in ? 0 : -errno;
}

static void close_files(struct term *t)
{
	if (t->screen) {
		endwin();
		delscreen(t->screen);
	}
	if (t->in)
		fclose(t->in);
	if (t->out)
		fclose(t->out);
}

struct term *term_new(int tty, bool color, struct error *err)
{
	struct term *t = xcalloc(1, sizeof *t);

	t->tty = tty;
	t->color = color;
	if (tcgetattr(tty, &t->before) || open_files(t)) {
		error_set(err, -errno, "cannot use the terminal: %s", strerror(errno));
		close_files(t);
		free(t);
		return NULL;
	}
	ask_size(t);
	open_screen(t);
	t->plain = !t->screen || !tigetstr("cup") || tigetstr("cup") == (char *)-1 || tigetflag("hc") > 0;
	if (!t->plain)
		set_up_screen(t);
	collect(t);
	if (t->plain)
		buf_clear(&t->pending);
	set_modes(t);
	return t;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

// Whether all that is pending got out in time.
static bool flush_for(struct term *t, int ms)
{
	int64_t end = now_ms() + ms, left;

	while (term_flush(t) == -EAGAIN) {
		struct pollfd p = { t->tty, POLLOUT, 0 };

		left = end - now_ms();
		if (left <= 0 || poll(&p, 1, (int)left) < 0)
			return false;
	}
	return !t->pending.len;
}

static void restore(struct term *t)
{
	if (!t->plain && !flush_for(t, RESTORE_MS / 2)) {
		// half an escape sequence may be out: cancel it
		buf_clear(&t->pending);
		buf_putc(&t->pending, 0x18);
	}
	if (!t->plain) {
		endwin();
		collect(t);
	}
	flush_for(t, RESTORE_MS / 2);
	buf_clear(&t->pending);
	tcsetattr(t->tty, TCSANOW, &t->before);
	fcntl(t->tty, F_SETFL, t->flags);
	crash_release();
}

void term_free(struct term *t)
{
	if (!t)
		return;
	restore(t);
	close_files(t);
	buf_free(&t->pending);
	free(t);
}

bool term_is_plain(const struct term *t)
{
	return t->plain;
}

void term_suspend(struct term *t)
{
	restore(t);
}

void term_resume(struct term *t)
{
	set_modes(t);
	term_resized(t);
	t->redraw = true;
}

void term_size(const struct term *t, int *ret_columns, int *ret_rows)
{
	*ret_columns = t->width;
	*ret_rows = t->height;
	// nobody wants a page of lines every second
	if (t->plain && *ret_rows > PLAIN_ROWS)
		*ret_rows = PLAIN_ROWS;
}

void term_resized(struct term *t)
{
	ask_size(t);
	if (!t->plain)
		resizeterm(t->height, t->width);
	t->redraw = true;
}

void term_set_color(struct term *t, bool color)
{
	t->color = color;
}

bool term_has_color(const struct term *t)
{
	return t->color && t->can_color;
}

void term_redraw(struct term *t)
{
	t->redraw = true;
}

static attr_t attribute(const struct term *t, enum role role)
{
	bool color = term_has_color(t);

	switch (role) {
	case ROLE_PLAIN:
	case ROLE_COUNT:
		break;
	case ROLE_DIM:
		return A_DIM;
	case ROLE_STRONG:
		return A_BOLD;
	case ROLE_BAR:
		return A_REVERSE;
	case ROLE_UP:
		return color ? (attr_t)COLOR_PAIR(1) : A_NORMAL;
	case ROLE_DEGRADED:
		return color ? (attr_t)COLOR_PAIR(2) : A_BOLD;
	case ROLE_DOWN:
		return color ? (attr_t)COLOR_PAIR(3) | A_BOLD : A_REVERSE;
	case ROLE_NOTE:
		return color ? (attr_t)COLOR_PAIR(4) : A_BOLD;
	}
	return A_NORMAL;
}

static void blit_row(const struct term *t, const struct canvas_cell *row, int y, int n)
{
	wchar_t text[CANVAS_COLUMNS_MAX];

	for (int x = 0; x < n;) {
		int start = x, len = 0;

		for (; x < n && row[x].role == row[start].role; x++)
			if (row[x].c)
				text[len++] = (wchar_t)row[x].c;
		attrset(attribute(t, (enum role)row[start].role));
		mvaddnwstr(y, start, text, len);
	}
	attrset(A_NORMAL);
}

static void blit(struct term *t, const struct canvas *c)
{
	int rows = canvas_rows(c) < t->height ? canvas_rows(c) : t->height;
	int n = canvas_columns(c) < t->width ? canvas_columns(c) : t->width;

	// erase, never clear: the difference is what is sent
	erase();
	for (int y = 0; y < rows; y++)
		blit_row(t, canvas_row(c, y), y, n);
	if (t->redraw)
		clearok(curscr, TRUE);
	t->redraw = false;
	wnoutrefresh(stdscr);
	doupdate();
	collect(t);
}

int term_draw(struct term *t, const struct canvas *c)
{
	int r = term_flush(t);

	if (r)
		return r;
	if (t->plain) {
		canvas_dump(c, &t->pending);
		buf_putc(&t->pending, '\n');
	} else {
		blit(t, c);
	}
	t->cost = t->pending.len;
	return term_flush(t);
}

int term_flush(struct term *t)
{
	while (t->pending.len) {
		ssize_t n = write(t->tty, t->pending.data, t->pending.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		buf_drop(&t->pending, (size_t)n);
	}
	return 0;
}

bool term_pending(const struct term *t)
{
	return t->pending.len > 0;
}

size_t term_cost(const struct term *t)
{
	return t->cost;
}

int term_read(struct term *t)
{
	ssize_t n;

	// who types more than this into a program that does not read is not typing
	if (t->input_len == sizeof t->input)
		t->input_len = 0;
	n = read(t->tty, t->input + t->input_len, sizeof t->input - t->input_len);
	if (n < 0)
		return errno == EINTR ? -EAGAIN : errno == EAGAIN ? -EAGAIN : -EIO;
	if (!n)
		return -EIO;
	t->input_len += (size_t)n;
	return 0;
}

bool term_key(struct term *t, bool final, char ret[TERM_KEY_MAX])
{
	while (t->input_len) {
		size_t n = term_parse_key(t->input, t->input_len, final, ret);

		if (!n)
			return false;
		t->input_len -= n;
		memmove(t->input, t->input + n, t->input_len);
		if (*ret)
			return true;
	}
	return false;
}

bool term_key_waits(const struct term *t)
{
	return t->input_len > 0;
}
