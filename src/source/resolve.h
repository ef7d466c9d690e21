// SPDX-License-Identifier: GPL-2.0-or-later
// What the two sides of the resolver share: one message each way at a time, on a SOCK_SEQPACKET pair.
//   request   "NUMBER HOST"
//   answer    "NUMBER ok ADDRESS..." in getaddrinfo's order, "NUMBER none" (no such name) or "NUMBER fail WORDS"
#ifndef SOURCE_RESOLVE_H
#define SOURCE_RESOLVE_H

#include <stddef.h>
#include <sys/types.h>

enum { RESOLVE_HOST_MAX = 253, RESOLVE_MESSAGE_MAX = 1024, RESOLVE_ADDRESSES_MAX = 16 };

/* Fork the child that asks getaddrinfo. Its pid and our end of the socket (non-blocking), or -errno. */
pid_t resolve_child_start(int *ret_fd);
/* The answer to a request (NUL-terminated text, hostile), for the child and for tests. */
void resolve_answer(const char *request, char *answer, size_t size);

#endif
