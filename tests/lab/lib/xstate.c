// SPDX-License-Identifier: GPL-2.0-or-later
/* Preloaded into User-Mode Linux. It keeps 2696 bytes of a process's extended registers, and PTRACE_SETREGSET wants
 * all of them or fails with EFAULT: on processors with AMX that is 11008 bytes, and every guest would die at its first
 * process. The rest is given in its initial state. */
#include <cpuid.h>
#include <elf.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { AREA_MAX = 65536, HEADER = 512, COMPONENTS = 63 };

/* The components that lie whole within the first len bytes: only these may be marked as in use. */
static uint64_t held(size_t len)
{
	uint64_t bits = 3;

	for (unsigned i = 2; i < COMPONENTS; i++) {
		unsigned size, offset, c, d;

		__cpuid_count(13, i, size, offset, c, d);
		if (size && offset + size <= len)
			bits |= UINT64_C(1) << i;
	}
	return bits;
}

static long set_all(pid_t pid, const struct iovec *given, size_t size)
{
	static uint8_t area[AREA_MAX] __attribute__((aligned(64)));
	static uint64_t mask;
	struct iovec all = { area, size };
	uint64_t in_use;

	if (!mask)
		mask = held(given->iov_len);
	memcpy(area, given->iov_base, given->iov_len);
	memcpy(&in_use, area + HEADER, sizeof in_use);
	in_use &= mask;
	memcpy(area + HEADER, &in_use, sizeof in_use);
	return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, NT_X86_XSTATE, &all);
}

long ptrace(enum __ptrace_request request, ...)
{
	static unsigned size;
	unsigned a, c, d;
	va_list args;
	pid_t pid;
	void *addr, *data;
	long peeked, r;

	va_start(args, request);
	pid = va_arg(args, pid_t);
	addr = va_arg(args, void *);
	data = va_arg(args, void *);
	va_end(args);
	if (!size)
		__cpuid_count(13, 0, a, size, c, d);
	if (request == PTRACE_SETREGSET && (uintptr_t)addr == NT_X86_XSTATE) {
		const struct iovec *given = data;

		if (given->iov_len < size && size <= AREA_MAX)
			return set_all(pid, given, size);
	}
	if (request != PTRACE_PEEKTEXT && request != PTRACE_PEEKDATA && request != PTRACE_PEEKUSER)
		return syscall(SYS_ptrace, request, pid, addr, data);
	/* the system call stores what libc's function returns */
	r = syscall(SYS_ptrace, request, pid, addr, &peeked);
	return r ? r : peeked;
}
