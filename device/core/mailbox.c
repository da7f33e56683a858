// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: mailbox, transport only (section 8.1). One request of a VF
 * is in flight at a time. The device tells the PF which VF has sent it, not the
 * VF.
 */
#include "svnic_core_dma.h"
#include "svnic_core_event.h"
#include "svnic_core_priv.h"
#include "svnic_core_work.h"

#define SVNIC_MBX_MSG_MIN	16

/* SVNIC_REG_MBX_RING_HI */
void svnic_mbx_start(struct svnic_core *core)
{
	struct svnic_fn *pf = &core->fn[0];

	if (!svnic_fn_has(pf, SVNIC_F_ADMIN)) {
		pf->s.error = SVNIC_ERR_NOT_READY;
		return;
	}
	if (core->pf.mbx_ring % SVNIC_MBX_MSG_MAX) {
		pf->s.error = SVNIC_ERR_CONFIG;
		return;
	}
	core->pf.mbx_on = true;
	svnic_work_add(core, pf, SVNIC_WORK_EVENTS);
}

/* SVNIC_REG_MBX_DB */
void svnic_mbx_request(struct svnic_core *core, struct svnic_fn *fn,
		       uint32_t len)
{
	if (!fn->id)
		return;
	if (!svnic_fn_has(fn, SVNIC_F_MAILBOX) || fn->s.mbx_busy ||
	    len < SVNIC_MBX_MSG_MIN || len > SVNIC_MBX_MSG_MAX) {
		fn->s.stats.mbx_dropped++;
		return;
	}
	if (fn->s.mbx_base % SVNIC_MBX_MSG_MAX) {
		fn->s.error = SVNIC_ERR_CONFIG;
		fn->s.stats.mbx_dropped++;
		return;
	}
	fn->s.stats.mbx_requests++;
	fn->s.mbx_busy = true;
	fn->s.mbx_given = false;
	fn->s.mbx_len = len;
	svnic_news_tell_pf(core, fn, SVNIC_TOLD_REQUEST);
}

/* No request is in flight any more. */
void svnic_mbx_cancel(struct svnic_core *core, struct svnic_fn *fn)
{
	fn->s.mbx_busy = false;
	fn->s.mbx_given = false;
	svnic_set_del(&core->pf.requests, fn->id);
}

/*
 * Copies the request of @fn to its slot in the PF's memory. Returns false if a
 * DMA error has cancelled the request, or has stopped the PF's mailbox ring. In
 * the second case the request waits for the PF.
 */
bool svnic_mbx_deliver(struct svnic_core *core, struct svnic_fn *fn)
{
	struct svnic_fn *pf = &core->fn[0];
	uint8_t msg[SVNIC_MBX_MSG_MAX];
	uint64_t slot;

	slot = core->pf.mbx_ring + (fn->id - 1ULL) * SVNIC_MBX_MSG_MAX;
	if (svnic_dma_read(core, fn, fn->s.mbx_base, msg, fn->s.mbx_len)) {
		svnic_mbx_cancel(core, fn);
		fn->s.error = SVNIC_ERR_DMA;
		return false;
	}
	if (svnic_dma_write(core, pf, slot, msg, fn->s.mbx_len)) {
		pf->s.error = SVNIC_ERR_DMA;
		core->pf.mbx_on = false;
		return false;
	}
	fn->s.mbx_given = true;
	fn->s.mbx_seq++;
	return true;
}

/*
 * SVNIC_ADMIN_MBX_REPLY. If the VF's buffer cannot be written, this is an error
 * of the VF and not of the command.
 */
enum svnic_error svnic_mbx_reply(struct svnic_core *core, struct svnic_fn *fn,
				 uint32_t seq, const void *msg, uint32_t len)
{
	if (seq != fn->s.mbx_seq)
		return SVNIC_ERR_STALE;
	svnic_news_answered(core, fn, SVNIC_TOLD_REQUEST);
	if (!fn->s.mbx_busy || !fn->s.mbx_given)
		return SVNIC_ERR_STALE;
	svnic_mbx_cancel(core, fn);
	if (svnic_dma_write(core, fn, fn->s.mbx_base + SVNIC_MBX_REPLY_OFFSET,
			    msg, len)) {
		fn->s.error = SVNIC_ERR_DMA;
		return SVNIC_ERR_NONE;
	}
	fn->s.mbx_reply_len = len;
	svnic_news_pend(core, fn, SVNIC_PEND_MBX_REPLY);
	return SVNIC_ERR_NONE;
}
