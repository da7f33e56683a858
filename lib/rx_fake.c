// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: fake device for KUnit tests of the receive path.
 */
#include <kunit/device.h>
#include <linux/delay.h>
#include <linux/rtnetlink.h>
#include <net/page_pool/helpers.h>

#include "desc.h"
#include "rx_test.h"

static bool rx_pool_gone;
static void (*rx_pool_disconnect)(void *pool);

/* A page pool does this when every page was returned. */
static void rx_pool_goes(void *pool)
{
	rx_pool_gone = true;
	if (rx_pool_disconnect)
		rx_pool_disconnect(pool);
}

static rx_handler_result_t rx_catch(struct sk_buff **pskb)
{
	struct rx_test *ctx = rcu_dereference((*pskb)->dev->rx_handler_data);

	ctx->gso += skb_is_gso(*pskb);
	skb_queue_tail(&ctx->frames, *pskb);
	return RX_HANDLER_CONSUMED;
}

static int rx_napi(struct napi_struct *napi, int budget)
{
	struct libsvnic_vector *vector =
		container_of(napi, struct libsvnic_vector, napi);
	int done = libsvnic_rx_poll(vector->rx, budget);

	if (done >= budget)
		return budget;
	napi_complete_done(napi, done);
	return done;
}

/* Set the index so that no doorbell is rung, because there is none. */
static void rx_no_kick(struct rx_test *ctx)
{
	ctx->rx->state->rx_kick = cpu_to_le32(ctx->rx->prod + SZ_1G);
}

void rx_poll(struct rx_test *ctx)
{
	rx_no_kick(ctx);
	local_bh_disable();
	napi_schedule(&ctx->vector->napi);
	local_bh_enable();
	while (test_bit(NAPI_STATE_SCHED, &ctx->vector->napi.state))
		usleep_range(100, 200);
}

/* As rx_poll(), but for @budget frames, and without flushing GRO. */
int rx_poll_some(struct rx_test *ctx, int budget)
{
	int done;

	rx_no_kick(ctx);
	local_bh_disable();
	done = libsvnic_rx_poll(ctx->rx, budget);
	local_bh_enable();
	return done;
}

/* Complete the next posted buffer: @len bytes of @data. */
void rx_complete(struct rx_test *ctx, const void *data, u16 len,
		 struct svnic_rx_cmpl cmpl, u32 info)
{
	struct libsvnic_rxq *rx = ctx->rx;
	u32 slot = ctx->done & rx->mask;

	memcpy(rx->bufs[slot].data, data, min_t(u32, len, rx->buf_size));
	info &= ~SVNIC_RXC_PHASE;
	info |= svnic_rxc_phase(ctx->done++, rx->mask + 1);
	cmpl.len = cpu_to_le16(len);
	cmpl.info = cpu_to_le32(info);
	rx->cmpl[slot] = cmpl;
}

/* A whole frame from ctx->buf, in buffers of at most @piece bytes. */
void rx_frame(struct rx_test *ctx, u32 len, u32 piece,
	      struct svnic_rx_cmpl cmpl, u32 info)
{
	u32 at, part;

	for (at = 0; at < len; at += part) {
		part = min(piece, len - at);
		rx_complete(ctx, ctx->buf + at, part, cmpl,
			    info | (at ? 0 : SVNIC_RXC_SOP) |
			    (at + part == len ? SVNIC_RXC_EOP : 0));
	}
}

/* The one frame that the stack got is the first @len bytes of ctx->buf. */
struct sk_buff *rx_expect(struct kunit *test, u32 len)
{
	struct rx_test *ctx = test->priv;
	struct sk_buff *skb;
	u8 *copy;

	KUNIT_ASSERT_EQ(test, skb_queue_len(&ctx->frames), 1);
	skb = skb_peek(&ctx->frames);
	KUNIT_ASSERT_EQ(test, skb->len + ETH_HLEN, len);
	copy = kunit_kmalloc(test, len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_ASSERT_EQ(test, skb_copy_bits(skb, -ETH_HLEN, copy, len), 0);
	KUNIT_EXPECT_MEMEQ(test, copy, ctx->buf, len);
	return skb;
}

void rx_expect_errors(struct kunit *test, u64 errors)
{
	struct rx_test *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, skb_queue_len(&ctx->frames), 0);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.errors, errors);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.packets, 0);

	/* and the next valid frame is received */
	rx_frame(ctx, 100, SZ_2K, (struct svnic_rx_cmpl) {}, 0);
	rx_poll(ctx);
	rx_expect(test, 100);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.errors, errors);
}

/* A queue without buffers. Returns test->priv: @size bytes, rx_test first. */
void *rx_alloc(struct kunit *test, size_t size)
{
	struct libsvnic_vector *vector;
	struct libsvnic_rxq *rx;
	struct rx_test *ctx;
	u32 i;

	ctx = kunit_kzalloc(test, size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx);
	vector = kunit_kzalloc(test, sizeof(*vector), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vector);
	rx = kunit_kzalloc(test, sizeof(*rx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rx);
	test->priv = ctx;
	ctx->rx = rx;
	ctx->vector = vector;
	skb_queue_head_init(&ctx->frames);
	for (i = 0; i < sizeof(ctx->buf); i++)
		ctx->buf[i] = i * 7 + (i >> 8);

	rx->desc = kunit_kcalloc(test, RX_SIZE, sizeof(*rx->desc), GFP_KERNEL);
	rx->cmpl = kunit_kcalloc(test, RX_SIZE, sizeof(*rx->cmpl), GFP_KERNEL);
	rx->bufs = kunit_kcalloc(test, RX_SIZE, sizeof(*rx->bufs), GFP_KERNEL);
	rx->state = kunit_kzalloc(test, sizeof(*rx->state), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rx->desc);
	KUNIT_ASSERT_NOT_NULL(test, rx->cmpl);
	KUNIT_ASSERT_NOT_NULL(test, rx->bufs);
	KUNIT_ASSERT_NOT_NULL(test, rx->state);
	rx->mask = RX_SIZE - 1;
	rx->holes = RX_SIZE;
	rx->truesize = PAGE_SIZE;
	u64_stats_init(&rx->syncp);

	ctx->netdev = alloc_etherdev(sizeof(struct libsvnic_fn));
	KUNIT_ASSERT_NOT_NULL(test, ctx->netdev);
	ctx->fn = netdev_priv(ctx->netdev);
	ctx->netdev->features = NETIF_F_RXCSUM | NETIF_F_RXHASH;
	ctx->fn->netdev = ctx->netdev;
	ctx->fn->features = SVNIC_F_EVENT_IDX;
	rx->buf_size = PAGE_SIZE;
	rx->copy_span = LIBSVNIC_RX_COPY - ETH_HLEN + 1;
	rx->fn = ctx->fn;
	rx->netdev = ctx->netdev;
	rx->napi = &vector->napi;
	rx->vector = vector;
	vector->fn = ctx->fn;
	netif_napi_add(ctx->netdev, &vector->napi, rx_napi);
	libsvnic_vector_add_rx(vector, rx);
	napi_enable(&vector->napi);
	return ctx;
}

/* With @queues: the queue is for XDP, and sends into one of their rings. */
void rx_start(struct kunit *test, const struct libsvnic_queues *queues)
{
	struct page_pool_params pp = {
		.flags		= PP_FLAG_DMA_MAP,
		.pool_size	= RX_SIZE,
		.nid		= NUMA_NO_NODE,
		.dma_dir	= DMA_BIDIRECTIONAL,
	};
	struct rx_test *ctx = test->priv;
	struct libsvnic_rxq *rx = ctx->rx;
	int err;

	pp.dev = kunit_device_register(test, "svnic_rx");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pp.dev);
	pp.napi = rx->napi;
	pp.netdev = ctx->netdev;
	rx->pool = page_pool_create(&pp);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rx->pool);
	if (queues) {
		rx->buf_size = libsvnic_xdp_buf_size(&ctx->fn->limits);
		rx->headroom = XDP_PACKET_HEADROOM;
		rx->truesize = LIBSVNIC_XDP_TRUESIZE;
		rx->copy_span = 0;
		KUNIT_ASSERT_EQ(test, libsvnic_xdp_rxq_init(rx, queues), 0);
	}
	rx_pool_gone = false;
	rx_pool_disconnect = rx->pool->disconnect;
	rx->pool->disconnect = rx_pool_goes;

	rtnl_lock();
	err = netdev_rx_handler_register(ctx->netdev, rx_catch, ctx);
	rtnl_unlock();
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_TRUE(test, libsvnic_rx_refill(rx));
	rx->kicked = rx->prod;
}

void rx_exit(struct kunit *test)
{
	struct rx_test *ctx = test->priv;

	napi_disable(&ctx->vector->napi);
	skb_queue_purge(&ctx->frames);
	libsvnic_rx_drain(ctx->rx);
	if (ctx->rx->xdp)
		libsvnic_xdp_rxq_exit(ctx->rx);
	page_pool_destroy(ctx->rx->pool);
	KUNIT_EXPECT_TRUE(test, rx_pool_gone);
	rtnl_lock();
	netdev_rx_handler_unregister(ctx->netdev);
	rtnl_unlock();
	netif_napi_del(&ctx->vector->napi);
	free_netdev(ctx->netdev);
}
