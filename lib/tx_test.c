// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: KUnit tests of short frames, which are copied into the transmit
 * ring, with a fake device: a correct one, and one that writes wrong indices.
 */
#include <kunit/test.h>
#include <linux/if_vlan.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/sch_generic.h>

#include "desc.h"
#include "tx_test.h"

#define TX_HEAD		54	/* linear bytes of a frame with a fragment */
#define TX_STORM	20000

/* State of the driver and of the fake device. */
struct tx_test {
	struct net_device	*netdev;
	struct libsvnic_fn	*fn;
	struct libsvnic_txq	*tx;
	u32			done;
	u8			buf[256];
};

static unsigned int tx_freed;

static void tx_free(struct sk_buff *skb)
{
	tx_freed++;
}

/* @len bytes of ctx->buf, of which @head are linear. */
static struct sk_buff *tx_skb(struct kunit *test, u32 len, u32 head)
{
	struct tx_test *ctx = test->priv;
	struct sk_buff *skb;
	struct page *page;

	skb = alloc_skb(sizeof(ctx->buf), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	head = min(head, len);
	skb_put_data(skb, ctx->buf, head);
	if (len > head) {
		page = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, page);
		memcpy(page_address(page) + 100, ctx->buf + head, len - head);
		skb_add_rx_frag(skb, 0, page, 100, len - head, PAGE_SIZE);
	}
	skb->destructor = tx_free;
	return skb;
}

static netdev_tx_t tx_send(struct tx_test *ctx, struct sk_buff *skb)
{
	netdev_tx_t ret;

	tx_no_kick(ctx->tx);
	local_bh_disable();
	ret = libsvnic_xmit(skb, ctx->netdev);
	local_bh_enable();
	return ret;
}

static void tx_complete(struct tx_test *ctx, u32 done)
{
	ctx->done = done;
	ctx->tx->state->tx_cons = cpu_to_le32(done);
	local_bh_disable();
	libsvnic_tx_clean(ctx->tx, 0);
	local_bh_enable();
}

static struct svnic_tx_desc *tx_desc(struct tx_test *ctx, u32 index)
{
	return &ctx->tx->desc[index & ctx->tx->mask];
}

/* The next frame in the ring is the first @len bytes of ctx->buf. */
static void tx_expect(struct kunit *test, u32 len, u16 flags)
{
	struct tx_test *ctx = test->priv;
	struct svnic_tx_desc *desc = tx_desc(ctx, ctx->done);
	u32 at, entries = 0;

	KUNIT_EXPECT_EQ(test, le64_to_cpu(desc->addr), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(desc->len), len);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(desc->flags),
			SVNIC_TXD_SOP | SVNIC_TXD_EOP | SVNIC_TXD_INLINE |
			flags);
	for (at = 0; at < len; at += sizeof(*desc))
		KUNIT_EXPECT_MEMEQ(test, tx_desc(ctx, ctx->done + ++entries),
				   ctx->buf + at, min(len - at, sizeof(*desc)));
	KUNIT_EXPECT_EQ(test, ctx->tx->prod - ctx->done, 1 + entries);
}

/* Frames of each length, each at many positions in the ring. */
static void tx_lengths(struct kunit *test, u32 head)
{
	struct tx_test *ctx = test->priv;
	unsigned int round, sent = 0;
	u32 len;

	for (round = 0; round < TX_SIZE; round++) {
		for (len = ETH_HLEN; len <= LIBSVNIC_TX_INLINE; len++) {
			KUNIT_ASSERT_EQ(test, tx_send(ctx, tx_skb(test, len,
								  head)),
					NETDEV_TX_OK);
			tx_expect(test, len, 0);
			KUNIT_ASSERT_EQ(test, tx_freed, sent++);
			tx_complete(ctx, ctx->tx->prod);
			KUNIT_ASSERT_EQ(test, tx_freed, sent);
			KUNIT_ASSERT_EQ(test, ctx->tx->cons, ctx->tx->prod);
		}
		/* Move the position for the same length in the next round. */
		KUNIT_ASSERT_EQ(test, tx_send(ctx, tx_skb(test, 60, 60)),
				NETDEV_TX_OK);
		tx_complete(ctx, ctx->tx->prod);
		sent++;
	}
	KUNIT_EXPECT_EQ(test, ctx->tx->stats.csum_none, sent);
}

static void linear_test(struct kunit *test)
{
	tx_lengths(test, LIBSVNIC_TX_INLINE);
}

static void fragment_test(struct kunit *test)
{
	tx_lengths(test, TX_HEAD);
}

static void offload_test(struct kunit *test)
{
	struct tx_test *ctx = test->priv;
	struct sk_buff *skb = tx_skb(test, 100, TX_HEAD);
	const struct svnic_tx_desc *desc = tx_desc(ctx, 0);

	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + 34;
	skb->csum_offset = 16;
	__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), 0xe123);
	KUNIT_ASSERT_EQ(test, tx_send(ctx, skb), NETDEV_TX_OK);
	tx_expect(test, 100, SVNIC_TXD_CSUM | SVNIC_TXD_VLAN);
	KUNIT_EXPECT_EQ(test, desc->csum_start, 34);
	KUNIT_EXPECT_EQ(test, desc->csum_offset, 16);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(desc->vlan_tci), 0xe123);
	KUNIT_EXPECT_EQ(test, ctx->tx->stats.needs_csum, 1);
	KUNIT_EXPECT_EQ(test, ctx->tx->stats.bytes, 100);
}

static void short_test(struct kunit *test)
{
	struct tx_test *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, tx_send(ctx, tx_skb(test, ETH_HLEN - 1, 64)),
			NETDEV_TX_OK);
	KUNIT_EXPECT_EQ(test, tx_freed, 1);
	KUNIT_EXPECT_EQ(test, ctx->tx->stats.dropped, 1);
	KUNIT_EXPECT_EQ(test, ctx->tx->prod, 0);
}

/*
 * xmit and cleaning run concurrently, so neither may write to the other's
 * counters.
 */
static void writers_test(struct kunit *test)
{
	struct tx_test *ctx = test->priv;
	struct libsvnic_tx_stats xmit, clean;

	clean = ctx->tx->clean_stats;
	while (!netif_tx_queue_stopped(ctx->tx->nq))
		KUNIT_ASSERT_EQ(test, tx_send(ctx, tx_skb(test, 60, 60)),
				NETDEV_TX_OK);
	KUNIT_EXPECT_EQ(test, ctx->tx->stats.stop, 1);
	KUNIT_EXPECT_MEMEQ(test, &ctx->tx->clean_stats, &clean, sizeof(clean));

	xmit = ctx->tx->stats;
	tx_complete(ctx, ctx->tx->prod);
	KUNIT_ASSERT_FALSE(test, netif_tx_queue_stopped(ctx->tx->nq));
	KUNIT_EXPECT_EQ(test, ctx->tx->clean_stats.wake, 1);
	KUNIT_EXPECT_MEMEQ(test, &ctx->tx->stats, &xmit, sizeof(xmit));
	/* nor to a cache line of theirs */
	KUNIT_EXPECT_GE(test, offsetof(struct libsvnic_txq, cons),
			offsetofend(struct libsvnic_txq, stats));
}

/* Sending into a stopped queue returns busy, and the ring does not overrun. */
static void full_test(struct kunit *test)
{
	struct tx_test *ctx = test->priv;
	unsigned int sent = 0, turn;
	struct sk_buff *skb;

	for (turn = 0; turn < 100; turn++) {
		skb = tx_skb(test, 60 + turn % 60, LIBSVNIC_TX_INLINE);
		while (tx_send(ctx, skb) == NETDEV_TX_OK) {
			sent++;
			KUNIT_ASSERT_LE(test, ctx->tx->prod - ctx->tx->cons,
					TX_SIZE);
			skb = tx_skb(test, 60 + turn % 60, LIBSVNIC_TX_INLINE);
		}
		kfree_skb(skb);
		tx_freed--;
		KUNIT_ASSERT_TRUE(test, netif_tx_queue_stopped(ctx->tx->nq));
		tx_complete(ctx, ctx->tx->prod);
		KUNIT_ASSERT_EQ(test, tx_freed, sent);
		KUNIT_ASSERT_FALSE(test, netif_tx_queue_stopped(ctx->tx->nq));
	}
}

/* When a queue stops, only frames that were not sent count as dropped. */
static void drain_test(struct kunit *test)
{
	struct tx_test *ctx = test->priv;
	unsigned int i;

	for (i = 0; i < 5; i++)
		KUNIT_ASSERT_EQ(test, tx_send(ctx, tx_skb(test, 60 + i, 60)),
				NETDEV_TX_OK);
	/* The device has sent two of them, which were not cleaned yet. */
	ctx->tx->state->tx_cons = cpu_to_le32(2 * 5);
	libsvnic_tx_drain(ctx->tx);
	KUNIT_EXPECT_EQ(test, tx_freed, 5);
	KUNIT_EXPECT_EQ(test, ctx->tx->stats.dropped, 3);
	KUNIT_EXPECT_EQ(test, ctx->tx->cons, ctx->tx->prod);
}

/* A device whose index is in the middle of a frame, at each position. */
static void middle_test(struct kunit *test)
{
	struct tx_test *ctx = test->priv;
	u32 cons, ends, at, freed;
	unsigned int i;

	for (at = 1; at < 4 * 5; at++) {
		tx_freed = 0;
		cons = ctx->tx->cons;
		for (i = 0; i < 4; i++)
			KUNIT_ASSERT_EQ(test,
					tx_send(ctx, tx_skb(test, 64, 64)),
					NETDEV_TX_OK);
		freed = DIV_ROUND_UP(at, 5);
		ends = cons + 5 * freed;
		tx_complete(ctx, cons + at);
		KUNIT_EXPECT_EQ(test, tx_freed, freed);
		KUNIT_ASSERT_EQ(test, ctx->tx->cons, ends);
		KUNIT_EXPECT_FALSE(test, test_bit(0, ctx->fn->tx_failed));

		/* If the index stays the queue is restarted. */
		tx_complete(ctx, cons + at);
		KUNIT_EXPECT_EQ(test, tx_freed, freed);
		KUNIT_ASSERT_EQ(test, ctx->tx->cons, ends);
		KUNIT_EXPECT_EQ(test, test_and_clear_bit(0, ctx->fn->tx_failed),
				at % 5 != 0);
		libsvnic_tx_drain(ctx->tx);
		KUNIT_EXPECT_EQ(test, tx_freed, 4);
		KUNIT_ASSERT_EQ(test, ctx->tx->cons, ctx->tx->prod);
	}
}

/* Each frame is freed once, whatever index the device writes. */
static void storm_test(struct kunit *test)
{
	struct tx_test *ctx = test->priv;
	u32 i, len, sent = 0, lies;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < TX_STORM; i++) {
		len = ETH_HLEN + prandom_u32_state(&rnd) %
		      (LIBSVNIC_TX_INLINE - ETH_HLEN + 1);
		if (ctx->tx->prod - ctx->tx->cons < TX_SIZE / 2) {
			KUNIT_ASSERT_EQ(test, tx_send(ctx, tx_skb(test, len,
								  TX_HEAD)),
					NETDEV_TX_OK);
			sent++;
		}
		lies = prandom_u32_state(&rnd) % 4 ? 0 : 3;
		tx_complete(ctx, ctx->tx->cons - lies +
			    prandom_u32_state(&rnd) %
			    (ctx->tx->prod - ctx->tx->cons + 1 + 2 * lies));
		KUNIT_ASSERT_LE(test, ctx->tx->prod - ctx->tx->cons, TX_SIZE);
		KUNIT_ASSERT_LE(test, tx_freed, sent);
	}
	cancel_delayed_work_sync(&ctx->fn->restart_work);
	libsvnic_tx_drain(ctx->tx);
	KUNIT_EXPECT_EQ(test, tx_freed, sent);
	KUNIT_EXPECT_GT(test, sent, TX_STORM / 4);
}

/* VLAN tags do not reduce the features that the device has. */
static void features_test(struct kunit *test)
{
	const netdev_features_t all = NETIF_F_SG | NETIF_F_HW_CSUM |
				      NETIF_F_TSO | NETIF_F_TSO6 |
				      NETIF_F_HW_VLAN_CTAG_TX;
	struct tx_test *ctx = test->priv;
	struct net_device *netdev = ctx->netdev;
	struct libsvnic_fn *fn = ctx->fn;
	struct vlan_ethhdr *eth;
	struct sk_buff *skb;

	fn->limits.tso_max = SZ_64K;
	skb = tx_skb(test, 200, 200);
	skb_reset_mac_header(skb);
	eth = (struct vlan_ethhdr *)skb->data;
	eth->h_vlan_proto = htons(ETH_P_8021Q);
	eth->h_vlan_encapsulated_proto = htons(ETH_P_IP);
	skb->protocol = eth->h_vlan_proto;
	__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), 5);
	KUNIT_ASSERT_TRUE(test, skb_vlan_tagged_multi(skb));
	skb_set_network_header(skb, VLAN_ETH_HLEN);
	skb_set_transport_header(skb, VLAN_ETH_HLEN + 20);
	tcp_hdr(skb)->doff = 5;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + VLAN_ETH_HLEN + 20;
	skb_shinfo(skb)->gso_size = 100;
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
	KUNIT_EXPECT_EQ(test, libsvnic_features_check(skb, netdev, all), all);

	/* Nor may a frame have more pieces than the device takes. */
	skb_shinfo(skb)->nr_frags = 17;
	KUNIT_EXPECT_EQ(test, libsvnic_features_check(skb, netdev, all), all);
	skb_shinfo(skb)->nr_frags = 18;
	KUNIT_EXPECT_EQ(test, libsvnic_features_check(skb, netdev, all),
			all & ~NETIF_F_GSO_MASK);
	skb_shinfo(skb)->nr_frags = 0;

	/* But a segment has to fit, including the tags. */
	fn->limits.frame_max = VLAN_ETH_HLEN + 40 + 99;
	KUNIT_EXPECT_EQ(test, libsvnic_features_check(skb, netdev, all),
			all & ~NETIF_F_GSO_MASK);
	kfree_skb(skb);
}

/* A TCP frame for TSO in a tunnel. */
static const struct tx_tunnel {
	bool	v6;
	u8	proto;		/* in the outer IP header */
	u8	ext;		/* bytes of IPv6 options behind it */
	u8	len;		/* bytes of tunnel headers behind these */
	u32	type;
	bool	ok;
} tx_tunnels[] = {
	{ false, IPPROTO_UDP, 0, 30, SKB_GSO_UDP_TUNNEL, true },
	{ true, IPPROTO_UDP, 0, 30, SKB_GSO_UDP_TUNNEL_CSUM, true },
	{ false, IPPROTO_GRE, 0, 8, SKB_GSO_GRE, true },
	{ true, IPPROTO_GRE, 8, 4, SKB_GSO_GRE, true },
	{ false, IPPROTO_IPIP, 0, 0, SKB_GSO_IPXIP4, true },
	{ true, IPPROTO_IPV6, 8, 0, SKB_GSO_IPXIP6, true },
	/* Not what the type says, or another tunnel between. */
	{ false, IPPROTO_GRE, 0, 30, SKB_GSO_UDP_TUNNEL, false },
	{ false, IPPROTO_UDP, 0, 8, SKB_GSO_GRE, false },
	{ false, IPPROTO_IPIP, 0, 20, SKB_GSO_IPXIP4, false },
	{ true, IPPROTO_IPV6, 8, 40, SKB_GSO_IPXIP6, false },
	{ false, IPPROTO_UDP, 0, 4, SKB_GSO_UDP_TUNNEL, false },
	{ false, IPPROTO_UDP, 0, 30, SKB_GSO_UDP_TUNNEL | SKB_GSO_IPXIP4,
	  false },
	/* A routing header changes the address in the checksum. */
	{ true, IPPROTO_UDP, 8, 30, SKB_GSO_UDP_TUNNEL_CSUM, false },
};

static struct sk_buff *tx_tunnel_skb(struct kunit *test,
				     const struct tx_tunnel *tunnel)
{
	struct sk_buff *skb = tx_skb(test, 200, 200);
	u32 at = ETH_HLEN + (tunnel->v6 ? 40 : 20);
	u8 *data = skb->data;

	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ETH_HLEN);
	if (tunnel->v6) {
		data[ETH_HLEN] = 0x60;
		data[ETH_HLEN + 6] = tunnel->ext ? IPPROTO_DSTOPTS :
						   tunnel->proto;
		data[at] = tunnel->proto;
		data[at + 1] = 0;
		at += tunnel->ext;
	} else {
		data[ETH_HLEN] = 0x45;
		data[ETH_HLEN + 9] = tunnel->proto;
	}
	skb_set_transport_header(skb, at);
	at += tunnel->len;
	skb->encapsulation = 1;
	skb_set_inner_network_header(skb, at);
	skb_set_inner_transport_header(skb, at + 20);
	inner_tcp_hdr(skb)->doff = 5;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + at + 20;
	skb_shinfo(skb)->gso_size = 100;
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4 | tunnel->type;
	return skb;
}

/* TSO in tunnels whose headers the device can be told, and in no others. */
static void tunnels_test(struct kunit *test)
{
	const netdev_features_t all = NETIF_F_SG | NETIF_F_HW_CSUM |
				      NETIF_F_TSO | NETIF_F_TSO6;
	struct tx_test *ctx = test->priv;
	const struct tx_tunnel *tunnel;
	netdev_features_t got;
	struct sk_buff *skb;
	unsigned int i, way;

	ctx->fn->limits.tso_max = SZ_64K;
	for (i = 0; i < 4 * ARRAY_SIZE(tx_tunnels); i++) {
		tunnel = &tx_tunnels[i / 4];
		way = i % 4;
		skb = tx_tunnel_skb(test, tunnel);
		/* What GRO leaves, and a tunnel that a route has added. */
		if (way == 1)
			skb->transport_header = skb->inner_transport_header;
		if (way == 2)
			skb->inner_transport_header -= 4;
		if (way == 3)
			skb->encapsulation = 0;
		got = libsvnic_features_check(skb, ctx->netdev, all);
		if (way == 1 && !(tunnel->type & (SKB_GSO_UDP_TUNNEL |
						  SKB_GSO_UDP_TUNNEL_CSUM)))
			way = 0;
		KUNIT_EXPECT_EQ_MSG(test, got, tunnel->ok && !way ? all :
				    all & ~NETIF_F_GSO_MASK, "%u", i);
		kfree_skb(skb);
	}
}

static int tx_init(struct kunit *test)
{
	struct tx_test *ctx;
	unsigned int i;

	ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	for (i = 0; i < sizeof(ctx->buf); i++)
		ctx->buf[i] = i * 7 + 1;
	tx_freed = 0;

	ctx->netdev = alloc_etherdev(sizeof(struct libsvnic_fn));
	KUNIT_ASSERT_NOT_NULL(test, ctx->netdev);
	ctx->fn = tx_fn(test, ctx->netdev);
	ctx->tx = tx_ring(test, ctx->fn);
	ctx->tx->nq = netdev_get_tx_queue(ctx->netdev, 0);
	rcu_assign_pointer(ctx->tx->nq->qdisc, &noop_qdisc);
	return 0;
}

static void tx_exit(struct kunit *test)
{
	struct tx_test *ctx = test->priv;

	/* It is called as well if tx_init() gave up. */
	if (!ctx || !ctx->netdev)
		return;
	if (ctx->tx) {
		cancel_delayed_work_sync(&ctx->fn->restart_work);
		libsvnic_tx_drain(ctx->tx);
	}
	free_netdev(ctx->netdev);
}

static struct kunit_case libsvnic_tx_cases[] = {
	KUNIT_CASE(linear_test),
	KUNIT_CASE(fragment_test),
	KUNIT_CASE(offload_test),
	KUNIT_CASE(short_test),
	KUNIT_CASE(writers_test),
	KUNIT_CASE(full_test),
	KUNIT_CASE(drain_test),
	KUNIT_CASE(middle_test),
	KUNIT_CASE(storm_test),
	KUNIT_CASE(features_test),
	KUNIT_CASE(tunnels_test),
	{}
};

static struct kunit_suite libsvnic_tx_suite = {
	.name		= "libsvnic_tx",
	.init		= tx_init,
	.exit		= tx_exit,
	.test_cases	= libsvnic_tx_cases,
};

kunit_test_suite(libsvnic_tx_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_IMPORT_NS("LIBSVNIC");
MODULE_DESCRIPTION("KUnit tests of libsvnic's transmit path");
MODULE_LICENSE("GPL");
