// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: frames that XDP sends (spec 5.1).
 *
 * There are rings for XDP alone if the function is granted more queue pairs
 * than it has channels. They follow the rings of the stack, in pairs of which
 * only the transmit half runs. Several receive queues, and all CPUs that
 * redirect frames to the netdev, may send into one, so each has a lock.
 * Without such rings XDP uses those of the stack, under the stack's lock.
 */
#include <kunit/visibility.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <net/page_pool/helpers.h>

#include "desc.h"
#include "tx.h"

/**
 * libsvnic_xdp_txqs - number of rings for XDP alone
 * @fn: function
 * @cfg: configuration, within the limits
 *
 * Return: one for each receive queue if the grant has as many pairs; 0 without
 * a program.
 */
unsigned int libsvnic_xdp_txqs(const struct libsvnic_fn *fn,
			       const struct libsvnic_cfg *cfg)
{
	return cfg->prog ? min(cfg->pairs, fn->limits.pairs - cfg->pairs) : 0;
}

/**
 * libsvnic_xdp_txq - the ring into which a sender sends
 * @queues: queues with a program
 * @sender: number of the receive queue, or of the CPU
 *
 * Return: the ring.
 */
struct libsvnic_txq *libsvnic_xdp_txq(const struct libsvnic_queues *queues,
				      unsigned int sender)
{
	unsigned int pairs = queues->cfg.pairs, alone = queues->txqs - pairs;

	return alone ? queues->txq[pairs + sender % alone] :
		       queues->txq[sender % pairs];
}

/*
 * Fill in the descriptor of a piece of a frame. Memory of a page pool of this
 * function (@own) is mapped already.
 */
static int libsvnic_xdp_put(struct libsvnic_txq *tx, u32 index, void *data,
			    u32 len, bool own)
{
	struct device *dev = &tx->fn->pdev->dev;
	struct page *page = virt_to_page(data);
	u32 slot = index & tx->mask;
	dma_addr_t dma;

	if (own) {
		dma = page_pool_get_dma_addr(page) + offset_in_page(data);
		dma_sync_single_for_device(dev, dma, len, DMA_BIDIRECTIONAL);
	} else {
		dma = dma_map_single(dev, data, len, DMA_TO_DEVICE);
		if (unlikely(dma_mapping_error(dev, dma)))
			return -ENOMEM;
	}
	svnic_txd_piece(&tx->desc[slot], dma, len);
	libsvnic_tx_slot(tx, slot, NULL, dma, own ? 0 : len, 1);
	return 0;
}

/* Fill in the descriptors of a frame. Returns 0 or -errno. */
static int libsvnic_xdp_queue(struct libsvnic_txq *tx, struct xdp_frame *frame,
			      bool own)
{
	u32 len = xdp_get_frame_len(frame), index = tx->prod, last, i;
	const struct skb_shared_info *shinfo = NULL;
	struct libsvnic_fn *fn = tx->fn;
	const skb_frag_t *frag;
	u32 frags = 0, need;
	int err = 0;

	if (unlikely(xdp_frame_has_frags(frame))) {
		shinfo = xdp_get_shared_info_from_frame(frame);
		frags = shinfo->nr_frags;
	}
	/* Some drivers leave all of a long frame in its fragments. */
	need = frags + !!frame->len;
	/* A frame that the device does not send would stop the ring. */
	if (unlikely(len < ETH_HLEN || len > fn->limits.frame_max ||
		     len > SVNIC_TXD_PIECE_MAX || need > fn->limits.tx_chain))
		return -EMSGSIZE;
	/* The stack's queue is not stopped: it expects that its frames fit. */
	if (unlikely(libsvnic_tx_free_slots(tx) <
		     need + (tx->nq ? LIBSVNIC_TX_STOP : 0)))
		return -EBUSY;

	if (likely(frame->len))
		err = libsvnic_xdp_put(tx, index++, frame->data, frame->len,
				       own);
	for (i = 0; i < frags && !err; i++) {
		frag = &shinfo->frags[i];
		err = libsvnic_xdp_put(tx, index++, skb_frag_address(frag),
				       skb_frag_size(frag), own);
	}
	if (unlikely(err))
		goto unmap;

	last = (index - 1) & tx->mask;
	tx->slots[last].xdpf = frame;
	tx->slots[last].xdp = true;
	tx->desc[tx->prod & tx->mask].flags |= cpu_to_le16(SVNIC_TXD_SOP);
	tx->desc[last].flags |= cpu_to_le16(SVNIC_TXD_EOP);
	u64_stats_update_begin(&tx->syncp);
	tx->stats.bytes += len;
	tx->stats.csum_none++;
	u64_stats_update_end(&tx->syncp);
	/* After this libsvnic_xdp_clean() may return the frame. */
	smp_store_release(&tx->prod, index);
	return 0;

unmap:
	/* The last one failed. */
	for (index--; index-- != tx->prod;)
		libsvnic_tx_unmap(&fn->pdev->dev,
				  &tx->slots[index & tx->mask]);
	return err;
}

static void libsvnic_xdp_lock(struct libsvnic_txq *tx)
	__acquires(&tx->lock)
{
	if (tx->nq)
		__netif_tx_lock(tx->nq, smp_processor_id());
	else
		spin_lock(&tx->lock);
}

static void libsvnic_xdp_unlock(struct libsvnic_txq *tx)
	__releases(&tx->lock)
{
	if (tx->nq)
		__netif_tx_unlock(tx->nq);
	else
		spin_unlock(&tx->lock);
}

/* With the ring's lock held. */
static bool libsvnic_xdp_may_send(struct libsvnic_txq *tx)
{
	if (unlikely(tx->closed))
		return false;
	return !tx->nq || !netif_tx_queue_stopped(tx->nq);
}

/**
 * libsvnic_xdp_close_one - let XDP send nothing, or let it send again
 * @tx: ring into which XDP sends
 * @closed: nothing may be sent
 *
 * Context: process.
 */
void libsvnic_xdp_close_one(struct libsvnic_txq *tx, bool closed)
{
	local_bh_disable();
	libsvnic_xdp_lock(tx);
	tx->closed = closed;
	libsvnic_xdp_unlock(tx);
	local_bh_enable();
}

/**
 * libsvnic_xdp_close - the same for all rings
 * @queues: queues
 * @closed: nothing may be sent
 *
 * Receive queues are polled before all rings have started, and after the first
 * one has stopped.
 *
 * Context: process.
 */
void libsvnic_xdp_close(struct libsvnic_queues *queues, bool closed)
{
	unsigned int t;

	for (t = 0; t < queues->txqs; t++)
		if (queues->txq[t]->xdp)
			libsvnic_xdp_close_one(queues->txq[t], closed);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_xdp_close);

/**
 * libsvnic_xdp_send - send frames of XDP
 * @tx: ring
 * @frames: frames, which belong to the ring if they are sent
 * @count: number of @frames
 * @own: they are in memory of the page pools of this function
 * @kick: tell the device now
 *
 * Context: softirq.
 * Return: how many of @frames, from the first one on, are sent.
 */
int libsvnic_xdp_send(struct libsvnic_txq *tx, struct xdp_frame **frames,
		      int count, bool own, bool kick)
{
	int sent = 0;

	libsvnic_xdp_lock(tx);
	if (unlikely(!libsvnic_xdp_may_send(tx)))
		goto unlock;
	while (sent < count && !libsvnic_xdp_queue(tx, frames[sent], own))
		sent++;
	if (kick && tx->kicked != tx->prod)
		libsvnic_tx_kick(tx->fn, tx);
unlock:
	libsvnic_xdp_unlock(tx);
	return sent;
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_xdp_send);

/**
 * libsvnic_xdp_xmit - ndo_xdp_xmit
 * @netdev: netdev
 * @count: number of @frames
 * @frames: frames of any memory
 * @flags: XDP_XMIT_*
 *
 * Context: softirq.
 * Return: how many of @frames are sent, or -errno; the caller returns the rest.
 */
int libsvnic_xdp_xmit(struct net_device *netdev, int count,
		      struct xdp_frame **frames, u32 flags)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	const struct libsvnic_queues *queues;

	if (unlikely(flags & ~XDP_XMIT_FLAGS_MASK))
		return -EINVAL;
	if (unlikely(!test_bit_acquire(LIBSVNIC_RUNNING, fn->flags) ||
		     !netif_carrier_ok(netdev)))
		return -ENETDOWN;
	queues = fn->queues;
	if (unlikely(!queues->xdp))
		return -ENXIO;
	return libsvnic_xdp_send(libsvnic_xdp_txq(queues, smp_processor_id()),
				 frames, count, false, flags & XDP_XMIT_FLUSH);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_xdp_xmit, "LIBSVNIC");

/**
 * libsvnic_xdp_clean - free the frames that the device has sent
 * @tx: ring into which XDP sends
 * @end: index before which all is sent, valid
 * @budget: NAPI budget; 0 from netpoll, for which nothing of XDP may be done
 *
 * Context: NAPI.
 */
void libsvnic_xdp_clean(struct libsvnic_txq *tx, u32 end, int budget)
{
	struct device *dev = &tx->fn->pdev->dev;
	unsigned int packets = 0, bytes = 0;
	struct libsvnic_tx_slot *slot;
	struct xdp_frame_bulk bulk;
	u32 cons = tx->cons;

	xdp_frame_bulk_init(&bulk);
	rcu_read_lock();
	while ((s32)(end - cons) > 0) {
		slot = &tx->slots[cons & tx->mask];
		if (slot->xdp && !budget)
			break;
		cons += slot->entries;
		libsvnic_tx_unmap(dev, slot);
		if (slot->xdp) {
			slot->xdp = false;
			xdp_return_frame_bulk(slot->xdpf, &bulk);
		} else if (slot->skb) {
			packets++;
			bytes += slot->skb->len;
			napi_consume_skb(slot->skb, budget);
		}
	}
	xdp_flush_frame_bulk(&bulk);
	rcu_read_unlock();
	/* XDP's frames before the stack's are progress for its watchdog. */
	if (tx->nq && cons != tx->cons)
		txq_trans_cond_update(tx->nq);
	/* Senders may reuse the slots when they see the new index. */
	smp_store_release(&tx->cons, cons);
	if (tx->nq)
		libsvnic_tx_completed(tx, packets, bytes);
}
