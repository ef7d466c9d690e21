// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_capture PREFIX [ADDRESS...]: keep this kernel's rtnetlink answers as files for tests.
// Writes PREFIX-link, -addr, -stats, -neigh (dumps) and -route (one answer for each ADDRESS): netlink messages
// one after another, as they were received.
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/neighbour.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "tunwatch/base.h"

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

static void ask(struct mnl_socket *nl, struct nlmsghdr *h, FILE *f)
{
	static _Alignas(8) char buf[65536];
	bool dump = h->nlmsg_flags & NLM_F_DUMP, done = false;

	if (mnl_socket_sendto(nl, h, h->nlmsg_len) < 0)
		perror("send"), exit(1);
	while (!done) {
		ssize_t n = mnl_socket_recvfrom(nl, buf, sizeof buf);
		int left = (int)n;

		if (n <= 0)
			perror("receive"), exit(1);
		fwrite(buf, 1, (size_t)n, f);
		for (struct nlmsghdr *m = (void *)buf; mnl_nlmsg_ok(m, left); m = mnl_nlmsg_next(m, &left))
			done |= !dump || m->nlmsg_type == NLMSG_DONE || m->nlmsg_type == NLMSG_ERROR;
	}
}

static void dump(struct mnl_socket *nl, const char *prefix, const char *what, int type, size_t body, uint32_t mask)
{
	_Alignas(8) char buf[256];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	char *extra;
	FILE *f = open_file(prefix, what);

	h->nlmsg_type = (uint16_t)type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	extra = mnl_nlmsg_put_extra_header(h, body);
	if (mask)
		((struct if_stats_msg *)(void *)extra)->filter_mask = mask;
	ask(nl, h, f);
	fclose(f);
}

static void route(struct mnl_socket *nl, const char *text, FILE *f)
{
	_Alignas(8) char buf[256];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct rtmsg *r;
	struct addr a;

	if (!addr_parse(text, &a))
		fprintf(stderr, "%s: no address\n", text), exit(1);
	h->nlmsg_type = RTM_GETROUTE;
	h->nlmsg_flags = NLM_F_REQUEST;
	r = mnl_nlmsg_put_extra_header(h, sizeof *r);
	r->rtm_family = a.family;
	r->rtm_dst_len = (uint8_t)addr_bits(&a);
	mnl_attr_put(h, RTA_DST, addr_bits(&a) / 8, a.bytes);
	ask(nl, h, f);
}

int main(int argc, char **argv)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_ROUTE);
	int on = 1;
	FILE *f;

	if (argc < 2 || !nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return 1;
	setsockopt(mnl_socket_get_fd(nl), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
	dump(nl, argv[1], "link", RTM_GETLINK, sizeof(struct ifinfomsg), 0);
	dump(nl, argv[1], "addr", RTM_GETADDR, sizeof(struct ifaddrmsg), 0);
	dump(nl, argv[1], "neigh", RTM_GETNEIGH, sizeof(struct ndmsg), 0);
	dump(nl, argv[1], "stats", RTM_GETSTATS, sizeof(struct if_stats_msg),
	     IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64));
	f = open_file(argv[1], "route");
	for (int i = 2; i < argc; i++)
		route(nl, argv[i], f);
	fclose(f);
	mnl_socket_close(nl);
	return 0;
}
