#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""espattack.py replay|badspi|badicv COUNT: run in isp; disturbs ESP to hq.

replay  every captured ESP packet to hq is sent once more
badspi  ESP with SPIs that hq has no SA for
badicv  captured packets with a far sequence number and a broken body
"""
import socket, struct, sys, time
from rawip import ip, Sender
kind, count = sys.argv[1], int(sys.argv[2])
HQ, CLOUD = "198.51.100.2", "203.0.113.2"
out = Sender()
sent = 0
spis = set()
if kind == "badspi":
    for i in range(count):
        out.send(ip(CLOUD, HQ, 50, struct.pack("!II", 0xdead0000 + i, i + 1) + bytes(80)))
        sent += 1
        time.sleep(0.02)
else:
    # ETH_P_ALL: only such sockets see what goes out
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
    tap.bind(("hq0", 3))
    tap.settimeout(10)
    mine = set()
    while sent < count:
        p, a = tap.recvfrom(4096)
        if a[1] != 0x800 or a[2] != socket.PACKET_OUTGOING or p[9] != 50 or p in mine:
            continue
        if p[16:20] != socket.inet_aton(HQ):
            continue
        if kind == "badicv":
            spi, seq = struct.unpack("!II", p[20:28])
            p = p[:24] + struct.pack("!I", seq + 50000) + p[28:-1] + bytes([p[-1] ^ 0x55])
        mine.add(p)
        spis.add("%#x" % struct.unpack("!I", p[20:24]))
        out.send(p)
        sent += 1
print(f"sent={sent}" + (f" spi={','.join(sorted(spis))}" if spis else ""))
