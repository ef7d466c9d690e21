// SPDX-License-Identifier: GPL-2.0-or-later
// app: commands, configuration, processes. What its files share.
#ifndef APP_H
#define APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tunwatch/base.h"
#include "tunwatch/model.h"
#include "tunwatch/recording.h"
#include "tunwatch/source.h"

#define PROGRAM "tunwatch"
#define VERSION "0.1"

/* Everything the command line and the configuration file may say; options.c's table fills it. */
struct options {
	/* common */
	char *config_file;      /* -c */
	char **globs;           /* -i, repeatable */
	size_t nglobs;
	double interval;        /* -n, seconds, 0.1 .. 60 */
	int64_t mtu_period_s;   /* mtu-period, seconds, 0 .. 3600, default 10 */
	char *write_file;       /* -w */
	bool ascii, utf8, no_color, utc;
	bool new_session;       /* --new */
	int64_t linger_s;       /* linger, default 86400 */
	int64_t disk_cap;       /* disk-cap, bytes, default 1 GiB: all sessions together */
	int64_t rotate_size;    /* rotate-size, bytes of one part, default 64 MiB */
	const char *command;    /* name of the command being run; static */
	bool help, version;     /* --help, --version: cmd_help prints; help's topic is args[0] */
	uint64_t given;         /* bit OPTION_x: said on the command line, so that the file does not count */
	/* commands */
	char *output;           /* record -o, report/export -o */
	double for_s;           /* --for; 0: no end */
	char *only;             /* record --only, comma-separated source names */
	char *format;           /* --format */
	bool json;              /* check, mtu --json */
	bool ipv4, ipv6;        /* mtu -4, -6 */
	char *device;           /* mtu -I */
	bool list_sessions;     /* attach -l */
	char *kind, *tunnel;    /* export --kind, --tunnel */
	char *from, *to;        /* --from, --to: see time_spec_parse */
	char *hashes;           /* record --hashes FILE: the model's hash at every tick, for tests */
	char *keys;             /* replay --keys: keys to press, for tests and screenshots */
	int columns, rows;      /* replay --size CxR: without a terminal, draw this size and print it as text */
	char *router_command;   /* router-test --command */
	char *log, *profile;    /* report --log, --profile */
	int zone_s;             /* report --zone: seconds east of UTC */
	/* arguments left */
	char **args;
	size_t nargs;
	/* from the configuration file */
	struct tunnel_config *tunnels;
	size_t ntunnels;
	struct router_config *routers;
	size_t nrouters;
	struct log_config *logs;
	size_t nlogs;
	struct input *inputs;   /* what the two have to be given before privileges go */
	size_t ninputs;
	char *config_path;      /* of the file that was read; NULL: none */
};

/* A command; the table is in commands.c. Returns the exit status. */
struct command {
	const char *name;
	const char *synopsis;  /* arguments, for help */
	const char *what;      /* one line */
	int (*run)(struct options *o);
};
const struct command *command_table(size_t *ret_n);

/* commands, one file each: cmd_NAME.c */
int cmd_live(struct options *o);
int cmd_attach(struct options *o);
int cmd_stop(struct options *o);
int cmd_record(struct options *o);
int cmd_replay(struct options *o);
int cmd_report(struct options *o);
int cmd_export(struct options *o);
int cmd_check(struct options *o);
int cmd_list(struct options *o);
int cmd_mtu(struct options *o);
int cmd_router_test(struct options *o);
int cmd_help(struct options *o);

/* Exit statuses, as sysexits(3) names them. */
enum { EXIT_OK = 0, EXIT_USAGE = 64, EXIT_DATA = 65, EXIT_NOINPUT = 66, EXIT_UNAVAILABLE = 69, EXIT_CANTCREAT = 73,
       EXIT_IO = 74, EXIT_CONFIG = 78 };

/* "tunwatch: " and the text to stderr; returns code. */
int die(int code, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ---- options.c, config.c: one table of options for command line, file, help and completion ---- */
/* Parse argv (argv[0], the program, is skipped). Returns the command (live by default), or NULL after having set err
 * and *ret_status. */
const struct command *options_parse(struct options *o, int argc, char **argv, int *ret_status, struct error *err);
/* Read the configuration file the options name (or the default ones); the command line wins. 0 or an exit status. */
int config_load(struct options *o, struct error *err);
void options_free(struct options *o);
void options_help(struct buf *out, const char *command);
/* What sources need of the options (borrowed from o). */
struct watch_config options_watch(const struct options *o);
/* "14:05", "14:05:30", RFC 3339, "-10m", "+30s", "A" (a mark) to session time. Relative to now_us (session time). */
int time_spec_parse(const char *spec, const struct model *m, int64_t now_us, int64_t *ret, struct error *err);

/* ---- viewer.c: the screen on a recording, live or finished ---- */
struct viewer_config {
	struct reader *reader;       /* parts added so far; owned by the caller */
	int control;                 /* connection to the collector, or -1 (replay): may bring more parts */
	struct spool *spool;         /* replay -: or NULL */
	bool follow;                 /* begin at the end and follow it (live); else at the start (replay) */
	bool ascii, utf8, no_color, utc;
	int columns, rows;           /* no terminal: draw once at the end (after keys) as text on stdout; 0: terminal */
	const char *keys;            /* keys pressed before anything else, or NULL */
	int tty;                     /* the terminal; opened by the caller before privileges went */
	const char *where;           /* path of the recording, for the last line */
};
enum viewer_exit { VIEWER_LEAVE, VIEWER_STOP, VIEWER_HANGUP, VIEWER_ERROR };
/* Runs until the person leaves. STOP: the person wants the session ended. HANGUP: the terminal went away. */
enum viewer_exit viewer_run(const struct viewer_config *config, struct error *err);

/* ---- control.c: messages on the control socket (SOCK_SEQPACKET, one text message each) ----
 * viewer to collector: "mark TEXT", "baseline", "baseline SESSION_US", "baseline clear", "reset", "interval SECONDS",
 * "release" (no session with a router for 15 minutes), "take" (again now), "sweep NAME" (search the path MTUs of that
 * row), "sweep" (of all), "stop", "hello"
 * collector to viewer: "part N" with a read-only descriptor (SCM_RIGHTS), "live" after the last of them, "bye",
 * "paused WHY" when the recording cannot be written now, "resumed"; "full" and nothing else when too many others are
 * connected. Readers ignore words they do not know. */
int control_send(int fd, int pass_fd, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* One message without blocking: length, 0 closed, -EAGAIN, -errno. *ret_fd: a descriptor that came with it, or -1. */
int control_receive(int fd, char *text, size_t size, int *ret_fd);

/* ---- session.c: where sessions live ---- */
struct session_info {
	char id[64];           /* directory name: start time and pid */
	char dir[512];
	int64_t started_us;    /* wall */
	int pid;               /* of the collector; 0: not running */
	int64_t bytes;
	char where[512];       /* path of the recording's first file; "-": a stream */
};
/* Sessions of this user and network namespace, newest first. *ret is malloc'ed. */
int session_list(struct session_info **ret, size_t *ret_n, struct error *err);
/* Connect to a running session (NULL: the newest running one). A descriptor, -ENOENT when there is none. */
int session_connect(const char *id, struct session_info *ret, struct error *err);

/* ---- privilege.c ---- */
/* Become the unprivileged user (when uid 0) and keep only these capabilities; no_new_privs; bounding set cleared.
 * Never returns as uid 0. 0 or -errno. */
int privilege_drop(bool keep_net_caps, struct error *err);

#endif
