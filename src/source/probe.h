// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of the probe source share.
//   probe.c         the source: slots, schedule, fast probes
//   probe_target.c  what to probe, from the model (probe_way.c); phases
//   probe_flight.c  probes under way and their fate: every record is made here
//   probe_open.c    opening of sockets
//   probe_send.c    batches
//   probe_drain.c   replies, transmit stamps, ICMP errors
//   probe_clock.c   round-trip times across steps of the clock; pure
#ifndef SOURCE_PROBE_H
#define SOURCE_PROBE_H

#include <sys/uio.h>

#include "source/icmp_socket.h"
#include "tunwatch/decode.h"
#include "tunwatch/source.h"

#define PROBER_FAST_US (2 * SLOT_US)  /* between probes while a verdict is open */
#define PROBER_NEVER INT64_MAX
/* The probes of few targets leave so far apart, else they would wait for each other on a slow line, and measure that:
 * longer than one takes at 128 kbit/s. */
#define PROBER_APART_US (10 * US_PER_MS)
#define PROBER_NO_TIME INT64_MIN

enum {
	PROBER_DATA = 56,          /* bytes behind the ICMP header, as ping sends */
	PROBER_FAST_PER_S = 2000,  /* fast probes of all targets together */
	PROBER_BATCH = 256,        /* messages of one sendmmsg or recvmmsg */
	PROBER_SNAP = 96,          /* bytes kept of what arrives: IPv4 options, ICMP, our payload; or of a probe */
	PROBER_CONTROL = 128,      /* control messages: a stamp and an ICMPv6 error, or all that a probe may want */
	PROBER_STAMPS = 4096,      /* probes whose transmit stamp may still come; a power of two */
	PROBER_RING_MIN = 8,       /* probes remembered for each target; powers of two */
	PROBER_RING_MAX = 64,
};

/* ---- probe_clock.c ----
 * The kernel stamps packets with CLOCK_REALTIME, which may be stepped. A reference is the difference of CLOCK_REALTIME
 * and CLOCK_BOOTTIME; a new one is taken whenever it has moved, and every probe remembers which it was sent under. */
enum { PROBER_REFS = 256 };
struct prober_clock {
	int64_t ref_ns[PROBER_REFS]; /* ring of references */
	uint8_t ref;                 /* the newest */
	int64_t boot_ns;             /* when last looked at: CLOCK_BOOTTIME */
	int64_t off_ns;              /* ... and CLOCK_REALTIME minus CLOCK_BOOTTIME */
	bool set;
};
void prober_clock_update(struct prober_clock *c, int64_t boot_ns, int64_t real_ns);
/* Time from sent_ns (CLOCK_BOOTTIME, under reference ref) to the stamp real_ns, at least least_ns and at most what has
 * passed until now; else PROBER_NO_TIME. When the clock was stepped in between, the stamp is tried against the clock
 * of then and of now, and must fit one of them alone. */
int64_t prober_clock_since(const struct prober_clock *c, uint8_t ref, int64_t sent_ns, int64_t least_ns,
			   int64_t real_ns);

/* ---- state ---- */
enum flight_state {
	FLIGHT_FREE,     /* this place of the ring was never used */
	FLIGHT_PENDING,  /* no fate yet */
	FLIGHT_ANSWERED,
	FLIGHT_LOST,     /* timed out */
	FLIGHT_FAILED,   /* error, unreachable, PTB, too big */
	FLIGHT_LATE,     /* answered after its fate */
};

struct flight {
	int64_t sent_us;   /* session time just before the system call */
	int32_t tx_ns;     /* transmit stamp, since sent_us; FLIGHT_NO_STAMP */
	uint32_t slip_us;  /* sent_us minus planned */
	uint32_t seq;
	uint8_t state;     /* enum flight_state */
	uint8_t purpose;   /* enum purpose */
	uint8_t ref;       /* of the clock, when sent */
	uint8_t again;     /* duplicates reported */
};
#define FLIGHT_NO_STAMP INT32_MIN

/* How the moment of sending becomes known, best first. */
enum stamp_mode {
	STAMP_DRIVER,  /* kernel stamp when the packet reaches a driver */
	STAMP_QUEUE,   /* kernel stamp when it reaches the device's queue: devices that never give the other */
	STAMP_CLOCK,   /* our clock, and a system call of its own */
};

struct target {
	struct icmp_way way;
	uint16_t key;              /* of its records */
	uint16_t name;             /* of its address, interned */
	uint8_t path;              /* enum path */
	uint8_t mode;              /* enum stamp_mode */
	uint8_t unstamped;         /* replies in a row without transmit stamp */
	uint8_t deferred;          /* slots that the next probe has waited for room in the socket */
	bool on, wanted;           /* on: in the schedule */
	bool fast;                 /* a verdict is open */
	bool trouble;              /* the newest fate was not a reply */
	bool absent;               /* its device does not exist */
	int64_t due_us;            /* the slot of its next scheduled probe */
	int32_t apart_us;          /* its moment within a slot; -1: with all the others */
	uint8_t leaves_as;         /* enum purpose, and ... */
	int64_t leaves_us;         /* ... when, of the probe that waits for its moment; PROBER_NEVER: none */
	int64_t planned_us;        /* when the newest probe was planned for */
	int64_t deadline_us;       /* of the oldest probe pending; PROBER_NEVER: none */
	uint32_t seq;              /* of the next probe */
	uint32_t oldest;           /* no probe before this one is pending */
	uint32_t ring_cap;
	struct flight *ring;
};

struct stamp_slot {
	uint32_t id, target, seq;
};

struct outgoing {
	uint32_t target;
	uint8_t purpose;
	int64_t planned_us;
};

struct prober_socket {
	struct icmp_socket icmp;
	bool wanted;            /* a target of this family exists */
	int64_t retry_us;       /* when to try to open it again */
	struct source_report report;
	uint32_t stamp_next;    /* number the kernel gives to the next packet */
	bool stamp_unsure;      /* a send failed: the kernel may or may not have counted it */
	uint32_t since_drain;   /* packets sent since the error queue was drained */
	int local_mtu;          /* named by the newest local error */
	struct stamp_slot *stamps;
	struct outgoing queue[PROBER_BATCH];
	unsigned nqueue;
	bool full;              /* no room for more in this slot */
	bool looked;            /* the error queue was read again in this drain of replies */
	int patience;           /* failed receives left in this slot */
	int64_t queued_us;      /* session time that the messages queued were built with */
};

/* Buffers of sendmmsg and recvmmsg. */
struct prober_vec {
	struct mmsghdr msg[PROBER_BATCH];
	struct iovec iov[PROBER_BATCH];
	union icmp_name name[PROBER_BATCH];
	_Alignas(8) uint8_t control[PROBER_BATCH][PROBER_CONTROL];
	uint8_t data[PROBER_BATCH][PROBER_SNAP];
};

/* Between two slots all of this falls out of the caches: so one for everything, and one for reading the error queue
 * in the midst of that. */
struct prober_io {
	struct prober_vec main, inner;
};

struct prober {
	struct source_env *env;
	uint64_t nonce;
	int64_t now;            /* session time of the records being made */
	struct prober_clock clock;
	struct target *targets;
	size_t ntargets, targets_cap;
	uint32_t by_key[RECORD_KEY_MAX + 1]; /* index into targets plus 1; 0: none */
	uint32_t *by_addr;      /* indices in order of their addresses; what is no longer on may still be answered */
	size_t nby_addr, by_addr_cap;
	uint64_t topology;      /* of the model, when the targets were read */
	bool read_once;
	int64_t interval_us;
	bool apart;             /* so few targets that each can have a moment of its own */
	struct event *timer;    /* ... the next one of them */
	int64_t moment_us;      /* ... which is when */
	int64_t fast_left;      /* tokens */
	int64_t foreign_us;     /* the newest foreign reply that became a record */
	uint64_t foreign;       /* all of them */
	struct prober_socket v4, v6;
	struct prober_io *io;
};

/* ---- probe_target.c ---- */
/* Read the model again when it has changed. due: session time of this slot. */
void prober_targets_update(struct prober *p, int64_t due);
/* Range of p->by_addr with that address. */
void prober_targets_find(const struct prober *p, const struct addr *a, size_t *ret_from, size_t *ret_to);

/* ---- probe_flight.c ---- */
/* How a probe that could not be sent, or was reported back, ended. */
struct prober_failure {
	enum outcome outcome;
	int error, mtu;     /* 0: none */
	struct addr from;   /* who reported it; unset: this host */
};
/* Number the next probe of t: call when it was sent, or will never be. */
void prober_flight_sent(struct prober *p, struct target *t, enum purpose purpose, int64_t sent_us, int64_t planned_us);
void prober_flight_stamp(struct prober *p, struct target *t, uint32_t seq, int64_t real_ns);
/* A reply to probe, stamped at real_ns (0: not stamped). */
void prober_flight_reply(struct prober *p, struct target *t, const struct icmp_probe *probe, const struct addr *from,
			 int64_t real_ns);
void prober_flight_failed(struct prober *p, struct target *t, uint32_t seq, const struct prober_failure *f);
void prober_flight_foreign(struct prober *p, const struct addr *from);
/* Give up the probes of t that waited too long. */
void prober_flight_expire(struct prober *p, struct target *t);
/* The flight with that number, or NULL when it is no longer remembered. */
struct flight *prober_flight_find(struct target *t, uint32_t seq);
/* The pending flight whose number ends in seq16, or NULL. */
struct flight *prober_flight_find16(struct target *t, uint16_t seq16);

/* ---- probe_open.c ---- */
/* Open the socket, or try again after a while; reports how it went. */
void prober_open(struct prober *p, struct prober_socket *s);
void prober_close(struct prober_socket *s);
/* Make the kernel's packet numbers start at 0 again. */
void prober_stamp_restart(struct prober_socket *s);

/* ---- probe_send.c ---- */
/* Queue the next probe of a target; full batches leave at once. */
void prober_send(struct prober *p, uint32_t target, enum purpose purpose, int64_t planned_us);
/* Send what is queued. */
void prober_flush(struct prober *p, struct prober_socket *s);

/* ---- probe_drain.c ---- */
void prober_drain_replies(struct prober *p, struct prober_socket *s);
/* The error queue: transmit stamps and ICMP errors. Right after sending its packets are still in the caches, which
 * halves the cost: so last in a slot. */
void prober_drain_stamps(struct prober *p, struct prober_socket *s);
/* The same, while a batch is built or a batch of replies is read. */
void prober_drain_errors(struct prober *p, struct prober_socket *s);

/* ---- probe.c ---- */
/* Look at the clocks: sets p->now and p->clock. */
void prober_look(struct prober *p);
struct prober_socket *prober_socket_of(struct prober *p, int family);
size_t prober_size(int family); /* of a probe's IP packet */

#endif
