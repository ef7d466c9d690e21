/* SPDX-License-Identifier: GPL-2.0-or-later */
/* term: a terminal. Turns canvases into bytes and bytes into keys, and never blocks: a terminal that is not read keeps
 * its last frame pending, and until that is out no new one is made. */
#ifndef TUNWATCH_TERM_H
#define TUNWATCH_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tunwatch/base.h"
#include "tunwatch/canvas.h"

#define TERM_KEY_MAX 12 /* bytes of a key's name, with its end; the names are those of table.h */

struct term;

/* Take over tty (not owned), a terminal open for reading and writing. The locale must have been set. Where the
 * terminal cannot place its cursor (TERM=dumb, unknown), screens are written one below the other: term_is_plain. */
struct term *term_new(int tty, bool color, struct error *err);
/* Put the terminal back as it was, within 0.5 s even when it is never read. */
void term_free(struct term *t);
bool term_is_plain(const struct term *t);
/* Put it back for a while (Ctrl-Z), and take it over again. */
void term_suspend(struct term *t);
void term_resume(struct term *t);

/* Size now; asks the terminal again after term_resized. */
void term_size(const struct term *t, int *ret_columns, int *ret_rows);
void term_resized(struct term *t);
void term_set_color(struct term *t, bool color);
bool term_has_color(const struct term *t);
/* Draw everything anew the next time. */
void term_redraw(struct term *t);

/* Make the bytes that turn the screen into c and write what the terminal takes. Does nothing while bytes are pending.
 * 0 written, -EAGAIN bytes are pending, -errno the terminal is gone. */
int term_draw(struct term *t, const struct canvas *c);
/* Write on. As term_draw. */
int term_flush(struct term *t);
bool term_pending(const struct term *t);
/* Bytes that the newest screen took. */
size_t term_cost(const struct term *t);

/* Read what was typed. 0, -EAGAIN when nothing was, -EIO when the terminal has gone. */
int term_read(struct term *t);
/* The next key typed. final: no more will follow an escape byte that stands alone. False when there is none (or
 * none yet: term_key_waits). */
bool term_key(struct term *t, bool final, char ret[TERM_KEY_MAX]);
bool term_key_waits(const struct term *t);

/* Take a key's name off the front of bytes: the length taken, 0 when the bytes may go on, with "" in ret when they
 * mean nothing. */
size_t term_parse_key(const char *bytes, size_t len, bool final, char ret[TERM_KEY_MAX]);

#endif
