// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: which saved states of a VF are valid: those that it can be
 * in. A state may come from anywhere.
 */
#include "svnic_core_event.h"
#include "svnic_core_flow.h"
#include "svnic_core_packet.h"
#include "svnic_core_path.h"
#include "svnic_core_priv.h"
#include "svnic_core_save.h"

/* Maximum number of segments of a frame, and of bytes that it counts */
#define SVNIC_SAVE_SEGS		(SVNIC_TSO_MAX / SVNIC_TSO_MSS_MIN)
#define SVNIC_SAVE_COUNTED	(SVNIC_SAVE_SEGS * \
				 (SVNIC_FRAME_MAX + SVNIC_HEADROOM))

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
 * A function that is not ENABLED has no work, no flow rules and no contexts,
 * and makes no decisions. Its news are kept, and doorbells that were not looked
 * at yet will be ignored.
 */
static bool svnic_save_quiet(const struct svnic_saved *saved)
{
	const struct svnic_fn_state *s = &saved->s;
	const struct svnic_saved_vec *vec;
	unsigned int i;

	if (s->evq_size || s->cmd_size || s->mbx_busy || saved->ctxs ||
	    saved->rules)
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
	    s->rx_ctrl & ~SVNIC_RX_CTRL_MASK || !svnic_rss_bits_ok(&s->rss))
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

/* Section 5.8: rules and contexts, in ascending order of their numbers */
static bool svnic_save_flow_ok(const struct svnic_fn *fn,
			       const struct svnic_saved *saved)
{
	const struct svnic_saved_rule *rule;
	const struct svnic_saved_ctx *ctx;
	unsigned int i, before;

	for (i = 0, before = 0; i < saved->ctxs; i++, before = ctx->context) {
		ctx = &saved->ctx[i];
		if (ctx->context <= before ||
		    ctx->context > fn->s.vport.rss_contexts ||
		    !svnic_rss_state_ok(fn, &ctx->s))
			return false;
	}
	for (i = 0, before = 0; i < saved->rules; i++) {
		rule = &saved->rule[i];
		if (rule->index < before ||
		    rule->index >= fn->s.vport.flow_rules ||
		    svnic_flow_check(fn, &rule->rule))
			return false;
		before = rule->index + 1;
	}
	return saved->s.accept & SVNIC_F_FLOW || !(saved->ctxs + saved->rules);
}

/* True if the state is valid for VF @fn. */
bool svnic_save_ok(const struct svnic_core *core, const struct svnic_fn *fn,
		   const struct svnic_saved *saved)
{
	unsigned int i;

	if (!svnic_save_fn_ok(core, fn, &saved->s) ||
	    !svnic_save_errors_ok(saved) || !svnic_save_flow_ok(fn, saved))
		return false;
	for (i = 0; i < saved->pairs; i++)
		if (!svnic_save_pair_ok(fn, saved, i))
			return false;
	for (i = 0; i < saved->vectors; i++)
		if (!svnic_save_vec_ok(saved, i))
			return false;
	return saved->s.enabled || svnic_save_quiet(saved);
}
