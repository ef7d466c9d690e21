// SPDX-License-Identifier: GPL-2.0-or-later
// A log that begins with its newest line may be thousands of lines long, of which a few are new. It is read as far as
// the caller knows the rest; then the pager is told to quit, or where there is none the rest is dropped.
#include <string.h>

#include "decode/dialogue_int.h"

// Asked too often, a long listing would be read again and again.
enum { ASK_GROWTH = 4, ASK_STREAM = 4096, LISTING_MAX = 512 << 10 };

static bool is_listing(const struct dialogue *d)
{
	return d->state == DIALOGUE_COMMAND && profile_command(d->config.profile, d->at)->newest_first;
}

void dialogue_listing_begin(struct dialogue *d)
{
	d->listing = LISTING_WANTED;
	d->kept = d->ask_at = 0;
}

static bool caller_has_enough(struct dialogue *d, size_t step)
{
	if (d->text.len < d->ask_at + step)
		return false;
	d->ask_at = d->text.len + d->text.len / ASK_GROWTH;
	return d->config.enough && d->config.enough(d->config.arg, d->at, d->text.data, d->text.len);
}

static void weigh(struct dialogue *d, size_t step, int64_t now_us)
{
	bool late = now_us > d->limit_us - DIALOGUE_COMMAND_S * US_PER_S / 2;

	if (d->listing != LISTING_WANTED || !d->text.len)
		return;
	if (!late && d->text.len < LISTING_MAX && d->pages < DIALOGUE_PAGES_MAX && !caller_has_enough(d, step))
		return;
	d->listing = LISTING_ENOUGH;
	d->kept = d->text.len;
}

void dialogue_listing_more(struct dialogue *d, int64_t now_us)
{
	if (!is_listing(d))
		return;
	weigh(d, ASK_STREAM, now_us);
	if (d->listing != LISTING_WANTED && d->text.len > d->kept) {
		d->text.len = d->kept;
		d->text.data[d->kept] = 0;
	}
}

bool dialogue_listing_page(struct dialogue *d, int64_t now_us)
{
	const char *quit = d->session->pager_quit;

	if (!is_listing(d))
		return false;
	weigh(d, 0, now_us);
	if (d->listing == LISTING_WANTED)
		return false;
	if (d->listing == LISTING_QUIT || !quit || !*quit) {
		dialogue_cut(d);
		return true;
	}
	d->listing = LISTING_QUIT;
	d->look = LOOK_NEVER;
	d->limit_us = now_us + QUIT_US;
	lines_drop_pending(d->lines, d->session->pager_blanks);
	dialogue_put(d, quit, strlen(quit));
	return true;
}

bool dialogue_listing_over(struct dialogue *d)
{
	if (!is_listing(d) || d->listing == LISTING_WANTED)
		return false;
	dialogue_cut(d);
	return true;
}
