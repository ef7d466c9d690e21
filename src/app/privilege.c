// SPDX-License-Identifier: GPL-2.0-or-later
#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "app/app.h"
#include "app/privilege.h"

#define NOBODY 65534
#define GROUPS_MAX PRIVILEGE_GROUPS_MAX

static struct privilege_user from_passwd(const struct passwd *pw)
{
	struct privilege_user user = { .uid = pw->pw_uid, .gid = pw->pw_gid };

	if (!str_copy(user.name, sizeof user.name, pw->pw_name))
		user.name[0] = 0;
	return user;
}

static bool sudo_user(struct privilege_user *ret)
{
	const char *uid_text = getenv("SUDO_UID"), *gid_text = getenv("SUDO_GID");
	const struct passwd *pw;
	int64_t uid, gid;

	if (!uid_text || !str_to_int(uid_text, 1, UINT32_MAX - 1, &uid))
		return false;
	pw = getpwuid((uid_t)uid);
	if (pw)
		*ret = from_passwd(pw);
	else if (gid_text && str_to_int(gid_text, 1, UINT32_MAX - 1, &gid))
		*ret = (struct privilege_user){ .uid = (uid_t)uid, .gid = (gid_t)gid };
	else
		return false;
	ret->sudo = true;
	return true;
}

struct privilege_user privilege_user(void)
{
	static const char *const names[] = { "_tunwatch", "nobody" };
	struct privilege_user user = { .uid = getuid(), .gid = getgid() };
	const struct passwd *pw;

	if (user.uid) {
		pw = getpwuid(user.uid);
		return pw ? from_passwd(pw) : user;
	}
	if (sudo_user(&user))
		return user;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		pw = getpwnam(names[i]);
		if (pw && pw->pw_uid)
			return from_passwd(pw);
	}
	return (struct privilege_user){ .uid = NOBODY, .gid = NOBODY };
}

uid_t privilege_asker(void)
{
	const struct privilege_user user = privilege_user();

	return user.sudo ? user.uid : getuid();
}

/* The user's groups, and the one that may talk to FRR. */
static int take_groups(const struct privilege_user *user)
{
	gid_t groups[GROUPS_MAX + 1] = { user->gid };
	int n = user->name[0] ? GROUPS_MAX : 1;
	const struct group *frr;

	if (user->name[0] && getgrouplist(user->name, user->gid, groups, &n) < 0)
		n = GROUPS_MAX;
	frr = getgrnam("frrvty");
	if (frr)
		groups[n++] = frr->gr_gid;
	return setgroups((size_t)n, groups) ? -errno : 0;
}

/* Capabilities survive the change of user in the permitted set only; what is kept is chosen afterwards. */
static int become(const struct privilege_user *user)
{
	int r = take_groups(user);

	if (r < 0)
		return r;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setresgid(user->gid, user->gid, user->gid) ||
	    setresuid(user->uid, user->uid, user->uid))
		return -errno;
	return 0;
}

int privilege_lend(struct privilege_loan *loan, struct error *err)
{
	const struct privilege_user user = privilege_user();
	int r = 0;

	*loan = (struct privilege_loan){ .gid = getegid() };
	if (getuid() || geteuid() || !user.sudo)
		return 0;
	loan->ngroups = getgroups(GROUPS_MAX, loan->groups);
	if (loan->ngroups < 0)
		r = -errno;
	loan->lent = !r;
	if (!r)
		r = take_groups(&user);
	if (!r && (setegid(user.gid) || seteuid(user.uid)))
		r = -errno;
	if (r) {
		privilege_take_back(loan);
		return error_set(err, r, "cannot open files as user %s: %s", user.name, strerror(-r));
	}
	return 0;
}

void privilege_take_back(const struct privilege_loan *loan)
{
	/* what cannot be had back could only be too little */
	if (loan->lent && (seteuid(0) || setegid(loan->gid) || setgroups((size_t)loan->ngroups, loan->groups)))
		abort();
}

/* With CAP_SETPCAP: empty the bounding set and make uid 0 an ordinary user for this process and its children. */
static void seal(void)
{
	const unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
		SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
		SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

	if (!capng_have_capability(CAPNG_PERMITTED, CAP_SETPCAP))
		return;
	capng_update(CAPNG_ADD, CAPNG_EFFECTIVE, CAP_SETPCAP);
	if (capng_apply(CAPNG_SELECT_CAPS))
		return;
	capng_clear(CAPNG_SELECT_BOUNDS);
	capng_apply(CAPNG_SELECT_BOUNDS);
	prctl(PR_SET_SECUREBITS, bits, 0, 0, 0);
}

static int keep_only(bool keep_net_caps)
{
	static const unsigned wanted[] = { CAP_NET_RAW, CAP_NET_ADMIN };
	bool have[ARRAY_LEN(wanted)];

	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		have[i] = keep_net_caps && capng_have_capability(CAPNG_PERMITTED, wanted[i]);
	capng_clear(CAPNG_SELECT_CAPS);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		if (have[i])
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, wanted[i]);
	return capng_apply(CAPNG_SELECT_CAPS) ? -EPERM : 0;
}

static bool still_root(void)
{
	uid_t r, e, s;

	return getresuid(&r, &e, &s) || !r || !e || !s;
}

int privilege_drop(bool keep_net_caps, struct error *err)
{
	const struct privilege_user user = privilege_user();
	int r;

	if (!getuid()) {
		r = become(&user);
		if (r < 0)
			return error_set(err, r, "cannot become user %s (uid %u): %s; run it as an ordinary user",
					 user.name[0] ? user.name : "?", (unsigned)user.uid, strerror(-r));
	}
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_get_caps_process())
		return error_set(err, -EPERM, "cannot read this process's capabilities");
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	seal();
	r = keep_only(keep_net_caps);
	if (r < 0)
		return error_set(err, r, "cannot give up capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return error_set(err, -errno, "cannot set no_new_privs: %s", strerror(errno));
	if (still_root())
		return error_set(err, -EPERM, "still root after giving up root");
	return 0;
}

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

void privilege_no_sockets(void)
{
#ifdef ARCH
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_socket, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog prog = { ARRAY_LEN(filter), filter };

	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0);
#endif
}
