// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: save and restore of a VF's state (section 10.9): everything
 * that its driver has set up, and its counters. The vport is not part of it:
 * the PF sets grants, addresses, VLANs and flags before the state is loaded.
 *
 * The state is a list of struct svnic_tlv. The same functions write and read
 * it, so that the formats cannot differ. Times are relative to that of the save
 * or load.
 */
#include <stdlib.h>

#include "svnic_core_event.h"
#include "svnic_core_packet.h"
#include "svnic_core_path.h"
#include "svnic_core_priv.h"
#include "svnic_core_work.h"

/* Entries, each once and in this order, except one PAIR for each pair */
enum svnic_save_type {
	SVNIC_SAVE_FN		= 1,	/* registers, rings, news */
	SVNIC_SAVE_STATS,
	SVNIC_SAVE_RSS,
	SVNIC_SAVE_VECTORS,
	SVNIC_SAVE_PAIR,
};

#define SVNIC_SAVE_NEVER	UINT64_MAX	/* no time */

/* Maximum number of segments of a frame, and of bytes that it counts */
#define SVNIC_SAVE_SEGS		(SVNIC_TSO_MAX / SVNIC_TSO_MSS_MIN)
#define SVNIC_SAVE_COUNTED	(SVNIC_SAVE_SEGS * \
				 (SVNIC_FRAME_MAX + SVNIC_HEADROOM))

/**
 * struct svnic_saved_vec - a vector
 * @queues: as in struct svnic_vec
 * @frames: as in struct svnic_vec
 * @events: as in struct svnic_vec
 * @age: ns since the last decision
 * @left: ns until the next one, or SVNIC_SAVE_NEVER
 */
struct svnic_saved_vec {
	uint32_t	queues;
	uint32_t	frames[2];
	uint32_t	events;
	uint64_t	age;
	uint64_t	left;
};

/**
 * struct svnic_saved - a VF's state, saved or to be loaded
 * @s: state, without the vport
 * @pairs: number of pairs
 * @vectors: number of vectors
 * @qp: the pairs
 * @db: by pair: doorbells: two producer indices and two event indices
 * @rung: by pair: bitmap of the doorbells that were not looked at yet
 * @vec: the vectors
 */
struct svnic_saved {
	struct svnic_fn_state	s;
	uint16_t		pairs;
	uint16_t		vectors;
	struct svnic_qp_state	qp[SVNIC_MAX_QUEUES];
	uint32_t		db[SVNIC_MAX_QUEUES][4];
	uint8_t			rung[SVNIC_MAX_QUEUES];
	struct svnic_saved_vec	vec[SVNIC_MAX_VECTORS];
};

/**
 * struct svnic_xfer - a list that is written or read
 * @from: the list that is read, or NULL
 * @to: the list that is written, NULL to compute only its size
 * @at: number of bytes done
 * @end: end of the list or of the entry, in bytes
 * @bad: the list is too short or has wrong contents
 */
struct svnic_xfer {
	const uint8_t	*from;
	uint8_t		*to;
	size_t		at;
	size_t		end;
	bool		bad;
};

static void svnic_xfer(struct svnic_xfer *x, void *field, size_t len)
{
	if (x->bad || len > x->end - x->at) {
		x->bad = true;
		return;
	}
	if (x->from)
		memcpy(field, x->from + x->at, len);
	else if (x->to)
		memcpy(x->to + x->at, field, len);
	x->at += len;
}

static void svnic_xfer8(struct svnic_xfer *x, uint8_t *v)
{
	svnic_xfer(x, v, sizeof(*v));
}

static void svnic_xfer16(struct svnic_xfer *x, uint16_t *v)
{
	uint16_t le = svnic_le16(*v);

	svnic_xfer(x, &le, sizeof(le));
	*v = svnic_le16(le);
}

static void svnic_xfer32(struct svnic_xfer *x, uint32_t *v)
{
	uint32_t le = svnic_le32(*v);

	svnic_xfer(x, &le, sizeof(le));
	*v = svnic_le32(le);
}

static void svnic_xfer64(struct svnic_xfer *x, uint64_t *v)
{
	uint64_t le = svnic_le64(*v);

	svnic_xfer(x, &le, sizeof(le));
	*v = svnic_le64(le);
}

static void svnic_xfer_fn(struct svnic_xfer *x, struct svnic_saved *saved)
{
	struct svnic_fn_state *s = &saved->s;

	svnic_xfer16(x, &saved->pairs);
	svnic_xfer16(x, &saved->vectors);
	svnic_xfer8(x, &s->enabled);
	svnic_xfer8(x, &s->evq_armed);
	svnic_xfer8(x, &s->evq_again);
	svnic_xfer8(x, &s->mbx_busy);
	svnic_xfer16(x, &s->error);
	svnic_xfer16(x, &s->pending);
	svnic_xfer32(x, &s->rx_ctrl);
	svnic_xfer64(x, &s->accept);
	svnic_xfer64(x, &s->evq_base);
	svnic_xfer32(x, &s->evq_size);
	svnic_xfer32(x, &s->evq_prod);
	svnic_xfer32(x, &s->evq_cons);
	svnic_xfer32(x, &s->notify);
	svnic_xfer64(x, &s->cmd_base);
	svnic_xfer32(x, &s->cmd_size);
	svnic_xfer32(x, &s->cmd_prod);
	svnic_xfer32(x, &s->cmd_cons);
	svnic_xfer32(x, &s->queue_error_pf);
	svnic_xfer64(x, &s->mbx_base);
	svnic_xfer64(x, &s->queue_errors);
	svnic_xfer16(x, &s->mbx_len);
	svnic_xfer16(x, &s->mbx_reply_len);
}

static void svnic_xfer_stats(struct svnic_xfer *x, struct svnic_saved *saved)
{
	uint64_t *stats = (uint64_t *)&saved->s.stats;
	unsigned int i;

	for (i = 0; i < sizeof(saved->s.stats) / sizeof(*stats); i++)
		svnic_xfer64(x, &stats[i]);
}

static void svnic_xfer_rss(struct svnic_xfer *x, struct svnic_saved *saved)
{
	svnic_xfer32(x, &saved->s.rss_ctrl);
	svnic_xfer32(x, &saved->s.rss_fields_ipv4);
	svnic_xfer32(x, &saved->s.rss_fields_ipv6);
	svnic_xfer(x, saved->s.rss_key, sizeof(saved->s.rss_key));
	svnic_xfer(x, saved->s.rss_table, sizeof(saved->s.rss_table));
}

static void svnic_xfer_vectors(struct svnic_xfer *x, struct svnic_saved *saved)
{
	struct svnic_saved_vec *vec;
	unsigned int i;

	for (i = 0; i < saved->vectors; i++) {
		vec = &saved->vec[i];
		svnic_xfer32(x, &saved->s.moderation[SVNIC_TX][i]);
		svnic_xfer32(x, &saved->s.moderation[SVNIC_RX][i]);
		svnic_xfer32(x, &vec->queues);
		svnic_xfer32(x, &vec->frames[SVNIC_TX]);
		svnic_xfer32(x, &vec->frames[SVNIC_RX]);
		svnic_xfer32(x, &vec->events);
		svnic_xfer64(x, &vec->age);
		svnic_xfer64(x, &vec->left);
	}
}

static void svnic_xfer_pair(struct svnic_xfer *x, struct svnic_saved *saved,
			    unsigned int index)
{
	struct svnic_qp_state *s = &saved->qp[index];
	unsigned int i;

	svnic_xfer32(x, &s->vector);
	svnic_xfer32(x, &s->buf_size);
	svnic_xfer32(x, &s->tx_size);
	svnic_xfer32(x, &s->rx_size);
	svnic_xfer32(x, &s->rx_fmt);
	svnic_xfer32(x, &s->tx_start);
	svnic_xfer32(x, &s->rx_start);
	svnic_xfer64(x, &s->tx_base);
	svnic_xfer64(x, &s->rx_base);
	svnic_xfer64(x, &s->cmpl_base);
	svnic_xfer64(x, &s->state_base);
	for (i = SVNIC_TX; i <= SVNIC_RX; i++) {
		svnic_xfer8(x, &s->active[i]);
		svnic_xfer8(x, &s->error[i]);
		svnic_xfer8(x, &saved->s.queue_error[i][index]);
	}
	svnic_xfer32(x, &s->tx_prod);
	svnic_xfer32(x, &s->tx_cons);
	svnic_xfer32(x, &s->tx_seg);
	svnic_xfer32(x, &s->tx_counted);
	svnic_xfer8(x, &s->tx_copying);
	svnic_xfer32(x, &s->tx_copy.step);
	svnic_xfer32(x, &s->tx_decided);
	svnic_xfer32(x, &s->tx_event);
	svnic_xfer32(x, &s->rx_prod);
	svnic_xfer32(x, &s->rx_cons);
	svnic_xfer32(x, &s->rx_decided);
	svnic_xfer32(x, &s->rx_event);
	svnic_xfer8(x, &s->rx_starved);
	svnic_xfer8(x, &saved->rung[index]);
	for (i = 0; i < 4; i++)
		svnic_xfer32(x, &saved->db[index][i]);
}

/* The body of an entry; @index is the number of a pair. */
static void svnic_xfer_body(struct svnic_xfer *x, struct svnic_saved *saved,
			    enum svnic_save_type type, unsigned int index)
{
	switch (type) {
	case SVNIC_SAVE_FN:
		svnic_xfer_fn(x, saved);
		break;
	case SVNIC_SAVE_STATS:
		svnic_xfer_stats(x, saved);
		break;
	case SVNIC_SAVE_RSS:
		svnic_xfer_rss(x, saved);
		break;
	case SVNIC_SAVE_VECTORS:
		svnic_xfer_vectors(x, saved);
		break;
	default:
		svnic_xfer_pair(x, saved, index);
		break;
	}
}

/* Version of an entry's layout: the RSS of draft 0.2 had no fields. */
static uint16_t svnic_save_version(enum svnic_save_type type)
{
	return type == SVNIC_SAVE_RSS ? 1 : 0;
}

/*
 * One entry. If it is read, it must have the expected type and version, and the
 * length of its body.
 */
static void svnic_xfer_entry(struct svnic_xfer *x, struct svnic_saved *saved,
			     enum svnic_save_type type, unsigned int index)
{
	uint16_t is = type, version = svnic_save_version(type);
	size_t head = x->at, end = x->end;
	uint64_t zero = 0;
	uint32_t len = 0;

	svnic_xfer16(x, &is);
	svnic_xfer16(x, &version);
	svnic_xfer32(x, &len);
	if (x->from) {
		if (x->bad || is != type ||
		    version != svnic_save_version(type) || len > end - x->at) {
			x->bad = true;
			return;
		}
		x->end = x->at + len;
	}
	svnic_xfer_body(x, saved, type, index);
	if (x->from) {
		x->bad |= x->at != x->end;
		x->end = end;
	} else {
		len = svnic_le32(x->at - head - sizeof(struct svnic_tlv));
		if (x->to && !x->bad)
			memcpy(x->to + head + offsetof(struct svnic_tlv, len),
			       &len, sizeof(len));
	}
	svnic_xfer(x, &zero, -x->at % 8);
	x->bad |= x->from && zero;
}

static bool svnic_xfer_list(const struct svnic_fn *fn, struct svnic_xfer *x,
			    struct svnic_saved *saved)
{
	enum svnic_save_type type;
	unsigned int i;

	for (type = SVNIC_SAVE_FN; type < SVNIC_SAVE_PAIR; type++) {
		svnic_xfer_entry(x, saved, type, 0);
		if (x->bad || saved->pairs > fn->max_queues ||
		    saved->vectors > fn->max_vectors)
			return false;
	}
	for (i = 0; i < saved->pairs; i++)
		svnic_xfer_entry(x, saved, SVNIC_SAVE_PAIR, i);
	return !x->bad;
}

static void svnic_save_vec(const struct svnic_vec *vec, uint64_t now,
			   struct svnic_saved_vec *to)
{
	to->queues = vec->queues;
	to->frames[SVNIC_TX] = vec->frames[SVNIC_TX];
	to->frames[SVNIC_RX] = vec->frames[SVNIC_RX];
	to->events = vec->events;
	to->age = now - vec->decided;
	if (vec->heap == SVNIC_NONE)
		to->left = SVNIC_SAVE_NEVER;
	else
		to->left = vec->deadline > now ? vec->deadline - now : 0;
}

static void svnic_save_doorbells(const struct svnic_fn *fn, unsigned int i,
				 struct svnic_saved *saved)
{
	const struct svnic_doorbell *db = &fn->db[i];
	uint64_t rung = atomic_load(&fn->rung) >> i;
	uint64_t armed = atomic_load(&fn->armed) >> i;

	saved->rung[i] = (rung & 1) | (rung >> 32 & 1) << 1 |
			 (armed & 1) << 2 | (armed >> 32 & 1) << 3;
	saved->db[i][0] = atomic_load(&db->index[SVNIC_TX]);
	saved->db[i][1] = atomic_load(&db->index[SVNIC_RX]);
	saved->db[i][2] = atomic_load(&db->arm[SVNIC_TX]);
	saved->db[i][3] = atomic_load(&db->arm[SVNIC_RX]);
}

/*
 * Writes the state of VF @fn to @data, and its completions that are not written
 * yet to host memory; changes nothing else. Without @data nothing is written.
 * Returns the length of the state in bytes, 0 if @len is too small or there is
 * no memory.
 */
size_t svnic_save(struct svnic_core *core, struct svnic_fn *fn, void *data,
		  size_t len)
{
	struct svnic_xfer x = { .to = data, .end = data ? len : SIZE_MAX };
	uint64_t now = core->ops.now(core->host);
	struct svnic_saved *saved;
	unsigned int i;
	bool ok;

	saved = calloc(1, sizeof(*saved));
	if (!saved)
		return 0;
	saved->pairs = fn->max_queues;
	saved->vectors = fn->max_vectors;
	for (i = 0; i < fn->max_queues; i++) {
		/* Host memory is saved too, and has the received frames. */
		if (data)
			svnic_rx_flush(core, &fn->qp[i]);
		saved->qp[i] = fn->qp[i].s;
		svnic_save_doorbells(fn, i, saved);
	}
	for (i = 0; i < fn->max_vectors; i++)
		svnic_save_vec(&fn->vec[i], now, &saved->vec[i]);
	saved->s = fn->s;
	saved->s.stats.doorbells = atomic_load(&fn->doorbells);

	ok = svnic_xfer_list(fn, &x, saved);
	free(saved);
	return ok ? x.at : 0;
}

static bool svnic_save_ring_ok(uint64_t base, uint32_t size, uint32_t used)
{
	return !size || (svnic_evq_ok(base, size) && used <= size);
}

/* Section 12.1: errors of a half that ran, of any half, of a function */
static bool svnic_save_stop_ok(uint32_t error)
{
	return error == SVNIC_ERR_DMA || error == SVNIC_ERR_INDEX ||
	       error == SVNIC_ERR_DESC || error == SVNIC_ERR_STOPPED;
}

static bool svnic_save_half_error_ok(uint32_t error)
{
	return error == SVNIC_ERR_NONE || error == SVNIC_ERR_NOT_READY ||
	       error == SVNIC_ERR_CONFIG || error == SVNIC_ERR_GRANT ||
	       svnic_save_stop_ok(error);
}

static bool svnic_save_error_ok(uint32_t error)
{
	return error <= SVNIC_ERR_CONFIG || error == SVNIC_ERR_DMA ||
	       error == SVNIC_ERR_INDEX;
}

/*
 * A function that is not ENABLED has no work, and makes no decisions. Its news
 * are kept, and doorbells that were not looked at yet will be ignored.
 */
static bool svnic_save_quiet(const struct svnic_saved *saved)
{
	const struct svnic_fn_state *s = &saved->s;
	const struct svnic_saved_vec *vec;
	unsigned int i;

	if (s->evq_size || s->cmd_size || s->mbx_busy)
		return false;
	for (i = 0; i < saved->pairs; i++)
		if (saved->qp[i].active[SVNIC_TX] ||
		    saved->qp[i].active[SVNIC_RX])
			return false;
	for (i = 0; i < saved->vectors; i++) {
		vec = &saved->vec[i];
		if (vec->frames[SVNIC_TX] || vec->frames[SVNIC_RX] ||
		    vec->left != SVNIC_SAVE_NEVER)
			return false;
	}
	return true;
}

/* News that are not told yet: each kind has what its event contains. */
static bool svnic_save_news_ok(const struct svnic_fn_state *s)
{
	if (s->pending & ~(SVNIC_PEND_LINK | SVNIC_PEND_NOTIFY |
			   SVNIC_PEND_MBX_REPLY) ||
	    s->notify & ~(SVNIC_NOTIFY_CONFIG | SVNIC_NOTIFY_RESET) ||
	    !s->notify == !!(s->pending & SVNIC_PEND_NOTIFY) ||
	    s->mbx_reply_len > SVNIC_MBX_MSG_MAX)
		return false;
	return !(s->pending & SVNIC_PEND_MBX_REPLY) ||
	       s->mbx_reply_len >= sizeof(struct svnic_mbx_hdr);
}

static bool svnic_save_fn_ok(const struct svnic_core *core,
			     const struct svnic_fn *fn,
			     const struct svnic_fn_state *s)
{
	if (s->enabled > 1 || s->evq_armed > 1 || s->evq_again > 1 ||
	    s->mbx_busy > 1 || !svnic_save_error_ok(s->error) ||
	    s->rx_ctrl & ~SVNIC_RX_CTRL_MASK ||
	    s->rss_ctrl & ~SVNIC_RSS_CTRL_MASK ||
	    s->rss_fields_ipv4 & ~SVNIC_RSS_FIELDS_IPV4_MASK ||
	    s->rss_fields_ipv6 & ~SVNIC_RSS_FIELDS_IPV6_MASK)
		return false;
	if (s->enabled && !svnic_fn_features_ok(core, fn, s->accept))
		return false;
	if (!svnic_save_ring_ok(s->evq_base, s->evq_size,
				s->evq_prod - s->evq_cons) ||
	    !svnic_save_ring_ok(s->cmd_base, s->cmd_size,
				s->cmd_prod - s->cmd_cons) ||
	    (s->cmd_size && !(s->accept & SVNIC_F_COMMAND)))
		return false;
	if (s->mbx_busy && (!(s->accept & SVNIC_F_MAILBOX) ||
			    s->mbx_base % SVNIC_MBX_MSG_MAX ||
			    s->mbx_len < sizeof(struct svnic_mbx_hdr) ||
			    s->mbx_len > SVNIC_MBX_MSG_MAX))
		return false;
	return svnic_save_news_ok(s);
}

/* Errors to report must be of a half that exists, and can have stopped it. */
static bool svnic_save_errors_ok(const struct svnic_saved *saved)
{
	uint32_t data = saved->s.queue_error_pf;
	uint64_t bits = saved->s.queue_errors;
	uint32_t code = data >> SVNIC_QUEUE_ERROR_CODE_SHIFT &
			SVNIC_QUEUE_ERROR_CODE_MASK;
	unsigned int bit;

	/* The PF is not told of what it has stopped itself. */
	if (data && (!svnic_save_stop_ok(code) || code == SVNIC_ERR_STOPPED ||
		     (data & SVNIC_QUEUE_ERROR_PAIR_MASK) >= saved->pairs ||
		     data & ~(SVNIC_QUEUE_ERROR_PAIR_MASK |
			      SVNIC_QUEUE_ERROR_CODE_MASK <<
			      SVNIC_QUEUE_ERROR_CODE_SHIFT |
			      SVNIC_QUEUE_ERROR_RX)))
		return false;
	for (; bits; bits &= bits - 1) {
		bit = __builtin_ctzll(bits);
		if (bit % 32 >= saved->pairs ||
		    !saved->s.queue_error[bit / 32][bit % 32])
			return false;
	}
	return true;
}

/* What was done of the frame at tx_cons */
static bool svnic_save_progress_ok(const struct svnic_qp_state *s)
{
	bool begun = s->tx_seg || s->tx_copying;

	if (s->tx_copying > 1 || s->tx_seg > SVNIC_SAVE_SEGS ||
	    s->tx_copy.step > SVNIC_SAVE_SEGS ||
	    s->tx_counted > SVNIC_SAVE_COUNTED)
		return false;
	if ((s->tx_copy.step && !s->tx_copying) || (s->tx_counted && !begun))
		return false;
	return !begun || !s->active[SVNIC_TX] || s->tx_prod != s->tx_cons;
}

static bool svnic_save_pair_ok(const struct svnic_fn *fn,
			       const struct svnic_saved *saved, unsigned int i)
{
	const struct svnic_qp_state *s = &saved->qp[i];
	enum svnic_half half;
	uint32_t told;

	for (half = SVNIC_TX; half <= SVNIC_RX; half++) {
		told = saved->s.queue_error[half][i];
		if (s->active[half] > 1 ||
		    !svnic_save_half_error_ok(s->error[half]) ||
		    (told && !svnic_save_stop_ok(told)))
			return false;
		if (s->active[half] &&
		    (s->error[half] ||
		     svnic_qp_config(fn, saved->s.accept, i, s, half)))
			return false;
	}
	if (s->active[SVNIC_TX] && s->tx_prod - s->tx_cons > s->tx_size)
		return false;
	if (s->active[SVNIC_RX] && s->rx_prod - s->rx_cons > s->rx_size)
		return false;
	return svnic_save_progress_ok(s) && s->rx_starved <= 1 &&
	       saved->rung[i] <= 0xf;
}

/*
 * News of a vector are those of pairs that run with this vector, or of the
 * event ring, and a decision about them is due.
 */
static bool svnic_save_vec_ok(const struct svnic_saved *saved, unsigned int i)
{
	const struct svnic_saved_vec *vec = &saved->vec[i];
	uint32_t queues = vec->queues, pair;
	const struct svnic_qp_state *qp;

	if (vec->events > !i)
		return false;
	if (vec->left == SVNIC_SAVE_NEVER)
		return !queues && !vec->events;
	if (vec->left > SVNIC_MODERATION_MAX * 1000ULL)
		return false;
	for (; queues; queues &= queues - 1) {
		pair = __builtin_ctz(queues);
		qp = &saved->qp[pair];
		if (pair >= saved->pairs || qp->vector != i ||
		    (!qp->active[SVNIC_TX] && !qp->active[SVNIC_RX]))
			return false;
	}
	return true;
}

static bool svnic_save_ok(const struct svnic_core *core,
			  const struct svnic_fn *fn,
			  const struct svnic_saved *saved)
{
	unsigned int i;

	if (!svnic_save_fn_ok(core, fn, &saved->s) ||
	    !svnic_save_errors_ok(saved))
		return false;
	for (i = 0; i < saved->pairs; i++)
		if (!svnic_save_pair_ok(fn, saved, i))
			return false;
	for (i = 0; i < saved->vectors; i++)
		if (!svnic_save_vec_ok(saved, i))
			return false;
	return saved->s.enabled || svnic_save_quiet(saved);
}

static void svnic_load_fn(struct svnic_fn *fn, const struct svnic_fn_state *s)
{
	struct svnic_fn_state *to = &fn->s;

	to->enabled = s->enabled;
	to->error = s->error;
	to->rx_ctrl = s->rx_ctrl;
	to->accept = s->accept;
	to->features = s->enabled ? s->accept : 0;
	to->evq_base = s->evq_base;
	to->evq_size = s->evq_size;
	to->evq_prod = s->evq_prod;
	to->evq_cons = s->evq_cons;
	to->evq_armed = s->evq_armed;
	to->evq_again = s->evq_again;
	to->pending = s->pending;
	to->notify = s->notify;
	to->cmd_base = s->cmd_base;
	to->cmd_size = s->cmd_size;
	to->cmd_prod = s->cmd_prod;
	to->cmd_cons = s->cmd_cons;
	to->mbx_base = s->mbx_base;
	to->mbx_len = s->mbx_len;
	to->mbx_reply_len = s->mbx_reply_len;
	to->mbx_busy = s->mbx_busy;
	/* The PF here has not seen the request. */
	to->mbx_given = false;
	to->queue_errors = s->queue_errors;
	to->queue_error_pf = s->queue_error_pf;
	memcpy(to->queue_error, s->queue_error, sizeof(to->queue_error));
	to->rss_ctrl = s->rss_ctrl;
	to->rss_fields_ipv4 = s->rss_fields_ipv4;
	to->rss_fields_ipv6 = s->rss_fields_ipv6;
	memcpy(to->rss_key, s->rss_key, sizeof(to->rss_key));
	memcpy(to->rss_table, s->rss_table, sizeof(to->rss_table));
	memcpy(to->moderation, s->moderation, sizeof(to->moderation));
	to->stats = s->stats;
	to->stats.doorbells = 0;
	atomic_store(&fn->doorbells, s->stats.doorbells);
	fn->rss_stale = true;
}

static void svnic_load_pair(struct svnic_core *core, struct svnic_fn *fn,
			    const struct svnic_saved *saved, unsigned int i)
{
	struct svnic_qp *qp = &fn->qp[i];
	uint64_t rung = saved->rung[i];

	qp->s = saved->qp[i];
	svnic_qp_format(qp);
	qp->event_valid = false;
	atomic_store(&fn->db[i].index[SVNIC_TX], saved->db[i][0]);
	atomic_store(&fn->db[i].index[SVNIC_RX], saved->db[i][1]);
	atomic_store(&fn->db[i].arm[SVNIC_TX], saved->db[i][2]);
	atomic_store(&fn->db[i].arm[SVNIC_RX], saved->db[i][3]);
	atomic_fetch_or(&fn->rung, (rung & 1) << i |
				   (rung >> 1 & 1) << (i + 32));
	atomic_fetch_or(&fn->armed, (rung >> 2 & 1) << i |
				    (rung >> 3 & 1) << (i + 32));
	if (qp->s.active[SVNIC_TX] && qp->s.tx_prod != qp->s.tx_cons)
		svnic_sched_ready(core, qp);
}

static void svnic_load_vec(struct svnic_core *core, struct svnic_vec *vec,
			   const struct svnic_saved_vec *from, uint64_t now)
{
	vec->queues = from->queues;
	vec->frames[SVNIC_TX] = from->frames[SVNIC_TX];
	vec->frames[SVNIC_RX] = from->frames[SVNIC_RX];
	vec->events = from->events;
	vec->decided = from->age < now ? now - from->age : 0;
	if (from->left != SVNIC_SAVE_NEVER)
		svnic_irq_resume(core, vec, from->left);
}

/*
 * Loads a state into VF @fn, which must be READY and not ENABLED. Fails with
 * NOT_READY if it is not, with PARAM if the state is not valid for this VF, or
 * with NO_SPACE; nothing has changed then.
 */
enum svnic_error svnic_load(struct svnic_core *core, struct svnic_fn *fn,
			    const void *data, size_t len)
{
	struct svnic_xfer x = { .from = data, .end = len };
	uint64_t now = core->ops.now(core->host);
	enum svnic_error error = SVNIC_ERR_NONE;
	struct svnic_saved *saved;
	unsigned int i;

	if (fn->s.enabled || !fn->s.ready)
		return SVNIC_ERR_NOT_READY;
	saved = calloc(1, sizeof(*saved));
	if (!saved)
		return SVNIC_ERR_NO_SPACE;
	if (!svnic_xfer_list(fn, &x, saved) || x.at != len ||
	    !svnic_save_ok(core, fn, saved)) {
		error = SVNIC_ERR_PARAM;
		goto out;
	}

	svnic_fn_clear(core, fn);
	svnic_set_del(&core->pf.queue_errors, fn->id);
	svnic_load_fn(fn, &saved->s);
	for (i = 0; i < saved->pairs; i++)
		svnic_load_pair(core, fn, saved, i);
	for (i = 0; i < saved->vectors; i++)
		svnic_load_vec(core, &fn->vec[i], &saved->vec[i], now);
	if (fn->s.mbx_busy)
		svnic_news_tell_pf(core, fn, SVNIC_TOLD_REQUEST);
	if (fn->s.queue_error_pf)
		svnic_news_tell_pf(core, fn, SVNIC_TOLD_ERROR);
	svnic_work_add(core, fn, SVNIC_WORK_EVENTS | SVNIC_WORK_COMMANDS);
out:
	free(saved);
	return error;
}
