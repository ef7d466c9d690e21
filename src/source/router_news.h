/* SPDX-License-Identifier: GPL-2.0-or-later */
/* router_news: a router prints its whole log at every poll; which of its lines are new. */
#ifndef ROUTER_NEWS_H
#define ROUTER_NEWS_H

#include "tunwatch/decode.h"

struct router_news;
struct router_news *router_news_new(void);
void router_news_free(struct router_news *rn);
/* An answer: begin, each line (the oldest first), then the new ones go to sink, in the same order. */
void router_news_begin(struct router_news *rn);
void router_news_add(struct router_news *rn, const struct router_seen_log *line);
/* cut: the answer went on, and its oldest line may lack its end. */
void router_news_end(struct router_news *rn, bool cut, struct router_seen_sink *sink);
/* Instead of router_news_end, of an answer as far as it came, the newest lines first: whether the rest is known, or
 * would be more than anybody wants. */
bool router_news_enough(struct router_news *rn);

#endif
