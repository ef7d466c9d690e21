/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_documents: any bytes, of at most 4 MiB, as JSON documents in a row. */
#ifndef JSON_DOCUMENTS_H
#define JSON_DOCUMENTS_H

#include <jansson.h>

#include "tunwatch/decode.h"

/* Each document goes to document(), in order, until something is none; doc is valid during the call only. *answer
 * begins anew: OK, or what is wrong. */
void json_documents_read(const void *data, size_t len, struct router_answer *answer,
			 void (*document)(void *arg, const json_t *doc), void *arg);
/* What is wrong with the answer: "what: text", cleaned; the first PARSE stays, and each counts as a suspect. */
void json_documents_trouble(struct router_answer *a, enum router_outcome outcome, const char *what, const char *text,
			    size_t len);

#endif
