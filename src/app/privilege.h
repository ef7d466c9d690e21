/* SPDX-License-Identifier: GPL-2.0-or-later */
// privilege: who the program becomes. privilege_drop is in app.h.
#ifndef PRIVILEGE_H
#define PRIVILEGE_H

#include <sys/types.h>

#include "tunwatch/base.h"

struct privilege_user {
	uid_t uid;
	gid_t gid;
	char name[64]; /* "" when the user has none */
	bool sudo;     /* the person behind sudo */
};
/* Whom privilege_drop will become: as root SUDO_UID, else _tunwatch, else nobody; otherwise the present user. */
struct privilege_user privilege_user(void);
/* Who may talk to a collector started now, beside root: the person behind sudo, else the present user. */
uid_t privilege_asker(void);
/* As root by sudo: open files as the person behind it could, until taken back. Else nothing changes. */
#define PRIVILEGE_GROUPS_MAX 64
struct privilege_loan {
	bool lent;
	gid_t gid, groups[PRIVILEGE_GROUPS_MAX];
	int ngroups;
};
int privilege_lend(struct privilege_loan *loan, struct error *err);
void privilege_take_back(const struct privilege_loan *loan);
/* Refuse new sockets to the calling process from here on, where the machine has seccomp; best effort. */
void privilege_no_sockets(void);

#endif
