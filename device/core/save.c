// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: the state of a VF leaves, and comes (section 10.9). It is
 * what a reset of the VF forgets, and its counters. What the administrator set
 * of its vport is not part of it: that comes from the PF's driver, before.
 *
 * It is a list of struct svnic_tlv. What is written and what is read is told by
 * the same functions, so that they cannot differ. Times are relative.
 */
#include "svnic_core_priv.h"

/* Entries, each once and in this order, but a PAIR for each pair */
enum svnic_save_type {
	SVNIC_SAVE_FN		= 1,	/* registers, rings, what is to be told */
	SVNIC_SAVE_STATS,
	SVNIC_SAVE_FILTERS,
	SVNIC_SAVE_RSS,
	SVNIC_SAVE_VECTORS,
	SVNIC_SAVE_PAIR,
};

#define SVNIC_SAVE_NEVER	UINT64_MAX	/* of a time */
#define SVNIC_SAVE_FLAGS	(SVNIC_VPORT_PROMISC | SVNIC_VPORT_ALLMULTI | \
				 SVNIC_VPORT_VLAN_FILTER)

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
 * struct svnic_saved - a VF's state on its way
 * @s: state; of the vport flags and filters alone
 * @pairs: number of pairs
 * @vectors: number of vectors
 * @qp: the pairs
 * @db: by pair: doorbells, producer indices and event indices
 * @rung: by pair: those that were not looked at yet
 * @vec: the vectors
 * @fdb: where the address filters are that leave
 * @members: the first of them
 * @macs: the address filters that come, s.vport.macs of them
 */
struct svnic_saved {
	struct svnic_fn_state	s;
	uint16_t		pairs;
	uint16_t		vectors;
	struct svnic_qp_state	qp[SVNIC_MAX_QUEUES];
	uint32_t		db[SVNIC_MAX_QUEUES][4];
	uint8_t			rung[SVNIC_MAX_QUEUES];
	struct svnic_saved_vec	vec[SVNIC_MAX_VECTORS];
	const struct svnic_fdb	*fdb;
	uint32_t		members;
	const uint8_t		*macs;
};

/**
 * struct svnic_xfer - a list that is written or read
 * @data: the list, NULL if only its size is asked for
 * @at: octets done
 * @end: octets there are, of the list or of the entry
 * @load: it is read
 * @bad: it does not fit
 */
struct svnic_xfer {
	uint8_t		*data;
	size_t		at;
	size_t		end;
	bool		load;
	bool		bad;
};

static void svnic_xfer(struct svnic_xfer *x, void *field, size_t len)
{
	if (x->bad || len > x->end - x->at) {
		x->bad = true;
		return;
	}
	if (x->load)
		memcpy(field, x->data + x->at, len);
	else if (x->data)
		memcpy(x->data + x->at, field, len);
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

/* A bitmap of VLANs as a list of its classes */
static void svnic_xfer_vlans(struct svnic_xfer *x,
			     struct svnic_vport_state *vport)
{
	uint16_t class = 0, i;

	for (i = 0; i < vport->vids && !x->bad; i++) {
		if (!x->load)
			while (!(vport->vlans[class / 32] & 1u << class % 32))
				class++;
		svnic_xfer16(x, &class);
		if (class >= SVNIC_VLAN_CLASSES || x->bad) {
			x->bad = true;
			return;
		}
		if (x->load) {
			x->bad |= vport->vlans[class / 32] & 1u << class % 32;
			vport->vlans[class / 32] |= 1u << class % 32;
		}
		class++;
	}
}

static void svnic_xfer_filters(struct svnic_xfer *x, struct svnic_saved *saved)
{
	struct svnic_vport_state *vport = &saved->s.vport;
	uint8_t mac[6];
	uint32_t m;
	size_t len;

	svnic_xfer32(x, &vport->flags);
	svnic_xfer16(x, &vport->macs);
	svnic_xfer16(x, &vport->vids);
	len = vport->macs * 6u;
	if (x->load) {
		saved->macs = x->data + x->at;
		if (x->bad || len > x->end - x->at)
			x->bad = true;
		else
			x->at += len;
	} else {
		m = saved->members;
		while (svnic_fdb_next_filter(saved->fdb, &m, mac))
			svnic_xfer(x, mac, sizeof(mac));
	}
	svnic_xfer_vlans(x, vport);
}

static void svnic_xfer_rss(struct svnic_xfer *x, struct svnic_saved *saved)
{
	svnic_xfer32(x, &saved->s.rss_ctrl);
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

static void svnic_xfer_copy(struct svnic_xfer *x, struct svnic_copy *copy)
{
	unsigned int i;

	svnic_xfer32(x, &copy->step);
	svnic_xfer8(x, &copy->part);
	for (i = 0; i < SVNIC_SET_WORDS; i++)
		svnic_xfer64(x, &copy->had.word[i]);
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
	svnic_xfer_copy(x, &s->tx_copy);
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

/* The body of an entry; @index is that of a pair. */
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
	case SVNIC_SAVE_FILTERS:
		svnic_xfer_filters(x, saved);
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

/* An entry that is read is the one expected, and as long as its body. */
static void svnic_xfer_entry(struct svnic_xfer *x, struct svnic_saved *saved,
			     enum svnic_save_type type, unsigned int index)
{
	uint16_t is = type, version = 0;
	size_t head = x->at, end = x->end;
	uint64_t zero = 0;
	uint32_t len = 0;

	svnic_xfer16(x, &is);
	svnic_xfer16(x, &version);
	svnic_xfer32(x, &len);
	if (x->load) {
		if (x->bad || is != type || version || len > end - x->at) {
			x->bad = true;
			return;
		}
		x->end = x->at + len;
	}
	svnic_xfer_body(x, saved, type, index);
	if (x->load) {
		x->bad |= x->at != x->end;
		x->end = end;
	} else {
		len = svnic_le32(x->at - head - sizeof(struct svnic_tlv));
		if (x->data && !x->bad)
			memcpy(x->data + head + offsetof(struct svnic_tlv, len),
			       &len, sizeof(len));
	}
	svnic_xfer(x, &zero, -x->at % 8);
	x->bad |= x->load && zero;
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
 * Writes the state of VF @fn, which goes on as it was. Without @data nothing is
 * written. Returns how many octets it has, 0 if @len are too few.
 */
size_t svnic_save(struct svnic_core *core, struct svnic_fn *fn, void *data,
		  size_t len)
{
	struct svnic_xfer x = { .data = data, .end = data ? len : SIZE_MAX };
	uint64_t now = core->ops.now(core->host);
	struct svnic_saved saved;
	unsigned int i;

	memset(&saved, 0, sizeof(saved));
	saved.pairs = fn->max_queues;
	saved.vectors = fn->max_vectors;
	for (i = 0; i < fn->max_queues; i++) {
		/* Completions that wait are written: memory leaves as well. */
		svnic_rx_flush(core, &fn->qp[i]);
		saved.qp[i] = fn->qp[i].s;
		svnic_save_doorbells(fn, i, &saved);
	}
	for (i = 0; i < fn->max_vectors; i++)
		svnic_save_vec(&fn->vec[i], now, &saved.vec[i]);
	saved.s = fn->s;
	saved.s.vport.flags &= SVNIC_SAVE_FLAGS;
	saved.s.stats.doorbells = atomic_load(&fn->doorbells);

	saved.fdb = &core->fdb;
	saved.members = fn->members;
	return svnic_xfer_list(fn, &x, &saved) ? x.at : 0;
}

static bool svnic_save_ring_ok(uint64_t base, uint32_t size, uint32_t used)
{
	return !size || (svnic_evq_size_ok(size) && !(base % 64) &&
			 used <= size);
}

static bool svnic_save_fn_ok(const struct svnic_core *core,
			     const struct svnic_fn *fn,
			     const struct svnic_fn_state *s)
{
	uint64_t features = s->enabled ? s->accept : 0;

	if (s->enabled > 1 || s->evq_armed > 1 || s->evq_again > 1 ||
	    s->mbx_busy > 1 || s->error > SVNIC_ERR_IN_USE ||
	    s->pending & ~(SVNIC_PEND_LINK | SVNIC_PEND_NOTIFY |
			   SVNIC_PEND_MBX_REPLY) ||
	    s->notify & ~(SVNIC_NOTIFY_CONFIG | SVNIC_NOTIFY_RESET) ||
	    s->rx_ctrl & ~SVNIC_RX_CTRL_MASK ||
	    s->rss_ctrl & ~SVNIC_RSS_CTRL_MASK)
		return false;
	if (s->enabled && (!fn->s.ready ||
			   !svnic_fn_features_ok(core, fn, s->accept)))
		return false;
	if ((s->evq_size && !s->enabled) ||
	    !svnic_save_ring_ok(s->evq_base, s->evq_size,
				s->evq_prod - s->evq_cons))
		return false;
	if ((s->cmd_size && !(features & SVNIC_F_COMMAND)) ||
	    !svnic_save_ring_ok(s->cmd_base, s->cmd_size,
				s->cmd_prod - s->cmd_cons))
		return false;
	if (s->mbx_busy && (!(features & SVNIC_F_MAILBOX) ||
			    s->mbx_base % SVNIC_MBX_MSG_MAX ||
			    s->mbx_len < sizeof(struct svnic_mbx_hdr) ||
			    s->mbx_len > SVNIC_MBX_MSG_MAX))
		return false;
	return s->mbx_reply_len <= SVNIC_MBX_MSG_MAX;
}

static bool svnic_save_pairs_ok(const struct svnic_fn *fn,
				const struct svnic_saved *saved)
{
	uint64_t pairs = (1ULL << saved->pairs) - 1;
	const struct svnic_qp_state *s;
	enum svnic_half half;
	unsigned int i;

	if (saved->s.queue_errors & ~(pairs | pairs << 32))
		return false;
	for (i = 0; i < saved->pairs; i++) {
		s = &saved->qp[i];
		for (half = SVNIC_TX; half <= SVNIC_RX; half++) {
			if (s->active[half] > 1 ||
			    s->error[half] > SVNIC_ERR_IN_USE ||
			    saved->s.queue_error[half][i] > SVNIC_ERR_IN_USE)
				return false;
			if (!s->active[half])
				continue;
			if (!saved->s.enabled ||
			    svnic_qp_config(fn, i, s, half))
				return false;
		}
		if (s->tx_copying > 1 || s->rx_starved > 1 ||
		    s->tx_copy.part > 1 || saved->rung[i] > 0xf ||
		    (s->active[SVNIC_TX] &&
		     s->tx_prod - s->tx_cons > s->tx_size) ||
		    (s->active[SVNIC_RX] &&
		     s->rx_prod - s->rx_cons > s->rx_size))
			return false;
	}
	for (i = 0; i < saved->vectors; i++)
		if (saved->vec[i].queues & ~pairs || saved->vec[i].events > 1)
			return false;
	return true;
}

static bool svnic_save_filters_ok(const struct svnic_fn *fn,
				  const struct svnic_saved *saved)
{
	const struct svnic_vport_state *vport = &saved->s.vport;
	unsigned int i, j;

	if (vport->flags & ~SVNIC_SAVE_FLAGS ||
	    vport->macs > fn->s.vport.mac_filters ||
	    vport->vids > fn->s.vport.vlan_filters)
		return false;
	for (i = 0; i < vport->macs; i++) {
		if (!svnic_vport_filter_ok(saved->macs + 6 * i))
			return false;
		for (j = 0; j < i; j++)
			if (!memcmp(saved->macs + 6 * i, saved->macs + 6 * j,
				    6))
				return false;
	}
	/* Of a class the VLAN id is 1..4094. */
	for (i = 0; i < SVNIC_VLAN_CLASSES; i += 0x1000)
		if (vport->vlans[i / 32] & 1 ||
		    vport->vlans[(i + 0xfff) / 32] & 1u << 31)
			return false;
	return true;
}

static void svnic_load_filters(struct svnic_core *core, struct svnic_fn *fn,
			       const struct svnic_saved *saved)
{
	const struct svnic_vport_state *from = &saved->s.vport;
	struct svnic_vport_state *to = &fn->s.vport;
	unsigned int i;

	svnic_vport_set_flags(core, fn, to->flags | from->flags);
	for (i = 0; i < from->macs; i++)
		svnic_fdb_add(core, fn, saved->macs + 6 * i, SVNIC_FDB_FILTER);
	to->macs = from->macs;
	memcpy(to->vlans, from->vlans, sizeof(to->vlans));
	to->vids = from->vids;
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
	/* Another PF has not seen it. */
	to->mbx_given = false;
	to->queue_errors = s->queue_errors;
	to->queue_error_pf = s->queue_error_pf;
	memcpy(to->queue_error, s->queue_error, sizeof(to->queue_error));
	to->rss_ctrl = s->rss_ctrl;
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
 * VF @fn, which is not ENABLED, gets a state. With an error nothing has changed.
 */
enum svnic_error svnic_load(struct svnic_core *core, struct svnic_fn *fn,
			    const void *data, size_t len)
{
	struct svnic_xfer x = { .data = (void *)data, .end = len,
				.load = true };
	uint64_t now = core->ops.now(core->host);
	struct svnic_saved saved;
	unsigned int i;

	if (fn->s.enabled)
		return SVNIC_ERR_NOT_READY;
	memset(&saved, 0, sizeof(saved));
	if (!svnic_xfer_list(fn, &x, &saved) || x.at != len ||
	    !svnic_save_fn_ok(core, fn, &saved.s) ||
	    !svnic_save_pairs_ok(fn, &saved) ||
	    !svnic_save_filters_ok(fn, &saved))
		return SVNIC_ERR_PARAM;

	svnic_fn_forget(core, fn);
	svnic_load_fn(fn, &saved.s);
	svnic_load_filters(core, fn, &saved);
	for (i = 0; i < saved.pairs; i++)
		svnic_load_pair(core, fn, &saved, i);
	for (i = 0; i < saved.vectors; i++)
		svnic_load_vec(core, &fn->vec[i], &saved.vec[i], now);
	if (fn->s.mbx_busy)
		svnic_event_tell_pf(core, fn, SVNIC_TOLD_REQUEST);
	if (fn->s.queue_error_pf)
		svnic_event_tell_pf(core, fn, SVNIC_TOLD_ERROR);
	svnic_core_work(core, fn, SVNIC_WORK_EVENTS | SVNIC_WORK_COMMANDS);
	return SVNIC_ERR_NONE;
}
