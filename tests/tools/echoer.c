// SPDX-License-Identifier: GPL-2.0-or-later
// The far end for tests of probes: attaches to a tun device and answers echo requests, IPv4 and IPv6.
//   echoer DEVICE SECONDS LOW_MS HIGH_MS [ADDRESS=RULE[,RULE...]]...
// Every address answers after a delay of its own between LOW and HIGH. Rules for one address:
//   delay:MS  lose:PERCENT  silent  dup:COPIES  foreign (payload changed)  otherid  from:IPV4
//   unreach:COPIES (host unreachable, whole packet quoted)  short (only 8 bytes of ICMP quoted)  ptb:MTU
// Prints "ready" when attached. Ends after SECONDS, or when its standard input ends.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "tunwatch/base.h"
#include "tunwatch/decode.h"

enum { PACKET_MAX = 1600, RULES_MAX = 64, QUEUE_MAX = 65536 };

struct rule {
	struct addr addr, from;
	double delay_ms; /* negative: the address's own */
	int lose, dup, unreach, ptb;
	bool silent, foreign, other_id, brief;
};

struct packet {
	int64_t at;
	size_t len;
	uint8_t data[PACKET_MAX];
};

static struct rule rules[RULES_MAX];
static size_t nrules;
static struct packet *heap[QUEUE_MAX];
static size_t nheap;
static double low_ms, high_ms;

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * US_PER_S + ts.tv_nsec / NS_PER_US;
}

static void push(const uint8_t *data, size_t len, int64_t at)
{
	struct packet *e;
	size_t i = nheap;

	if (nheap == QUEUE_MAX)
		return;
	e = xcalloc(1, sizeof *e);
	memcpy(e->data, data, len);
	e->len = len;
	e->at = at;
	for (nheap++; i && heap[(i - 1) / 2]->at > at; i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = e;
}

static struct packet *pop(void)
{
	struct packet *first = heap[0], *e = heap[--nheap];
	size_t i = 0;

	for (;;) {
		size_t k = 2 * i + 1;

		if (k >= nheap)
			break;
		if (k + 1 < nheap && heap[k + 1]->at < heap[k]->at)
			k++;
		if (heap[k]->at >= e->at)
			break;
		heap[i] = heap[k];
		i = k;
	}
	heap[i] = e;
	return first;
}

static void put_sum(uint8_t *p, uint16_t sum)
{
	p[0] = (uint8_t)(sum >> 8);
	p[1] = (uint8_t)sum;
}

/* Make both checksums right again. */
static void seal(uint8_t *p, size_t len)
{
	if (p[0] >> 4 == 4) {
		p[10] = p[11] = p[22] = p[23] = 0;
		put_sum(p + 10, icmp_checksum(p, 20));
		put_sum(p + 22, icmp_checksum(p + 20, len - 20));
	} else {
		uint8_t pseudo[PACKET_MAX + 40] = {0};

		memcpy(pseudo, p + 8, 32);
		pseudo[34] = (uint8_t)((len - 40) >> 8);
		pseudo[35] = (uint8_t)(len - 40);
		pseudo[39] = 58;
		p[42] = p[43] = 0;
		memcpy(pseudo + 40, p + 40, len - 40);
		put_sum(p + 42, icmp_checksum(pseudo, len));
	}
}

static void swap_addresses(uint8_t *p)
{
	size_t n = p[0] >> 4 == 4 ? 4 : 16, at = n == 4 ? 12 : 8;
	uint8_t t[16];

	memcpy(t, p + at, n);
	memcpy(p + at, p + at + n, n);
	memcpy(p + at + n, t, n);
}

static double own_delay_ms(const struct addr *a)
{
	return low_ms + (high_ms - low_ms) * (double)(hash_bytes(1, a, sizeof *a) % 10000) / 10000;
}

static void answer(const uint8_t *request, size_t len, const struct addr *to, const struct rule *r)
{
	double ms = r && r->delay_ms >= 0 ? r->delay_ms : own_delay_ms(to);
	uint8_t p[PACKET_MAX];
	size_t ip = request[0] >> 4 == 4 ? 20 : 40;

	memcpy(p, request, len);
	swap_addresses(p);
	p[ip] = ip == 20 ? 0 : 129;
	if (r && r->other_id)
		p[ip + 4] ^= 0x55;
	if (r && r->foreign && len > ip + 24)
		p[ip + 20] ^= 0x55;
	if (r && r->from.family == AF_INET && ip == 20)
		memcpy(p + 12, r->from.bytes, 4);
	seal(p, len);
	for (int i = 0; i <= (r ? r->dup : 0); i++)
		push(p, len, now_us() + (int64_t)(ms * 1000) + i * 1000);
}

/* An ICMP error from 10.255.255.1 or 2001:db8:ffff::1. */
static void complain(const uint8_t *request, size_t len, const struct rule *r)
{
	bool v4 = request[0] >> 4 == 4;
	size_t ip = v4 ? 20 : 40, quote = r->brief ? ip + 8 : len;
	uint8_t p[PACKET_MAX] = {0};
	struct addr from;

	if (ip + 8 + quote > sizeof p || !addr_parse(v4 ? "10.255.255.1" : "2001:db8:ffff::1", &from))
		return;
	memcpy(p, request, ip);
	swap_addresses(p);
	memcpy(p + (v4 ? 12 : 8), from.bytes, v4 ? 4 : 16);
	put_sum(p + (v4 ? 2 : 4), (uint16_t)(v4 ? ip + 8 + quote : 8 + quote));
	p[v4 ? 8 : 7] = 64;
	p[ip] = v4 ? 3 : r->ptb ? 2 : 1;
	p[ip + 1] = v4 ? (r->ptb ? 4 : 1) : r->ptb ? 0 : 3;
	put_sum(p + ip + 6, (uint16_t)r->ptb);
	memcpy(p + ip + 8, request, quote);
	seal(p, ip + 8 + quote);
	for (int i = 0; i < (r->unreach ? r->unreach : 1); i++)
		push(p, ip + 8 + quote, now_us() + 5000);
}

static const struct rule *find_rule(const struct addr *a)
{
	for (size_t i = 0; i < nrules; i++)
		if (addr_equal(&rules[i].addr, a))
			return &rules[i];
	return NULL;
}

static void take(const uint8_t *p, size_t len)
{
	const struct rule *r;
	struct addr to;

	if (len >= 28 && p[0] >> 4 == 4 && p[9] == 1 && p[20] == 8)
		to = addr_make(AF_INET, p + 16);
	else if (len >= 48 && p[0] >> 4 == 6 && p[6] == 58 && p[40] == 128)
		to = addr_make(AF_INET6, p + 24);
	else
		return;
	r = find_rule(&to);
	if (r && (r->silent || rand() % 100 < r->lose))
		return;
	if (r && (r->unreach || r->ptb || r->brief))
		complain(p, len, r);
	else
		answer(p, len, &to, r);
}

static bool parse_rule(char *text)
{
	struct rule *r = &rules[nrules];
	char *save = NULL, *value = strchr(text, '=');

	if (!value || nrules == RULES_MAX)
		return false;
	*value++ = 0;
	*r = (struct rule){ .delay_ms = -1 };
	if (!addr_parse(text, &r->addr))
		return false;
	nrules++;
	for (char *w = strtok_r(value, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		char *colon = strchr(w, ':');
		int n = colon ? atoi(colon + 1) : 0;

		if (!strncmp(w, "delay:", 6))
			r->delay_ms = atof(w + 6);
		else if (!strncmp(w, "lose:", 5))
			r->lose = n;
		else if (!strncmp(w, "dup:", 4))
			r->dup = n;
		else if (!strncmp(w, "unreach:", 8))
			r->unreach = n;
		else if (!strncmp(w, "ptb:", 4))
			r->ptb = n;
		else if (!strncmp(w, "from:", 5))
			addr_parse(w + 5, &r->from);
		r->silent |= !strcmp(w, "silent");
		r->foreign |= !strcmp(w, "foreign");
		r->other_id |= !strcmp(w, "otherid");
		r->brief |= !strcmp(w, "short");
	}
	return true;
}

static int attach(const char *device)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	str_copy(ifr.ifr_name, sizeof ifr.ifr_name, device);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr)) {
		fprintf(stderr, "echoer: %s: %s\n", device, strerror(errno));
		return -1;
	}
	return fd;
}

static void serve(int fd, int64_t end)
{
	struct pollfd pfd[2] = { { .fd = fd, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
	uint8_t data[PACKET_MAX];

	while (now_us() < end) {
		int64_t wait = nheap ? heap[0]->at - now_us() : 100000;
		ssize_t n;

		if (wait > 100000)
			wait = 100000;
		if (wait > 0)
			ppoll(pfd, 2, &(struct timespec){ .tv_nsec = wait * NS_PER_US }, NULL);
		if ((pfd[1].revents & (POLLIN | POLLHUP)) && read(STDIN_FILENO, data, sizeof data) <= 0)
			return;
		while ((n = read(fd, data, sizeof data)) > 0)
			take(data, (size_t)n);
		while (nheap && heap[0]->at <= now_us()) {
			struct packet *e = pop();

			if (write(fd, e->data, e->len) < 0)
				fprintf(stderr, "echoer: write: %s\n", strerror(errno));
			free(e);
		}
	}
}

int main(int argc, char **argv)
{
	int fd;

	if (argc < 5)
		return fprintf(stderr, "usage: echoer DEVICE SECONDS LOW_MS HIGH_MS [ADDRESS=RULE,...]...\n"), 2;
	low_ms = atof(argv[3]);
	high_ms = atof(argv[4]);
	for (int i = 5; i < argc; i++)
		if (!parse_rule(argv[i]))
			return fprintf(stderr, "echoer: bad rule %s\n", argv[i]), 2;
	fd = attach(argv[1]);
	if (fd < 0)
		return 1;
	printf("ready\n");
	fflush(stdout);
	serve(fd, now_us() + (int64_t)(atof(argv[2]) * 1e6));
	return 0;
}
