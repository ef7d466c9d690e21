#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mtu-black-hole.sh [COMMAND...]: mtu-drop.sh with a router that keeps it to itself
ICMP=drop exec "$LAB/scenarios/mtu-drop.sh" "$@"
