// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: interrupts and their moderation (section 7). A vector with
 * news is in a heap, ordered by the time when a decision is due. Without
 * moderation this is the end of the round.
 */
#include "svnic_core_priv.h"

static void svnic_heap_place(struct svnic_core *core, uint32_t at,
			     struct svnic_vec *vec)
{
	core->heap[at] = vec;
	vec->heap = at;
}

static void svnic_heap_up(struct svnic_core *core, struct svnic_vec *vec)
{
	uint32_t at = vec->heap, up;

	for (; at; at = up) {
		up = (at - 1) / 2;
		if (core->heap[up]->deadline <= vec->deadline)
			break;
		svnic_heap_place(core, at, core->heap[up]);
	}
	svnic_heap_place(core, at, vec);
}

static void svnic_heap_down(struct svnic_core *core, struct svnic_vec *vec)
{
	uint32_t at = vec->heap, down;

	for (;; at = down) {
		down = at * 2 + 1;
		if (down >= core->heap_n)
			break;
		if (down + 1 < core->heap_n &&
		    core->heap[down + 1]->deadline < core->heap[down]->deadline)
			down++;
		if (vec->deadline <= core->heap[down]->deadline)
			break;
		svnic_heap_place(core, at, core->heap[down]);
	}
	svnic_heap_place(core, at, vec);
}

static void svnic_heap_remove(struct svnic_core *core, struct svnic_vec *vec)
{
	struct svnic_vec *last;
	uint32_t at = vec->heap;

	if (at == SVNIC_NONE)
		return;
	vec->heap = SVNIC_NONE;
	last = core->heap[--core->heap_n];
	if (last == vec)
		return;
	svnic_heap_place(core, at, last);
	svnic_heap_up(core, last);
	svnic_heap_down(core, last);
}

/*
 * Section 7: the time when a decision about new news of @half for @vec is due;
 * 0: at the end of this round.
 */
static uint64_t svnic_irq_due(const struct svnic_core *core,
			      const struct svnic_vec *vec, enum svnic_half half)
{
	const struct svnic_fn *fn = &core->fn[vec->fn];
	uint32_t moderation = 0, usecs, frames;
	uint64_t due;

	if (svnic_fn_has(fn, SVNIC_F_MODERATION))
		moderation = fn->s.moderation[half][vec->index];
	usecs = moderation & SVNIC_MODERATION_USECS_MASK;
	if (usecs > SVNIC_MODERATION_MAX)
		usecs = SVNIC_MODERATION_MAX;
	frames = moderation >> SVNIC_MODERATION_FRAMES_SHIFT;

	if (!usecs || (frames && vec->frames[half] >= frames))
		return 0;
	due = (half == SVNIC_TX ? core->now : vec->decided) + usecs * 1000ULL;
	return due > core->now ? due : 0;
}

/* @half has news for @vec: makes sure that a decision is made in time. */
static void svnic_irq_arm(struct svnic_core *core, struct svnic_vec *vec,
			  enum svnic_half half)
{
	uint64_t due = svnic_irq_due(core, vec, half);

	if (vec->heap == SVNIC_NONE)
		vec->heap = core->heap_n++;
	else if (due >= vec->deadline)
		return;
	vec->deadline = due;
	svnic_heap_up(core, vec);
}

/*
 * @half of @qp has completed @frames frames, and has written the completions or
 * tx_cons.
 */
void svnic_irq_queue(struct svnic_core *core, struct svnic_qp *qp,
		     enum svnic_half half, uint32_t frames)
{
	struct svnic_vec *vec;

	if (qp->s.vector == SVNIC_VECTOR_NONE)
		return;
	vec = &qp->fn->vec[qp->s.vector];
	vec->queues |= 1u << qp->index;
	vec->frames[half] += frames;
	svnic_irq_arm(core, vec, half);
}

/*
 * Section 4.6: an event index from a doorbell. If it was passed already, a
 * decision is made as if that had just happened.
 */
void svnic_irq_event_idx(struct svnic_core *core, struct svnic_qp *qp,
			 enum svnic_half half)
{
	uint32_t *decided = half ? &qp->s.rx_decided : &qp->s.tx_decided;
	uint32_t *event = half ? &qp->s.rx_event : &qp->s.tx_event;
	uint32_t cons = half ? qp->s.rx_cons : qp->s.tx_cons;

	if (!qp->s.active[half] || !svnic_fn_has(qp->fn, SVNIC_F_DB_ARM))
		return;
	*event = atomic_load_explicit(&qp->fn->db[qp->index].arm[half],
				      memory_order_relaxed);
	if (cons == *event || cons - *event >= 1u << 31)
		return;
	*decided = *event;
	svnic_irq_queue(core, qp, half, 0);
}

/* A decision about @vec is due in @left ns; 0: at the end of the round. */
void svnic_irq_resume(struct svnic_core *core, struct svnic_vec *vec,
		      uint64_t left)
{
	if (left)
		left += core->ops.now(core->host);
	vec->heap = core->heap_n++;
	vec->deadline = left;
	svnic_heap_up(core, vec);
}

/* A message for the event ring of @fn is due. */
void svnic_irq_events(struct svnic_core *core, struct svnic_fn *fn)
{
	fn->vec[0].events = true;
	svnic_irq_arm(core, &fn->vec[0], SVNIC_RX);
}

/* Section 7: the function sends no MSI-X any more, also not pending ones. */
void svnic_irq_cancel(struct svnic_core *core, struct svnic_fn *fn)
{
	struct svnic_vec *vec;
	unsigned int i;

	for (i = 0; i < fn->max_vectors; i++) {
		vec = &fn->vec[i];
		svnic_heap_remove(core, vec);
		vec->queues = 0;
		memset(vec->frames, 0, sizeof(vec->frames));
		vec->decided = 0;
		vec->events = false;
	}
	core->ops.irq_clear(core->host, fn->id, 0);
}

/*
 * Section 4.5, E4 and E5: true if an index has passed the driver's event index
 * since the last decision. @fresh: moderation has not delayed the decision.
 *
 * The event indices are not always read here: svnic_tx_sleep() or
 * svnic_rx_room() may have read them. event_valid says that there was no write
 * of completions or of tx_cons (E2) after this read (E4). Then E2 is before E4
 * in the order of memory, for everything that is decided about here, and no
 * interrupt is lost:
 *
 * - The read saw the event index that the driver wrote last (F4). Then the
 *   decision is the same as with a read now.
 * - The read did not see it. Then E4 was before F4, and so E2 before F6, since
 *   E3 and F5 keep the order on both sides. In F6 the driver sees everything
 *   that was completed, and does not wait for an interrupt about it.
 *
 * This holds however long ago the read was. But in the second case, the old
 * index can cause a message that the driver does not need, as it has consumed
 * the completions since. This is likely if moderation has delayed the decision,
 * so the indices are read again then.
 */
static bool svnic_irq_decide(struct svnic_core *core, struct svnic_qp *qp,
			     bool fresh)
{
	bool arm = svnic_fn_has(qp->fn, SVNIC_F_DB_ARM);
	bool always = !arm && !svnic_fn_has(qp->fn, SVNIC_F_EVENT_IDX);
	bool fire = false;

	if (!qp->s.active[SVNIC_TX] && !qp->s.active[SVNIC_RX])
		return false;
	if (!always && !arm && !(fresh && qp->event_valid) &&
	    !svnic_qp_read_state(core, qp))
		return false;

	if (qp->s.active[SVNIC_TX] && qp->s.tx_cons != qp->s.tx_decided) {
		fire |= always || svnic_passes(qp->s.tx_event, qp->s.tx_decided,
					       qp->s.tx_cons);
		qp->s.tx_decided = qp->s.tx_cons;
	}
	/* Decisions are made when all completions up to rx_cons are written. */
	if (qp->s.active[SVNIC_RX] && qp->s.rx_cons != qp->s.rx_decided) {
		fire |= always || svnic_passes(qp->s.rx_event, qp->s.rx_decided,
					       qp->s.rx_cons);
		qp->s.rx_decided = qp->s.rx_cons;
	}
	return fire;
}

static void svnic_irq_fire(struct svnic_core *core, struct svnic_vec *vec)
{
	struct svnic_fn *fn = &core->fn[vec->fn];
	uint32_t queues = vec->queues;
	bool fire = vec->events;

	vec->events = false;
	vec->queues = 0;
	vec->frames[SVNIC_RX] = 0;
	vec->decided = core->now;
	for (; queues; queues &= queues - 1)
		fire |= svnic_irq_decide(core,
					 &fn->qp[__builtin_ctz(queues)],
					 !vec->deadline);
	if (!fire)
		return;
	vec->frames[SVNIC_TX] = 0;
	/* Section 7: a vector that is not granted is not signalled. */
	if (vec->index >= fn->s.vport.vectors)
		return;
	fn->s.stats.interrupts++;
	core->ops.irq(core->host, fn->id, vec->index);
}

/* Decides about all vectors whose deadline has passed. */
void svnic_irq_expire(struct svnic_core *core)
{
	struct svnic_vec *vec;

	while (core->heap_n && core->heap[0]->deadline <= core->now) {
		vec = core->heap[0];
		svnic_heap_remove(core, vec);
		svnic_irq_fire(core, vec);
	}
}

uint64_t svnic_irq_next(const struct svnic_core *core)
{
	return core->heap_n ? core->heap[0]->deadline : UINT64_MAX;
}
