/* SPDX-License-Identifier: GPL-2.0-or-later */
/* router_put: what a router said of itself becomes records. Shared by the sources that ask routers (bgp, router, log):
 * keys of bgp, router and router-tunnel records are given out here, once for the whole collector. */
#ifndef ROUTER_PUT_H
#define ROUTER_PUT_H

#include "tunwatch/decode.h"
#include "tunwatch/source.h"

/* Of one router. name and profile (its profile's name, "vtysh") are copied. period_us: how often it is asked. */
struct router_put;
struct router_put *router_put_new(struct source_env *env, const char *name, const char *profile, int64_t period_us);
void router_put_free(struct router_put *rp);

/* A poll: begin, then an answer each with what was seen in it, then end. Where things seen in this answer go:
 * neighbours and tunnels become records when the answer is over, log lines at once and one each (the caller leaves out
 * those it has put before; the oldest comes first). */
void router_put_begin(struct router_put *rp);
struct router_seen_sink *router_put_sink(struct router_put *rp);
/* The answer to one command is over: what it did not name and listed before is gone (answer->listing). what: kinds of
 * things it lists, bits 1 << enum router_seen_kind. Of neighbours a record comes of each answer that names them: their
 * uptime goes on as predicted. */
void router_put_answer(struct router_put *rp, unsigned what, const struct router_answer *answer);
/* The poll is over: the router record. took_us: how long it took; reason "" when all went well. An outcome other than
 * OK leaves what was known as it was. The worst of the answers wins over OK. */
void router_put_end(struct router_put *rp, enum router_outcome outcome, int64_t took_us, const char *reason);

/* The router's clock minus ours as measured by the newest environment answer, and its zone when it is configured:
 * civil times of the router become wall times with it. zone_s: seconds east of UTC; without one the offset is taken
 * for a zone of quarter hours and the rest for the clock's error. */
void router_put_zone(struct router_put *rp, int zone_s);
/* Whether civil times of this router can be told in wall time, and how: wall = civil - *ret_us. */
bool router_put_offset(const struct router_put *rp, int64_t *ret_us);

#endif
