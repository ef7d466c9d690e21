// SPDX-License-Identifier: GPL-2.0-or-later
// A cable between two network namespaces on which packets take their time:
//   slow_wire NAMESPACE1 DEVICE1 NAMESPACE2 DEVICE2 MS [KBIT]
// Makes a tun device in each; what is sent into one comes out of the other MS milliseconds later, and carries no more
// than KBIT kbit/s each way: what would wait longer than 100 ms is lost. Prints "ready" when
// both are there. Ends when its standard input ends; the devices go with it.
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "tunwatch/base.h"

enum { PACKET_MAX = 2048, QUEUE = 8192 }; /* QUEUE: a power of two */

struct packet {
	int64_t due_us;
	size_t len;
	uint8_t data[PACKET_MAX];
};

struct end {
	int fd;
	struct packet *queue; /* what came in here */
	unsigned head, tail;
	int64_t line_us;      /* by then the line has carried all that came in so far */
};
#define WAIT_MOST_US (100 * US_PER_MS)

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * US_PER_S + t.tv_nsec / NS_PER_US;
}

static int fail(const char *what)
{
	fprintf(stderr, "slow_wire: %s: %s\n", what, strerror(errno));
	return -1;
}

static int attach(struct end *e, const char *namespace, const char *device)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	char path[256];
	int ns;

	snprintf(path, sizeof path, "/run/netns/%s", namespace);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWNET))
		return fail(path);
	close(ns);
	e->queue = xcalloc(QUEUE, sizeof *e->queue);
	e->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (!str_copy(ifr.ifr_name, sizeof ifr.ifr_name, device) || e->fd < 0 || ioctl(e->fd, TUNSETIFF, &ifr))
		return fail(device);
	return 0;
}

/* kbit: 0: any number. */
static void take_in(struct end *e, int64_t delay_us, int64_t kbit)
{
	while (e->tail - e->head < QUEUE) {
		struct packet *p = &e->queue[e->tail % QUEUE];
		ssize_t n = read(e->fd, p->data, sizeof p->data);
		int64_t now = now_us();

		if (n <= 0)
			return;
		if (e->line_us < now)
			e->line_us = now;
		if (e->line_us - now > WAIT_MOST_US)
			continue;
		if (kbit)
			e->line_us += n * 8 * US_PER_MS / kbit;
		p->len = (size_t)n;
		p->due_us = e->line_us + delay_us;
		e->tail++;
	}
}

/* Returns when the next one is due. */
static int64_t let_out(struct end *e, const struct end *other, int64_t until_us)
{
	int64_t now = now_us();

	for (; e->head != e->tail; e->head++) {
		const struct packet *p = &e->queue[e->head % QUEUE];

		if (p->due_us > now)
			return p->due_us < until_us ? p->due_us : until_us;
		/* a device that is down takes nothing: so it is lost */
		if (write(other->fd, p->data, p->len) < 0 && errno != EIO && errno != EAGAIN)
			fail("write");
	}
	return until_us;
}

static void carry(struct end ends[2], int64_t delay_us, int64_t kbit)
{
	struct pollfd pfd[3] = {
		{ .fd = ends[0].fd, .events = POLLIN }, { .fd = ends[1].fd, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	char byte;

	for (;;) {
		int64_t next = now_us() + US_PER_S, left;

		next = let_out(&ends[0], &ends[1], next);
		next = let_out(&ends[1], &ends[0], next);
		left = next - now_us();
		if (left > 0)
			ppoll(pfd, 3, &(struct timespec){ .tv_sec = left / US_PER_S,
							  .tv_nsec = left % US_PER_S * NS_PER_US }, NULL);
		take_in(&ends[0], delay_us, kbit);
		take_in(&ends[1], delay_us, kbit);
		if ((pfd[2].revents & (POLLIN | POLLHUP)) && read(STDIN_FILENO, &byte, 1) <= 0)
			return;
	}
}

/* Before everything else: the delay is to be that, however busy this host is. */
static void hurry(void)
{
	const struct sched_param p = { .sched_priority = 1 };

	if (sched_setscheduler(0, SCHED_FIFO, &p))
		fail("sched_setscheduler");
}

int main(int argc, char **argv)
{
	struct end ends[2] = { { .fd = -1 }, { .fd = -1 } };

	if (argc != 6 && argc != 7)
		return fprintf(stderr, "usage: slow_wire NAMESPACE1 DEVICE1 NAMESPACE2 DEVICE2 MS [KBIT]\n"), 2;
	if (attach(&ends[0], argv[1], argv[2]) || attach(&ends[1], argv[3], argv[4]))
		return 1;
	hurry();
	printf("ready\n");
	fflush(stdout);
	carry(ends, (int64_t)(atof(argv[5]) * US_PER_MS), argc == 7 ? atoi(argv[6]) : 0);
	free(ends[0].queue);
	free(ends[1].queue);
	return 0;
}
