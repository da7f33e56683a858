// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: KUnit tests of transmit rings into which XDP sends: one for XDP
 * alone, and one that it shares with the stack. The frames are redirected ones,
 * which are not in memory of the function's page pools.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/skbuff.h>
#include <net/sch_generic.h>

#include "desc.h"
#include "tx.h"
#include "tx_test.h"

#define XDP_HEAD	256	/* offset of a frame in its page */
#define XDP_FRAGS	1024	/* offset of its fragments */
#define XDP_PAGES	(TX_SIZE + 16)
#define XDP_STORM	20000
#define XDP_BUDGET	NAPI_POLL_WEIGHT
#define XDP_SKB		60	/* bytes of a frame of the stack */
#define XDP_SKB_SLOTS	(1 + SVNIC_TXD_INLINE_ENTRIES(XDP_SKB))

/* State of the driver, and all pages that frames have been in. */
struct xdp_test {
	struct net_device	*netdev;
	struct libsvnic_fn	*fn;
	struct libsvnic_txq	*shared;
	struct libsvnic_txq	*alone;
	struct page		*pages[XDP_PAGES];
	unsigned int		count;
};

static unsigned int xdp_skbs;

static void xdp_skb_free(struct sk_buff *skb)
{
	xdp_skbs++;
}

/* A page that no frame uses. */
static struct page *xdp_page(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;
	struct page *page;
	unsigned int i;

	for (i = 0; i < ctx->count; i++)
		if (page_count(ctx->pages[i]) == 1)
			return ctx->pages[i];
	KUNIT_ASSERT_LT(test, ctx->count, XDP_PAGES);
	page = alloc_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	ctx->pages[ctx->count++] = page;
	return page;
}

/* Pieces of frames that were not freed. */
static int xdp_pieces(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;
	unsigned int i;
	int pieces = 0;

	for (i = 0; i < ctx->count; i++) {
		KUNIT_ASSERT_GE(test, page_count(ctx->pages[i]), 1);
		pieces += page_count(ctx->pages[i]) - 1;
	}
	return pieces;
}

/* A frame with @head bytes, and @frags fragments of @size, all in one page. */
static struct xdp_frame *xdp_frame(struct kunit *test, u32 head, u32 frags,
				   u32 size)
{
	struct page *page = xdp_page(test);
	struct skb_shared_info *shinfo;
	struct xdp_frame *frame;
	u32 i;

	/* Each piece has a reference; the test has one more. */
	get_page(page);
	frame = page_address(page);
	*frame = (struct xdp_frame) {
		.data		= page_address(page) + XDP_HEAD,
		.len		= head,
		.headroom	= XDP_HEAD - sizeof(*frame),
		.mem_type	= MEM_TYPE_PAGE_ORDER0,
		.frame_sz	= PAGE_SIZE,
	};
	if (!frags)
		return frame;
	frame->flags = XDP_FLAGS_HAS_FRAGS;
	shinfo = xdp_get_shared_info_from_frame(frame);
	shinfo->nr_frags = frags;
	shinfo->xdp_frags_size = frags * size;
	for (i = 0; i < frags; i++) {
		get_page(page);
		skb_frag_fill_page_desc(&shinfo->frags[i], page,
					XDP_FRAGS + i * size % SZ_2K, size);
	}
	return frame;
}

static int xdp_send(struct libsvnic_txq *tx, struct xdp_frame **frames,
		    int count, bool kick)
{
	int sent;

	tx_no_kick(tx);
	local_bh_disable();
	sent = libsvnic_xdp_send(tx, frames, count, false, kick);
	local_bh_enable();
	return sent;
}

/* Send one frame; free it if it is not sent. */
static bool xdp_send_one(struct kunit *test, struct libsvnic_txq *tx, u32 head,
			 u32 frags, u32 size)
{
	struct xdp_frame *frame = xdp_frame(test, head, frags, size);
	u32 prod = tx->prod;

	if (xdp_send(tx, &frame, 1, true)) {
		KUNIT_EXPECT_EQ(test, tx->prod - prod, !!head + frags);
		return true;
	}
	KUNIT_EXPECT_EQ(test, tx->prod, prod);
	xdp_return_frame(frame);
	return false;
}

static void xdp_send_skb(struct kunit *test, u32 len)
{
	struct xdp_test *ctx = test->priv;
	struct sk_buff *skb;
	netdev_tx_t ret;

	skb = alloc_skb(len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_put_zero(skb, len);
	skb->destructor = xdp_skb_free;
	tx_no_kick(ctx->shared);
	local_bh_disable();
	ret = libsvnic_xmit(skb, ctx->netdev);
	local_bh_enable();
	KUNIT_ASSERT_EQ(test, ret, NETDEV_TX_OK);
}

/* The device has sent all before @end. */
static void xdp_sent(struct libsvnic_txq *tx, u32 end, int budget)
{
	tx->state->tx_cons = cpu_to_le32(end);
	local_bh_disable();
	libsvnic_tx_clean(tx, budget);
	local_bh_enable();
}

/* Bytes of the stack that have completed, for byte queue limits. */
static void xdp_expect_bql(struct kunit *test, unsigned int bytes)
{
#ifdef CONFIG_BQL
	struct xdp_test *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, ctx->shared->nq->dql.num_completed, bytes);
#endif
}

static void full_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;
	struct libsvnic_txq *tx = ctx->alone;
	struct xdp_frame *frames[TX_SIZE + 6];
	int i;

	for (i = 0; i < ARRAY_SIZE(frames); i++)
		frames[i] = xdp_frame(test, 60 + i, 0, 0);
	KUNIT_EXPECT_EQ(test, xdp_send(tx, frames, 10, false), 10);
	KUNIT_EXPECT_EQ(test, tx->kicked, 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(tx->state->tx_prod), 0);
	KUNIT_EXPECT_EQ(test, xdp_send(tx, frames + 10,
				       ARRAY_SIZE(frames) - 10, true),
			TX_SIZE - 10);
	KUNIT_EXPECT_EQ(test, tx->kicked, TX_SIZE);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(tx->state->tx_prod), TX_SIZE);
	KUNIT_EXPECT_EQ(test, tx->stats.csum_none, TX_SIZE);
	KUNIT_EXPECT_EQ(test, tx->stats.bytes,
			TX_SIZE * 60 + TX_SIZE * (TX_SIZE - 1) / 2);

	xdp_sent(tx, 5, XDP_BUDGET);
	KUNIT_EXPECT_EQ(test, tx->cons, 5);
	KUNIT_EXPECT_EQ(test, xdp_pieces(test), ARRAY_SIZE(frames) - 5);
	KUNIT_EXPECT_EQ(test, xdp_send(tx, frames + TX_SIZE, 6, true), 5);
	KUNIT_EXPECT_EQ(test, xdp_send(tx, frames + TX_SIZE + 5, 1, true), 0);
	xdp_return_frame(frames[TX_SIZE + 5]);
	xdp_sent(tx, tx->prod, XDP_BUDGET);
	KUNIT_EXPECT_EQ(test, xdp_pieces(test), 0);
	KUNIT_EXPECT_EQ(test, tx->cons, TX_SIZE + 5);
	KUNIT_EXPECT_EQ(test, tx->stats.dropped, 0);
}

/* Frames that the device would not send stay out of the ring. */
static void limits_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;
	struct libsvnic_txq *tx = ctx->alone;
	struct xdp_frame *frames[3];

	KUNIT_EXPECT_FALSE(test, xdp_send_one(test, tx, ETH_HLEN - 1, 0, 0));
	KUNIT_EXPECT_FALSE(test, xdp_send_one(test, tx, 0, 0, 0));
	KUNIT_EXPECT_FALSE(test, xdp_send_one(test, tx, 1515, 0, 0));
	KUNIT_EXPECT_FALSE(test, xdp_send_one(test, tx, 1000, 1, 515));
	KUNIT_EXPECT_TRUE(test, xdp_send_one(test, tx, ETH_HLEN, 0, 0));
	KUNIT_EXPECT_TRUE(test, xdp_send_one(test, tx, 1514, 0, 0));
	KUNIT_EXPECT_TRUE(test, xdp_send_one(test, tx, 1000, 1, 514));

	ctx->fn->limits.tx_chain = 4;
	KUNIT_EXPECT_FALSE(test, xdp_send_one(test, tx, 60, 4, 100));
	KUNIT_EXPECT_FALSE(test, xdp_send_one(test, tx, 0, 5, 100));
	KUNIT_EXPECT_TRUE(test, xdp_send_one(test, tx, 60, 3, 100));
	KUNIT_EXPECT_TRUE(test, xdp_send_one(test, tx, 0, 4, 100));

	/* A length that descriptors and counters cannot express. */
	ctx->fn->limits.tx_chain = 20;
	ctx->fn->limits.frame_max = SZ_128K;
	KUNIT_EXPECT_FALSE(test, xdp_send_one(test, tx, 60, MAX_SKB_FRAGS,
					      SZ_4K));

	/* Those before it are sent, those after it are not. */
	frames[0] = xdp_frame(test, 60, 0, 0);
	frames[1] = xdp_frame(test, 13, 0, 0);
	frames[2] = xdp_frame(test, 60, 0, 0);
	KUNIT_EXPECT_EQ(test, xdp_send(tx, frames, 3, true), 1);
	xdp_return_frame(frames[1]);
	xdp_return_frame(frames[2]);

	KUNIT_EXPECT_EQ(test, tx->prod, 1 + 1 + 2 + 4 + 4 + 1);
	KUNIT_EXPECT_EQ(test, xdp_pieces(test), tx->prod + 1);
	KUNIT_EXPECT_EQ(test, tx->stats.csum_none, 6);
	KUNIT_EXPECT_EQ(test, tx->stats.bytes,
			14 + 1514 + 1514 + 360 + 400 + 60);
	xdp_sent(tx, tx->prod, XDP_BUDGET);
	KUNIT_EXPECT_EQ(test, xdp_pieces(test), 0);
}

static void closed_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;

	libsvnic_xdp_close(ctx->fn->queues, true);
	KUNIT_EXPECT_FALSE(test, xdp_send_one(test, ctx->alone, 60, 0, 0));
	KUNIT_EXPECT_FALSE(test, xdp_send_one(test, ctx->shared, 60, 0, 0));
	/* The stack may send. */
	xdp_send_skb(test, XDP_SKB);
	libsvnic_xdp_close(ctx->fn->queues, false);
	KUNIT_EXPECT_TRUE(test, xdp_send_one(test, ctx->alone, 60, 0, 0));
	KUNIT_EXPECT_TRUE(test, xdp_send_one(test, ctx->shared, 60, 0, 0));
}

static int xdp_redirect(struct xdp_test *ctx, struct xdp_frame **frames,
			int count, u32 flags)
{
	int sent;

	tx_no_kick(ctx->alone);
	local_bh_disable();
	sent = libsvnic_xdp_xmit(ctx->netdev, count, frames, flags);
	local_bh_enable();
	return sent;
}

static void redirect_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;
	struct libsvnic_txq *tx = ctx->alone;
	struct xdp_frame *frames[2];

	frames[0] = xdp_frame(test, 60, 0, 0);
	frames[1] = xdp_frame(test, 60, 1, 60);
	KUNIT_EXPECT_EQ(test, xdp_redirect(ctx, frames, 2, BIT(1)), -EINVAL);
	clear_bit(LIBSVNIC_RUNNING, ctx->fn->flags);
	KUNIT_EXPECT_EQ(test, xdp_redirect(ctx, frames, 2, 0), -ENETDOWN);
	set_bit(LIBSVNIC_RUNNING, ctx->fn->flags);
	netif_carrier_off(ctx->netdev);
	KUNIT_EXPECT_EQ(test, xdp_redirect(ctx, frames, 2, 0), -ENETDOWN);
	netif_carrier_on(ctx->netdev);
	ctx->fn->queues->xdp = false;
	KUNIT_EXPECT_EQ(test, xdp_redirect(ctx, frames, 2, 0), -ENXIO);
	ctx->fn->queues->xdp = true;
	KUNIT_EXPECT_EQ(test, tx->prod, 0);

	KUNIT_EXPECT_EQ(test, xdp_redirect(ctx, frames, 1, 0), 1);
	KUNIT_EXPECT_EQ(test, tx->kicked, 0);
	KUNIT_EXPECT_EQ(test, xdp_redirect(ctx, frames + 1, 1,
					   XDP_XMIT_FLUSH), 1);
	KUNIT_EXPECT_EQ(test, tx->kicked, 3);
	KUNIT_EXPECT_EQ(test, xdp_pieces(test), 3);
	xdp_sent(tx, 3, XDP_BUDGET);
	KUNIT_EXPECT_EQ(test, xdp_pieces(test), 0);
	KUNIT_EXPECT_EQ(test, ctx->shared->prod, 0);
}

/* The descriptors of a frame with and without a linear part. */
static void pieces_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;
	struct libsvnic_txq *tx = ctx->alone;
	struct svnic_tx_desc *desc;
	u32 head, i, turn;
	phys_addr_t base;

	/* The ring wraps in the middle of a frame. */
	for (turn = 0; turn < 2 * TX_SIZE; turn++) {
		head = turn & 1 ? 50 : 0;
		base = page_to_phys(xdp_page(test));
		KUNIT_ASSERT_TRUE(test, xdp_send_one(test, tx, head, 3, 40));
		for (i = !head; i < 4; i++) {
			desc = &tx->desc[(tx->cons + i - !head) & tx->mask];
			KUNIT_EXPECT_EQ(test, le64_to_cpu(desc->addr), base +
					(i ? XDP_FRAGS + (i - 1) * 40 :
					 XDP_HEAD));
			KUNIT_EXPECT_EQ(test, le16_to_cpu(desc->len),
					i ? 40 : 50);
			KUNIT_EXPECT_EQ(test, le16_to_cpu(desc->flags),
					(i == !head ? SVNIC_TXD_SOP : 0) |
					(i == 3 ? SVNIC_TXD_EOP : 0));
		}
		KUNIT_EXPECT_EQ(test, xdp_pieces(test), 4);
		xdp_sent(tx, tx->prod, XDP_BUDGET);
		KUNIT_ASSERT_EQ(test, tx->cons, tx->prod);
		KUNIT_ASSERT_EQ(test, xdp_pieces(test), 0);
	}
}

/* Each piece of a frame cannot be mapped, because the bus ends before it. */
static void map_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;
	u64 *limit = &ctx->fn->pdev->dev.bus_dma_limit;
	struct libsvnic_txq *tx = ctx->alone;
	phys_addr_t base;
	u32 head, i;

	for (head = 0; head <= 50; head += 50) {
		for (i = !head; i < 4; i++) {
			base = page_to_phys(xdp_page(test));
			*limit = base + (i ? XDP_FRAGS + (i - 1) * 40 :
					 XDP_HEAD);
			kunit_warning_suppress(test) {
				KUNIT_EXPECT_FALSE(test,
						   xdp_send_one(test, tx, head,
								3, 40));
			}
			KUNIT_EXPECT_EQ(test, xdp_pieces(test), 0);
		}
	}
	KUNIT_EXPECT_EQ(test, tx->prod, 0);
	KUNIT_EXPECT_EQ(test, tx->stats.bytes, 0);
	*limit = 0;
	KUNIT_EXPECT_TRUE(test, xdp_send_one(test, tx, 50, 3, 40));
	xdp_sent(tx, tx->prod, XDP_BUDGET);
	KUNIT_EXPECT_EQ(test, xdp_pieces(test), 0);
}

/* A device whose index is in a frame, at each position, and then beyond. */
static void middle_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;
	struct libsvnic_txq *tx = ctx->alone;
	unsigned int index = tx->index;
	u32 cons, at, i, left;

	for (at = 1; at <= 4 * 3; at++) {
		tx->stats.dropped = 0;
		cons = tx->cons;
		for (i = 0; i < 4; i++)
			KUNIT_ASSERT_TRUE(test, xdp_send_one(test, tx, 60, 2,
							     60));
		left = 4 - at / 3;
		for (i = 0; i < 2; i++) {
			xdp_sent(tx, cons + at, XDP_BUDGET);
			KUNIT_EXPECT_EQ(test, xdp_pieces(test), left * 3);
			KUNIT_EXPECT_EQ(test, tx->cons, cons + at);
			KUNIT_EXPECT_FALSE(test, test_bit(index,
							  ctx->fn->tx_failed));
		}
		xdp_sent(tx, tx->prod + 1, XDP_BUDGET);
		KUNIT_EXPECT_TRUE(test, test_and_clear_bit(index,
							   ctx->fn->tx_failed));
		xdp_sent(tx, tx->cons - 1, XDP_BUDGET);
		KUNIT_EXPECT_TRUE(test, test_and_clear_bit(index,
							   ctx->fn->tx_failed));
		KUNIT_EXPECT_EQ(test, xdp_pieces(test), left * 3);
		KUNIT_EXPECT_EQ(test, tx->cons, cons + at);

		libsvnic_tx_drain(tx);
		KUNIT_EXPECT_EQ(test, xdp_pieces(test), 0);
		KUNIT_EXPECT_EQ(test, tx->stats.dropped, left);
		KUNIT_ASSERT_EQ(test, tx->cons, tx->prod);
	}
}

/* netpoll may run in an interrupt, where no frame of XDP may be freed. */
static void netpoll_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;
	struct libsvnic_txq *tx = ctx->alone;
	unsigned int i;

	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_TRUE(test, xdp_send_one(test, tx, 60, 2, 60));
	for (i = 0; i < 2; i++) {
		xdp_sent(tx, tx->prod, 0);
		KUNIT_EXPECT_EQ(test, xdp_pieces(test), 9);
		KUNIT_EXPECT_EQ(test, tx->cons, 2);
	}
	xdp_sent(tx, tx->prod, XDP_BUDGET);
	KUNIT_EXPECT_EQ(test, xdp_pieces(test), 0);
	KUNIT_EXPECT_EQ(test, tx->cons, 9);
}

/* As above, but frames of the stack before the first one of XDP are freed. */
static void shared_netpoll_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;
	struct libsvnic_txq *tx = ctx->shared;

	xdp_send_skb(test, XDP_SKB);
	xdp_send_skb(test, 200);
	KUNIT_ASSERT_TRUE(test, xdp_send_one(test, tx, 60, 0, 0));
	xdp_send_skb(test, XDP_SKB);
	xdp_sent(tx, tx->prod, 0);
	KUNIT_EXPECT_EQ(test, xdp_skbs, 2);
	KUNIT_EXPECT_EQ(test, xdp_pieces(test), 1);
	KUNIT_EXPECT_EQ(test, tx->cons, XDP_SKB_SLOTS + 1);
	xdp_expect_bql(test, XDP_SKB + 200);
	xdp_sent(tx, tx->prod, XDP_BUDGET);
	KUNIT_EXPECT_EQ(test, xdp_skbs, 3);
	KUNIT_EXPECT_EQ(test, xdp_pieces(test), 0);
	KUNIT_EXPECT_EQ(test, tx->cons, tx->prod);
	xdp_expect_bql(test, 2 * XDP_SKB + 200);
}

/* Frames of the stack and of XDP in turn. */
static void shared_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;
	struct libsvnic_txq *tx = ctx->shared;
	unsigned int i, turn, bytes = 0;
	u32 ends[8];
	int pieces;

	for (turn = 0; turn < TX_SIZE; turn++) {
		xdp_skbs = 0;
		for (i = 0; i < 8; i += 2) {
			xdp_send_skb(test, XDP_SKB + i * 20);
			ends[i] = tx->prod;
			KUNIT_ASSERT_TRUE(test, xdp_send_one(test, tx, 60,
							     i / 2, 60));
			ends[i + 1] = tx->prod;
		}
		pieces = 1 + 2 + 3 + 4;
		for (i = 0; i < 8; i++) {
			xdp_sent(tx, ends[i], XDP_BUDGET);
			KUNIT_EXPECT_EQ(test, tx->cons, ends[i]);
			if (i & 1)
				pieces -= i / 2 + 1;
			else
				bytes += XDP_SKB + i * 20;
			KUNIT_EXPECT_EQ(test, xdp_skbs, i / 2 + 1);
			KUNIT_EXPECT_EQ(test, xdp_pieces(test), pieces);
			xdp_expect_bql(test, bytes);
		}
	}
	/* The counters are of both. */
	KUNIT_EXPECT_EQ(test, tx->stats.csum_none, 8 * TX_SIZE);
	KUNIT_EXPECT_EQ(test, tx->stats.bytes, bytes + TX_SIZE * 10 * 60);
}

/* XDP leaves room for a frame of the stack, which wakes its queue by itself. */
static void room_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;
	struct libsvnic_txq *tx = ctx->shared;
	u32 sent = 0;

	/* Frames that are sent, not those to send, keep the watchdog quiet. */
	WRITE_ONCE(tx->nq->trans_start, jiffies - HZ);
	while (xdp_send_one(test, tx, 60, 0, 0))
		sent++;
	KUNIT_EXPECT_EQ(test, sent, TX_SIZE - LIBSVNIC_TX_STOP);
	KUNIT_EXPECT_TRUE(test, time_before(READ_ONCE(tx->nq->trans_start),
					    jiffies - HZ / 2));
	xdp_sent(tx, 3, XDP_BUDGET);
	KUNIT_EXPECT_TRUE(test, time_after(READ_ONCE(tx->nq->trans_start),
					   jiffies - HZ / 2));
	KUNIT_EXPECT_FALSE(test, xdp_send_one(test, tx, 60, 3, 60));
	KUNIT_EXPECT_TRUE(test, xdp_send_one(test, tx, 60, 2, 60));

	KUNIT_ASSERT_FALSE(test, netif_tx_queue_stopped(tx->nq));
	xdp_send_skb(test, XDP_SKB);
	KUNIT_EXPECT_TRUE(test, netif_tx_queue_stopped(tx->nq));
	KUNIT_EXPECT_EQ(test, tx->stats.stop, 1);
	xdp_sent(tx, sent + 3, XDP_BUDGET);
	KUNIT_EXPECT_EQ(test, xdp_pieces(test), 0);
	/* There is room, but its last frame has not been sent yet. */
	KUNIT_EXPECT_FALSE(test, xdp_send_one(test, tx, 60, 0, 0));
	KUNIT_EXPECT_EQ(test, tx->clean_stats.wake, 0);
	xdp_sent(tx, tx->prod, XDP_BUDGET);
	KUNIT_EXPECT_FALSE(test, netif_tx_queue_stopped(tx->nq));
	KUNIT_EXPECT_EQ(test, tx->clean_stats.wake, 1);
	KUNIT_EXPECT_TRUE(test, xdp_send_one(test, tx, 60, 0, 0));
	KUNIT_EXPECT_EQ(test, xdp_skbs, 1);
	xdp_expect_bql(test, XDP_SKB);
}

/* When a queue stops, only frames that were not sent count as dropped. */
static void drain_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;
	struct libsvnic_txq *tx = ctx->shared;
	u32 end = 0;
	int i;

	for (i = 0; i < 4; i++) {
		xdp_send_skb(test, XDP_SKB);
		KUNIT_ASSERT_TRUE(test, xdp_send_one(test, tx, 60, 2, 60));
		/* in the middle of the second one of XDP */
		if (i == 1)
			end = tx->prod - 1;
	}
	tx->state->tx_cons = cpu_to_le32(end);
	libsvnic_tx_drain(tx);
	KUNIT_EXPECT_EQ(test, tx->stats.dropped, 5);
	KUNIT_EXPECT_EQ(test, tx->cons, tx->prod);
	KUNIT_EXPECT_EQ(test, xdp_pieces(test), 0);
	KUNIT_EXPECT_EQ(test, xdp_skbs, 4);
}

/* Each frame is freed once, whatever index the device writes. */
static void xdp_storm(struct kunit *test, struct libsvnic_txq *tx)
{
	struct xdp_test *ctx = test->priv;
	u32 round, bits, head, frags, lies;
	unsigned int sent = 0, skbs = 0;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 2);
	for (round = 0; round < XDP_STORM; round++) {
		bits = prandom_u32_state(&rnd);
		frags = (bits >> 8) % 5;
		head = bits >> 16 & 1 || !frags ? 60 : 0;
		if (!tx->nq || bits & 1) {
			sent += xdp_send_one(test, tx, head, frags, 60);
		} else if (!netif_tx_queue_stopped(tx->nq)) {
			xdp_send_skb(test, ETH_HLEN + (bits >> 8) % 300);
			skbs++;
		}
		KUNIT_ASSERT_LE(test, tx->prod - tx->cons, TX_SIZE);
		if (bits & 2)
			continue;
		lies = bits & 0x1c ? 0 : 3;
		xdp_sent(tx, tx->cons - lies + prandom_u32_state(&rnd) %
			 (tx->prod - tx->cons + 1 + 2 * lies),
			 bits & 0x20 ? XDP_BUDGET : 0);
		KUNIT_ASSERT_LE(test, tx->prod - tx->cons, TX_SIZE);
		KUNIT_ASSERT_LE(test, xdp_skbs, skbs);
		KUNIT_ASSERT_LE(test, xdp_pieces(test), TX_SIZE * 2);
	}
	cancel_delayed_work_sync(&ctx->fn->restart_work);
	libsvnic_tx_drain(tx);
	KUNIT_EXPECT_EQ(test, xdp_pieces(test), 0);
	KUNIT_EXPECT_EQ(test, xdp_skbs, skbs);
	KUNIT_EXPECT_EQ(test, tx->stats.csum_none, sent + skbs);
	KUNIT_EXPECT_GT(test, sent, XDP_STORM / 8);
	if (tx->nq)
		KUNIT_EXPECT_GT(test, skbs, XDP_STORM / 8);
}

static void storm_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;

	xdp_storm(test, ctx->alone);
}

static void shared_storm_test(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;

	xdp_storm(test, ctx->shared);
}

static int xdp_tx_init(struct kunit *test)
{
	struct xdp_test *ctx;

	ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	xdp_skbs = 0;
	ctx->netdev = alloc_etherdev(sizeof(struct libsvnic_fn));
	KUNIT_ASSERT_NOT_NULL(test, ctx->netdev);
	ctx->fn = tx_fn(test, ctx->netdev);
	ctx->shared = tx_ring(test, ctx->fn);
	ctx->shared->xdp = true;
	ctx->shared->nq = netdev_get_tx_queue(ctx->netdev, 0);
	rcu_assign_pointer(ctx->shared->nq->qdisc, &noop_qdisc);
	ctx->alone = tx_ring(test, ctx->fn);
	ctx->alone->xdp = true;
	ctx->fn->queues->cfg.pairs = 1;
	ctx->fn->queues->xdp = true;
	return 0;
}

static void xdp_tx_exit(struct kunit *test)
{
	struct xdp_test *ctx = test->priv;

	/* It is called as well if xdp_tx_init() gave up. */
	if (!ctx || !ctx->netdev)
		return;
	if (ctx->alone) {
		cancel_delayed_work_sync(&ctx->fn->restart_work);
		libsvnic_tx_drain(ctx->shared);
		libsvnic_tx_drain(ctx->alone);
	}
	while (ctx->count--) {
		KUNIT_EXPECT_EQ(test, page_count(ctx->pages[ctx->count]), 1);
		__free_page(ctx->pages[ctx->count]);
	}
	free_netdev(ctx->netdev);
}

static struct kunit_case libsvnic_xdp_tx_cases[] = {
	KUNIT_CASE(full_test),
	KUNIT_CASE(limits_test),
	KUNIT_CASE(closed_test),
	KUNIT_CASE(redirect_test),
	KUNIT_CASE(pieces_test),
	KUNIT_CASE(map_test),
	KUNIT_CASE(middle_test),
	KUNIT_CASE(netpoll_test),
	KUNIT_CASE(shared_netpoll_test),
	KUNIT_CASE(shared_test),
	KUNIT_CASE(room_test),
	KUNIT_CASE(drain_test),
	KUNIT_CASE(storm_test),
	KUNIT_CASE(shared_storm_test),
	{}
};

static struct kunit_suite libsvnic_xdp_tx_suite = {
	.name		= "libsvnic_xdp_tx",
	.init		= xdp_tx_init,
	.exit		= xdp_tx_exit,
	.test_cases	= libsvnic_xdp_tx_cases,
};

kunit_test_suite(libsvnic_xdp_tx_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_IMPORT_NS("LIBSVNIC");
MODULE_DESCRIPTION("KUnit tests of what XDP sends through libsvnic");
MODULE_LICENSE("GPL");
