#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""memory.py KEYS PID: how often each process of that session's tree, and this one, holds a key of the file, as bytes or
in hexadecimal. A line for each: "PID NAME COUNT"."""
import os, sys

keys = [bytes.fromhex(line.strip()[2:]) for line in open(sys.argv[1], encoding="ascii") if line.startswith("0x")]


def count(pid):
    """In all that it may read; a page at a time is too slow for a guest, a mapping at a time is not."""
    found = 0
    with open("/proc/%d/maps" % pid, encoding="utf-8") as maps, open("/proc/%d/mem" % pid, "rb", 0) as mem:
        for line in maps:
            where, rights = line.split()[:2]
            begin, end = (int(x, 16) for x in where.split("-"))
            if "r" not in rights or "[v" in line or end - begin > 1 << 28:
                continue
            mem.seek(begin)
            try:
                data = mem.read(end - begin)
            except OSError:
                continue
            found += sum(data.count(form) for key in keys for form in (key, key.hex().encode()))
    return found


def tree(pid):
    yield pid
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as children:
        for child in children.read().split():
            yield from tree(int(child))


for p in list(tree(int(sys.argv[2]))) + [os.getpid()]:
    with open("/proc/%d/comm" % p, encoding="utf-8") as name:
        print(p, name.read().strip(), count(p))
