// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: XDP programs, and the frames that they receive. What they send is
 * in xdp_tx.c.
 *
 * A program runs on the receive buffers. Each has room for a larger header, and
 * for struct skb_shared_info behind the frame, so it holds less of a frame than
 * without a program. A program that handles frames of several buffers
 * (BPF_F_XDP_HAS_FRAGS) sees the first one; the others are its fragments.
 */
#include <kunit/visibility.h>
#include <linux/bpf_trace.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/filter.h>
#include <linux/slab.h>
#include <net/page_pool/helpers.h>

#include "desc.h"
#include "rx.h"

/* Bytes before and after the part of a buffer that the device fills. */
#define LIBSVNIC_XDP_ROOM	(XDP_PACKET_HEADROOM + \
				 SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))

/**
 * libsvnic_xdp_buf_size - length of a receive buffer of a queue with a program
 * @limits: limits of the device
 *
 * Return: bytes, a multiple of 64.
 */
u32 libsvnic_xdp_buf_size(const struct libsvnic_limits *limits)
{
	return round_down(min(LIBSVNIC_XDP_TRUESIZE - LIBSVNIC_XDP_ROOM,
			      limits->buf_max), 64);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_xdp_buf_size);

/**
 * libsvnic_xdp_mtu_max - largest MTU with which a program sees all of a frame
 * @fn: function
 * @prog: program, or NULL
 *
 * Return: MTU, bytes; it may be larger than the largest MTU of the netdev.
 */
unsigned int libsvnic_xdp_mtu_max(const struct libsvnic_fn *fn,
				  const struct bpf_prog *prog)
{
	u32 bufs;

	if (!prog)
		return UINT_MAX;
	bufs = prog->aux->xdp_has_frags ? MAX_SKB_FRAGS + 1 : 1;
	return libsvnic_xdp_buf_size(&fn->limits) * bufs - LIBSVNIC_HLEN_MAX;
}

/**
 * libsvnic_xdp_rxq_init - prepare a receive queue for a program
 * @rx: queue with a page pool
 * @queues: its configuration, with the transmit queues allocated
 *
 * Context: process, sleeps.
 * Return: 0 or -errno.
 */
int libsvnic_xdp_rxq_init(struct libsvnic_rxq *rx,
			  const struct libsvnic_queues *queues)
{
	struct libsvnic_xdp *xdp;
	int err;

	xdp = kzalloc_obj(*xdp);
	if (!xdp)
		return -ENOMEM;
	xdp->rx = rx;
	xdp->tx = libsvnic_xdp_txq(queues, rx->index);
	err = xdp_rxq_info_reg(&xdp->rxq, rx->netdev, rx->index, 0);
	if (err)
		goto err_xdp;
	err = xdp_rxq_info_reg_mem_model(&xdp->rxq, MEM_TYPE_PAGE_POOL,
					 rx->pool);
	if (err)
		goto err_rxq;
	rx->xdp = xdp;
	return 0;

err_rxq:
	xdp_rxq_info_unreg(&xdp->rxq);
err_xdp:
	kfree(xdp);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_xdp_rxq_init);

/**
 * libsvnic_xdp_rxq_exit - opposite of libsvnic_xdp_rxq_init()
 * @rx: queue without buffers
 *
 * Context: process, sleeps.
 */
void libsvnic_xdp_rxq_exit(struct libsvnic_rxq *rx)
{
	xdp_rxq_info_unreg(&rx->xdp->rxq);
	kfree(rx->xdp);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_xdp_rxq_exit);

/**
 * libsvnic_xdp_discard - return the buffers of a frame that is not complete
 * @rx: queue with a frame that has begun
 *
 * Context: NAPI, or process while the queue does not run.
 */
void libsvnic_xdp_discard(struct libsvnic_rxq *rx)
{
	/* No program has used the head room: this cannot fail. */
	xdp_return_frame(xdp_convert_buff_to_frame(&rx->xdp->buff));
}

/* Send the frames that were collected; drop those that cannot be sent. */
static void libsvnic_xdp_send_bulk(struct libsvnic_xdp *xdp)
{
	struct libsvnic_rxq *rx = xdp->rx;
	int i, sent;

	sent = libsvnic_xdp_send(xdp->tx, xdp->bulk, xdp->count, true, true);
	for (i = sent; i < xdp->count; i++)
		xdp_return_frame_rx_napi(xdp->bulk[i]);
	u64_stats_update_begin(&rx->syncp);
	rx->stats.dropped += xdp->count - sent;
	u64_stats_update_end(&rx->syncp);
	xdp->count = 0;
}

/**
 * libsvnic_xdp_flush - pass on what a program sent and redirected
 * @rx: queue with a program
 *
 * Context: NAPI, at the end of a poll.
 */
void libsvnic_xdp_flush(struct libsvnic_rxq *rx)
{
	struct libsvnic_xdp *xdp = rx->xdp;

	if (xdp->count)
		libsvnic_xdp_send_bulk(xdp);
	if (xdp->redirected)
		xdp_do_flush();
	xdp->redirected = false;
}

static bool libsvnic_xdp_tx(struct libsvnic_xdp *xdp)
{
	struct xdp_frame *frame = xdp_convert_buff_to_frame(&xdp->buff);

	if (unlikely(!frame))
		return false;
	xdp->bulk[xdp->count++] = frame;
	if (xdp->count == LIBSVNIC_XDP_BULK)
		libsvnic_xdp_send_bulk(xdp);
	return true;
}

static bool libsvnic_xdp_redirect(struct libsvnic_xdp *xdp,
				  struct bpf_prog *prog)
{
	if (xdp_do_redirect(xdp->rx->netdev, &xdp->buff, prog))
		return false;
	xdp->redirected = true;
	return true;
}

/* Make an skb of the memory of a frame, of which the caller has the pages. */
static struct sk_buff *libsvnic_xdp_skb(struct libsvnic_rxq *rx)
{
	const struct xdp_buff *buff = &rx->xdp->buff;
	unsigned int meta = buff->data - buff->data_meta;
	const struct skb_shared_info *shinfo = NULL;
	unsigned int i, frags = 0;
	struct sk_buff *skb;

	if (xdp_buff_has_frags(buff)) {
		shinfo = xdp_get_shared_info_from_buff(buff);
		frags = shinfo->nr_frags;
	}
	skb = napi_build_skb(buff->data_hard_start, buff->frame_sz);
	if (unlikely(!skb))
		return NULL;
	skb_mark_for_recycle(skb);
	skb_reserve(skb, buff->data - buff->data_hard_start);
	__skb_put(skb, buff->data_end - buff->data);
	if (meta)
		skb_metadata_set(skb, meta);
	/* Building the skb has cleared the number of fragments only. */
	for (i = 0; i < frags; i++) {
		const skb_frag_t *frag = &shinfo->frags[i];

		skb_add_rx_frag(skb, i, skb_frag_page(frag),
				skb_frag_off(frag), skb_frag_size(frag),
				rx->truesize);
	}
	return skb;
}

/*
 * Drop a frame. If its buffer is still in @slot it stays there and is posted
 * again, but the program may have written to it.
 */
static void libsvnic_xdp_drop(struct libsvnic_rxq *rx, u32 slot, bool in_slot)
{
	const struct libsvnic_rx_buf *buf = &rx->bufs[slot];

	if (!in_slot) {
		xdp_return_buff(&rx->xdp->buff);
		return;
	}
	dma_sync_single_range_for_device(&rx->fn->pdev->dev,
					 page_pool_get_dma_addr(buf->page),
					 offset_in_page(buf->data),
					 rx->buf_size, DMA_BIDIRECTIONAL);
}

/*
 * Run the program, if there is one, on a complete frame. @in_slot: its only
 * buffer is still in @slot. Returns the frame if the stack is to get it.
 */
static struct sk_buff *libsvnic_xdp_run(struct libsvnic_rxq *rx,
					struct bpf_prog *prog, u32 slot,
					bool in_slot)
{
	struct libsvnic_xdp *xdp = rx->xdp;
	struct sk_buff *skb;
	bool kept = false;
	bool failed;
	u32 len, act;

	len = xdp_get_buff_len(&xdp->buff);
	act = likely(prog) ? bpf_prog_run_xdp(prog, &xdp->buff) : XDP_PASS;
	/* All other actions leave the frame to somebody else. */
	if (in_slot && (act == XDP_PASS || act == XDP_TX ||
			act == XDP_REDIRECT)) {
		libsvnic_rx_take(rx, slot);
		in_slot = false;
	}

	switch (act) {
	case XDP_PASS:
		skb = libsvnic_xdp_skb(rx);
		if (likely(skb))
			return skb;
		break;
	case XDP_TX:
		kept = libsvnic_xdp_tx(xdp);
		break;
	case XDP_REDIRECT:
		kept = libsvnic_xdp_redirect(xdp, prog);
		break;
	default:
		bpf_warn_invalid_xdp_action(rx->netdev, prog, act);
		fallthrough;
	case XDP_ABORTED:
	case XDP_DROP:
		break;
	}

	failed = !kept && act != XDP_DROP;
	/* What the stack gets is counted by libsvnic_rx_deliver(). */
	u64_stats_update_begin(&rx->syncp);
	rx->stats.packets++;
	rx->stats.bytes += len;
	rx->stats.dropped += failed;
	u64_stats_update_end(&rx->syncp);
	if (failed && prog)
		trace_xdp_exception(rx->netdev, prog, act);
	if (!kept)
		libsvnic_xdp_drop(rx, slot, in_slot);
	return NULL;
}

/**
 * libsvnic_xdp_piece - handle a buffer of a queue with a program
 * @rx: queue
 * @slot: slot of the buffer
 * @cmpl: its completion
 * @info: info of @cmpl, valid
 * @len: bytes in the buffer, valid
 *
 * Context: NAPI; the buffer is synchronised for the CPU.
 * Return: the frame if this buffer completes it and the stack is to get it,
 * with its first completion in rx->sop; else NULL.
 */
struct sk_buff *libsvnic_xdp_piece(struct libsvnic_rxq *rx, u32 slot,
				   const struct svnic_rx_cmpl *cmpl, u32 info,
				   u32 len)
{
	const struct libsvnic_rx_buf *buf = &rx->bufs[slot];
	bool last = info & SVNIC_RXC_EOP;
	struct libsvnic_xdp *xdp = rx->xdp;
	struct bpf_prog *prog;

	if (likely(info & SVNIC_RXC_SOP)) {
		xdp_init_buff(&xdp->buff, rx->truesize, &xdp->rxq);
		xdp_prepare_buff(&xdp->buff, buf->data - rx->headroom,
				 rx->headroom, len, true);
		rx->sop = *cmpl;
		rx->sop.info = cpu_to_le32(info);
		if (likely(last))
			return libsvnic_xdp_run(rx, READ_ONCE(rx->prog), slot,
						true);
		rx->part = LIBSVNIC_RX_NEXT;
		libsvnic_rx_take(rx, slot);
		return NULL;
	}

	if (unlikely(!xdp_buff_add_frag(&xdp->buff, page_to_netmem(buf->page),
					offset_in_page(buf->data), len,
					rx->truesize))) {
		libsvnic_rx_abort(rx, last, true);
		return NULL;
	}
	libsvnic_rx_take(rx, slot);
	if (!last)
		return NULL;
	prog = READ_ONCE(rx->prog);
	/* The device has no reason to receive a frame that long. */
	if (unlikely(prog && !prog->aux->xdp_has_frags)) {
		libsvnic_rx_abort(rx, true, true);
		return NULL;
	}
	rx->part = LIBSVNIC_RX_FIRST;
	return libsvnic_xdp_run(rx, prog, slot, false);
}

static const struct svnic_rx_cmpl *
libsvnic_xdp_sop(const struct xdp_md *ctx, const struct net_device **netdev)
{
	const struct libsvnic_xdp *xdp =
		container_of((const struct xdp_buff *)ctx, struct libsvnic_xdp,
			     buff);

	*netdev = xdp->rx->netdev;
	return &xdp->rx->sop;
}

static int libsvnic_xdp_hash(const struct xdp_md *ctx, u32 *hash,
			     enum xdp_rss_hash_type *type)
{
	static const enum xdp_rss_hash_type types[] = {
		[SVNIC_PTYPE_IPV4]	= XDP_RSS_TYPE_L3_IPV4,
		[SVNIC_PTYPE_TCPV4]	= XDP_RSS_TYPE_L4_IPV4_TCP,
		[SVNIC_PTYPE_UDPV4]	= XDP_RSS_TYPE_L4_IPV4_UDP,
		[SVNIC_PTYPE_IPV6]	= XDP_RSS_TYPE_L3_IPV6,
		[SVNIC_PTYPE_TCPV6]	= XDP_RSS_TYPE_L4_IPV6_TCP,
		[SVNIC_PTYPE_UDPV6]	= XDP_RSS_TYPE_L4_IPV6_UDP,
	};
	const struct net_device *netdev;
	const struct svnic_rx_cmpl *sop = libsvnic_xdp_sop(ctx, &netdev);
	enum svnic_ptype ptype = svnic_rxc_hash_type(le32_to_cpu(sop->info));

	if (ptype == SVNIC_PTYPE_NONE || ptype >= ARRAY_SIZE(types) ||
	    !(netdev->features & NETIF_F_RXHASH))
		return -ENODATA;
	*hash = le32_to_cpu(sop->hash);
	*type = types[ptype];
	return 0;
}

static int libsvnic_xdp_vlan(const struct xdp_md *ctx, __be16 *proto, u16 *tci)
{
	const struct net_device *netdev;
	const struct svnic_rx_cmpl *sop = libsvnic_xdp_sop(ctx, &netdev);

	if (!(le32_to_cpu(sop->info) & SVNIC_RXC_VLAN))
		return -ENODATA;
	*proto = htons(ETH_P_8021Q);
	*tci = le16_to_cpu(sop->vlan_tci);
	return 0;
}

/* What a program that is bound to the netdev can ask of a frame. */
const struct xdp_metadata_ops libsvnic_xdp_metadata_ops = {
	.xmo_rx_hash		= libsvnic_xdp_hash,
	.xmo_rx_vlan_tag	= libsvnic_xdp_vlan,
};
EXPORT_SYMBOL_IF_KUNIT(libsvnic_xdp_metadata_ops);

/* Replace a program, or remove it; the queues stay as they are. */
static void libsvnic_xdp_swap(struct libsvnic_fn *fn, struct bpf_prog *prog)
{
	unsigned int i;

	if (fn->state != LIBSVNIC_UP)
		return;
	fn->queues->cfg.prog = prog;
	for (i = 0; i < fn->queues->cfg.pairs; i++)
		WRITE_ONCE(fn->queues->rxq[i]->prog, prog);
}

static int libsvnic_xdp_setup(struct libsvnic_fn *fn, struct bpf_prog *prog,
			      struct netlink_ext_ack *extack)
{
	struct bpf_prog *old = fn->cfg.prog;
	struct libsvnic_cfg cfg = fn->cfg;
	int err;

	if (fn->netdev->mtu > libsvnic_xdp_mtu_max(fn, prog)) {
		NL_SET_ERR_MSG_FMT(extack,
				   "MTU is at most %u with this XDP program",
				   libsvnic_xdp_mtu_max(fn, prog));
		return -EINVAL;
	}
	if (!prog == !old) {
		libsvnic_xdp_swap(fn, prog);
		fn->cfg.prog = prog;
	} else {
		cfg.prog = prog;
		err = libsvnic_reconfigure_rings(fn, &cfg, extack);
		if (err && prog)
			return err;
		if (err) {
			/* It must not fail: the queues stay as they are. */
			libsvnic_xdp_swap(fn, NULL);
			fn->cfg.prog = NULL;
		}
	}
	if (old)
		bpf_prog_put(old);
	if (prog && !old)
		xdp_features_set_redirect_target_locked(fn->netdev, true);
	else if (old && !prog)
		xdp_features_clear_redirect_target_locked(fn->netdev);
	return 0;
}

/**
 * libsvnic_bpf - ndo_bpf
 * @netdev: netdev
 * @bpf: command
 *
 * Return: 0 or -errno.
 */
int libsvnic_bpf(struct net_device *netdev, struct netdev_bpf *bpf)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);

	switch (bpf->command) {
	case XDP_SETUP_PROG:
		return libsvnic_xdp_setup(fn, bpf->prog, bpf->extack);
	default:
		return -EINVAL;
	}
}
EXPORT_SYMBOL_NS_GPL(libsvnic_bpf, "LIBSVNIC");
