// SPDX-License-Identifier: GPL-2.0-or-later
// Passwords, logs and profiles that the configuration names. Passwords are kept in pages of their own: locked, left
// out of core dumps, and empty in every child.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/collector.h"
#include "app/inputs.h"
#include "app/privilege.h"
#include "app/profile_file.h"

enum { SECRET_SIZE = 4096, SECRET_MAX = 1024 };

static int fail(const struct options *o, const struct input *in, struct error *err, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
static int fail(const struct options *o, const struct input *in, struct error *err, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return error_set(err, -EINVAL, "%s:%d: %s", o->config_path ? o->config_path : "?", in->line, text);
}

#define SHOWN(text) shown((char[200]){0}, text)
static const char *shown(char out[200], const char *text)
{
	str_clean(out, 200, text, strlen(text));
	return out;
}

/* ---- passwords ---- */

static void secret_free(char *secret)
{
	if (!secret)
		return;
	wipe(secret, SECRET_SIZE);
	munmap(secret, SECRET_SIZE);
}

/* A copy; what could not be locked is kept all the same. NULL when there is no memory. */
static char *secret_copy(const char *text, size_t len)
{
	char *secret = mmap(NULL, SECRET_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (secret == MAP_FAILED)
		return NULL;
	mlock(secret, SECRET_SIZE);
	madvise(secret, SECRET_SIZE, MADV_DONTDUMP);
	memcpy(secret, text, len);
	return secret;
}

/* Out of the environment, which children would inherit and /proc shows. */
static int take_env(struct options *o, const struct input *in, struct error *err)
{
	struct router_config *r = &o->routers[in->index];
	char *value = getenv(in->name);
	size_t len = value ? strlen(value) : 0;

	if (!value)
		return 0;
	if (len && len <= SECRET_MAX)
		r->password = secret_copy(value, len);
	wipe(value, len);
	unsetenv(in->name);
	if (len > SECRET_MAX)
		return fail(o, in, err, "the password in the environment variable %s is longer than %d bytes",
			    SHOWN(in->name), SECRET_MAX);
	return 0;
}

/* Two routers may name one variable: the second finds it empty. */
static void share_env(struct options *o, const struct input *in)
{
	struct router_config *r = &o->routers[in->index];

	for (const struct input *first = o->inputs; first < in && !r->password; first++)
		if (first->kind == INPUT_PASSWORD_ENV && !strcmp(first->name, in->name) &&
		    o->routers[first->index].password)
			r->password = secret_copy(o->routers[first->index].password, SECRET_MAX);
}

static int keep_env(const struct options *o, const struct input *in, struct error *err)
{
	char *secret = o->routers[in->index].password;
	bool looks = !strpbrk(in->name, "abcdefghijklmnopqrstuvwxyz"); /* else it may be the password itself */

	if (!secret && !looks)
		return fail(o, in, err, "the environment variable that password-env of router %s names is not set; "
			    "sudo passes on what --preserve-env=NAME names", o->routers[in->index].name);
	if (!secret)
		return fail(o, in, err, "the environment variable %s, which should hold the password of router %s, is "
			    "not set; sudo passes on what --preserve-env=%s names", SHOWN(in->name),
			    o->routers[in->index].name, SHOWN(in->name));
	mlock(secret, SECRET_SIZE); /* a lock does not survive a fork */
	madvise(secret, SECRET_SIZE, MADV_WIPEONFORK);
	return 0;
}

static int open_password(struct options *o, const struct input *in, struct error *err)
{
	struct router_config *r = &o->routers[in->index];
	const uid_t owner = privilege_asker();
	struct stat st;

	r->password_fd = open(in->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (r->password_fd < 0)
		return fail(o, in, err, "%s: cannot open the password file: %s", SHOWN(in->name),
			    errno == ELOOP ? "it is a symbolic link; name the file itself" : strerror(errno));
	if (fstat(r->password_fd, &st))
		return fail(o, in, err, "%s: %s", SHOWN(in->name), strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(o, in, err, "%s: the password file is not a regular file", SHOWN(in->name));
	if (st.st_mode & 077)
		return fail(o, in, err, "%s: the password file can be read by others (mode %04o); chmod 600 it, and "
			    "think of another password", SHOWN(in->name), (unsigned)st.st_mode & 07777);
	if (st.st_uid != owner)
		return fail(o, in, err, "%s: the password file belongs to uid %u; it must be yours: chown %u it",
			    SHOWN(in->name), (unsigned)st.st_uid, (unsigned)owner);
	return 0;
}

/* ---- logs ---- */

static void open_log(struct options *o, const struct input *in)
{
	/* whatever is wrong, the source will find out by itself, and say so */
	o->logs[in->index].fd = open(in->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static void bind_log(struct options *o, const struct input *in)
{
	int fd = log_listen(&o->logs[in->index]);

	o->logs[in->index].fd = fd < 0 ? -1 : fd;
}

/* ---- profiles ---- */

static bool has_log(const struct profile *p)
{
	for (size_t i = 0; i < profile_commands(p); i++)
		if (!strcmp(profile_command(p, i)->name, "log"))
			return true;
	return false;
}

static int load_profile(struct options *o, const struct input *in, struct error *err)
{
	struct error why;
	struct profile *p = profile_find(in->name, &why);

	if (!p)
		return fail(o, in, err, "%.380s", why.text);
	if (in->kind == INPUT_PROFILE)
		o->routers[in->index].profile = p;
	else
		o->logs[in->index].profile = p;
	if (in->kind == INPUT_LOG_PROFILE && !has_log(p))
		return fail(o, in, err, "the profile %s has no command log: it cannot read one", SHOWN(in->name));
	return 0;
}

static int load_profiles(struct options *o, struct error *err)
{
	struct privilege_loan loan;
	int r = privilege_lend(&loan, err);

	if (r)
		return r;
	for (size_t i = 0; i < o->ninputs && !r; i++)
		if (o->inputs[i].kind == INPUT_PROFILE || o->inputs[i].kind == INPUT_LOG_PROFILE)
			r = load_profile(o, &o->inputs[i], err);
	privilege_take_back(&loan);
	return r;
}

static void free_profile(const struct profile *p)
{
	profile_free((struct profile *)(uintptr_t)p);
}

/* ---- all of them ---- */

int inputs_load(struct options *o, bool collects, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < o->ninputs; i++) {
		if (o->inputs[i].kind != INPUT_PASSWORD_ENV)
			continue;
		share_env(o, &o->inputs[i]);
		if (!r)
			r = take_env(o, &o->inputs[i], err);
	}
	if (!collects)
		inputs_forget(o);
	return r || !collects ? r : load_profiles(o, err);
}

static int open_one(struct options *o, const struct input *in, struct error *err)
{
	bool routers = collector_source_chosen(o->only, "router"), logs = collector_source_chosen(o->only, "log");

	switch (in->kind) {
	case INPUT_PROFILE:
	case INPUT_LOG_PROFILE:
		break;
	case INPUT_PASSWORD_FILE:
		return routers ? open_password(o, in, err) : 0;
	case INPUT_PASSWORD_ENV:
		return routers ? keep_env(o, in, err) : 0;
	case INPUT_LOG_FILE:
		if (logs)
			open_log(o, in);
		break;
	case INPUT_LOG_LISTEN:
		if (logs)
			bind_log(o, in);
		break;
	}
	return 0;
}

/* What is named in a file is opened with the rights of who runs this by sudo, not with root's; but a port below 1024
 * is root's to give. */
int inputs_open(struct options *o, struct error *err)
{
	struct privilege_loan loan;
	int r = 0;

	for (size_t i = 0; i < o->ninputs && !r; i++) {
		if (o->inputs[i].kind != INPUT_LOG_LISTEN) {
			r = privilege_lend(&loan, err);
			if (r)
				break;
			r = open_one(o, &o->inputs[i], err);
			privilege_take_back(&loan);
		} else {
			r = open_one(o, &o->inputs[i], err);
		}
	}
	return r;
}

void inputs_forget(struct options *o)
{
	for (size_t i = 0; i < o->nrouters; i++) {
		secret_free(o->routers[i].password);
		o->routers[i].password = NULL;
	}
}

static void free_list(char *const *list)
{
	for (char *const *p = list; p && *p; p++)
		free(*p);
	free((void *)(uintptr_t)list);
}

static void free_const(const char *text)
{
	free((void *)(uintptr_t)text);
}

static void free_router(struct router_config *r)
{
	const char *const strings[] = { r->name, r->host, r->user, r->charset };

	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		free_const(strings[i]);
	free_profile(r->profile);
	free_list(r->run);
	free_list(r->password_run);
	if (r->password_fd >= 0)
		close(r->password_fd);
}

static void free_log(struct log_config *log)
{
	const char *const strings[] = { log->name, log->router, log->file, log->listen, log->charset };

	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		free_const(strings[i]);
	free_profile(log->profile);
	if (log->fd >= 0)
		close(log->fd);
}

void inputs_free(struct options *o)
{
	inputs_forget(o);
	for (size_t i = 0; i < o->nrouters; i++)
		free_router(&o->routers[i]);
	for (size_t i = 0; i < o->nlogs; i++)
		free_log(&o->logs[i]);
	for (size_t i = 0; i < o->ninputs; i++)
		free(o->inputs[i].name);
	free(o->routers);
	free(o->logs);
	free(o->inputs);
	free(o->config_path);
}
