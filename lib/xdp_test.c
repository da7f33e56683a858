// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: KUnit tests of receive queues with an XDP program, which is a C
 * function here, and of what the program sends.
 */
#include <linux/filter.h>
#include <linux/prandom.h>
#include <net/page_pool/helpers.h>

#include "desc.h"
#include "rx_test.h"
#include "tx_test.h"

#define XDP_INVALID	(XDP_REDIRECT + 1)	/* not an action */
#define XDP_LONG	5000	/* bytes of a frame that takes two buffers */
#define XDP_STORM	4000	/* polls, of about RX_SIZE / 2 completions */

/* State of the driver and of the fake device; @tx is for XDP alone. */
struct xdp_test {
	struct rx_test		base;
	struct libsvnic_rxq	*rx;
	struct libsvnic_txq	*tx;
	struct bpf_prog		*prog;
};

/* What the program does, and what it has seen. */
static struct {
	u32			act;
	int			head;	/* added to the start of the frame */
	unsigned int		meta;	/* bytes before it */
	const u8		*bytes;	/* for a start before the old one */
	struct rnd_state	*rnd;	/* chooses @act, @head, @meta */
	unsigned int		runs;
	unsigned int		acts[XDP_INVALID + 1];
	u32			len;
	int			no_hash;
	int			no_vlan;
	u32			hash;
	enum xdp_rss_hash_type	type;
	__be16			proto;
	u16			tci;
} xdp_run;

static void xdp_choose(const struct xdp_buff *xdp)
{
	u32 bits = prandom_u32_state(xdp_run.rnd);

	xdp_run.act = bits % (XDP_INVALID + 1);
	xdp_run.meta = bits >> 8 & 0x1c;
	xdp_run.head = (int)(bits >> 16) % 3 * 16 - 16;
	if (xdp->data_end - xdp->data < xdp_run.head + ETH_HLEN)
		xdp_run.head = 0;
}

static unsigned int xdp_prog(const void *ctx, const struct bpf_insn *insn)
{
	const struct xdp_metadata_ops *ops = &libsvnic_xdp_metadata_ops;
	struct xdp_buff *xdp = (struct xdp_buff *)ctx;

	if (xdp_run.rnd)
		xdp_choose(xdp);
	xdp_run.runs++;
	xdp_run.acts[xdp_run.act]++;
	xdp_run.len = xdp_get_buff_len(xdp);
	xdp_run.no_hash = ops->xmo_rx_hash(ctx, &xdp_run.hash, &xdp_run.type);
	xdp_run.no_vlan = ops->xmo_rx_vlan_tag(ctx, &xdp_run.proto,
					       &xdp_run.tci);
	xdp->data += xdp_run.head;
	if (xdp_run.head < 0)
		memcpy(xdp->data, xdp_run.bytes, -xdp_run.head);
	xdp->data_meta = xdp->data - xdp_run.meta;
	memset(xdp->data_meta, 0xa5, xdp_run.meta);
	return xdp_run.act;
}

static void xdp_poll(struct xdp_test *ctx)
{
	tx_no_kick(ctx->tx);
	rx_poll(&ctx->base);
}

static void xdp_receive(struct xdp_test *ctx, u32 len)
{
	rx_frame(&ctx->base, len, ctx->rx->buf_size, (struct svnic_rx_cmpl) {},
		 0);
	xdp_poll(ctx);
}

/* The device has sent all before this index. */
static void xdp_sent(struct xdp_test *ctx, u32 end)
{
	ctx->tx->state->tx_cons = cpu_to_le32(end);
	local_bh_disable();
	libsvnic_tx_clean(ctx->tx, NAPI_POLL_WEIGHT);
	local_bh_enable();
}

/* The ring has one frame: @len bytes in the buffers in @pages. */
static void xdp_expect_sent(struct kunit *test, struct page **pages, u32 len)
{
	struct xdp_test *ctx = test->priv;
	struct libsvnic_txq *tx = ctx->tx;
	u32 at, part, index = tx->cons;

	for (at = 0; at < len; at += part, index++) {
		struct svnic_tx_desc *desc = &tx->desc[index & tx->mask];

		part = min(len - at, ctx->rx->buf_size);
		KUNIT_EXPECT_EQ(test, le64_to_cpu(desc->addr),
				page_pool_get_dma_addr(*pages++) +
				XDP_PACKET_HEADROOM);
		KUNIT_EXPECT_EQ(test, le16_to_cpu(desc->len), part);
		KUNIT_EXPECT_EQ(test, le16_to_cpu(desc->flags),
				(at ? 0 : SVNIC_TXD_SOP) |
				(at + part < len ? 0 : SVNIC_TXD_EOP));
	}
	KUNIT_EXPECT_EQ(test, tx->prod, index);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(tx->state->tx_prod), index);
	xdp_sent(ctx, index);
	KUNIT_EXPECT_EQ(test, tx->cons, index);
}

/* Each action, for frames of @len bytes. */
static void xdp_actions(struct kunit *test, u32 len)
{
	struct xdp_test *ctx = test->priv;
	struct libsvnic_rxq *rx = ctx->rx;
	bool sole = len <= rx->buf_size;
	unsigned int n, dropped = 0;
	struct page *pages[2];
	bool kept;
	u32 slot;

	for (n = 1; n <= XDP_INVALID + 1; n++) {
		xdp_run.act = n - 1;
		slot = ctx->base.done & rx->mask;
		pages[0] = rx->bufs[slot].page;
		pages[1] = rx->bufs[slot + 1].page;
		xdp_receive(ctx, len);

		/* The redirection fails, because it has no target. */
		kept = xdp_run.act == XDP_PASS || xdp_run.act == XDP_TX;
		dropped += !kept && xdp_run.act != XDP_DROP;
		KUNIT_EXPECT_EQ(test, xdp_run.runs, n);
		KUNIT_EXPECT_EQ(test, xdp_run.len, len);
		KUNIT_EXPECT_EQ(test, rx->stats.packets, n);
		KUNIT_EXPECT_EQ(test, rx->stats.bytes, n * len);
		KUNIT_EXPECT_EQ(test, rx->stats.dropped, dropped);
		KUNIT_EXPECT_EQ(test, rx->stats.errors, 0);
		/* A buffer that nobody has got is posted again. */
		if (sole && xdp_run.act != XDP_REDIRECT && !kept)
			KUNIT_EXPECT_PTR_EQ(test, rx->bufs[slot].page,
					    pages[0]);
		else
			KUNIT_EXPECT_NULL(test, rx->bufs[slot].page);

		if (xdp_run.act == XDP_PASS)
			rx_expect(test, len);
		else
			KUNIT_EXPECT_EQ(test, skb_queue_len(&ctx->base.frames),
					0);
		skb_queue_purge(&ctx->base.frames);
		if (xdp_run.act == XDP_TX)
			xdp_expect_sent(test, pages, len);
		KUNIT_EXPECT_EQ(test, ctx->tx->cons, ctx->tx->prod);
	}
	KUNIT_EXPECT_EQ(test, dropped, 3);
	KUNIT_EXPECT_EQ(test, ctx->tx->stats.bytes, len);
	KUNIT_EXPECT_EQ(test, ctx->tx->stats.csum_none, 1);
}

static void single_test(struct kunit *test)
{
	xdp_actions(test, 100);
}

static void frags_test(struct kunit *test)
{
	xdp_actions(test, XDP_LONG);
}

/* A program that does not know of fragments gets no frame with them. */
static void no_frags_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;

	ctx->prog->aux->xdp_has_frags = false;
	xdp_receive(ctx, XDP_LONG);
	KUNIT_EXPECT_EQ(test, xdp_run.runs, 0);
	rx_expect_errors(test, 1);
	KUNIT_EXPECT_EQ(test, xdp_run.runs, 1);
}

/* The program was detached, and the queue kept. */
static void detached_test(struct kunit *test)
{
	static const u32 lens[] = { 60, 1000, XDP_LONG };
	struct xdp_test *ctx = test->priv;
	struct sk_buff *skb;
	unsigned int i;
	u64 bytes = 0;

	ctx->rx->prog = NULL;
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		xdp_receive(ctx, lens[i]);
		bytes += lens[i];
		skb = rx_expect(test, lens[i]);
		KUNIT_EXPECT_EQ(test, skb_metadata_len(skb), 0);
		KUNIT_EXPECT_EQ(test, ctx->rx->stats.packets, i + 1);
		KUNIT_EXPECT_EQ(test, ctx->rx->stats.bytes, bytes);
		skb_queue_purge(&ctx->base.frames);
	}
	KUNIT_EXPECT_EQ(test, xdp_run.runs, 0);
}

/* A frame has at most as many buffers as an skb has fragments, and a head. */
static void pieces_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;
	struct sk_buff *skb;

	rx_frame(&ctx->base, (MAX_SKB_FRAGS + 1) * 500, 500,
		 (struct svnic_rx_cmpl) {}, 0);
	xdp_poll(ctx);
	skb = rx_expect(test, (MAX_SKB_FRAGS + 1) * 500);
	KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->nr_frags, MAX_SKB_FRAGS);
	KUNIT_EXPECT_GE(test, skb->truesize,
			(MAX_SKB_FRAGS + 1) * ctx->rx->truesize);
	skb_queue_purge(&ctx->base.frames);
	KUNIT_EXPECT_EQ(test, xdp_run.runs, 1);

	rx_frame(&ctx->base, (MAX_SKB_FRAGS + 2) * 500, 500,
		 (struct svnic_rx_cmpl) {}, 0);
	xdp_poll(ctx);
	KUNIT_EXPECT_EQ(test, xdp_run.runs, 1);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&ctx->base.frames), 0);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.errors, 1);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.packets, 1);
}

/* The queue is emptied when only a part of a frame has been received. */
static void drain_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;
	u32 parts;

	for (parts = 1; parts <= MAX_SKB_FRAGS + 1; parts++) {
		rx_complete(&ctx->base, ctx->base.buf, 500,
			    (struct svnic_rx_cmpl) {}, SVNIC_RXC_SOP);
		while (ctx->base.done != parts)
			rx_complete(&ctx->base, ctx->base.buf, 500,
				    (struct svnic_rx_cmpl) {}, 0);
		xdp_poll(ctx);
		KUNIT_ASSERT_EQ(test, ctx->rx->part, LIBSVNIC_RX_NEXT);
		libsvnic_rx_drain(ctx->rx);
		KUNIT_EXPECT_EQ(test, ctx->rx->part, LIBSVNIC_RX_FIRST);
		KUNIT_EXPECT_EQ(test, ctx->rx->holes, RX_SIZE);

		KUNIT_ASSERT_TRUE(test, libsvnic_rx_rewind(ctx->rx));
		KUNIT_EXPECT_EQ(test, ctx->rx->holes, 0);
		ctx->base.done = 0;
	}
	KUNIT_EXPECT_EQ(test, xdp_run.runs, 0);
	xdp_receive(ctx, XDP_LONG);
	rx_expect(test, XDP_LONG);
}

/* The program moves the start of the frame, and adds metadata. */
static void move_test(struct kunit *test)
{
	static const u8 meta[] = { [0 ... 31] = 0xa5 };
	static const int heads[] = { 0, 16, 34, -2, -16, -64 };
	static const u32 lens[] = { 500, XDP_LONG };
	struct xdp_test *ctx = test->priv;
	u8 *from = ctx->base.buf + SZ_16K;
	unsigned int i, j, packets = 0;
	u32 len, part, bytes = 0;
	struct sk_buff *skb;

	xdp_run.bytes = ctx->base.buf;
	for (i = 0; i < ARRAY_SIZE(heads); i++) {
		xdp_run.head = heads[i];
		xdp_run.meta = i * 4;
		for (j = 0; j < ARRAY_SIZE(lens); j++) {
			/* the stack gets the first bytes of ctx->base.buf */
			memcpy(from + heads[i], ctx->base.buf, lens[j]);
			len = lens[j] + heads[i];
			part = min(len, ctx->rx->buf_size);
			rx_complete(&ctx->base, from, part,
				    (struct svnic_rx_cmpl) {}, SVNIC_RXC_SOP |
				    (part == len ? SVNIC_RXC_EOP : 0));
			if (part < len)
				rx_complete(&ctx->base, from + part, len - part,
					    (struct svnic_rx_cmpl) {},
					    SVNIC_RXC_EOP);
			xdp_poll(ctx);
			KUNIT_EXPECT_EQ(test, xdp_run.len, len);
			skb = rx_expect(test, lens[j]);
			KUNIT_ASSERT_EQ(test, skb_metadata_len(skb), i * 4);
			KUNIT_EXPECT_MEMEQ(test, (u8 *)skb_metadata_end(skb) -
					   i * 4, meta, i * 4);
			bytes += lens[j];
			KUNIT_EXPECT_EQ(test, ctx->rx->stats.packets,
					++packets);
			KUNIT_EXPECT_EQ(test, ctx->rx->stats.bytes, bytes);
			skb_queue_purge(&ctx->base.frames);
		}
	}
}

/* A frame that is sent starts where the program wants it to start. */
static void move_tx_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;
	struct page *page = ctx->rx->bufs[0].page;

	xdp_run.act = XDP_TX;
	xdp_run.bytes = ctx->base.buf;
	xdp_run.head = -20;
	xdp_receive(ctx, 1000);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(ctx->tx->desc[0].addr),
			page_pool_get_dma_addr(page) + XDP_PACKET_HEADROOM -
			20);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(ctx->tx->desc[0].len), 1020);
	KUNIT_EXPECT_EQ(test, ctx->tx->stats.bytes, 1020);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.bytes, 1000);

	/* There is no room for struct xdp_frame. */
	xdp_run.head = -XDP_PACKET_HEADROOM;
	xdp_receive(ctx, 1000);
	xdp_receive(ctx, XDP_LONG);
	KUNIT_EXPECT_EQ(test, ctx->tx->prod, 1);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.packets, 3);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.dropped, 2);
}

/* What does not fit into the ring is dropped. */
static void full_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;
	struct libsvnic_txq *tx = ctx->tx;
	unsigned int i;

	xdp_run.act = XDP_TX;
	for (i = 0; i < TX_SIZE; i++)
		rx_frame(&ctx->base, 100, SZ_2K, (struct svnic_rx_cmpl) {}, 0);
	xdp_poll(ctx);
	KUNIT_EXPECT_EQ(test, tx->prod, TX_SIZE);
	KUNIT_EXPECT_EQ(test, tx->kicked, TX_SIZE);
	KUNIT_EXPECT_EQ(test, tx->stats.bytes, TX_SIZE * 100);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.dropped, 0);

	for (i = 0; i < 20; i++)
		rx_frame(&ctx->base, 100, SZ_2K, (struct svnic_rx_cmpl) {}, 0);
	xdp_poll(ctx);
	KUNIT_EXPECT_EQ(test, tx->prod, TX_SIZE);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.dropped, 20);

	/* Room for three of the next frames; the rest of a bulk is dropped. */
	xdp_sent(ctx, 3);
	for (i = 0; i < 20; i++)
		rx_frame(&ctx->base, 100, SZ_2K, (struct svnic_rx_cmpl) {}, 0);
	xdp_poll(ctx);
	KUNIT_EXPECT_EQ(test, tx->prod, TX_SIZE + 3);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.dropped, 37);

	xdp_sent(ctx, tx->prod);
	libsvnic_xdp_close(ctx->base.fn->queues, true);
	xdp_receive(ctx, 100);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.dropped, 38);
	libsvnic_xdp_close(ctx->base.fn->queues, false);
	xdp_receive(ctx, 100);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.dropped, 38);
	KUNIT_EXPECT_EQ(test, tx->prod, TX_SIZE + 4);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.packets, TX_SIZE + 42);
	KUNIT_EXPECT_EQ(test, tx->stats.dropped, 0);
}

/* What the program can ask of a frame is that of its first completion. */
static void hints_test(struct kunit *test)
{
	struct svnic_rx_cmpl cmpl = {
		.hash		= cpu_to_le32(0x12345678),
		.vlan_tci	= cpu_to_le16(0x6064),
	};
	struct xdp_test *ctx = test->priv;

	xdp_run.act = XDP_DROP;
	rx_complete(&ctx->base, ctx->base.buf, 500, cmpl, SVNIC_RXC_SOP |
		    SVNIC_RXC_VLAN |
		    SVNIC_PTYPE_TCPV6 << SVNIC_RXC_HASH_SHIFT);
	rx_complete(&ctx->base, ctx->base.buf, 500, (struct svnic_rx_cmpl) {},
		    SVNIC_RXC_EOP);
	xdp_poll(ctx);
	KUNIT_EXPECT_EQ(test, xdp_run.no_hash, 0);
	KUNIT_EXPECT_EQ(test, xdp_run.hash, 0x12345678);
	KUNIT_EXPECT_EQ(test, (int)xdp_run.type, XDP_RSS_TYPE_L4_IPV6_TCP);
	KUNIT_EXPECT_EQ(test, xdp_run.no_vlan, 0);
	KUNIT_EXPECT_EQ(test, ntohs(xdp_run.proto), ETH_P_8021Q);
	KUNIT_EXPECT_EQ(test, xdp_run.tci, 0x6064);

	/* type 15 does not exist */
	rx_frame(&ctx->base, 500, SZ_2K, cmpl,
		 SVNIC_RXC_HASH_MASK << SVNIC_RXC_HASH_SHIFT);
	xdp_poll(ctx);
	KUNIT_EXPECT_EQ(test, xdp_run.no_hash, -ENODATA);
	KUNIT_EXPECT_EQ(test, xdp_run.no_vlan, -ENODATA);

	ctx->base.netdev->features &= ~NETIF_F_RXHASH;
	rx_frame(&ctx->base, 500, SZ_2K, cmpl,
		 SVNIC_PTYPE_IPV4 << SVNIC_RXC_HASH_SHIFT);
	xdp_poll(ctx);
	KUNIT_EXPECT_EQ(test, xdp_run.no_hash, -ENODATA);
	KUNIT_EXPECT_EQ(test, xdp_run.runs, 3);
}

/* Random completions and actions: each frame is counted and freed once. */
static void storm_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;
	struct libsvnic_rxq *rx = ctx->rx;
	struct libsvnic_txq *tx = ctx->tx;
	u32 round, n, bits, sent;
	struct rnd_state rnd;
	u64 stack = 0;

	prandom_seed_state(&rnd, 0x5fc0);
	xdp_run.rnd = &rnd;
	xdp_run.bytes = ctx->base.buf;
	for (round = 0; round < XDP_STORM; round++) {
		bits = prandom_u32_state(&rnd);
		rx->prog = bits & 7 ? ctx->prog : NULL;
		ctx->prog->aux->xdp_has_frags = bits & 8;
		n = rx->prod - ctx->base.done;
		for (n = (bits >> 8) % (n + 1); n; n--) {
			u32 info = prandom_u32_state(&rnd);
			struct svnic_rx_cmpl cmpl;
			u32 len;

			prandom_bytes_state(&rnd, &cmpl, sizeof(cmpl));
			len = prandom_u32_state(&rnd) >>
			      (18 + prandom_u32_state(&rnd) % 12);
			rx_complete(&ctx->base, ctx->base.buf, len, cmpl,
				    info & ~SVNIC_RXC_COALESCED);
		}
		xdp_poll(ctx);
		KUNIT_ASSERT_EQ(test, rx->cons, ctx->base.done);
		KUNIT_ASSERT_LE(test, rx->prod - rx->cons, RX_SIZE);
		stack += skb_queue_len(&ctx->base.frames);
		skb_queue_purge(&ctx->base.frames);
		sent = prandom_u32_state(&rnd) % (tx->prod - tx->cons + 1);
		xdp_sent(ctx, tx->cons + sent);
		if (bits >> 16 & 63)
			continue;
		KUNIT_ASSERT_TRUE(test, libsvnic_rx_rewind(rx));
		rx->kicked = rx->prod;
		ctx->base.done = 0;
	}
	for (n = 0; n <= XDP_INVALID; n++)
		KUNIT_EXPECT_GT(test, xdp_run.acts[n], XDP_STORM / 8);
	KUNIT_EXPECT_GT(test, stack, xdp_run.acts[XDP_PASS]);
	KUNIT_EXPECT_EQ(test, rx->stats.packets, stack + xdp_run.runs -
			xdp_run.acts[XDP_PASS]);
	KUNIT_EXPECT_GT(test, tx->stats.csum_none, 0);
	KUNIT_EXPECT_LT(test, tx->stats.csum_none, xdp_run.acts[XDP_TX]);
	KUNIT_EXPECT_EQ(test, rx->stats.dropped, xdp_run.acts[XDP_ABORTED] +
			xdp_run.acts[XDP_REDIRECT] + xdp_run.acts[XDP_INVALID] +
			xdp_run.acts[XDP_TX] - tx->stats.csum_none);
	KUNIT_EXPECT_GT(test, rx->stats.errors, 0);
}

int xdp_init(struct kunit *test)
{
	struct xdp_test *ctx = rx_alloc(test, sizeof(*ctx));
	struct libsvnic_fn *fn = tx_fn(test, ctx->base.netdev);

	memset(&xdp_run, 0, sizeof(xdp_run));
	xdp_run.act = XDP_PASS;
	fn->limits.buf_max = SZ_16K;
	fn->limits.frame_max = SZ_8K;
	ctx->rx = ctx->base.rx;
	ctx->prog = kunit_kzalloc(test, sizeof(*ctx->prog), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->prog);
	ctx->prog->aux = kunit_kzalloc(test, sizeof(*ctx->prog->aux),
				       GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->prog->aux);
	ctx->prog->bpf_func = xdp_prog;
	ctx->prog->aux->xdp_has_frags = true;
	ctx->rx->prog = ctx->prog;

	/* one ring of the stack, and one for XDP alone */
	tx_ring(test, fn);
	ctx->tx = tx_ring(test, fn);
	ctx->tx->xdp = true;
	fn->queues->cfg.pairs = 1;
	rx_start(test, fn->queues);
	return 0;
}

void xdp_exit(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;

	libsvnic_tx_drain(ctx->tx);
	rx_exit(test);
}

static struct kunit_case libsvnic_xdp_cases[] = {
	KUNIT_CASE(single_test),
	KUNIT_CASE(frags_test),
	KUNIT_CASE(no_frags_test),
	KUNIT_CASE(detached_test),
	KUNIT_CASE(pieces_test),
	KUNIT_CASE(drain_test),
	KUNIT_CASE(move_test),
	KUNIT_CASE(move_tx_test),
	KUNIT_CASE(full_test),
	KUNIT_CASE(hints_test),
	KUNIT_CASE(storm_test),
	{}
};

static struct kunit_suite libsvnic_xdp_suite = {
	.name		= "libsvnic_xdp",
	.init		= xdp_init,
	.exit		= xdp_exit,
	.test_cases	= libsvnic_xdp_cases,
};

kunit_test_suite(libsvnic_xdp_suite);
