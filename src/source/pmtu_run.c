// SPDX-License-Identifier: GPL-2.0-or-later
// One path-MTU search for a command: sends what pmtu_search.c says and tells it what came back.
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "source/netlink.h"
#include "source/pmtu_place_io.h"
#include "source/pmtu_search.h"
#include "source/pmtu_socket.h"
#include "source/route.h"

#define TELL_EVERY_US (100 * US_PER_MS)
enum { NEWS_MAX = 256, ANSWER_MAX = 4096 };

struct pmtu_runner {
	struct pmtu_socket v4, v6;
	struct pmtu_place_io place4, place6;
	int error4, error6; /* why there is none; 0 */
	char device[IF_NAMESIZE];
};

struct run {
	struct pmtu_socket *socket;
	struct icmp_way way;
	struct pmtu_search search;
	int back; /* size of fragments that replies came in; 0: whole */
};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * US_PER_S + t.tv_nsec / NS_PER_US;
}

struct pmtu_runner *pmtu_runner_open(const char *device, struct error *err)
{
	struct pmtu_runner *r = xcalloc(1, sizeof *r);

	if (device && !str_copy(r->device, sizeof r->device, device))
		device = NULL;
	r->error4 = pmtu_socket_open(&r->v4, AF_INET, device);
	r->error6 = pmtu_socket_open(&r->v6, AF_INET6, device);
	if (!r->error4 || !r->error6) {
		/* without these a black hole's place stays unknown */
		pmtu_place_io_open(&r->place4, AF_INET);
		pmtu_place_io_open(&r->place6, AF_INET6);
		return r;
	}
	if (r->error4 == -EPERM || r->error4 == -EACCES)
		error_set(err, r->error4, "needs CAP_NET_RAW, or a ping socket: run it with sudo, or let the group in: "
			  "sysctl net.ipv4.ping_group_range='0 2147483647'");
	else if (r->error4 == -ENODEV)
		error_set(err, r->error4, "no such interface: %s", r->device);
	else
		error_set(err, r->error4, "cannot open a socket: %s", strerror(-r->error4));
	free(r);
	return NULL;
}

void pmtu_runner_free(struct pmtu_runner *r)
{
	if (!r)
		return;
	pmtu_socket_close(&r->v4);
	pmtu_socket_close(&r->v6);
	pmtu_place_io_close(&r->place4);
	pmtu_place_io_close(&r->place6);
	free(r);
}

/* ---- how packets leave this host ---- */

/* No packet is sent. */
static struct rtnl_route ask_route(const struct addr *target, int oif)
{
	static const struct rtnl_route none;
	static const struct addr any;
	_Alignas(8) char request[ROUTE_ASK_MAX];
	uint8_t answer[ANSWER_MAX];
	const uint8_t *p = answer;
	struct rtnl_message m;
	size_t len = route_ask_way(request, 1, target, &any, 0, oif), left;
	int fd = netlink_open(NULL, 0), n;

	if (fd < 0)
		return none;
	n = netlink_send(fd, request, len) < 0 ? -1 : netlink_receive(fd, answer, sizeof answer);
	close(fd);
	left = n > 0 ? (size_t)n : 0;
	return rtnl_next(&p, &left, &m) && m.what == RTNL_ROUTE ? m.route : none;
}

/* Not the one that has the source address, which may be any other of this host. */
static void name_interface(const struct pmtu_runner *r, const struct rtnl_route *route, struct pmtu_way *way)
{
	if (r->device[0])
		str_copy(way->ifname, sizeof way->ifname, r->device);
	else if (route->oif)
		if_indextoname((unsigned)route->oif, way->ifname);
}

/* What this host's cache says now and did not before, or says anew. */
static void look_at_cache(const struct run *run, const struct rtnl_route *before, struct pmtu_way *way)
{
	struct rtnl_route now = ask_route(&run->way.target, run->way.ifindex);

	if (now.expires_s <= 0 || !now.mtu || now.mtu > PMTU_SOCKET_LARGEST)
		return;
	if (now.mtu == before->mtu && now.expires_s <= before->expires_s)
		return;
	way->cached_mtu = (int)now.mtu;
	way->cached_s = now.expires_s;
}

static void ask_interface_mtu(int fd, struct pmtu_way *way)
{
	struct ifreq rq = {0};

	if (way->ifname[0] && str_copy(rq.ifr_name, sizeof rq.ifr_name, way->ifname) && !ioctl(fd, SIOCGIFMTU, &rq))
		way->mtu = rq.ifr_mtu;
}

/* The interface, and what the kernel would use now: no packet is sent. Returns the latter, or 0. */
static int look_at_route(const struct pmtu_runner *r, const struct addr *target, unsigned scope,
			 const struct rtnl_route *route, struct pmtu_way *way)
{
	bool v4 = target->family == AF_INET;
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(9), .sin6_scope_id = scope };
	int fd = socket(target->family, SOCK_DGRAM | SOCK_CLOEXEC, 0), mtu = 0;
	socklen_t mtu_len = sizeof mtu;

	if (fd < 0)
		return 0;
	memcpy(v4 ? (void *)&a4.sin_addr : (void *)&a6.sin6_addr, target->bytes, v4 ? 4 : 16);
	if (r->device[0])
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, r->device, (socklen_t)strlen(r->device) + 1);
	if (connect(fd, v4 ? (struct sockaddr *)&a4 : (struct sockaddr *)&a6, v4 ? sizeof a4 : sizeof a6) ||
	    getsockopt(fd, v4 ? (int)IPPROTO_IP : (int)IPPROTO_IPV6, v4 ? IP_MTU : IPV6_MTU, &mtu, &mtu_len))
		mtu = 0;
	name_interface(r, route, way);
	ask_interface_mtu(fd, way);
	close(fd);
	return mtu;
}

/* ---- the search ---- */

static void tell_search(struct pmtu_search *s, const struct pmtu_news *n, int64_t now)
{
	switch (n->kind) {
	case PMTU_NEWS_REPLY:
		pmtu_search_reply(s, n->number, now - n->sent_us);
		break;
	case PMTU_NEWS_PTB:
		pmtu_search_refused(s, n->number, n->quoted, &n->from, n->mtu);
		break;
	case PMTU_NEWS_UNREACHABLE:
		pmtu_search_unreachable(s, n->number, &n->from, n->error);
		break;
	case PMTU_NEWS_STRANGE:
		break;
	}
}

static void drain(struct run *run)
{
	struct pmtu_news n;

	for (unsigned i = 0; i < NEWS_MAX && pmtu_socket_receive(run->socket, &n); i++) {
		tell_search(&run->search, &n, now_us());
		if (n.kind == PMTU_NEWS_REPLY && n.fragment > run->back)
			run->back = n.fragment;
	}
}

static int send_size(struct run *run, uint32_t number, int size)
{
	const struct icmp_probe probe = { .purpose = PURPOSE_MTU, .seq = number, .sent_us = now_us() };

	return pmtu_socket_send(run->socket, &run->way, &probe, size);
}

static void send_probe(struct run *run, const struct pmtu_probe *p)
{
	static const struct addr here;
	int r = send_size(run, p->number, p->size);

	/* this process may have waited for a processor since the step: the gap begins when it was sent */
	run->search.flight.last_us = now_us();
	if (r == -EMSGSIZE) {
		drain(run);
		/* unless a storm of PTBs failed every try */
		if (run->socket->has_local)
			pmtu_search_local(&run->search, p->number, run->socket->local_mtu);
		else
			pmtu_search_unreachable(&run->search, p->number, &here, -r);
	} else if (r && r != -EAGAIN && r != -ENOBUFS && r != -EINTR) {
		pmtu_search_unreachable(&run->search, p->number, &here, -r);
	}
}

static void wait_until(const struct run *run, int64_t wake)
{
	struct pollfd p = { .fd = run->socket->icmp.fd, .events = POLLIN };
	int64_t left = wake - now_us();
	struct timespec t = { .tv_sec = left / US_PER_S, .tv_nsec = left % US_PER_S * NS_PER_US };

	if (left > 0)
		ppoll(&p, 1, &t, NULL);
}

/* The largest size that this host sends, and costs no packet to ask. */
static int largest_local(struct run *run, int interface_mtu)
{
	int r = send_size(run, UINT32_MAX, PMTU_SOCKET_LARGEST);

	drain(run);
	if (r == -EMSGSIZE && run->socket->local_mtu)
		return run->socket->local_mtu;
	if (!r)
		return PMTU_SOCKET_LARGEST;
	return interface_mtu > 0 && interface_mtu < PMTU_SOCKET_LARGEST ? interface_mtu : PMTU_SOCKET_LARGEST;
}

static void search(struct run *run, void (*tell)(void *arg, const struct pmtu_found *f), void *arg)
{
	enum pmtu_state state = PMTU_STATE_SEARCHING;
	int64_t told = 0, wake;

	for (;;) {
		struct pmtu_probe probe;
		int64_t now;
		enum pmtu_step step;

		/* what has arrived counts before anything times out: this process may have waited for a processor */
		drain(run);
		now = now_us();
		step = pmtu_search_step(&run->search, now, &probe, &wake);
		if (tell && (now - told >= TELL_EVERY_US || run->search.found.state != state)) {
			told = now;
			state = run->search.found.state;
			run->search.found.took_us = state == PMTU_STATE_SEARCHING ? now - run->search.started_us
										  : run->search.found.took_us;
			tell(arg, &run->search.found);
		}
		if (step == PMTU_STEP_DONE)
			return;
		if (step == PMTU_STEP_SEND)
			send_probe(run, &probe);
		else
			wait_until(run, wake < now + TELL_EVERY_US ? wake : now + TELL_EVERY_US);
	}
}

/* ---- where a black hole is ---- */

static void wait_place(const struct pmtu_place_io *io, int64_t wake)
{
	struct pollfd p[] = {
		{ .fd = io->icmp.fd, .events = POLLIN }, { .fd = io->icmp.raw ? -1 : io->udp_fd, .events = POLLIN },
	};
	int64_t left = wake - now_us();
	struct timespec t = { .tv_sec = left / US_PER_S, .tv_nsec = left % US_PER_S * NS_PER_US };

	if (left > 0)
		ppoll(p, ARRAY_LEN(p), &t, NULL);
}

static void locate(struct run *run, struct pmtu_place_io *io, void (*tell)(void *arg, const struct pmtu_found *f),
		   void *arg, struct pmtu_placed *ret)
{
	const struct pmtu_search *s = &run->search;
	struct pmtu_place_config config = {
		.target = run->way.target, .low = s->low, .high = pmtu_search_edge(s),
		.loss = s->loss, .srtt_us = s->flight.srtt_us, .rttvar_us = s->flight.rttvar_us,
		.gap_us = pmtu_flight_line_gap(&s->flight, pmtu_search_edge(s)),
	};
	struct pmtu_place place;
	int64_t told = 0, wake;

	pmtu_place_io_begin(io, &place, &config, 0);
	for (;;) {
		struct pmtu_place_probe probe;
		enum pmtu_step step;
		int64_t now;

		pmtu_place_io_receive(io, &place, now_us());
		now = now_us();
		step = pmtu_place_step(&place, now, &probe, &wake);
		if (step == PMTU_STEP_DONE)
			break;
		if (step == PMTU_STEP_SEND)
			pmtu_place_io_send(io, &place, &run->way, &probe, now);
		else
			wait_place(io, wake);
		if (tell && now - told >= TELL_EVERY_US) {
			told = now;
			tell(arg, &s->found);
		}
	}
	*ret = place.found;
}

/* Larger packets vanish, and no router says so. */
static bool is_hole(const struct pmtu_search *s)
{
	return s->found.state == PMTU_STATE_COMPLETE && s->found.cause == PMTU_CAUSE_SILENT && s->low > 0;
}

int pmtu_runner_search(struct pmtu_runner *r, const struct addr *target, unsigned scope,
		       void (*tell)(void *arg, const struct pmtu_found *f), void *arg, struct pmtu_found *ret,
		       struct pmtu_placed *ret_placed, struct pmtu_way *ret_way, struct error *err)
{
	bool v4 = target->family == AF_INET;
	struct run run = { .socket = v4 ? &r->v4 : &r->v6,
			   .way = { .target = *target, .ifindex = (int32_t)scope } };
	struct pmtu_config config = { .family = target->family };
	int e = v4 ? r->error4 : r->error6, believed;
	struct rtnl_route before;

	*ret_way = (struct pmtu_way){ .raw = run.socket->icmp.raw };
	if (e)
		return error_set(err, e, "cannot send IPv%d probes: %s", v4 ? 4 : 6, strerror(-e));
	before = ask_route(target, r->device[0] ? (int)if_nametoindex(r->device) : (int)scope);
	believed = look_at_route(r, target, scope, &before, ret_way);
	config.most = largest_local(&run, ret_way->mtu);
	if (!ret_way->mtu)
		ret_way->mtu = config.most;
	if (believed > 0 && believed < config.most)
		config.candidates[0] = believed;
	pmtu_search_start(&run.search, &config);
	search(&run, tell, arg);
	*ret = run.search.found;
	*ret_placed = (struct pmtu_placed){ .direction = DIRECTION_UNKNOWN };
	if (r->device[0])
		run.way.ifindex = (int32_t)if_nametoindex(r->device);
	if (is_hole(&run.search))
		locate(&run, v4 ? &r->place4 : &r->place6, tell, arg, ret_placed);
	if (run.back > ret_placed->back)
		ret_placed->back = run.back;
	look_at_cache(&run, &before, ret_way);
	return 0;
}
