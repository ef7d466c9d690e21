#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# PID 1 inside the guest (UML or qemu).  Never run this on the host.
#
# The host's root file system is our read-only root.  An overlay with a tmpfs
# upper layer goes on top of it, so the guest may write anywhere and nothing
# reaches the host, except under the job folder and the folders shared with -w.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LANG=C.UTF-8 TMUX_TMPDIR=/run
# (hostfs shows the host's own /proc and /sys until we mount ours)
mount -t proc proc /proc

arg() { # value of lab.NAME= on the kernel command line
	tr ' ' '\n' < /proc/cmdline | sed -n "s/^lab\.$1=//p" | head -n 1
}
off() { sync; echo o > /proc/sysrq-trigger; sleep 5; exit 1; }

share() { # share DIR: mount the host's DIR read-write at the same place
	mkdir -p "$1"
	case $KIND in
	uml) mount -t hostfs none "$1" -o "$1" ;;
	qemu) mount --bind "/mnt$1" "$1" ;;
	esac
}

KIND=$(arg kind) JOB=$(arg job)
REL=$(uname -r)

if [ -z "$LAB_STAGE2" ]; then	# UML; for qemu the initramfs has done this
	mods=$(arg modules)
	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir -p /run/m/lib/modules /run/up /run/new
	ln -s "$mods/$REL" "/run/m/lib/modules/$REL"
	modprobe -d /run/m overlay || off
	mount -t tmpfs -o mode=755 tmpfs /run/up
	mkdir -p /run/up/u /run/up/w
	mount -t overlay -o lowerdir=/,upperdir=/run/up/u,workdir=/run/up/w \
		overlay /run/new || off
	# plain modprobe and the kernel's own module loading work from here on
	mkdir -p "/run/new/lib/modules"
	ln -s "$mods/$REL" "/run/new/lib/modules/$REL"
	LAB_STAGE2=1 exec chroot /run/new /bin/sh "$0"
fi
unset LAB_STAGE2

mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm /dev/net
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
if [ "$KIND" = qemu ]; then	# keep the way to the host's folders for share
	mkdir -p /mnt
	mount --move /run/host /mnt
fi
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/netns
ln -sf /proc/self/fd /dev/fd
ln -sf fd/0 /dev/stdin; ln -sf fd/1 /dev/stdout; ln -sf fd/2 /dev/stderr
[ -e /dev/net/tun ] || { modprobe tun; mknod /dev/net/tun c 10 200 2>/dev/null; }

hostname lab
modprobe ipv6	# a module in UML; must be there before a namespace is made
ip link set lo up
echo '0 2147483647' > /proc/sys/net/ipv4/ping_group_range
# hostfs pages reach the host only at write-back: do that soon
echo 50 > /proc/sys/vm/dirty_writeback_centisecs
echo 100 > /proc/sys/vm/dirty_expire_centisecs

share "$JOB"
while read -r d; do share "$d"; done < "$JOB/shares"
[ "$KIND" != qemu ] || umount -l /mnt

OUT=$(arg out) ERR=$(arg err)
stty -F "$OUT" raw -echo 2>/dev/null
stty -F "$ERR" raw -echo 2>/dev/null
cut -d' ' -f1 /proc/uptime > "$JOB/boot_seconds"

if [ -e "$JOB/interactive" ]; then
	stty -F "$OUT" sane $(cat "$JOB/interactive")
	# shellcheck disable=SC2094
	TERM=$(cat "$JOB/term") setsid -cw sh "$JOB/cmd" < "$OUT" > "$OUT" 2>&1
else
	TERM=linux setsid -w sh "$JOB/cmd" < /dev/null > "$OUT" 2> "$ERR"
fi
echo $? > "$JOB/rc.new" && mv "$JOB/rc.new" "$JOB/rc"
sync
stty -F "$OUT" drain 2>/dev/null
sleep 0.1
off
