// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: queue pairs: start, stop, failure, producer indices
 * (section 4).
 */
#include "svnic_core_dma.h"
#include "svnic_core_event.h"
#include "svnic_core_priv.h"

static bool svnic_qp_size_ok(uint32_t size)
{
	return svnic_pow2(size) && size >= 1u << SVNIC_RING_MIN_LOG2 &&
	       size <= 1u << SVNIC_RING_MAX_LOG2;
}

/*
 * Section 4.1: checks if @half of pair @index may run with the configuration of
 * @s and these features.
 */
enum svnic_error svnic_qp_config(const struct svnic_fn *fn, uint64_t features,
				 unsigned int index,
				 const struct svnic_qp_state *s,
				 enum svnic_half half)
{
	const struct svnic_vport_state *vport = &fn->s.vport;

	if (index >= vport->queues)
		return SVNIC_ERR_GRANT;
	if (s->vector != SVNIC_VECTOR_NONE && s->vector >= vport->vectors)
		return SVNIC_ERR_GRANT;
	if (s->state_base % sizeof(struct svnic_queue_state))
		return SVNIC_ERR_CONFIG;
	if (half == SVNIC_TX)
		return svnic_qp_size_ok(s->tx_size) && !(s->tx_base % 64) ?
		       SVNIC_ERR_NONE : SVNIC_ERR_CONFIG;
	if (!svnic_qp_size_ok(s->rx_size) || s->rx_base % 64 ||
	    s->cmpl_base % 64 || s->buf_size < SVNIC_BUF_MIN ||
	    s->buf_size > SVNIC_BUF_MAX || s->buf_size % SVNIC_BUF_UNIT)
		return SVNIC_ERR_CONFIG;
	if (features & SVNIC_F_RX_CMPL32 && s->rx_fmt > SVNIC_RX_FMT_CMPL32)
		return SVNIC_ERR_CONFIG;
	return SVNIC_ERR_NONE;
}

/*
 * Section 5.5: sets the format of completions for as long as the receive half
 * runs. A VF does not get the source of frames, since it must not learn which
 * vports its neighbours are.
 */
void svnic_qp_format(struct svnic_qp *qp)
{
	bool wide = svnic_fn_has(qp->fn, SVNIC_F_RX_CMPL32) &&
		    qp->s.rx_fmt == SVNIC_RX_FMT_CMPL32;

	qp->cmpl_size = wide ? sizeof(struct svnic_rx_cmpl32) :
			       sizeof(struct svnic_rx_cmpl);
	qp->cmpl_source = wide && !qp->fn->id;
}

static void svnic_qp_start(struct svnic_qp *qp, enum svnic_half half)
{
	uint64_t bit = 1ULL << (qp->index + 32 * half);
	struct svnic_qp_state *s = &qp->s;
	uint32_t start = half ? s->rx_start : s->tx_start;

	if (!qp->fn->s.enabled || !qp->fn->s.ready)
		s->error[half] = SVNIC_ERR_NOT_READY;
	else
		s->error[half] = svnic_qp_config(qp->fn, qp->fn->s.features,
						 qp->index, s, half);
	if (s->error[half])
		return;

	/* Ignore doorbells of the ring that ran before. */
	atomic_store(&qp->fn->db[qp->index].index[half], start);
	atomic_fetch_and(&qp->fn->rung, ~bit);
	atomic_fetch_and(&qp->fn->armed, ~bit);
	if (half == SVNIC_TX) {
		s->tx_event = start;
		s->tx_prod = start;
		s->tx_cons = start;
		svnic_qp_next_frame(qp);
		s->tx_decided = start;
	} else {
		s->rx_event = start;
		s->rx_prod = start;
		s->rx_cons = start;
		s->rx_decided = start;
		/* rx_kick is the start index, so the first posting rings. */
		s->rx_starved = true;
		svnic_qp_format(qp);
		qp->post_n = 0;
		qp->cmpl_n = 0;
		qp->frames = 0;
	}
	qp->event_valid = false;
	s->active[half] = true;
}

/* On return the half does no DMA any more. */
static void svnic_qp_stop(struct svnic_qp *qp, enum svnic_half half)
{
	struct svnic_qp_state *s = &qp->s;

	s->active[half] = false;
	if (half == SVNIC_TX) {
		svnic_sched_forget(qp);
	} else {
		qp->post_n = 0;
		qp->cmpl_n = 0;
		qp->frames = 0;
	}
	/* The pair may use another vector when it starts again. */
	if (!s->active[SVNIC_TX] && !s->active[SVNIC_RX] &&
	    s->vector < qp->fn->max_vectors)
		qp->fn->vec[s->vector].queues &= ~(1u << qp->index);
}

/* Section 12: an error stops only this half. */
void svnic_qp_fail(struct svnic_core *core, struct svnic_qp *qp,
		   enum svnic_half half, enum svnic_error error)
{
	if (!qp->s.active[half])
		return;
	svnic_qp_stop(qp, half);
	qp->s.error[half] = error;
	svnic_news_queue_error(core, qp, half, error);
}

/* SVNIC_QCFG_CTRL */
void svnic_qp_ctrl(struct svnic_qp *qp, uint32_t ctrl)
{
	enum svnic_half half;

	for (half = SVNIC_TX; half <= SVNIC_RX; half++) {
		if (!(ctrl & (half ? SVNIC_QCTRL_RX : SVNIC_QCTRL_TX))) {
			svnic_qp_stop(qp, half);
			qp->s.error[half] = SVNIC_ERR_NONE;
		} else if (!qp->s.active[half] && !qp->s.error[half]) {
			svnic_qp_start(qp, half);
		}
	}
}

/*
 * Section 4.3: a producer index from a doorbell or from memory. One from a
 * doorbell may be older than one already read from memory: an index that is
 * not ahead is ignored.
 */
static bool svnic_qp_advance(struct svnic_core *core, struct svnic_qp *qp,
			     enum svnic_half half, uint32_t prod)
{
	uint32_t *seen = half ? &qp->s.rx_prod : &qp->s.tx_prod;
	uint32_t cons = half ? qp->s.rx_cons : qp->s.tx_cons;
	uint32_t size = half ? qp->s.rx_size : qp->s.tx_size;

	if (*seen - prod < 1u << 31)
		return false;
	if (prod - cons > size) {
		svnic_qp_fail(core, qp, half, SVNIC_ERR_INDEX);
		return false;
	}
	*seen = prod;
	/* rx_prod has passed rx_kick, which asks for no doorbell any more. */
	if (half == SVNIC_RX)
		qp->s.rx_starved = false;
	return true;
}

void svnic_qp_rung(struct svnic_core *core, struct svnic_qp *qp,
		   enum svnic_half half)
{
	uint32_t prod;

	if (!qp->s.active[half])
		return;
	prod = atomic_load_explicit(&qp->fn->db[qp->index].index[half],
				    memory_order_relaxed);
	if (svnic_qp_advance(core, qp, half, prod) && half == SVNIC_TX)
		svnic_sched_ready(core, qp);
}

/*
 * Section 4.4: reads the driver's part of the state block at once: both
 * producer indices and both event indices. Only with SVNIC_F_EVENT_IDX.
 */
bool svnic_qp_read_state(struct svnic_core *core, struct svnic_qp *qp)
{
	__le32 part[4];

	if (svnic_dma_read(core, qp->fn, qp->s.state_base, part,
			   sizeof(part))) {
		svnic_qp_fail(core, qp, SVNIC_TX, SVNIC_ERR_DMA);
		svnic_qp_fail(core, qp, SVNIC_RX, SVNIC_ERR_DMA);
		return false;
	}
	if (!svnic_fn_has(qp->fn, SVNIC_F_DB_ARM)) {
		qp->s.tx_event = svnic_le32(part[2]);
		qp->s.rx_event = svnic_le32(part[3]);
	}
	qp->event_valid = true;
	if (qp->s.active[SVNIC_TX] &&
	    svnic_qp_advance(core, qp, SVNIC_TX, svnic_le32(part[0])))
		svnic_sched_ready(core, qp);
	if (qp->s.active[SVNIC_RX])
		svnic_qp_advance(core, qp, SVNIC_RX, svnic_le32(part[1]));
	return true;
}
