// SPDX-License-Identifier: GPL-2.0-or-later
// Windows of loss, round-trip times, intervals of proportions.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/model_int.h"

enum { RTT_STEPS = 8, RECENT = 64 };

static void window_move(struct model_window *w, int64_t bucket)
{
	if (bucket - w->bucket >= WINDOW_SLOTS || bucket < w->bucket - WINDOW_SLOTS) {
		memset(w->sent, 0, sizeof w->sent);
		memset(w->lost, 0, sizeof w->lost);
		w->bucket = bucket;
	}
	while (w->bucket < bucket) {
		w->bucket++;
		w->sent[w->bucket % WINDOW_SLOTS] = 0;
		w->lost[w->bucket % WINDOW_SLOTS] = 0;
	}
}

void window_add(struct model_window *w, int64_t bucket, bool lost)
{
	if (bucket < 0)
		return;
	if (bucket > w->bucket)
		window_move(w, bucket);
	if (w->bucket - bucket >= WINDOW_SLOTS || w->sent[bucket % WINDOW_SLOTS] == UINT16_MAX)
		return;
	w->sent[bucket % WINDOW_SLOTS]++;
	w->lost[bucket % WINDOW_SLOTS] += lost;
}

void window_sum(const struct model_window *w, int64_t bucket_now, unsigned *ret_sent, unsigned *ret_lost)
{
	unsigned sent = 0, lost = 0;

	for (int64_t b = w->bucket; b > w->bucket - WINDOW_SLOTS && b > bucket_now - WINDOW_SLOTS && b >= 0; b--) {
		sent += w->sent[b % WINDOW_SLOTS];
		lost += w->lost[b % WINDOW_SLOTS];
	}
	*ret_sent = sent;
	*ret_lost = lost;
}

static unsigned rtt_bucket(int64_t us)
{
	unsigned e;

	if (us < 1)
		us = 1;
	if (us >= INT64_C(1) << 24)
		return RTT_BUCKETS - 1;
	e = 63 - (unsigned)__builtin_clzll((unsigned long long)us);
	return e * RTT_STEPS + (unsigned)((e >= 3 ? us >> (e - 3) : us << (3 - e)) & (RTT_STEPS - 1));
}

/* Lower edge of a bucket in us. */
static double rtt_edge(unsigned bucket)
{
	return ldexp(1.0 + (double)(bucket % RTT_STEPS) / RTT_STEPS, (int)(bucket / RTT_STEPS));
}

void rtt_reset(struct model_rtt *rtt)
{
	memset(rtt, 0, sizeof *rtt);
	rtt->last_us = rtt->max_us = rtt->min_us = -1;
}

/* Statistics begin anew; what timeouts and health go by stays. */
void rtt_forget(struct model_rtt *rtt)
{
	rtt->count = 0;
	rtt->sum_us = rtt->jitter_us = 0;
	rtt->max_us = rtt->min_us = -1;
	memset(rtt->bucket, 0, sizeof rtt->bucket);
}

void rtt_estimate(struct model_rtt *rtt, int64_t us)
{
	if (!rtt->srtt_us) {
		rtt->srtt_us = us;
		rtt->rttvar_us = us / 2;
	} else {
		rtt->rttvar_us += (llabs(rtt->srtt_us - us) - rtt->rttvar_us) / 4;
		rtt->srtt_us += (us - rtt->srtt_us) / 8;
	}
}

void rtt_add(struct model_rtt *rtt, int64_t us)
{
	if (rtt->last_us >= 0)
		rtt->jitter_us += (llabs(us - rtt->last_us) - rtt->jitter_us) / 16;
	rtt_estimate(rtt, us);
	rtt->last_us = us;
	rtt->min_us = rtt->min_us < 0 || us < rtt->min_us ? us : rtt->min_us;
	rtt->max_us = us > rtt->max_us ? us : rtt->max_us;
	rtt->sum_us += us;
	rtt->count++;
	rtt->bucket[rtt_bucket(us)]++;
	rtt->recent[rtt->recent_count++ % RECENT] = (uint32_t)us;
}

int64_t model_rtt_percentile(const struct model_rtt *rtt, double p)
{
	double rank = p * (double)rtt->count, seen = 0;

	if (!rtt->count)
		return -1;
	for (unsigned b = 0; b < RTT_BUCKETS; b++) {
		double n = rtt->bucket[b], x;

		if (!n || seen + n < rank) {
			seen += n;
			continue;
		}
		x = rtt_edge(b) + (rtt_edge(b + 1) - rtt_edge(b)) * (n > 0 ? (rank - seen) / n : 0);
		if (x < (double)rtt->min_us)
			return rtt->min_us;
		return x > (double)rtt->max_us ? rtt->max_us : (int64_t)x;
	}
	return rtt->max_us;
}

int64_t model_rtt_avg(const struct model_rtt *rtt)
{
	return rtt->count ? rtt->sum_us / (int64_t)rtt->count : -1;
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

void rtt_recent(const struct model_rtt *rtt, unsigned n, int32_t *ret_median, int32_t *ret_sigma)
{
	uint32_t v[RECENT], median;

	if (n > rtt->recent_count)
		n = rtt->recent_count;
	if (n > RECENT)
		n = RECENT;
	*ret_median = *ret_sigma = 0;
	if (!n)
		return;
	for (unsigned i = 0; i < n; i++)
		v[i] = rtt->recent[(rtt->recent_count - 1 - i) % RECENT];
	qsort(v, n, sizeof *v, compare_u32);
	median = v[n / 2];
	for (unsigned i = 0; i < n; i++)
		v[i] = v[i] > median ? v[i] - median : median - v[i];
	qsort(v, n, sizeof *v, compare_u32);
	*ret_median = (int32_t)median;
	*ret_sigma = (int32_t)(1.4826 * v[n / 2]);
}

static double wilson(double x, double n, double sign)
{
	const double z = 1.96, zz = z * z;
	double p;

	if (n <= 0)
		return sign > 0 ? 1 : 0;
	p = x / n;
	return (p + zz / (2 * n) + sign * z * sqrt(p * (1 - p) / n + zz / (4 * n * n))) / (1 + zz / n);
}

double wilson_upper(double x, double n)
{
	return wilson(x, n, 1);
}

double wilson_lower(double x, double n)
{
	return wilson(x, n, -1);
}
