// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: receive path (spec 5.5 to 5.7).
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/prefetch.h>
#include <linux/tcp.h>
#include <net/gro.h>
#include <net/page_pool/helpers.h>
#include <net/tcp.h>

#include "desc.h"
#include "rx.h"

#define LIBSVNIC_RX_BATCH	16	/* postings made visible at once */

/* Allocate a buffer for a slot if a page holds several buffers. */
static noinline bool libsvnic_rx_alloc_part(struct libsvnic_rxq *rx,
					    struct libsvnic_rx_buf *buf)
{
	unsigned int offset;
	struct page *page;

	page = page_pool_dev_alloc_frag(rx->pool, &offset, rx->truesize);
	if (unlikely(!page))
		return false;
	buf->page = page;
	buf->data = page_address(page) + offset + rx->headroom;
	return true;
}

/* Allocate a buffer for a slot. */
static bool libsvnic_rx_alloc(struct libsvnic_rxq *rx,
			      struct libsvnic_rx_buf *buf)
{
	struct page *page;

	if (rx->truesize < PAGE_SIZE)
		return libsvnic_rx_alloc_part(rx, buf);
	page = page_pool_dev_alloc_pages(rx->pool);
	if (unlikely(!page))
		return false;
	buf->page = page;
	buf->data = page_address(page) + rx->headroom;
	return true;
}

/*
 * Move a buffer to a slot when memory has run out. Slots whose frames were
 * copied still have their buffers; take the last one below *@end and lower
 * *@end to its slot. False if there is none. Thus a ring can use all buffers
 * that it has, down to the last one.
 */
static bool libsvnic_rx_move(struct libsvnic_rxq *rx, u32 *end,
			     struct libsvnic_rx_buf *buf)
{
	u32 slot;

	while (--*end != rx->prod) {
		slot = *end & rx->mask;
		if (!rx->bufs[slot].page)
			continue;
		buf->data = rx->bufs[slot].data;
		buf->page = libsvnic_rx_take(rx, slot);
		return true;
	}
	return false;
}

/* May run in process context: no softirq may read the counters meanwhile. */
static noinline void libsvnic_rx_no_memory(struct libsvnic_rxq *rx)
{
	local_bh_disable();
	u64_stats_update_begin(&rx->syncp);
	rx->stats.alloc_fail++;
	u64_stats_update_end(&rx->syncp);
	local_bh_enable();
}

/**
 * libsvnic_rx_refill - post receive buffers until the ring is full
 * @rx: queue
 *
 * Context: NAPI, or process before the ring is started.
 * Return: true if the ring is full now, false if memory ran out.
 */
bool libsvnic_rx_refill(struct libsvnic_rxq *rx)
{
	u32 full = rx->cons + rx->mask + 1, end = full;
	struct libsvnic_rx_buf *buf;
	bool memory = true;
	dma_addr_t dma;
	u32 slot;

	for (; rx->holes && rx->prod != end; rx->prod++) {
		slot = rx->prod & rx->mask;
		buf = &rx->bufs[slot];
		if (buf->page)
			continue;
		if (unlikely(!memory || !libsvnic_rx_alloc(rx, buf))) {
			if (memory)
				libsvnic_rx_no_memory(rx);
			memory = false;
			if (!libsvnic_rx_move(rx, &end, buf))
				break;
		}
		dma = page_pool_get_dma_addr(buf->page) +
		      offset_in_page(buf->data);
		rx->desc[slot].addr = cpu_to_le64(dma);
		rx->holes--;
	}
	/* Slots of copied frames still have buffers and valid descriptors. */
	if (!rx->holes)
		rx->prod = full;
	/* Postings must be visible before the index that covers them. */
	dma_wmb();
	WRITE_ONCE(rx->state->rx_prod, cpu_to_le32(rx->prod));
	return rx->prod == full;
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_rx_refill);

/* Ring the doorbell, unless the device reads the index by itself. */
static void libsvnic_rx_kick(struct libsvnic_rxq *rx)
{
	u32 kicked = rx->kicked;

	if (kicked == rx->prod)
		return;
	rx->kicked = rx->prod;
	if (libsvnic_has(rx->fn, SVNIC_F_EVENT_IDX)) {
		/* The device writes rx_kick, then reads rx_prod (spec 4.5). */
		mb();
		if (!libsvnic_passed(le32_to_cpu(READ_ONCE(rx->state->rx_kick)),
				     rx->prod, kicked))
			return;
	}
	writel(rx->prod, rx->db);
}

/**
 * libsvnic_rx_pending - is there a completion that was not handled yet?
 * @rx: queue
 *
 * Context: NAPI.
 * Return: true if there is one.
 */
bool libsvnic_rx_pending(const struct libsvnic_rxq *rx)
{
	u32 cons = rx->cons, mask = rx->mask;
	u32 info = le32_to_cpu(READ_ONCE(rx->cmpl[cons & mask].info));

	return (info & SVNIC_RXC_PHASE) == svnic_rxc_phase(cons, mask + 1);
}

static void libsvnic_rx_csum(const struct net_device *netdev,
			     struct libsvnic_rxq *rx, struct sk_buff *skb,
			     u32 info)
{
	if (info & SVNIC_RXC_CSUM_BAD) {
		rx->stats.csum_bad++;
	} else if (info & SVNIC_RXC_CSUM_OK &&
		   netdev->features & NETIF_F_RXCSUM) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
		rx->stats.csum_unnecessary++;
		return;
	}
	rx->stats.csum_none++;
}

static void libsvnic_rx_hash(const struct net_device *netdev,
			     struct sk_buff *skb, u32 info, u32 hash)
{
	enum svnic_ptype type = svnic_rxc_hash_type(info);

	if (type == SVNIC_PTYPE_NONE ||
	    !(netdev->features & NETIF_F_RXHASH))
		return;
	skb_set_hash(skb, hash,
		     type == SVNIC_PTYPE_IPV4 || type == SVNIC_PTYPE_IPV6 ?
		     PKT_HASH_TYPE_L3 : PKT_HASH_TYPE_L4);
}

/*
 * Turn a coalesced frame (spec 5.7) into what GRO would have made of its
 * segments. @gso_size and @hdr_len are from the device, and are checked here.
 */
static noinline int libsvnic_rx_gro(struct libsvnic_rxq *rx,
				    struct sk_buff *skb, u32 info,
				    u16 gso_size, u16 hdr_len)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int l3 = ETH_HLEN, l4;
	__be16 proto = skb->protocol;
	struct tcphdr *th;

	/* Skip VLAN tags that the device did not strip. */
	while (eth_type_vlan(proto) && l3 < skb_headlen(skb)) {
		const struct vlan_hdr *tag;

		tag = (const void *)(skb->data + l3 - ETH_HLEN);
		proto = tag->h_vlan_encapsulated_proto;
		l3 += VLAN_HLEN;
	}
	if (svnic_rxc_type(info) == SVNIC_PTYPE_TCPV4)
		l4 = l3 + sizeof(struct iphdr);
	else if (svnic_rxc_type(info) == SVNIC_PTYPE_TCPV6)
		l4 = l3 + sizeof(struct ipv6hdr);
	else
		return -EINVAL;
	/* Frames with IP options or extension headers are not coalesced. */
	if (!gso_size || hdr_len < l4 + sizeof(*th) ||
	    hdr_len > skb_headlen(skb) + ETH_HLEN ||
	    hdr_len >= skb->len + ETH_HLEN)
		return -EINVAL;

	/* eth_type_trans() has pulled the Ethernet header. */
	skb_set_network_header(skb, l3 - ETH_HLEN);
	skb_set_transport_header(skb, l4 - ETH_HLEN);
	th = tcp_hdr(skb);
	if (hdr_len != l4 + tcp_hdrlen(skb))
		return -EINVAL;

	if (svnic_rxc_type(info) == SVNIC_PTYPE_TCPV4) {
		const struct iphdr *iph = ip_hdr(skb);

		if (iph->ihl != 5)
			return -EINVAL;
		th->check = ~tcp_v4_check(skb->len - (l4 - ETH_HLEN),
					  iph->saddr, iph->daddr, 0);
		shinfo->gso_type = SKB_GSO_TCPV4;
	} else {
		const struct ipv6hdr *ip6h = ipv6_hdr(skb);

		if (ip6h->nexthdr != IPPROTO_TCP)
			return -EINVAL;
		th->check = ~tcp_v6_check(skb->len - (l4 - ETH_HLEN),
					  &ip6h->saddr, &ip6h->daddr, 0);
		shinfo->gso_type = SKB_GSO_TCPV6;
	}
	NAPI_GRO_CB(skb)->count = DIV_ROUND_UP(skb->len + ETH_HLEN - hdr_len,
					       gso_size);
	shinfo->gso_size = gso_size;
	tcp_gro_complete(skb);

	rx->stats.packets += shinfo->gso_segs;
	return 0;
}

/* Make an skb of the first buffer of a frame, with the headers copied. */
static struct sk_buff *libsvnic_rx_first(struct libsvnic_rxq *rx, u32 slot,
					 u32 len)
{
	void *data = rx->bufs[slot].data;
	struct sk_buff *skb;
	u32 head;

	net_prefetch(data);
	skb = napi_alloc_skb(rx->napi, LIBSVNIC_RX_COPY);
	if (unlikely(!skb))
		return NULL;

	head = eth_get_headlen(rx->netdev, data, min(len, LIBSVNIC_RX_COPY));
	skb_put_data(skb, data, head);
	skb_mark_for_recycle(skb);
	if (len > head)
		skb_add_rx_frag(skb, 0, libsvnic_rx_take(rx, slot),
				offset_in_page(data) + head, len - head,
				rx->truesize);
	return skb;
}

/*
 * Copy a short frame out of its buffer, which stays in its slot and is posted
 * again. The CPU does not write to it, so no sync for the device is needed.
 */
static struct sk_buff *libsvnic_rx_copy(struct libsvnic_rxq *rx, u32 slot,
					size_t len)
{
	const struct libsvnic_rx_buf *buf = &rx->bufs[slot];
	const void *data = buf->data;
	struct sk_buff *skb;

	page_pool_dma_sync_for_cpu(rx->pool, buf->page, offset_in_page(data),
				   len);
	skb = napi_alloc_skb(rx->napi, LIBSVNIC_RX_COPY);
	if (unlikely(!skb))
		return NULL;
	skb_copy_to_linear_data(skb, data, len);
	__skb_put(skb, len);
	return skb;
}

/* All buffers of a frame have completed: pass the frame to the stack. */
static void libsvnic_rx_deliver(struct libsvnic_rxq *rx,
				struct napi_struct *napi, struct sk_buff *skb,
				const struct svnic_rx_cmpl *sop, u32 info,
				size_t len)
{
	struct net_device *netdev = rx->netdev;

	u64_stats_update_begin(&rx->syncp);
	rx->stats.bytes += len;
	skb_record_rx_queue(skb, rx->index);
	skb->protocol = eth_type_trans(skb, netdev);
	if (skb->pkt_type == PACKET_MULTICAST)
		rx->stats.multicast++;
	libsvnic_rx_csum(netdev, rx, skb, info);
	libsvnic_rx_hash(netdev, skb, info, le32_to_cpu(sop->hash));
	if (info & SVNIC_RXC_VLAN)
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q),
				       le16_to_cpu(sop->vlan_tci));
	if (unlikely(info & SVNIC_RXC_COALESCED)) {
		if (libsvnic_rx_gro(rx, skb, info, le16_to_cpu(sop->gso_size),
				    le16_to_cpu(sop->hdr_len))) {
			rx->stats.errors++;
			u64_stats_update_end(&rx->syncp);
			dev_kfree_skb_any(skb);
			return;
		}
	} else {
		rx->stats.packets++;
	}
	u64_stats_update_end(&rx->syncp);
	napi_gro_receive(napi, skb);
}

/* Forget a frame of which the last buffer has not completed yet. */
static void libsvnic_rx_discard(struct libsvnic_rxq *rx)
{
	if (rx->part != LIBSVNIC_RX_NEXT)
		return;
	rx->part = LIBSVNIC_RX_FIRST;
	if (rx->xdp)
		libsvnic_xdp_discard(rx);
	else
		dev_kfree_skb_any(rx->skb);
}

/**
 * libsvnic_rx_abort - drop a frame
 * @rx: queue
 * @last: no more of its buffers will complete
 * @error: it is invalid; else there is no memory for it
 *
 * Context: NAPI.
 */
noinline void libsvnic_rx_abort(struct libsvnic_rxq *rx, bool last, bool error)
{
	libsvnic_rx_discard(rx);
	rx->part = last ? LIBSVNIC_RX_FIRST : LIBSVNIC_RX_SKIP;
	u64_stats_update_begin(&rx->syncp);
	if (error)
		rx->stats.errors++;
	else
		rx->stats.dropped++;
	u64_stats_update_end(&rx->syncp);
}

/*
 * Handle a buffer that is not a complete short frame. Not inlined into
 * libsvnic_rx_poll(), where it would cost registers in the path of short
 * frames. Returns the frame if this buffer completes it, with its first
 * completion in rx->sop.
 */
static noinline struct sk_buff *
libsvnic_rx_piece(struct libsvnic_rxq *rx, u32 slot,
		  const struct svnic_rx_cmpl *cmpl, u32 info, u32 len)
{
	bool first = info & SVNIC_RXC_SOP;
	bool last = info & SVNIC_RXC_EOP;
	bool begun;
	u32 offset;

	if (unlikely(rx->part == LIBSVNIC_RX_SKIP)) {
		if (first || last)
			rx->part = LIBSVNIC_RX_FIRST;
		if (!first)
			return NULL;
	}
	begun = rx->part == LIBSVNIC_RX_NEXT;
	if (unlikely(!len || len > rx->buf_size || first == begun ||
		     (first && len < ETH_HLEN))) {
		libsvnic_rx_abort(rx, last, true);
		return NULL;
	}

	offset = offset_in_page(rx->bufs[slot].data);
	page_pool_dma_sync_for_cpu(rx->pool, rx->bufs[slot].page, offset, len);
	if (rx->xdp)
		return libsvnic_xdp_piece(rx, slot, cmpl, info, len);
	if (unlikely(begun &&
		     skb_shinfo(rx->skb)->nr_frags == MAX_SKB_FRAGS)) {
		libsvnic_rx_abort(rx, last, true);
		return NULL;
	}
	if (first) {
		rx->skb = libsvnic_rx_first(rx, slot, len);
		if (unlikely(!rx->skb)) {
			libsvnic_rx_abort(rx, last, false);
			return NULL;
		}
		rx->sop = *cmpl;
		rx->sop.info = cpu_to_le32(info);
	} else {
		skb_add_rx_frag(rx->skb, skb_shinfo(rx->skb)->nr_frags,
				libsvnic_rx_take(rx, slot), offset, len,
				rx->truesize);
	}
	rx->part = last ? LIBSVNIC_RX_FIRST : LIBSVNIC_RX_NEXT;
	return last ? rx->skb : NULL;
}

/**
 * libsvnic_rx_poll - receive frames
 * @rx: queue
 * @budget: most frames to receive
 *
 * Context: NAPI.
 * Return: number of frames, or @budget if it has to be called again.
 */
int libsvnic_rx_poll(struct libsvnic_rxq *rx, int budget)
{
	const u32 whole = SVNIC_RXC_SOP | SVNIC_RXC_EOP;
	struct napi_struct *napi = rx->napi;
	u32 cons = rx->cons, mask = rx->mask;
	const struct svnic_rx_cmpl *cmpl;
	u32 end, info, diff, slot;
	u32 parts = 0, done;
	size_t len;
	struct sk_buff *skb;

	/*
	 * Handle no more completions than buffers were posted, whatever the
	 * device writes. The budget counts frames: a completion that does not
	 * end a frame is not counted.
	 */
	end = cons + min_t(u32, budget, rx->prod - cons);
	for (; cons != end; cons++) {
		slot = cons & mask;
		cmpl = &rx->cmpl[slot];
		info = le32_to_cpu(READ_ONCE(cmpl->info));
		/* Read the rest of the completion after its phase. */
		dma_rmb();
		len = le16_to_cpu(READ_ONCE(cmpl->len));
		/* Zero if the completion is valid, and is a whole frame. */
		diff = (info ^ whole ^ svnic_rxc_phase(cons, mask + 1)) &
		       (whole | SVNIC_RXC_PHASE);
		/* A frame shorter than ETH_HLEN is too long as well. */
		if (likely(!diff && rx->part == LIBSVNIC_RX_FIRST &&
			   len - ETH_HLEN < rx->copy_span)) {
			skb = libsvnic_rx_copy(rx, slot, len);
			if (unlikely(!skb)) {
				libsvnic_rx_abort(rx, true, false);
				continue;
			}
		} else {
			if (diff & SVNIC_RXC_PHASE)
				break;
			if (diff & SVNIC_RXC_EOP) {
				parts++;
				end += end != rx->prod;
			}
			skb = libsvnic_rx_piece(rx, slot, cmpl, info, len);
			if (!skb)
				continue;
			cmpl = &rx->sop;
			info = le32_to_cpu(cmpl->info);
			len = skb->len;
		}
		libsvnic_rx_deliver(rx, napi, skb, cmpl, info, len);
	}
	done = cons - rx->cons - parts;
	rx->cons = cons;
	if (rx->xdp)
		libsvnic_xdp_flush(rx);

	if (rx->mask + 1 - (rx->prod - rx->cons) >= LIBSVNIC_RX_BATCH) {
		/* Poll again: frames without a buffer raise no interrupt. */
		if (!libsvnic_rx_refill(rx) &&
		    rx->prod - rx->cons <= MAX_SKB_FRAGS)
			done = budget;
	}
	libsvnic_rx_kick(rx);
	return done;
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_rx_poll);

/**
 * libsvnic_rx_rewind - reset a ring to its initial state, with its buffers
 * @rx: queue that does not run
 *
 * Completions that were not handled are lost.
 *
 * Context: process.
 * Return: true if there is at least one buffer. Without a buffer there would
 * never be a completion, and thus no poll that could refill the ring.
 */
bool libsvnic_rx_rewind(struct libsvnic_rxq *rx)
{
	struct svnic_queue_state *state = rx->state;

	libsvnic_rx_discard(rx);
	rx->part = LIBSVNIC_RX_FIRST;
	rx->prod = 0;
	rx->cons = 0;
	rx->kicked = 0;
	memset(rx->cmpl, 0, (rx->mask + 1) * sizeof(*rx->cmpl));
	state->rx_event = 0;
	state->rx_kick = 0;
	libsvnic_rx_refill(rx);
	return rx->prod;
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_rx_rewind);

/**
 * libsvnic_rx_drain - return all buffers of a ring to its page pool
 * @rx: queue that does not run
 *
 * Context: process.
 */
void libsvnic_rx_drain(struct libsvnic_rxq *rx)
{
	u32 slot;

	for (slot = 0; slot <= rx->mask; slot++)
		if (rx->bufs[slot].page)
			page_pool_put_full_page(rx->pool,
						libsvnic_rx_take(rx, slot),
						false);
	rx->cons = rx->prod;
	libsvnic_rx_discard(rx);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_rx_drain);
