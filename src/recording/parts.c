// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of a recording: adding one, finding its header, putting a header in force.
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recording/reader.h"

/* What a file that is no recording looks like, to say it. */
static const char *what_is_it(const uint8_t *p, size_t n)
{
	static const struct {
		const char *magic;
		size_t len;
		const char *what;
	} known[] = {
		{ "\x1f\x8b", 2, "it is compressed: zcat FILE | tunwatch replay -" },
		{ "\x28\xb5\x2f\xfd", 4, "it is compressed: zstdcat FILE | tunwatch replay -" },
		{ "\xfd" "7zXZ", 5, "it is compressed: xzcat FILE | tunwatch replay -" },
		{ "BZh", 3, "it is compressed: bzcat FILE | tunwatch replay -" },
		{ "\x0a\x0d\x0d\x0a", 4, "it is a packet capture (pcapng)" },
		{ "\xd4\xc3\xb2\xa1", 4, "it is a packet capture (pcap)" },
		{ "\xa1\xb2\xc3\xd4", 4, "it is a packet capture (pcap)" },
		{ "{", 1, "it looks like JSON: an export cannot be replayed" },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (n >= known[i].len && !memcmp(p, known[i].magic, known[i].len))
			return known[i].what;
	return "tunwatch record writes them";
}

static int check_header(struct part *part, uint64_t off, const struct frame *f, struct error *err)
{
	struct recording_header h;
	int r = header_peek(f->payload, f->len, &h);

	if (r == -EPROTONOSUPPORT)
		return error_set(err, r, "a recording of another format version: it needs another tunwatch");
	if (r)
		return r;
	part->tag = session_tag(h.session);
	part->number = h.part;
	part->header = off;
	return 0;
}

/* The header stands first; if that one is damaged, another like it follows within a minute. */
int reader_find_header(struct reader *rd, struct part *part, struct frame *ret, struct error *err)
{
	struct window *w = &rd->probe;
	struct stat st;
	uint64_t off = 0, size;
	int64_t budget;
	bool torn = false;

	if (fstat(part->fd, &st))
		return error_set(err, -errno, "%s", strerror(errno));
	size = (uint64_t)st.st_size < HEADER_SEARCH ? (uint64_t)st.st_size : HEADER_SEARCH;
	budget = (int64_t)(4 * size);
	window_use(w, part->fd);
	while (off < size) {
		enum frame_result r = window_frame(w, off, ret, true);
		int bad = 0;

		torn = torn || (r == FRAME_SHORT && !off);
		if (r == FRAME_OK && ret->type == 'H')
			bad = check_header(part, off, ret, err);
		if (r == FRAME_OK && ret->type == 'H' && (!bad || bad == -EPROTONOSUPPORT))
			return bad;
		if (r == FRAME_OK)
			off += FRAME_HEAD + ret->len;
		else
			r = window_sync(w, off + 1, size, &budget, ret, &off);
		if (r == FRAME_ERROR)
			return error_set(err, -EIO, "cannot be read: %s", strerror(errno));
		if (r != FRAME_OK)
			break;
	}
	if (torn)
		return error_set(err, -ENODATA, "it ends within its first frame: nothing is in it yet");
	return -EINVAL;
}

/* Only printable text and line ends: what a person may be shown. */
static void clean_header(struct buf *out, const char *text, size_t len)
{
	char line[4 * 4096 + 1];

	buf_clear(out);
	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;

		str_clean(line, sizeof line, text, n);
		buf_printf(out, "%s\n", line);
		n += end ? 1 : 0;
		text += n;
		len -= n;
	}
}

static bool same_schema(const struct buf *a, const char *b, size_t len)
{
	size_t i = header_schema_at(a->data, a->len), j = header_schema_at(b, len);

	return a->len - i == len - j && !memcmp(a->data + i, b + j, len - j);
}

/* The header of the next part, or a repetition of the present one. */
static void go_on(struct reader *rd, unsigned part)
{
	bool missing = !rd->any_part && part != rd->header.part && part != rd->header.part + 1;

	rd->any_part = false;
	if (!missing || !rd->synced)
		return;
	rd->synced = false;
	rd->gap_due = true;
	rd->gap_from = rd->time;
	rd->gap_reason = GAP_REASON_CUT;
}

/* Remember where a session begins; the list is in the order of the file. */
static size_t note_start(struct reader *rd, uint32_t part, uint64_t off)
{
	size_t low = 0, high = rd->norigins;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct session_start *o = &rd->origins[middle];

		if (o->part < part || (o->part == part && o->header < off))
			low = middle + 1;
		else
			high = middle;
	}
	if (low < rd->norigins && rd->origins[low].part == part && rd->origins[low].header == off)
		return low;
	array_grow(&rd->origins, &rd->origins_cap, rd->norigins + 1, sizeof *rd->origins);
	memmove(rd->origins + low + 1, rd->origins + low, (rd->norigins - low) * sizeof *rd->origins);
	rd->origins[low] = (struct session_start){ part, rd->tag, off };
	rd->norigins++;
	return low;
}

/* Another session: nothing of what was read before holds. */
static void start_over(struct reader *rd, uint32_t part, uint64_t off)
{
	reader_heal(rd, INT64_MAX);
	decoder_reset(&rd->dec);
	rd->synced = rd->more = rd->follows = rd->silent = rd->gap_due = rd->any_part = false;
	rd->time = 0;
	rd->origin = note_start(rd, part, off);
}

int reader_take_header(struct reader *rd, uint32_t part, uint64_t off, const uint8_t *text, size_t len)
{
	struct recording_header h;
	bool same;
	int r = header_peek(text, len, &h);

	if (r)
		return r;
	same = rd->raw.len && !strcmp(h.session, rd->header.session) &&
	       same_schema(&rd->raw, (const char *)text, len);
	if (same)
		go_on(rd, h.part);
	else
		r = header_parse(text, len, &h, &rd->dec.schema);
	if (r) {
		struct recording_header old;

		if (rd->raw.len)
			header_parse((const uint8_t *)rd->raw.data, rd->raw.len, &old, &rd->dec.schema);
		return r;
	}
	rd->header = h;
	buf_clear(&rd->raw);
	buf_add(&rd->raw, text, len);
	clean_header(&rd->text, (const char *)text, len);
	if (same)
		return 0;
	rd->tag = session_tag(h.session);
	start_over(rd, part, off);
	return 0;
}

static int check_file(int fd, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return error_set(err, -errno, "%s", strerror(errno));
	if (S_ISDIR(st.st_mode))
		return error_set(err, -EISDIR, "it is a directory");
	if (!S_ISREG(st.st_mode))
		return error_set(err, -ESPIPE, "it is not a file: read it as a stream (tunwatch replay -)");
	return 0;
}

/* The first part must name a session; a later one may be empty still. */
static int open_part(struct reader *rd, struct part *part, struct error *err)
{
	struct frame f;
	const uint8_t *p;
	ssize_t n;
	int r = reader_find_header(rd, part, &f, err);

	if (!r && !rd->nparts)
		r = reader_take_header(rd, 0, part->header, f.payload, f.len);
	if (r == -ENODATA && rd->nparts)
		return 0;
	if (r != -EINVAL)
		return r;
	n = window_get(&rd->probe, 0, FRAME_HEAD, &p);
	if (n >= FRAME_HEAD && !memcmp(p, FRAME_MAGIC, sizeof FRAME_MAGIC - 1))
		return error_set(err, r, "too damaged to be read: neither its header nor a copy of it is whole");
	if (n > 0)
		return error_set(err, r, "not a recording: %s", what_is_it(p, (size_t)n));
	return rd->nparts ? 0 : error_set(err, -ENODATA, "it is empty: nothing is in it yet");
}

int reader_append(struct reader *rd, int fd, struct error *err)
{
	struct part part = { .fd = fd, .first_t = -1 };
	int r = check_file(fd, err);

	if (!r)
		r = open_part(rd, &part, err);
	if (r) {
		close(fd);
		return r;
	}
	array_grow(&rd->parts, &rd->parts_cap, rd->nparts + 1, sizeof *rd->parts);
	rd->parts[rd->nparts++] = part;
	if (rd->nparts == 1)
		window_use(&rd->win, fd);
	return 0;
}

/* Where the newest part belongs: before those of its session that come later. An empty one may stand anywhere. */
static size_t place_of_newest(const struct reader *rd)
{
	const struct part *newest = &rd->parts[rd->nparts - 1];
	size_t at = rd->nparts - 1;

	for (size_t i = at; newest->tag && i-- > 0;) {
		if (rd->parts[i].tag && rd->parts[i].tag != newest->tag)
			break;
		if (rd->parts[i].tag && rd->parts[i].number > newest->number)
			at = i;
	}
	return at;
}

/* Another part comes first: begin with its header. */
static int begin_with_first(struct reader *rd, struct error *err)
{
	struct frame f;
	int r = reader_find_header(rd, &rd->parts[0], &f, err);

	if (!r)
		r = reader_take_header(rd, 0, rd->parts[0].header, f.payload, f.len);
	if (r)
		return r;
	rd->norigins = 0;
	rd->origin = note_start(rd, 0, rd->parts[0].header);
	window_use(&rd->win, rd->parts[0].fd);
	return 0;
}

/* A shell sorts x.1.twr and x.10.twr before x.2.twr and x.twr. */
int reader_add(struct reader *rd, int fd, struct error *err)
{
	int r = reader_append(rd, fd, err);
	struct part newest;
	size_t at;

	if (r || rd->part || rd->off || rd->stage != STAGE_FRAME)
		return r;
	at = place_of_newest(rd);
	if (at == rd->nparts - 1)
		return 0;
	newest = rd->parts[rd->nparts - 1];
	memmove(rd->parts + at + 1, rd->parts + at, (rd->nparts - 1 - at) * sizeof *rd->parts);
	rd->parts[at] = newest;
	return at ? 0 : begin_with_first(rd, err);
}

void reader_drop_part(struct reader *rd, uint32_t part)
{
	if (rd->parts[part].fd >= 0)
		close(rd->parts[part].fd);
	rd->parts[part].fd = -1;
	if (rd->part != part)
		return;
	window_use(&rd->win, -1);
	rd->stage = STAGE_FRAME;
	reader_hurt(rd, rd->off);
	rd->gap_reason = GAP_REASON_CUT;
}
