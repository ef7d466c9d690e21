#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian packages that tunwatch is built, tested and shown with.
#   deps.sh missing SET...    print those that are not installed; exit 1 when there are any
#   deps.sh install SET...    install those: nothing recommended, no service started
# Sets: build, test, routers (real ones, for tests that need root), lab (real tunnels), lab-qemu (the few that
# User-Mode-Linux lacks), demo, bench, ci (what only .ci/run and make fuzz need).
set -eu

policy=/usr/sbin/policy-rc.d
saved=$policy.before-tunwatch

usage()
{
	sed -n '3,7s/^# //p' "$0" >&2
	exit 64
}

packages_of()
{
	case $1 in
	build)
		echo gcc libc6-dev make pkgconf libevent-dev libmnl-dev libpcap-dev libpcre2-dev libncurses-dev \
			libjansson-dev libconfuse-dev libcap-ng-dev uthash-dev
		;;
	test)
		echo perl procps iproute2 nftables iputils-ping libcap2-bin tmux jq mandoc shellcheck cppcheck strace \
			libcmocka-dev
		;;
	routers) echo frr inetutils-telnetd ;;
	lab)
		echo user-mode-linux kmod iproute2 iptables iputils-ping procps tcpdump tmux ethtool jq python3 openssl \
			strongswan-charon strongswan-swanctl libstrongswan-standard-plugins frr openvpn wireguard-go \
			wireguard-tools xl2tpd ppp
		;;
	lab-qemu) echo qemu-system-x86 qemu-system-common busybox-static cpio kmod ;;
	demo) echo iproute2 nftables iputils-ping wireguard-go wireguard-tools ;;
	bench) echo iproute2 nftables procps fping bmon jq iputils-ping iputils-tracepath scamper nmap ;;
	ci) echo clang clang-tidy libclang-rt-14-dev llvm valgrind ;;
	*) usage ;;
	esac
}

packages()
{
	local set

	for set; do
		packages_of "$set"
	done | tr ' ' '\n' | sort -u
}

missing()
{
	local package

	for package in $(packages "$@"); do
		case $(dpkg-query -W -f='${Status}' "$package" 2> /dev/null) in
		*" ok installed") ;;
		*) echo "$package" ;;
		esac
	done
}

# A package must not start its daemon on the machine of somebody who only builds a program. Whatever policy stood
# there before is put back, also when apt fails or is interrupted.
forbid_services()
{
	trap allow_services EXIT
	trap 'exit 130' INT TERM HUP
	# left over by a run that was killed: that one is the real policy
	if [ ! -e $saved ] && [ ! -L $saved ] && { [ -e $policy ] || [ -L $policy ]; }; then
		mv $policy $saved
	fi
	printf '#!/bin/sh\nexit 101\n' > $policy
	chmod 755 $policy
}

allow_services()
{
	rm -f $policy
	if [ -e $saved ] || [ -L $saved ]; then
		mv $saved $policy
	fi
}

install()
{
	local list

	list=$(missing "$@")
	[ -n "$list" ] || return 0
	# shellcheck disable=SC2086
	set -- $list
	if [ "$(id -u)" != 0 ]; then
		echo "tunwatch: packages are missing; as root: apt-get install --no-install-recommends $*" >&2
		exit 69
	fi
	echo "tunwatch: installing $*"
	forbid_services
	export DEBIAN_FRONTEND=noninteractive
	# one broken foreign source must not stop us: the install says what it really lacks
	apt-get -q -o DPkg::Lock::Timeout=600 update || echo "tunwatch: apt-get update failed; going on" >&2
	apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 install --no-install-recommends "$@"
}

[ $# -ge 2 ] || usage
action=$1
shift
for set; do
	packages_of "$set" > /dev/null
done
# another distribution: the Makefile says which libraries it misses
command -v dpkg-query > /dev/null || exit 0
case $action in
missing)
	list=$(missing "$@")
	[ -z "$list" ] || { echo "$list"; exit 1; }
	;;
install) install "$@" ;;
*) usage ;;
esac
