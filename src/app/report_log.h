/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A router's log, read from a file after the fact: alone it is a recording of its own, beside a recording its lines
 * join that one's rows. */
#ifndef APP_REPORT_LOG_H
#define APP_REPORT_LOG_H

#include "tunwatch/decode.h"
#include "tunwatch/model.h"

struct log_file;
/* Read the file that fd stands for (closed); name is for messages. zone_s: seconds east of UTC, NULL: the local zone.
 * NULL and err. */
struct log_file *log_file_read(int fd, const char *name, const struct profile *p, const int *zone_s, struct error *err);
void log_file_free(struct log_file *l);
/* What the reader of a report should know, or NULL behind the last. */
const char *log_file_note(const struct log_file *l, size_t i);

/* As a recording: its next record, valid until the next call; false at the end. */
bool log_file_next(struct log_file *l, struct record *ret);
void log_file_rewind(struct log_file *l);
/* Beside a recording: apply what it tells up to session time t to the rows of both models (other may be NULL) that have
 * the router's name for the tunnel. */
void log_file_join(struct log_file *l, struct model *m, struct model *other, int64_t t);
/* Lines of tunnels that no row of the model names, in words; false when there are none. */
bool log_file_strangers(const struct log_file *l, const struct model *m, char *out, size_t size);

#endif
