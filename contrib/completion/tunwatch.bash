# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completion of tunwatch for bash. tests/lint/completion.t compares it with the program's table of options.

# __tunwatch_options COMMAND: what may be said to a command
__tunwatch_options()
{
	local common="--config --help --version"
	local watching="--interface --interval"
	local searching="--mtu-period"
	local drawing="--ascii --utf8 --no-color --utc"
	local keeping="--disk-cap --rotate-size --new"

	case $1 in
	live) echo "$common $watching $searching $drawing $keeping --write --linger" ;;
	attach) echo "$common $drawing --list" ;;
	record) echo "$common $watching $searching $keeping --output --for --only --hashes" ;;
	replay) echo "$common $drawing --keys --size" ;;
	report) echo "$common --utc --output --format --from --to --log --profile --zone" ;;
	export) echo "$common --output --format --kind --tunnel --from --to" ;;
	check) echo "$common $watching $searching --for --json" ;;
	mtu) echo "$common --ipv4 --ipv6 --device --json" ;;
	list) echo "$common $watching" ;;
	router-test) echo "$common --command" ;;
	*) echo "$common" ;;
	esac
}

__tunwatch()
{
	local commands="live attach stop record replay report export check mtu list router-test help"
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=live word

	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		if [[ " $commands " == *" $word "* ]]; then
			command=$word
			break
		fi
	done
	COMPREPLY=()
	case $previous in
	-c | --config | -w | --write | -o | --output | --hashes | --log)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	-i | --interface | -I | --device)
		mapfile -t COMPREPLY < <(compgen -W "$(cd /sys/class/net && echo *)" -- "$current")
		return
		;;
	-f | --format)
		word="text md json"
		[ "$command" = export ] && word="jsonl csv twr"
		mapfile -t COMPREPLY < <(compgen -W "$word" -- "$current")
		return
		;;
	--command)
		mapfile -t COMPREPLY < <(compgen -W "bgp bgp-detail tunnel sa environment log" -- "$current")
		return
		;;
	--only)
		mapfile -t COMPREPLY < <(compgen -W "link xfrm route bgp probe pmtu router log" -- "$current")
		return
		;;
	-n | --interval | --mtu-period | --linger | --disk-cap | --rotate-size | --for | --from | --to | --kind | --tunnel | --keys | --size | --profile | --zone)
		return
		;;
	esac
	if [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(__tunwatch_options "$command")" -- "$current")
	elif [[ $command == @(replay|report|export) ]]; then
		mapfile -t COMPREPLY < <(compgen -f -X '!*.twr' -- "$current")
		mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$current")
	elif [ "$command" = router-test ]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
	elif [ "$command" = help ] || [ "$command" = live ]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
	fi
}

complete -o filenames -F __tunwatch tunwatch
