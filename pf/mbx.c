// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: mailbox service (spec 10.6). Events of VFs are only recorded. A work
 * item handles them, at most one request of each VF per round, so that no VF
 * can delay the others for long. A VF that exceeds its budget is served later.
 * Nothing accumulates: a VF has only one request in flight, and the device
 * sends no further event of a kind before the last one was handled.
 */
#include <linux/dma-mapping.h>

#include "svnic.h"

/* A request or a reply. */
union svnic_mbx_msg {
	struct svnic_mbx_hdr	hdr;
	u8			bytes[SVNIC_MBX_MSG_MAX];
};

static enum svnic_mbx_status svnic_mbx_status(int err)
{
	switch (err) {
	case 0:
		return SVNIC_MBX_OK;
	case -EINVAL:
		return SVNIC_MBX_ERR_PARAM;
	case -ENOSPC:
		return SVNIC_MBX_ERR_LIMIT;
	case -EADDRINUSE:
		return SVNIC_MBX_ERR_IN_USE;
	default:
		return SVNIC_MBX_ERR_DEVICE;
	}
}

/* Program the NIC as the verdict says. */
static int svnic_mbx_apply(struct svnic_vf *vf,
			   const struct svnic_verdict *verdict)
{
	struct svnic_vport *vport = &vf->vport;
	struct svnic_vport_cfg cfg;

	switch (verdict->action) {
	case SVNIC_DO_VPORT:
		if (!svnic_policy_cfg(&vf->state, &verdict->next, &cfg))
			return 0;
		return svnic_vport_set(vport, &cfg);
	case SVNIC_DO_FILTER_ADD:
		return svnic_vport_filters(vport, true, &verdict->list);
	case SVNIC_DO_FILTER_DEL:
		return svnic_vport_filters(vport, false, &verdict->list);
	default:
		return 0;
	}
}

/*
 * Decide about a request, and execute it if it is granted. @verdict is filled
 * in with the reply, @moved with whether the VF has another address now.
 */
static enum svnic_mbx_status
svnic_mbx_decide(struct svnic_vf *vf, const union svnic_mbx_msg *req,
		 size_t len, struct svnic_verdict *verdict, bool *moved)
{
	enum svnic_mbx_status status;

	*moved = false;
	mutex_lock(&vf->lock);
	svnic_policy_request(&vf->state, req, len, verdict);
	status = vf->quarantined ? SVNIC_MBX_ERR_PERM : verdict->status;
	if (status == SVNIC_MBX_OK)
		status = svnic_mbx_status(svnic_mbx_apply(vf, verdict));
	if (status == SVNIC_MBX_OK) {
		*moved = !ether_addr_equal(vf->state.mac, verdict->next.mac);
		vf->state = verdict->next;
	} else {
		svnic_vf_offence(vf, svnic_guard_judge(status), 1);
	}
	mutex_unlock(&vf->lock);
	return status;
}

/* Handle a request and fill in the reply. Returns the length of the reply. */
static size_t svnic_mbx_handle(struct svnic_vf *vf,
			       const union svnic_mbx_msg *req, size_t len,
			       union svnic_mbx_msg *reply)
{
	size_t reply_len = sizeof(reply->hdr);
	struct svnic_verdict verdict;
	enum svnic_mbx_status status;
	bool moved;

	status = svnic_mbx_decide(vf, req, len, &verdict, &moved);
	/*
	 * A trusted VF may have had another address for a while. If it returns
	 * to the administrator's, a guest may have chosen that meanwhile.
	 */
	if (moved)
		status = svnic_mbx_status(svnic_make_way_vf(vf));

	if (status == SVNIC_MBX_OK) {
		memcpy(reply->bytes + reply_len, &verdict.reply,
		       verdict.reply_len);
		reply_len += verdict.reply_len;
	} else {
		netdev_dbg(vf->vport.pf->fn->netdev,
			   "VF %u: request %u gets status %u\n",
			   vf->id, le16_to_cpu(req->hdr.opcode), status);
	}
	reply->hdr.opcode = req->hdr.opcode;
	reply->hdr.status = cpu_to_le16(status);
	reply->hdr.len = cpu_to_le16(reply_len);
	reply->hdr.cookie = req->hdr.cookie;
	return reply_len;
}

static void svnic_mbx_serve(struct svnic_vf *vf)
{
	struct svnic_pf *pf = vf->vport.pf;
	struct svnic_mbx *mbx = &pf->mbx;
	union svnic_mbx_msg reply = {};
	union svnic_mbx_msg req = {};
	bool pending;
	size_t len;
	u32 seq;
	int err;

	spin_lock_irq(&mbx->lock);
	pending = __test_and_clear_bit(vf->id, mbx->request);
	seq = mbx->event[vf->id].request_seq;
	len = mbx->event[vf->id].request_len;
	spin_unlock_irq(&mbx->lock);
	/* The VF was reset, which has dropped the request. */
	if (!pending)
		return;

	/* Use a copy, which the device cannot change. */
	memcpy(&req, mbx->ring[vf->id], min(len, sizeof(req)));
	len = svnic_mbx_handle(vf, &req, len, &reply);

	err = svnic_mbx_reply(&vf->vport, seq, &reply, len);
	/* -ESTALE: the VF was reset. -ENODEV: the PF was, and gets it again. */
	if (err && err != -ESTALE && err != -ENODEV && net_ratelimit())
		netdev_err(pf->fn->netdev, "VF %u: no reply sent, error %d\n",
			   vf->id, err);
}

static void svnic_mbx_reset(struct svnic_vf *vf)
{
	struct svnic_pf *pf = vf->vport.pf;
	struct svnic_mbx *mbx = &pf->mbx;
	struct svnic_vport_info info;
	u32 seq;
	int err;

	spin_lock_irq(&mbx->lock);
	__clear_bit(vf->id, mbx->reset);
	seq = mbx->event[vf->id].reset_seq;
	spin_unlock_irq(&mbx->lock);

	err = svnic_vf_reset(vf, seq);
	/* -ENODEV: the PF is in reset, and does this afterwards. */
	if (!err || err == -ENODEV)
		return;
	/* Without this command the device would not report the next reset. */
	svnic_vport_get(&vf->vport, &info);
	if (net_ratelimit())
		netdev_err(pf->fn->netdev,
			   "VF %u: not ready after a reset, error %d\n",
			   vf->id, err);
}

static void svnic_mbx_queue_error(struct svnic_vf *vf)
{
	struct svnic_mbx *mbx = &vf->vport.pf->mbx;
	struct svnic_vport_info info;
	u32 count;

	spin_lock_irq(&mbx->lock);
	__clear_bit(vf->id, mbx->error);
	count = mbx->event[vf->id].queue_errors;
	mbx->event[vf->id].queue_errors = 0;
	spin_unlock_irq(&mbx->lock);

	mutex_lock(&vf->lock);
	svnic_vf_offence(vf, SVNIC_OFFENCE_QUEUE, count);
	mutex_unlock(&vf->lock);
	/* Without this command the device would not report the next error. */
	svnic_vport_get(&vf->vport, &info);
}

/*
 * Charge a VF's budget with @cost. If it does not suffice, lower @wait to the
 * time until it does, and return false. The VF is locked.
 */
static bool svnic_mbx_charge(struct svnic_vf *vf, unsigned int cost, u64 *wait)
{
	bool allowed;
	u64 vf_wait;

	allowed = svnic_guard_charge(&vf->guard, cost, ktime_get_ns(),
				     &vf_wait);
	if (!allowed) {
		*wait = min(*wait, vf_wait);
		if (!vf->waits)
			vf->counters.deferred++;
	}
	vf->waits = !allowed;
	return allowed;
}

static bool svnic_mbx_request_allowed(struct svnic_vf *vf, u64 *wait)
{
	bool allowed;

	mutex_lock(&vf->lock);
	allowed = svnic_mbx_charge(vf, SVNIC_COST_REQUEST, wait);
	mutex_unlock(&vf->lock);
	return allowed;
}

/* A VF that was stopped is made ready again only after a pause. */
static bool svnic_mbx_reset_allowed(struct svnic_vf *vf, u64 *wait)
{
	bool allowed = false;
	u64 pause;

	mutex_lock(&vf->lock);
	pause = svnic_guard_pause(&vf->guard, ktime_get_ns());
	if (pause)
		*wait = min(*wait, pause);
	else
		allowed = svnic_mbx_charge(vf, SVNIC_COST_RESET, wait);
	mutex_unlock(&vf->lock);
	return allowed;
}

static void svnic_mbx_work(struct work_struct *work)
{
	struct svnic_pf *pf = container_of(to_delayed_work(work),
					   struct svnic_pf, mbx.work);
	struct svnic_mbx *mbx = &pf->mbx;
	u64 wait = U64_MAX;
	unsigned int vf_id;
	bool replay;

	spin_lock_irq(&mbx->lock);
	replay = mbx->replay;
	mbx->replay = false;
	spin_unlock_irq(&mbx->lock);
	if (replay)
		svnic_sriov_replay(pf);
	/* If a bit is set during a loop, the work is queued again. */
	for_each_set_bit(vf_id, mbx->error, pf->num_vfs)
		svnic_mbx_queue_error(&pf->vfs[vf_id]);
	for_each_set_bit(vf_id, mbx->reset, pf->num_vfs)
		if (svnic_mbx_reset_allowed(&pf->vfs[vf_id], &wait))
			svnic_mbx_reset(&pf->vfs[vf_id]);
	for_each_set_bit(vf_id, mbx->request, pf->num_vfs)
		if (svnic_mbx_request_allowed(&pf->vfs[vf_id], &wait))
			svnic_mbx_serve(&pf->vfs[vf_id]);
	if (wait != U64_MAX)
		queue_delayed_work(mbx->wq, &mbx->work,
				   nsecs_to_jiffies(wait) + 1);
}

/**
 * svnic_mbx_event - record an event of a VF
 * @pf: physical function
 * @ev: SVNIC_EVENT_MBX_REQUEST, SVNIC_EVENT_VF_RESET or
 *	SVNIC_EVENT_QUEUE_ERROR
 *
 * Context: atomic.
 */
void svnic_mbx_event(struct svnic_pf *pf, const struct svnic_event *ev)
{
	struct svnic_mbx *mbx = &pf->mbx;
	u16 vf_id = le16_to_cpu(ev->vf);
	unsigned long flags;

	if (vf_id >= pf->vf_max)
		return;

	spin_lock_irqsave(&mbx->lock, flags);
	switch (ev->type) {
	case SVNIC_EVENT_VF_RESET:
		mbx->event[vf_id].reset_seq = le64_to_cpu(ev->data2);
		__set_bit(vf_id, mbx->reset);
		/* The reset has dropped an earlier request. */
		__clear_bit(vf_id, mbx->request);
		break;
	case SVNIC_EVENT_QUEUE_ERROR:
		mbx->event[vf_id].queue_errors++;
		__set_bit(vf_id, mbx->error);
		break;
	default:
		mbx->event[vf_id].request_seq = le64_to_cpu(ev->data2);
		mbx->event[vf_id].request_len = le32_to_cpu(ev->data);
		__set_bit(vf_id, mbx->request);
		break;
	}
	spin_unlock_irqrestore(&mbx->lock, flags);
	mod_delayed_work(mbx->wq, &mbx->work, 0);
}

/**
 * svnic_mbx_init - allocate the mailbox ring, initialise the work
 * @pf: physical function
 *
 * Return: 0 or -ENOMEM.
 */
int svnic_mbx_init(struct svnic_pf *pf)
{
	struct pci_dev *pdev = pf->fn->pdev;
	struct svnic_mbx *mbx = &pf->mbx;

	spin_lock_init(&mbx->lock);
	INIT_DELAYED_WORK(&mbx->work, svnic_mbx_work);
	mbx->wq = alloc_ordered_workqueue("svnic-mbx-%s", 0, pci_name(pdev));
	if (!mbx->wq)
		return -ENOMEM;
	mbx->ring = dma_alloc_coherent(&pdev->dev,
				       SVNIC_VF_LIMIT * sizeof(*mbx->ring),
				       &mbx->ring_dma, GFP_KERNEL);
	if (!mbx->ring)
		goto err_wq;
	return 0;

err_wq:
	destroy_workqueue(mbx->wq);
	return -ENOMEM;
}

/**
 * svnic_mbx_exit - opposite of svnic_mbx_init()
 * @pf: physical function; there are no more events
 */
void svnic_mbx_exit(struct svnic_pf *pf)
{
	struct svnic_mbx *mbx = &pf->mbx;

	disable_delayed_work_sync(&mbx->work);
	destroy_workqueue(mbx->wq);
	dma_free_coherent(&pf->fn->pdev->dev,
			  SVNIC_VF_LIMIT * sizeof(*mbx->ring),
			  mbx->ring, mbx->ring_dma);
}

/**
 * svnic_mbx_replay - schedule svnic_sriov_replay()
 * @pf: physical function
 */
void svnic_mbx_replay(struct svnic_pf *pf)
{
	struct svnic_mbx *mbx = &pf->mbx;

	spin_lock_irq(&mbx->lock);
	mbx->replay = true;
	spin_unlock_irq(&mbx->lock);
	mod_delayed_work(mbx->wq, &mbx->work, 0);
}

/**
 * svnic_mbx_start - let the device deliver requests
 * @pf: physical function, enabled, its command queue up
 *
 * Disabling the function stops it.
 */
void svnic_mbx_start(struct svnic_pf *pf)
{
	libsvnic_wr64(pf->fn, SVNIC_REG_MBX_RING_LO, pf->mbx.ring_dma);
	svnic_mbx_replay(pf);
}

/**
 * svnic_mbx_disable - stop the mailbox work and wait for it
 * @pf: physical function
 *
 * Events are still recorded.
 */
void svnic_mbx_disable(struct svnic_pf *pf)
{
	disable_delayed_work_sync(&pf->mbx.work);
}

/**
 * svnic_mbx_forget - drop all recorded events, because the VFs are gone
 * @pf: physical function, its mailbox service disabled
 */
void svnic_mbx_forget(struct svnic_pf *pf)
{
	struct svnic_mbx *mbx = &pf->mbx;

	spin_lock_irq(&mbx->lock);
	bitmap_zero(mbx->request, SVNIC_VF_LIMIT);
	bitmap_zero(mbx->reset, SVNIC_VF_LIMIT);
	bitmap_zero(mbx->error, SVNIC_VF_LIMIT);
	memset(mbx->event, 0, sizeof(mbx->event));
	spin_unlock_irq(&mbx->lock);
}

/**
 * svnic_mbx_enable - opposite of svnic_mbx_disable()
 * @pf: physical function
 */
void svnic_mbx_enable(struct svnic_pf *pf)
{
	enable_delayed_work(&pf->mbx.work);
	mod_delayed_work(pf->mbx.wq, &pf->mbx.work, 0);
}
