/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by dialogue*.c: one session's state. */
#ifndef DIALOGUE_INT_H
#define DIALOGUE_INT_H

#include "tunwatch/decode.h"

enum {
	OUT_RESERVE = 16384,   /* more than is ever waiting: a password in it must not be moved by realloc */
	WINDOW = 4096,         /* of a text's end or begin that patterns see */
	PROMPT_MAX = 256,
	PASSWORD_MAX = 512,
	WAKE_US = 1000000,     /* an empty line is sent again after */
	WAKES_MAX = 12,
	GOODBYE_US = 2000000,
	CONFIRMS_MAX = 3,
	DROPPED_MAX = 16 << 20,/* of a listing, read behind what was wanted */
	QUIT_US = 3000000,     /* a listing's pager must give way to the prompt within */
};

enum dialogue_state {
	DIALOGUE_LOGIN,        /* the rules of login */
	DIALOGUE_WAKE,         /* an empty line, until two prompts in a row are the same */
	DIALOGUE_SETUP, DIALOGUE_IDLE, DIALOGUE_ENTER, DIALOGUE_COMMAND, DIALOGUE_LEAVE,
	DIALOGUE_GOODBYE, DIALOGUE_OVER,
};

/* How long nothing must have come before what stands in the unfinished line is believed, and as what. */
enum look { LOOK_QUESTION, LOOK_PROMPT, LOOK_DOUBT, LOOK_NEVER };

/* A listing with its newest lines first: whether more of it is wanted. */
enum listing { LISTING_WANTED, LISTING_ENOUGH, LISTING_QUIT };

struct dialogue {
	struct dialogue_config config;
	const struct profile_session *session;
	struct telnet telnet;
	struct lines *lines;
	struct buf out;
	bool secret;                 /* out holds a password, or did until the caller drained it */
	enum dialogue_state state;
	struct buf text;             /* finished lines since the last thing sent */
	size_t received;             /* bytes since then, as they came */
	int64_t last_us;             /* data came */
	enum look look;              /* what the quiet after it is tested for next */
	bool late;                   /* the timer for that came late: whatever waits is read first */
	int64_t late_us;
	int64_t limit_us, wake_us;
	char prompt[PROMPT_MAX];
	size_t prompt_len;
	bool user_given, password_given, said;
	uint64_t password_hash;      /* of the one that was given, until the login is over: nobody may quote it */
	size_t password_len;
	unsigned wakes, pages, confirms;
	enum listing listing;
	size_t kept;                 /* bytes of text that are the answer, from LISTING_ENOUGH on */
	size_t ask_at;               /* bytes of text at which it is next asked whether that is enough */
	bool echoes;                 /* the router has been seen to echo */
	uint32_t wanted;             /* commands still to be asked */
	size_t at;                   /* of the list of lines, or the command */
	const char *line;            /* sent last */
	char entered[ROUTER_WORDS_MAX]; /* why the enter lines failed; "" when they did not */
	char note[ROUTER_WORDS_MAX];    /* remark on the present command */
};

/* dialogue.c */
void dialogue_put(struct dialogue *d, const void *data, size_t len);
void dialogue_send(struct dialogue *d, const char *line, int64_t now_us);
void dialogue_fail(struct dialogue *d, enum router_outcome outcome, const char *fmt, ...) PRINTF_LIKE(3, 4);
void dialogue_event(const struct dialogue *d, enum dialogue_event_kind kind);
/* The unfinished line matches. */
bool dialogue_pending_is(struct dialogue *d, enum profile_pattern which);
/* The end of what came, the unfinished line included, matches. */
bool dialogue_end_is(struct dialogue *d, enum profile_pattern which, char ret_text[ROUTER_WORDS_MAX]);
void dialogue_learn(struct dialogue *d);

/* dialogue_login.c: up to the first prompt */
void dialogue_login(struct dialogue *d, int64_t now_us);
void dialogue_login_eof(struct dialogue *d);
void dialogue_wake(struct dialogue *d, int64_t now_us);
/* An empty line, so that its prompt can be compared. */
void dialogue_wake_again(struct dialogue *d, int64_t now_us);

/* dialogue_poll.c: lines sent and what they are answered */
void dialogue_start(struct dialogue *d, int64_t now_us);       /* the setup lines; then READY */
void dialogue_start_poll(struct dialogue *d, int64_t now_us);
void dialogue_question(struct dialogue *d, int64_t now_us);    /* pager, confirmation */
void dialogue_answered(struct dialogue *d, int64_t now_us);    /* is the prompt there again? */
/* A listing that does not end: the answer as far as it was wanted; then it is over. */
void dialogue_cut(struct dialogue *d);

/* dialogue_listing.c: a listing is not read to its end when the rest is known */
void dialogue_listing_begin(struct dialogue *d);
/* Text was added. */
void dialogue_listing_more(struct dialogue *d, int64_t now_us);
/* At the pager. True: no more pages are wanted. */
bool dialogue_listing_page(struct dialogue *d, int64_t now_us);
/* Time is up, or it is too long. True: it was enough, and is over. */
bool dialogue_listing_over(struct dialogue *d);

#endif
