#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dfprobe.py LOW HIGH ADDR...: find the largest unfragmented echo to each of them, all at a time.

Uses ping sockets with IP_PMTUDISC_PROBE, so what the kernel has cached for the path does not limit what is sent (a
tunnel device may still refuse). Bisection; what it ends at is looked at again: that size must be answered and the next
one not, three times, or it begins anew. Prints a line for each: ADDR largest=N tries=N told=N,N (MTUs heard in
frag-needed answers; largest=0: not even LOW gets an answer).
"""
import select, socket, struct, sys, threading, time

ATTEMPTS = 5


class Probe:
    def __init__(self, to):
        self.to, self.told, self.seq, self.tries = to, [], 0, 0
        v6 = ":" in to
        self.head, self.kind = (48, 128) if v6 else (28, 8)
        self.s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM,
                               socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP)
        if v6:
            self.s.setsockopt(41, 23, 3)     # IPV6_MTU_DISCOVER = PROBE
            self.s.setsockopt(41, 62, 1)     # IPV6_DONTFRAG
            self.s.setsockopt(41, 25, 1)     # IPV6_RECVERR
        else:
            self.s.setsockopt(0, 10, 3)      # IP_MTU_DISCOVER = PROBE
            self.s.setsockopt(0, 11, 1)      # IP_RECVERR
        self.s.connect((to, 0))

    def drain_errors(self):
        while True:
            try:
                _, anc, _, _ = self.s.recvmsg(2048, 512, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
            except OSError:
                return
            for lvl, typ, data in anc:
                if (lvl, typ) in ((0, 11), (41, 25)):
                    err, _, _, _, _, info, _ = struct.unpack("=IBBBBII", data[:16])
                    if err == 90 and info and info not in self.told:
                        self.told.append(info)

    def reply(self, size, wait):
        end = time.monotonic() + wait
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.s], [], [], left)[0]:
                return False
            try:
                r = self.s.recv(4096, socket.MSG_DONTWAIT)
            except OSError:
                # an error, perhaps of an earlier one: what answers does so soon
                self.drain_errors()
                end = min(end, time.monotonic() + 0.15)
                continue
            if len(r) == size - self.head + 8 and struct.unpack("!H", r[6:8])[0] == self.seq:
                return True

    def echo(self, size, waits=(0.3, 1)):
        self.tries += 1
        for wait in waits:
            self.seq += 1
            p = struct.pack("!BBHHH", self.kind, 0, 0, 0, self.seq) + b"\0" * (size - self.head)
            try:
                self.s.send(p)
            except OSError:
                self.drain_errors()
                continue
            if self.reply(size, wait):
                return True
            self.drain_errors()
        return False

    def bisect(self, low, high):
        best = 0
        while low <= high:
            mid = (low + high) // 2
            if self.echo(mid):
                best, low = mid, mid + 1
            else:
                high = mid - 1
        return best

    def search(self, low, high):
        for _ in range(ATTEMPTS):
            best = self.bisect(low, high)
            if (not best or self.echo(best)) and not self.echo(max(best + 1, low), (0.3, 0.3, 0.3)):
                return best
        return 0


def run(to, low, high, lines):
    p = Probe(to)
    best = p.search(low, high)
    lines[to] = f"{to} largest={best} tries={p.tries} told={','.join(map(str, p.told)) or 0}"


def main():
    low, high, targets = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    lines = {}
    threads = [threading.Thread(target=run, args=(to, low, high, lines)) for to in targets]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for to in targets:
        print(lines[to])


main()
