#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bulk.py ADDR MBIT SECONDS: 1200-byte UDP datagrams to port 9, so many a second: one in each slot, at a random moment
of it. Evenly they would keep step with probes, and a full queue would lose these one after the other."""
import random, socket, sys, time
addr, rate, secs = sys.argv[1], float(sys.argv[2]) * 1e6 / 8 / 1200, float(sys.argv[3])
s = socket.socket(socket.AF_INET6 if ":" in addr else socket.AF_INET, socket.SOCK_DGRAM)
start = time.monotonic()
n = 0
while time.monotonic() - start < secs:
    due = start + (n + random.random()) / rate
    now = time.monotonic()
    if due > now:
        time.sleep(due - now)
    elif now - due > 2 / rate:    # a guest that stood still does not make up for it: that would be a burst
        start += now - due
        secs += now - due
    n += 1
    try:
        s.sendto(bytes(1200), (addr, 9))
    except OSError:    # nobody listens there: said once in a while
        pass
print(f"sent={n} seconds={time.monotonic() - start:.1f}")
