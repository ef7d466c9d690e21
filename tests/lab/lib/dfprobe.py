#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dfprobe.py ADDR [LOW HIGH]: find the largest unfragmented echo by bisection.

Uses a ping socket with IP_PMTUDISC_PROBE, so what the kernel has cached for
the path does not limit what is sent (a tunnel device may still refuse).
Prints: largest=N tries=N told=N,N (MTUs heard in frag-needed answers)
"""
import socket, struct, select, sys, time
to = sys.argv[1]
low, high = (int(sys.argv[2]), int(sys.argv[3])) if len(sys.argv) > 3 else (1100, 1500)
v6 = ":" in to
s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM,
                  socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP)
if v6:
    s.setsockopt(41, 23, 3)     # IPV6_MTU_DISCOVER = PROBE
    s.setsockopt(41, 62, 1)     # IPV6_DONTFRAG
    s.setsockopt(41, 25, 1)     # IPV6_RECVERR
else:
    s.setsockopt(0, 10, 3)      # IP_MTU_DISCOVER = PROBE
    s.setsockopt(0, 11, 1)      # IP_RECVERR
s.connect((to, 0))
head = 48 if v6 else 28
told = []
seq = 0

def drain_errors():
    while True:
        try:
            _, anc, _, _ = s.recvmsg(2048, 512, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
        except OSError:
            return
        for lvl, typ, data in anc:
            if (lvl, typ) in ((0, 11), (41, 25)):
                err, origin, _, _, _, info, _ = struct.unpack("=IBBBBII", data[:16])
                if err == 90 and info and info not in told:
                    told.append(info)

def echo(size):
    global seq
    for wait in (0.15, 0.4):
        seq += 1
        p = struct.pack("!BBHHH", 128 if v6 else 8, 0, 0, 0, seq) + b"\0" * (size - head)
        try:
            s.send(p)
        except OSError:
            drain_errors()
            continue
        end = time.monotonic() + wait
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([s], [], [], left)[0]:
                break
            try:
                r = s.recv(4096)
            except OSError:
                drain_errors()
                break
            if len(r) == size - head + 8 and struct.unpack("!H", r[6:8])[0] == seq:
                return True
        drain_errors()
    return False

best = tries = 0
while low <= high:
    mid = (low + high) // 2
    tries += 1
    if echo(mid):
        best, low = mid, mid + 1
    else:
        high = mid - 1
print(f"largest={best} tries={tries} told={','.join(map(str, told)) or 0}")
