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
#include "svnic_core_flow.h"
#include "svnic_core_packet.h"
#include "svnic_core_path.h"
#include "svnic_core_priv.h"
#include "svnic_core_save.h"
#include "svnic_core_work.h"

/* Types of entries */
enum svnic_save_type {
	SVNIC_SAVE_FN		= 1,	/* registers, rings, news */
	SVNIC_SAVE_STATS,
	SVNIC_SAVE_RSS,
	SVNIC_SAVE_VECTORS,
	SVNIC_SAVE_PAIR,
	SVNIC_SAVE_FLOW,	/* flow rules, RSS contexts */
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

static void svnic_xfer_rss(struct svnic_xfer *x, struct svnic_rss_state *rss)
{
	svnic_xfer32(x, &rss->ctrl);
	svnic_xfer32(x, &rss->fields_ipv4);
	svnic_xfer32(x, &rss->fields_ipv6);
	svnic_xfer(x, rss->key, sizeof(rss->key));
	svnic_xfer(x, rss->table, sizeof(rss->table));
}

/* The arrays have space for the VF's grant. */
static void svnic_xfer_flow(struct svnic_xfer *x, const struct svnic_fn *fn,
			    struct svnic_saved *saved)
{
	unsigned int i;

	svnic_xfer16(x, &saved->ctxs);
	svnic_xfer16(x, &saved->rules);
	if (saved->ctxs > fn->s.vport.rss_contexts ||
	    saved->rules > fn->s.vport.flow_rules) {
		x->bad = true;
		return;
	}
	for (i = 0; i < saved->ctxs; i++) {
		svnic_xfer16(x, &saved->ctx[i].context);
		svnic_xfer_rss(x, &saved->ctx[i].s);
	}
	for (i = 0; i < saved->rules; i++) {
		svnic_xfer16(x, &saved->rule[i].index);
		svnic_xfer(x, &saved->rule[i].rule,
			   sizeof(saved->rule[i].rule));
	}
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
static void svnic_xfer_body(struct svnic_xfer *x, const struct svnic_fn *fn,
			    struct svnic_saved *saved,
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
		svnic_xfer_rss(x, &saved->s.rss);
		break;
	case SVNIC_SAVE_FLOW:
		svnic_xfer_flow(x, fn, saved);
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
static void svnic_xfer_entry(struct svnic_xfer *x, const struct svnic_fn *fn,
			     struct svnic_saved *saved,
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
	svnic_xfer_body(x, fn, saved, type, index);
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
	/* The order of the entries; then one for each pair */
	static const enum svnic_save_type order[] = {
		SVNIC_SAVE_FN, SVNIC_SAVE_STATS, SVNIC_SAVE_RSS,
		SVNIC_SAVE_FLOW, SVNIC_SAVE_VECTORS,
	};
	unsigned int i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		svnic_xfer_entry(x, fn, saved, order[i], 0);
		if (x->bad || saved->pairs > fn->max_queues ||
		    saved->vectors > fn->max_vectors)
			return false;
	}
	for (i = 0; i < saved->pairs; i++)
		svnic_xfer_entry(x, fn, saved, SVNIC_SAVE_PAIR, i);
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

static void svnic_saved_free(struct svnic_saved *saved)
{
	free(saved->rule);
	free(saved->ctx);
	free(saved);
}

static struct svnic_saved *svnic_saved_new(const struct svnic_fn *fn)
{
	struct svnic_saved *saved = calloc(1, sizeof(*saved));

	if (!saved)
		return NULL;
	saved->ctx = calloc(fn->s.vport.rss_contexts + 1, sizeof(*saved->ctx));
	saved->rule = calloc(fn->s.vport.flow_rules + 1, sizeof(*saved->rule));
	if (saved->ctx && saved->rule)
		return saved;
	svnic_saved_free(saved);
	return NULL;
}

static void svnic_save_flow(const struct svnic_fn *fn,
			    struct svnic_saved *saved)
{
	const struct svnic_flow_rule *rule;
	const struct svnic_rss_ctx *ctx;
	struct svnic_saved_rule *to;
	uint32_t i;

	for (i = 1; i <= fn->s.vport.rss_contexts; i++) {
		ctx = svnic_flow_ctx(fn->flow, i);
		if (!ctx)
			continue;
		saved->ctx[saved->ctxs].context = i;
		saved->ctx[saved->ctxs++].s = ctx->s;
	}
	for (i = 0; i < fn->s.vport.flow_rules; i++) {
		rule = svnic_flow_get(fn->flow, i);
		if (!rule)
			continue;
		to = &saved->rule[saved->rules++];
		to->index = i;
		to->rule = *rule;
	}
}

/* Makes *@flow of the rules and contexts; NULL if there are none. */
static enum svnic_error svnic_load_flow(const struct svnic_core *core,
					const struct svnic_saved *saved,
					struct svnic_flow **flow)
{
	enum svnic_error error = SVNIC_ERR_NONE;
	unsigned int i;

	*flow = NULL;
	if (!saved->ctxs && !saved->rules)
		return error;
	*flow = svnic_flow_new(core->ops.now(core->host));
	if (!*flow)
		return SVNIC_ERR_NO_SPACE;
	for (i = 0; !error && i < saved->ctxs; i++)
		error = svnic_flow_set_ctx(*flow, saved->ctx[i].context,
					   &saved->ctx[i].s);
	for (i = 0; !error && i < saved->rules; i++)
		error = svnic_flow_set(*flow, saved->rule[i].index,
				       &saved->rule[i].rule);
	if (!error)
		return error;
	svnic_flow_free(*flow);
	/* A rule may name a context that is not there. */
	return error == SVNIC_ERR_NOT_FOUND ? SVNIC_ERR_PARAM : error;
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

	saved = svnic_saved_new(fn);
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

	svnic_save_flow(fn, saved);

	ok = svnic_xfer_list(fn, &x, saved);
	svnic_saved_free(saved);
	return ok ? x.at : 0;
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
	to->rss = s->rss;
	memcpy(to->moderation, s->moderation, sizeof(to->moderation));
	to->stats = s->stats;
	to->stats.doorbells = 0;
	atomic_store(&fn->doorbells, s->stats.doorbells);
	fn->rss_lut.made = false;
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
	struct svnic_flow *flow;
	unsigned int i;

	if (fn->s.enabled || !fn->s.ready)
		return SVNIC_ERR_NOT_READY;
	saved = svnic_saved_new(fn);
	if (!saved)
		return SVNIC_ERR_NO_SPACE;
	if (!svnic_xfer_list(fn, &x, saved) || x.at != len ||
	    !svnic_save_ok(core, fn, saved)) {
		error = SVNIC_ERR_PARAM;
		goto out;
	}
	error = svnic_load_flow(core, saved, &flow);
	if (error)
		goto out;

	svnic_fn_clear(core, fn);
	fn->flow = flow;
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
	svnic_saved_free(saved);
	return error;
}
