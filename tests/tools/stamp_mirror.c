// SPDX-License-Identifier: GPL-2.0-or-later
// Answers ICMP timestamp requests as BSD does: with a reply as large as the request. Stays until it is ended.
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include "tunwatch/decode.h"

enum { TIMESTAMP = 13, TIMESTAMP_REPLY = 14, LEAST = 20 };

int main(void)
{
	static uint8_t p[65536];
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);

	if (fd < 0) {
		perror("stamp_mirror");
		return 1;
	}
	for (;;) {
		struct sockaddr_in from;
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(fd, p, sizeof p, 0, (struct sockaddr *)&from, &len);
		size_t ip = (size_t)(p[0] & 15) * 4;
		uint16_t sum;

		if (n < 0 || (size_t)n < ip + LEAST || p[ip] != TIMESTAMP)
			continue;
		p[ip] = TIMESTAMP_REPLY;
		p[ip + 2] = p[ip + 3] = 0;
		sum = icmp_checksum(p + ip, (size_t)n - ip);
		p[ip + 2] = (uint8_t)(sum >> 8);
		p[ip + 3] = (uint8_t)sum;
		sendto(fd, p + ip, (size_t)n - ip, 0, (struct sockaddr *)&from, len);
	}
}
