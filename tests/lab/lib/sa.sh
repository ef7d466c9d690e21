# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# sa.sh - hq's security associations, as `ip xfrm` shows them; see sas.py for the lines of a list
#
#   sa_list                    those that are there
#   sa_told                    what became of them, as the witness xfrm.txt says
#   want_sas FILE NEW GONE [SPI]...
#                              the program must have recorded these (or all) of a kept list, as new within NEW and
#                              as gone within GONE: FROM..TO, or "-" for not at all, or "" for whenever
#   want_told FROM FILE        all that xfrm.txt says was told after that time, when those of FILE were there, must be
#                              recorded, as of then

#   sa_watched                 wait until the program listens

sa_listens() { lab_in hq awk -v pid="$TOOL" '$2 == 6 && $3 == pid && $4 !~ /^0+$/ { n++ } END { exit !n }' /proc/net/netlink; }
sa_watched() { wait_for 30 sa_listens && sleep 0.5; }
hq_addresses() { ip -n hq -o addr | awk '{ sub("/.*", "", $4); print $4 }'; }
sa_list() { ip -n hq xfrm state | python3 "$LAB/lib/sas.py" $(hq_addresses); }
sa_told() { python3 "$LAB/lib/sas.py" $(hq_addresses) < "$OUT/xfrm.txt"; }

want_sas()
{
	local file=$1 new=$2 gone=$3 spi rest words

	shift 3
	while read -r _ _ spi rest; do
		[ $# = 0 ] || [[ " $* " == *" $spi "* ]] || continue
		read -ra words <<< "$rest"
		want sa "$spi" "${words[@]}" ${new:+"new=$new"} ${gone:+"gone=$gone"}
	done < "$file"
}

want_told()
{
	local from=$1 event at spi rest words
	declare -A seen

	while read -r _ _ spi rest; do seen[$spi]=1; done < "$2"
	while read -r event at spi rest; do
		[[ ${at#*..} < $from ]] && continue
		read -ra words <<< "$rest"
		case ${seen[$spi]-}$event in
		# an update of a place that IKE keeps makes it an SA
		new | update) want sa "$spi" "${words[@]}" "new=$at" ;;
		*new | *update) want sa "$spi" "${words[@]}" ;;
		*delete) want sa "$spi" "gone=$at" ;;
		*) want sa-event "$spi" "event=$event" "at=$at" ;;
		esac
		seen[$spi]=1
	done < <(sa_told)
}
