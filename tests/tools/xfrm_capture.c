// SPDX-License-Identifier: GPL-2.0-or-later
// xfrm_capture PREFIX SECONDS: keep this kernel's messages about security associations as files for tests, with zeros
// in place of all keys. Writes PREFIX-dump, then until SECONDS have passed PREFIX-events: netlink messages one after
// another. Prints "ready" when it listens for events.
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libmnl/libmnl.h>

static _Alignas(8) char buf[65536];

static FILE *open_file(const char *prefix, const char *what)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s-%s", prefix, what);
	f = fopen(path, "wb");
	if (!f)
		perror(path), exit(1);
	return f;
}

static size_t before_key(unsigned type)
{
	switch (type) {
	case XFRMA_ALG_AUTH:
	case XFRMA_ALG_CRYPT:
	case XFRMA_ALG_COMP:
		return offsetof(struct xfrm_algo, alg_key);
	case XFRMA_ALG_AUTH_TRUNC:
		return offsetof(struct xfrm_algo_auth, alg_key);
	case XFRMA_ALG_AEAD:
		return offsetof(struct xfrm_algo_aead, alg_key);
	}
	return SIZE_MAX;
}

static void forget_keys(struct nlmsghdr *h)
{
	static const size_t header[] = {
		[XFRM_MSG_NEWSA] = sizeof(struct xfrm_usersa_info), [XFRM_MSG_UPDSA] = sizeof(struct xfrm_usersa_info),
		[XFRM_MSG_DELSA] = sizeof(struct xfrm_usersa_id), [XFRM_MSG_EXPIRE] = sizeof(struct xfrm_user_expire),
	};
	struct nlattr *at;

	if (h->nlmsg_type >= sizeof header / sizeof *header || !header[h->nlmsg_type])
		return;
	mnl_attr_for_each(at, h, (unsigned)header[h->nlmsg_type]) {
		size_t from = before_key(mnl_attr_get_type(at)), len = mnl_attr_get_payload_len(at);

		if (from < len)
			memset((char *)mnl_attr_get_payload(at) + from, 0, len - from);
	}
}

/* One datagram into the file. True when it ends a dump. */
static bool keep(struct mnl_socket *nl, FILE *f)
{
	ssize_t n = mnl_socket_recvfrom(nl, buf, sizeof buf);
	int left = (int)n;
	bool done = false;

	if (n <= 0)
		perror("receive"), exit(1);
	for (struct nlmsghdr *h = (void *)buf; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
		forget_keys(h);
		done |= h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR;
	}
	fwrite(buf, 1, (size_t)n, f);
	return done;
}

static struct mnl_socket *open_socket(unsigned groups)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_XFRM);

	if (!nl || mnl_socket_bind(nl, groups, MNL_SOCKET_AUTOPID) < 0)
		perror("netlink"), exit(1);
	return nl;
}

int main(int argc, char **argv)
{
	struct mnl_socket *events, *dump;
	struct nlmsghdr *h;
	time_t end;
	FILE *f;

	if (argc != 3)
		return 64;
	events = open_socket(XFRMGRP_SA | XFRMGRP_EXPIRE);
	dump = open_socket(0);
	h = mnl_nlmsg_put_header(buf);
	h->nlmsg_type = XFRM_MSG_GETSA;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (mnl_socket_sendto(dump, h, h->nlmsg_len) < 0)
		return 1;
	f = open_file(argv[1], "dump");
	while (!keep(dump, f))
		;
	fclose(f);
	f = open_file(argv[1], "events");
	puts("ready");
	fflush(stdout);
	for (end = time(NULL) + atoi(argv[2]); time(NULL) < end;)
		if (poll(&(struct pollfd){ .fd = mnl_socket_get_fd(events), .events = POLLIN }, 1, 100) > 0)
			keep(events, f);
	fclose(f);
	return 0;
}
