// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: news (section 6): what is to be reported by an event. News
 * of a function are kept as state and not as a list. They become an event when
 * the event ring has room (event.c). So nothing is lost if a driver is slow to
 * consume its events.
 */
#include "svnic_core_event.h"
#include "svnic_core_priv.h"
#include "svnic_core_work.h"

/*
 * There is news about VF @fn for the PF, of kind @what. Nothing more of this
 * kind is reported before the PF has answered the last report.
 */
void svnic_news_tell_pf(struct svnic_core *core, struct svnic_fn *fn,
			uint8_t what)
{
	struct svnic_pf_state *pf = &core->pf;

	if (fn->s.told & what)
		return;
	svnic_set_add(what == SVNIC_TOLD_RESET ? &pf->resets :
		      what == SVNIC_TOLD_REQUEST ? &pf->requests :
		      &pf->queue_errors, fn->id);
	svnic_work_add(core, &core->fn[0], SVNIC_WORK_EVENTS);
}

/* The PF has answered; report what has happened since its last report. */
void svnic_news_answered(struct svnic_core *core, struct svnic_fn *fn,
			 uint8_t what)
{
	fn->s.told &= ~what;
	if (what & SVNIC_TOLD_RESET && fn->s.reset_open &&
	    fn->s.reset_told != fn->s.reset_seq)
		svnic_news_tell_pf(core, fn, SVNIC_TOLD_RESET);
	if (what & SVNIC_TOLD_REQUEST && fn->s.mbx_busy && !fn->s.mbx_given)
		svnic_news_tell_pf(core, fn, SVNIC_TOLD_REQUEST);
	if (what & SVNIC_TOLD_ERROR && fn->s.queue_error_pf)
		svnic_news_tell_pf(core, fn, SVNIC_TOLD_ERROR);
}

/* Section 11.5: report everything again that the PF has not answered. */
void svnic_news_reopen(struct svnic_core *core)
{
	unsigned int id;

	for (id = 1; svnic_fn_exists(core, id); id++) {
		core->fn[id].s.told = 0;
		if (core->fn[id].s.reset_open)
			svnic_set_add(&core->pf.resets, id);
		if (core->fn[id].s.mbx_busy)
			svnic_set_add(&core->pf.requests, id);
		if (core->fn[id].s.queue_error_pf)
			svnic_set_add(&core->pf.queue_errors, id);
	}
}

/*
 * A function that is not ENABLED gets no event. Its driver reads the state when
 * it starts.
 */
void svnic_news_pend(struct svnic_core *core, struct svnic_fn *fn,
		     uint32_t pending)
{
	if (!fn->s.enabled)
		return;
	fn->s.pending |= pending;
	svnic_work_add(core, fn, SVNIC_WORK_EVENTS);
}

/* Section 8.3: @bits are SVNIC_NOTIFY_*. */
void svnic_news_notify(struct svnic_core *core, struct svnic_fn *fn,
		       uint32_t bits)
{
	if (fn->s.enabled)
		fn->s.notify |= bits;
	svnic_news_pend(core, fn, SVNIC_PEND_NOTIFY);
}

/* Event data of a queue error */
uint32_t svnic_news_error_data(unsigned int pair, enum svnic_half half,
			       enum svnic_error error)
{
	return pair | (half ? SVNIC_QUEUE_ERROR_RX : 0) |
	       (uint32_t)error << SVNIC_QUEUE_ERROR_CODE_SHIFT;
}

void svnic_news_queue_error(struct svnic_core *core, struct svnic_qp *qp,
			    enum svnic_half half, enum svnic_error error)
{
	struct svnic_fn *fn = qp->fn;

	fn->s.queue_error[half][qp->index] = error;
	fn->s.queue_errors |= 1ULL << (qp->index + 32 * half);
	svnic_work_add(core, fn, SVNIC_WORK_EVENTS);

	/* The PF has stopped the queue itself. */
	if (error == SVNIC_ERR_STOPPED)
		return;
	svnic_log(core, "function %u: queue %u %s: error %u", fn->id,
		  qp->index, half ? "rx" : "tx", error);
	if (!fn->id)
		return;
	fn->s.queue_error_pf = svnic_news_error_data(qp->index, half, error);
	svnic_news_tell_pf(core, fn, SVNIC_TOLD_ERROR);
}
