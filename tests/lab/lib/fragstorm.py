#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""fragstorm.py fragments|orphans|fragneeded RATE SECONDS: run in isp, at hq.

fragments   2000-byte UDP datagrams to port 9 in two pieces
orphans     first pieces whose second piece never comes
fragneeded  ICMP frag-needed (MTU 1300) quoting hq's ESP of vti1
"""
import struct, sys, time
from rawip import ip, cksum, Sender
kind, rate, secs = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
HQ, CLOUD, ISP = "198.51.100.2", "203.0.113.2", "198.51.100.1"
out = Sender()
data = struct.pack("!HHHH", 9, 9, 2008, 0) + bytes(2000)
start = time.monotonic()
n = packets = 0
while True:
    due = start + n / rate
    now = time.monotonic()
    if now - start >= secs:
        break
    if due > now:
        time.sleep(due - now)
    n += 1
    if kind == "fragneeded":
        quote = ip(HQ, CLOUD, 50, struct.pack("!II", 0xc00010, n), frag=0x4000)
        m = struct.pack("!BBHHH", 3, 4, 0, 0, 1300) + quote
        out.send(ip(ISP, HQ, 1, m[:2] + struct.pack("!H", cksum(m)) + m[4:]))
        packets += 1
    else:
        out.send(ip(CLOUD, HQ, 17, data[:1400], n & 0xffff or 1, 0x2000))
        packets += 1
        if kind == "fragments":
            out.send(ip(CLOUD, HQ, 17, data[1400:], n & 0xffff or 1, 1400 // 8))
            packets += 1
print(f"units={n} packets={packets} seconds={time.monotonic() - start:.1f}")
