// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: transmit path (spec 5.1 to 5.4).
 */
#include <kunit/visibility.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/ip.h>
#include <linux/log2.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netdev_queues.h>

#include "desc.h"
#include "tx.h"

/* Wake the stack's queue when this many descriptors are free. */
#define LIBSVNIC_TX_WAKE	MIN(2 * LIBSVNIC_TX_STOP, LIBSVNIC_RING_MIN)

/* The largest frame fits into the smallest ring, and stop is below wake. */
static_assert(LIBSVNIC_TX_STOP < LIBSVNIC_TX_WAKE);
static_assert(LIBSVNIC_TX_WAKE <= LIBSVNIC_RING_MIN);
static_assert(1 + SVNIC_TXD_INLINE_ENTRIES(LIBSVNIC_TX_INLINE) <=
	      LIBSVNIC_TX_STOP);
/* Inline frames need no check against limits.frame_max, which is larger. */
static_assert(LIBSVNIC_TX_INLINE <= ETH_FRAME_LEN);

#define LIBSVNIC_TX_UDP_TUNNEL	(SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM)
#define LIBSVNIC_TX_TUNNEL	(LIBSVNIC_TX_UDP_TUNNEL | SKB_GSO_GRE | \
				 SKB_GSO_IPXIP4 | SKB_GSO_IPXIP6)

/* Bytes of all headers of a frame for TSO. */
static unsigned int libsvnic_tx_headers(const struct sk_buff *skb)
{
	return skb_shinfo(skb)->gso_type & LIBSVNIC_TX_TUNNEL ?
	       skb_inner_tcp_all_headers(skb) : skb_tcp_all_headers(skb);
}

/* Like dma_map_single(), without its check for a vmalloc address. */
static dma_addr_t libsvnic_tx_map_head(struct device *dev,
				       const struct sk_buff *skb, u32 len)
{
	return dma_map_page(dev, virt_to_page(skb->data),
			    offset_in_page(skb->data), len, DMA_TO_DEVICE);
}

static void libsvnic_tx_count(struct libsvnic_txq *tx,
			      const struct sk_buff *skb)
{
	struct libsvnic_tx_stats *stats = &tx->stats;
	unsigned int wire = skb->len, segs = 1;

	u64_stats_update_begin(&tx->syncp);
	if (skb_is_gso(skb)) {
		segs = skb_shinfo(skb)->gso_segs;
		wire += (segs - 1) * libsvnic_tx_headers(skb);
		stats->gso_packets++;
		stats->gso_bytes += skb->len;
		stats->gso_wire_packets += segs;
		stats->gso_wire_bytes += wire;
	}
	stats->bytes += wire;
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		stats->needs_csum += segs;
	else
		stats->csum_none += segs;
	u64_stats_update_end(&tx->syncp);
}

/* Number of descriptors for a frame, its context included. */
static u32 libsvnic_tx_need(const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	u32 need = 1 + !!shinfo->gso_size;
	unsigned int i;

	for (i = 0; i < shinfo->nr_frags; i++)
		need += DIV_ROUND_UP(skb_frag_size(&shinfo->frags[i]),
				     SVNIC_TXD_PIECE_MAX);
	return need;
}

/* Fill in the context for TSO. */
static void libsvnic_tx_context(struct svnic_tx_desc *desc,
				const struct sk_buff *skb)
{
	unsigned int type = skb_shinfo(skb)->gso_type;
	unsigned int mss = skb_shinfo(skb)->gso_size;

	if (likely(!(type & LIBSVNIC_TX_TUNNEL))) {
		svnic_txd_tso(desc, mss, skb_tcp_all_headers(skb),
			      skb_network_offset(skb));
		return;
	}
	svnic_txd_tso(desc, mss, skb_inner_tcp_all_headers(skb),
		      skb_inner_network_offset(skb));
	svnic_txd_tunnel(desc, skb_network_offset(skb),
			 type & LIBSVNIC_TX_UDP_TUNNEL ?
			 skb_transport_offset(skb) : 0,
			 type & SKB_GSO_UDP_TUNNEL_CSUM);
}

/*
 * Fill in the descriptors of a frame that may need several: a context for TSO,
 * the linear part, the fragments. Not inlined into libsvnic_xmit(), where it
 * would cost registers in the path of frames of one piece. Returns the number
 * of descriptors, or -errno.
 */
static noinline int libsvnic_tx_chain(struct libsvnic_txq *tx,
				      struct sk_buff *skb)
{
	struct libsvnic_fn *fn = tx->fn;
	struct device *dev = &fn->pdev->dev;
	u32 index = tx->prod, first, slot;
	u32 need = libsvnic_tx_need(skb);
	unsigned int i, len;
	dma_addr_t dma;

	if (unlikely(need > fn->limits.tx_chain || need > tx->mask)) {
		if (skb_linearize(skb))
			return -ENOMEM;
		need = libsvnic_tx_need(skb);
	}
	if (unlikely(skb->len < ETH_HLEN ||
		     skb_headlen(skb) > SVNIC_TXD_PIECE_MAX ||
		     (!skb_is_gso(skb) && skb->len > fn->limits.frame_max)))
		return -EMSGSIZE;
	if (unlikely(libsvnic_tx_free_slots(tx) < need))
		return -EBUSY;

	if (skb_is_gso(skb)) {
		slot = index++ & tx->mask;
		libsvnic_tx_context(&tx->desc[slot], skb);
		libsvnic_tx_slot(tx, slot, NULL, 0, 0, 1);
	}
	first = index;
	len = skb_headlen(skb);
	dma = libsvnic_tx_map_head(dev, skb, len);
	if (unlikely(dma_mapping_error(dev, dma)))
		goto unmap;
	slot = index++ & tx->mask;
	svnic_txd_piece(&tx->desc[slot], dma, len);
	libsvnic_tx_slot(tx, slot, NULL, dma, len, 1);

	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		skb_frag_t *frag = &skb_shinfo(skb)->frags[i];
		unsigned int offset = 0;

		/* A piece holds less than 64 KiB, a fragment may hold more. */
		while (offset < skb_frag_size(frag)) {
			len = min(skb_frag_size(frag) - offset,
				  SVNIC_TXD_PIECE_MAX);
			dma = skb_frag_dma_map(dev, frag, offset, len,
					       DMA_TO_DEVICE);
			if (unlikely(dma_mapping_error(dev, dma)))
				goto unmap;
			slot = index++ & tx->mask;
			svnic_txd_piece(&tx->desc[slot], dma, len);
			libsvnic_tx_slot(tx, slot, NULL, dma, len, 1);
			offset += len;
		}
	}
	tx->slots[slot].skb = skb;
	svnic_txd_mark_ends(&tx->desc[first & tx->mask], &tx->desc[slot], skb);
	libsvnic_tx_count(tx, skb);
	return need;

unmap:
	while (index-- != tx->prod)
		libsvnic_tx_unmap(dev, &tx->slots[index & tx->mask]);
	return -ENOMEM;
}

/* Copy a frame with fragments, or one that wraps around the end of the ring. */
static noinline void libsvnic_tx_copy(struct libsvnic_txq *tx, u32 slot,
				      const struct sk_buff *skb)
{
	u32 room = (tx->mask - slot) * sizeof(*tx->desc);
	u32 len = min(skb->len, room);

	skb_copy_bits(skb, 0, &tx->desc[slot + 1], len);
	skb_copy_bits(skb, len, tx->desc, skb->len - len);
}

/*
 * Copy a short frame into the ring: there is nothing to map, and no separate
 * read of the frame by the device (spec 5.1). Returns as libsvnic_tx_chain().
 */
static int libsvnic_tx_inline(struct libsvnic_txq *tx, struct sk_buff *skb)
{
	u32 mask = tx->mask, at = tx->prod & mask, len = skb->len;
	u32 entries = 1 + SVNIC_TXD_INLINE_ENTRIES(len);
	struct libsvnic_tx_slot *slot = &tx->slots[at];
	struct svnic_tx_desc *desc = &tx->desc[at];

	if (unlikely(len < ETH_HLEN))
		return -EMSGSIZE;
	if (unlikely(libsvnic_tx_free_slots(tx) < entries))
		return -EBUSY;

	slot->skb = skb;
	slot->len = 0;
	slot->entries = entries;
	u64_stats_update_begin(&tx->syncp);
	tx->stats.bytes += len;
	if (svnic_txd_single(desc, 0, len, SVNIC_TXD_INLINE, skb))
		tx->stats.needs_csum++;
	else
		tx->stats.csum_none++;
	u64_stats_update_end(&tx->syncp);
	/* The call is last, so that no registers have to be saved. */
	if (likely(!skb_is_nonlinear(skb) && at + entries <= mask + 1))
		memcpy(desc + 1, skb->data, len);
	else
		libsvnic_tx_copy(tx, at, skb);
	return entries;
}

/* A longer frame of one piece. Returns as libsvnic_tx_chain(). */
static int libsvnic_tx_single(struct libsvnic_fn *fn,
			      struct libsvnic_txq *tx, struct sk_buff *skb)
{
	u32 slot = tx->prod & tx->mask, len = skb->len;
	struct device *dev = &fn->pdev->dev;
	dma_addr_t dma;

	if (unlikely(len < ETH_HLEN || len > fn->limits.frame_max))
		return -EMSGSIZE;
	if (unlikely(!libsvnic_tx_free_slots(tx)))
		return -EBUSY;
	dma = libsvnic_tx_map_head(dev, skb, len);
	if (unlikely(dma_mapping_error(dev, dma)))
		return -ENOMEM;

	libsvnic_tx_slot(tx, slot, skb, dma, len, 1);
	u64_stats_update_begin(&tx->syncp);
	tx->stats.bytes += len;
	if (svnic_txd_single(&tx->desc[slot], dma, len, 0, skb))
		tx->stats.needs_csum++;
	else
		tx->stats.csum_none++;
	u64_stats_update_end(&tx->syncp);
	return 1;
}

/* Stop the queue if the ring is full, else drop the frame. */
static noinline netdev_tx_t libsvnic_tx_refuse(struct libsvnic_txq *tx,
					       struct sk_buff *skb, int err)
{
	if (err == -EBUSY) {
		netif_txq_try_stop(tx->nq, libsvnic_tx_free_slots(tx),
				   LIBSVNIC_TX_WAKE);
		return NETDEV_TX_BUSY;
	}
	u64_stats_update_begin(&tx->syncp);
	tx->stats.dropped++;
	u64_stats_update_end(&tx->syncp);
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

/**
 * libsvnic_xmit - ndo_start_xmit
 * @skb: frame
 * @netdev: netdev
 *
 * Return: NETDEV_TX_OK; NETDEV_TX_BUSY only if the stack sends into a stopped
 * queue.
 */
netdev_tx_t libsvnic_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	netdev_tx_t ret = NETDEV_TX_OK;
	struct libsvnic_txq *tx;
	bool kick;
	int made;

	tx = fn->queues->txq[skb_get_queue_mapping(skb)];

	/* Short frames go into the ring, also those with fragments (TCP). */
	if (skb_is_gso(skb))
		made = libsvnic_tx_chain(tx, skb);
	else if (skb->len <= fn->limits.tx_inline)
		made = libsvnic_tx_inline(tx, skb);
	else if (skb_is_nonlinear(skb))
		made = libsvnic_tx_chain(tx, skb);
	else
		made = libsvnic_tx_single(fn, tx, skb);
	if (unlikely(made < 0)) {
		/* The doorbell of earlier frames may have been deferred. */
		kick = tx->kicked != tx->prod;
		ret = libsvnic_tx_refuse(tx, skb, made);
		goto kick;
	}
	skb_tx_timestamp(skb);
	kick = __netdev_tx_sent_queue(tx->nq, skb->len, netdev_xmit_more());
	/* After this libsvnic_tx_clean() may free the frame. */
	smp_store_release(&tx->prod, tx->prod + made);

	if (!netif_txq_maybe_stop(tx->nq, libsvnic_tx_free_slots(tx),
				  LIBSVNIC_TX_STOP, LIBSVNIC_TX_WAKE)) {
		u64_stats_update_begin(&tx->syncp);
		tx->stats.stop++;
		u64_stats_update_end(&tx->syncp);
		kick = true;
	}
kick:
	if (kick)
		libsvnic_tx_kick(fn, tx);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_xmit, "LIBSVNIC");

/*
 * True if a frame for TSO is in no tunnel, or in a single one, with its headers
 * where the context has them (spec 5.3). The stack's offsets are those of the
 * innermost headers if a tunnel was added by a route, or if GRO found one in a
 * frame that is bridged.
 */
static bool libsvnic_tx_tunnel_ok(const struct sk_buff *skb)
{
	unsigned int type = skb_shinfo(skb)->gso_type & LIBSVNIC_TX_TUNNEL;
	int inner, end = skb_network_offset(skb);
	__be16 frag;
	u8 proto;

	if (likely(!type))
		return true;
	inner = skb_inner_network_offset(skb);
	if (!skb->encapsulation || !is_power_of_2(type) ||
	    skb_inner_transport_offset(skb) != skb_checksum_start_offset(skb))
		return false;
	if (ip_hdr(skb)->version == 4) {
		proto = ip_hdr(skb)->protocol;
		end += ip_hdrlen(skb);
	} else {
		proto = ipv6_hdr(skb)->nexthdr;
		end += sizeof(struct ipv6hdr);
		/* A routing header changes the address of the checksum. */
		if (!(type & LIBSVNIC_TX_UDP_TUNNEL))
			end = ipv6_skip_exthdr(skb, end, &proto, &frag);
	}
	if (type & LIBSVNIC_TX_UDP_TUNNEL)
		return proto == IPPROTO_UDP &&
		       end == skb_transport_offset(skb) &&
		       end + (int)sizeof(struct udphdr) <= inner;
	if (type == SKB_GSO_GRE)
		return proto == IPPROTO_GRE;
	return (proto == IPPROTO_IPIP || proto == IPPROTO_IPV6) && end == inner;
}

/**
 * libsvnic_features_check - ndo_features_check
 * @skb: frame
 * @netdev: netdev
 * @features: offloads that the stack would use for the frame
 *
 * The number of VLAN tags does not matter, because the descriptors have the
 * offsets of the headers.
 *
 * Return: @features without those that the descriptors cannot express.
 */
netdev_features_t libsvnic_features_check(struct sk_buff *skb,
					  struct net_device *netdev,
					  netdev_features_t features)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);

	if (skb->ip_summed == CHECKSUM_PARTIAL &&
	    skb_checksum_start_offset(skb) > U8_MAX)
		features &= ~(NETIF_F_CSUM_MASK | NETIF_F_GSO_MASK);
	if (skb_is_gso(skb) &&
	    (skb_shinfo(skb)->gso_size < SVNIC_TSO_MSS_MIN ||
	     skb->len > fn->limits.tso_max ||
	     libsvnic_tx_headers(skb) + skb_shinfo(skb)->gso_size >
	     fn->limits.frame_max ||
	     skb_shinfo(skb)->nr_frags + LIBSVNIC_TX_EXTRA >
	     fn->limits.tx_chain || !libsvnic_tx_tunnel_ok(skb)))
		features &= ~NETIF_F_GSO_MASK;
	return features;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_features_check, "LIBSVNIC");

/**
 * libsvnic_tx_event - index at which to interrupt for transmit completions
 * @tx: queue whose NAPI is about to complete
 *
 * After three quarters of the descriptors in flight, so that one interrupt
 * serves many frames but comes before the ring is empty. After the next one if
 * none is in flight.
 *
 * Return: free-running index for svnic_queue_state.tx_event.
 */
u32 libsvnic_tx_event(const struct libsvnic_txq *tx)
{
	return tx->cons + (READ_ONCE(tx->prod) - tx->cons) / 4 * 3;
}

/**
 * libsvnic_tx_pending - has the device passed svnic_queue_state.tx_event?
 * @tx: queue
 *
 * Context: NAPI, after svnic_queue_state.tx_event was written.
 * Return: true if it has, and maybe did so without an interrupt.
 */
bool libsvnic_tx_pending(const struct libsvnic_txq *tx)
{
	u32 end = le32_to_cpu(READ_ONCE(tx->state->tx_cons));
	u32 event = le32_to_cpu(tx->state->tx_event);

	return end - tx->cons > event - tx->cons;
}

/**
 * libsvnic_tx_completed - tell the stack what was sent, and wake its queue
 * @tx: queue
 * @packets: number of the stack's frames that were sent
 * @bytes: length of these
 *
 * Context: NAPI.
 */
void libsvnic_tx_completed(struct libsvnic_txq *tx, unsigned int packets,
			   unsigned int bytes)
{
	bool down = !test_bit(LIBSVNIC_RUNNING, tx->fn->flags);

	if (!__netif_txq_completed_wake(tx->nq, packets, bytes,
					libsvnic_tx_free_slots(tx),
					LIBSVNIC_TX_WAKE, down)) {
		u64_stats_update_begin(&tx->clean_syncp);
		tx->clean_stats.wake++;
		u64_stats_update_end(&tx->clean_syncp);
	}
}

/**
 * libsvnic_tx_clean - free the frames that the device has sent
 * @tx: queue
 * @budget: NAPI budget, 0 from netpoll
 *
 * Context: NAPI.
 */
void libsvnic_tx_clean(struct libsvnic_txq *tx, int budget)
{
	struct libsvnic_fn *fn = tx->fn;
	struct device *dev = &fn->pdev->dev;
	unsigned int packets = 0, bytes = 0;
	u32 cons = tx->cons, end, prod;
	struct sk_buff *skb;

	end = le32_to_cpu(READ_ONCE(tx->state->tx_cons));
	if (end == cons)
		return;
	/* Validate the device's index before using it. */
	prod = smp_load_acquire(&tx->prod);
	if (unlikely(end - cons > prod - cons)) {
		/* Log it once: each poll until the restart comes here. */
		if (libsvnic_queue_failed(fn, tx->index, false))
			netdev_err(fn->netdev,
				   "transmit queue %u: transmit index %u beyond %u\n",
				   tx->index, end, prod);
		return;
	}

	/* Read the slots after the index that covers them (spec 4.5, F2). */
	dma_rmb();
	if (unlikely(tx->xdp)) {
		libsvnic_xdp_clean(tx, end, budget);
		return;
	}
	/*
	 * An index inside a frame that was copied into the ring is wrong, but
	 * does no harm here: a frame ends no later than @prod. The next poll
	 * sees the index behind @cons, which fails the check above.
	 */
	while ((s32)(end - cons) > 0) {
		struct libsvnic_tx_slot *slot = &tx->slots[cons & tx->mask];

		cons += slot->entries;
		libsvnic_tx_unmap(dev, slot);
		skb = slot->skb;
		if (!skb)
			continue;
		packets++;
		bytes += skb->len;
		napi_consume_skb(skb, budget);
	}
	/* xmit may reuse the slots when it sees the new index. */
	smp_store_release(&tx->cons, cons);
	libsvnic_tx_completed(tx, packets, bytes);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_tx_clean);

/**
 * libsvnic_tx_drain - free all frames; count those not sent as dropped
 * @tx: queue that is stopped and closed
 *
 * Context: process.
 */
void libsvnic_tx_drain(struct libsvnic_txq *tx)
{
	struct device *dev = &tx->fn->pdev->dev;
	unsigned int dropped = 0;
	u32 end;

	end = le32_to_cpu(READ_ONCE(tx->state->tx_cons));
	if (end - tx->cons > tx->prod - tx->cons)
		end = tx->cons;
	while (tx->cons != tx->prod) {
		bool sent = (s32)(end - tx->cons) > 0;
		struct libsvnic_tx_slot *slot =
			&tx->slots[tx->cons & tx->mask];

		tx->cons += slot->entries;
		libsvnic_tx_unmap(dev, slot);
		if (!slot->skb)
			continue;
		if (slot->xdp)
			xdp_return_frame(slot->xdpf);
		else
			dev_kfree_skb_any(slot->skb);
		slot->skb = NULL;
		slot->xdp = false;
		dropped += !sent;
	}
	/* A reader in a softirq must not interrupt the update. */
	local_bh_disable();
	u64_stats_update_begin(&tx->syncp);
	tx->stats.dropped += dropped;
	u64_stats_update_end(&tx->syncp);
	local_bh_enable();
	if (tx->nq)
		netdev_tx_reset_queue(tx->nq);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_tx_drain);
