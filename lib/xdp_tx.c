// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: frames that XDP sends, in transmit rings of its own (spec 5.1).
 *
 * These rings follow those of the stack, in queue pairs of which only the
 * transmit half runs. A ring belongs to the receive queues that send into it,
 * and to the CPUs that redirect frames to the netdev, so it has a lock.
 */
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <net/page_pool/helpers.h>

#include "desc.h"
#include "tx.h"

/**
 * libsvnic_xdp_txqs - number of rings for XDP
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
	u32 frags = 0;
	int err;

	if (unlikely(xdp_frame_has_frags(frame))) {
		shinfo = xdp_get_shared_info_from_frame(frame);
		frags = shinfo->nr_frags;
	}
	/* A frame that the device does not send would stop the ring. */
	if (unlikely(len < ETH_HLEN || len > fn->limits.frame_max ||
		     len > SVNIC_TXD_PIECE_MAX ||
		     frags + 1 > fn->limits.tx_chain))
		return -EMSGSIZE;
	if (unlikely(libsvnic_tx_free_slots(tx) < frags + 1))
		return -EBUSY;

	err = libsvnic_xdp_put(tx, index++, frame->data, frame->len, own);
	for (i = 0; i < frags && !err; i++) {
		frag = &shinfo->frags[i];
		err = libsvnic_xdp_put(tx, index++, skb_frag_address(frag),
				       skb_frag_size(frag), own);
	}
	if (unlikely(err))
		goto unmap;

	last = (index - 1) & tx->mask;
	tx->slots[last].xdpf = frame;
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

/**
 * libsvnic_xdp_send - send frames from a ring of XDP
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

	spin_lock(&tx->lock);
	if (unlikely(tx->closed))
		goto unlock;
	while (sent < count && !libsvnic_xdp_queue(tx, frames[sent], own))
		sent++;
	if (kick && tx->kicked != tx->prod)
		libsvnic_tx_kick(tx->fn, tx);
unlock:
	spin_unlock(&tx->lock);
	return sent;
}

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
	unsigned int own;

	if (unlikely(flags & ~XDP_XMIT_FLAGS_MASK))
		return -EINVAL;
	if (unlikely(!test_bit_acquire(LIBSVNIC_RUNNING, fn->flags) ||
		     !netif_carrier_ok(netdev)))
		return -ENETDOWN;
	queues = fn->queues;
	own = queues->txqs - queues->cfg.pairs;
	if (unlikely(!own))
		return -ENXIO;
	return libsvnic_xdp_send(queues->txq[queues->cfg.pairs +
					     smp_processor_id() % own],
				 frames, count, false, flags & XDP_XMIT_FLUSH);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_xdp_xmit, "LIBSVNIC");

/**
 * libsvnic_xdp_clean - return the frames that the device has sent
 * @tx: ring of XDP
 * @end: index before which all is sent, valid
 *
 * Context: NAPI.
 */
void libsvnic_xdp_clean(struct libsvnic_txq *tx, u32 end)
{
	struct device *dev = &tx->fn->pdev->dev;
	struct libsvnic_tx_slot *slot;
	struct xdp_frame_bulk bulk;
	u32 cons;

	xdp_frame_bulk_init(&bulk);
	rcu_read_lock();
	for (cons = tx->cons; cons != end; cons++) {
		slot = &tx->slots[cons & tx->mask];
		libsvnic_tx_unmap(dev, slot);
		if (slot->xdpf)
			xdp_return_frame_bulk(slot->xdpf, &bulk);
	}
	xdp_flush_frame_bulk(&bulk);
	rcu_read_unlock();
	/* Senders may reuse the slots when they see the new index. */
	smp_store_release(&tx->cons, cons);
}

/**
 * libsvnic_xdp_drain - return all frames of a ring that is stopped
 * @tx: ring of XDP
 * @end: index before which all is sent, valid
 *
 * Context: process.
 * Return: number of frames that were not sent.
 */
unsigned int libsvnic_xdp_drain(struct libsvnic_txq *tx, u32 end)
{
	struct device *dev = &tx->fn->pdev->dev;
	struct libsvnic_tx_slot *slot;
	unsigned int lost = 0;

	for (; tx->cons != tx->prod; tx->cons++) {
		slot = &tx->slots[tx->cons & tx->mask];
		libsvnic_tx_unmap(dev, slot);
		if (!slot->xdpf)
			continue;
		xdp_return_frame(slot->xdpf);
		lost += (s32)(end - tx->cons) <= 0;
	}
	return lost;
}
