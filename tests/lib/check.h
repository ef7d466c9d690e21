/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assertions that tests of the model share. After <cmocka.h>. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <stdint.h>
#include <string.h>

static inline double seconds(int64_t us)
{
	return (double)us / 1e6;
}

static inline void assert_near(double got, double want, double off)
{
	if (got < want - off || got > want + off)
		fail_msg("%g is not within %g of %g", got, off, want);
}

static inline void assert_words(const char *got, const char *want)
{
	if (!got || !strstr(got, want))
		fail_msg("\"%s\" does not say \"%s\"", got ? got : "(nothing)", want);
}

#endif
