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
void router_news_end(struct router_news *rn, struct router_seen_sink *sink);

#endif
