// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: KUnit tests of the receive path with a fake device: a correct one,
 * and one that writes arbitrary completions.
 */
#include <kunit/test.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/tcp.h>
#include <net/page_pool/helpers.h>

#include "desc.h"
#include "rx_test.h"

#define RX_STORM	2000	/* polls, of about RX_SIZE / 2 completions */

static void small_test(struct kunit *test)
{
	struct rx_test *ctx = test->priv;
	struct sk_buff *skb;

	rx_frame(ctx, 60, SZ_2K, (struct svnic_rx_cmpl) {}, 0);
	rx_poll(ctx);
	skb = rx_expect(test, 60);
	KUNIT_EXPECT_FALSE(test, skb_is_nonlinear(skb));
	KUNIT_EXPECT_EQ(test, (int)skb->ip_summed, CHECKSUM_NONE);
	KUNIT_EXPECT_FALSE(test, skb_vlan_tag_present(skb));
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.packets, 1);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.bytes, 60);
	KUNIT_EXPECT_EQ(test, ctx->rx->prod - ctx->rx->cons, RX_SIZE - 1);
}

static void pieces_test(struct kunit *test)
{
	struct rx_test *ctx = test->priv;

	rx_frame(ctx, 5000, SZ_2K, (struct svnic_rx_cmpl) {}, 0);
	rx_poll(ctx);
	rx_expect(test, 5000);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.packets, 1);
}

/* Buffers in the same page do not overlap. */
static void share_test(struct kunit *test)
{
	const u32 share = 4, size = PAGE_SIZE / share;
	struct rx_test *ctx = test->priv;
	struct libsvnic_rxq *rx = ctx->rx;
	struct sk_buff *skb;
	u32 slot, turn;

	libsvnic_rx_drain(ctx->rx);
	rx->truesize = size;
	rx->buf_size = size;
	KUNIT_ASSERT_TRUE(test, libsvnic_rx_rewind(rx));
	rx->kicked = rx->prod;
	for (slot = 0; slot <= rx->mask; slot++) {
		KUNIT_EXPECT_EQ(test, le64_to_cpu(rx->desc[slot].addr),
				page_pool_get_dma_addr(rx->bufs[slot].page) +
				slot % share * size);
		if (slot % share)
			KUNIT_EXPECT_PTR_EQ(test, rx->bufs[slot].data,
					    rx->bufs[slot - 1].data + size);
	}

	/* bytes of one buffer must not be seen in another's frame */
	for (turn = 0; turn < 3 * RX_SIZE; turn++) {
		rx_frame(ctx, 60, size, (struct svnic_rx_cmpl) {}, 0);
		rx_frame(ctx, 3 * size + 100 + turn, size,
			 (struct svnic_rx_cmpl) {}, 0);
		rx_poll(ctx);
		KUNIT_ASSERT_EQ(test, skb_queue_len(&ctx->frames), 2);
		kfree_skb(skb_dequeue(&ctx->frames));
		skb = rx_expect(test, 3 * size + 100 + turn);
		KUNIT_EXPECT_LT(test, skb->truesize,
				5 * size + SKB_TRUESIZE(SZ_1K));
		skb_queue_purge(&ctx->frames);
		ctx->buf[turn]++;
	}
}

/* The budget counts frames, not buffers. */
static void budget_test(struct kunit *test)
{
	struct rx_test *ctx = test->priv;
	u32 i;

	for (i = 0; i < 5; i++) {
		rx_frame(ctx, 60, SZ_2K, (struct svnic_rx_cmpl) {}, 0);
		rx_frame(ctx, 5000, SZ_2K, (struct svnic_rx_cmpl) {}, 0);
	}
	/* one whose last buffer has not completed */
	rx_complete(ctx, ctx->buf, 500, (struct svnic_rx_cmpl) {},
		    SVNIC_RXC_SOP);
	rx_complete(ctx, ctx->buf, 500, (struct svnic_rx_cmpl) {}, 0);

	KUNIT_EXPECT_EQ(test, rx_poll_some(ctx, 3), 3);
	KUNIT_EXPECT_EQ(test, ctx->rx->cons, 5);
	KUNIT_EXPECT_EQ(test, rx_poll_some(ctx, 1), 1);
	KUNIT_EXPECT_EQ(test, ctx->rx->cons, 8);
	KUNIT_EXPECT_EQ(test, rx_poll_some(ctx, 7), 6);
	KUNIT_EXPECT_EQ(test, ctx->rx->cons, 22);
	KUNIT_EXPECT_EQ(test, rx_poll_some(ctx, 1), 0);
	rx_complete(ctx, ctx->buf, 500, (struct svnic_rx_cmpl) {},
		    SVNIC_RXC_EOP);
	KUNIT_EXPECT_EQ(test, rx_poll_some(ctx, 1), 1);
	rx_poll(ctx);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&ctx->frames), 11);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.packets, 11);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.bytes, 5 * 5060 + 1500);
}

/* A queue that is started again has buffers, and no earlier frame. */
static void rewind_test(struct kunit *test)
{
	struct rx_test *ctx = test->priv;
	u32 turn;

	for (turn = 0; turn < 2 * RX_SIZE; turn++) {
		rx_complete(ctx, ctx->buf, 500, (struct svnic_rx_cmpl) {},
			    SVNIC_RXC_SOP);
		rx_poll(ctx);
		rx_frame(ctx, 60, SZ_2K, (struct svnic_rx_cmpl) {}, 0);
		KUNIT_ASSERT_TRUE(test, libsvnic_rx_rewind(ctx->rx));
		ctx->done = 0;
		rx_poll(ctx);
		KUNIT_ASSERT_EQ(test, skb_queue_len(&ctx->frames), 0);
		rx_frame(ctx, 5000, SZ_2K, (struct svnic_rx_cmpl) {}, 0);
		rx_poll(ctx);
		rx_expect(test, 5000);
		skb_queue_purge(&ctx->frames);
	}
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.errors, 0);
}

/* The ring wraps many times, full each time. */
static void turn_test(struct kunit *test)
{
	struct rx_test *ctx = test->priv;
	u32 turn, i;

	for (turn = 0; turn < 5; turn++) {
		for (i = 0; i < RX_SIZE; i++)
			rx_frame(ctx, 60, SZ_2K, (struct svnic_rx_cmpl) {}, 0);
		rx_poll(ctx);
		KUNIT_ASSERT_EQ(test, skb_queue_len(&ctx->frames), RX_SIZE);
		skb_queue_purge(&ctx->frames);
		KUNIT_ASSERT_EQ(test, ctx->rx->prod - ctx->rx->cons, RX_SIZE);
	}
}

static void offload_test(struct kunit *test)
{
	struct svnic_rx_cmpl cmpl = {
		.hash		= cpu_to_le32(0x12345678),
		.vlan_tci	= cpu_to_le16(0x6064),
	};
	struct rx_test *ctx = test->priv;
	struct sk_buff *skb;

	rx_frame(ctx, 800, SZ_2K, cmpl, SVNIC_RXC_CSUM_OK | SVNIC_RXC_VLAN |
		 SVNIC_PTYPE_TCPV4 << SVNIC_RXC_HASH_SHIFT);
	rx_poll(ctx);
	skb = rx_expect(test, 800);
	KUNIT_EXPECT_EQ(test, (int)skb->ip_summed, CHECKSUM_UNNECESSARY);
	KUNIT_EXPECT_EQ(test, skb->hash, 0x12345678);
	KUNIT_EXPECT_TRUE(test, skb->l4_hash);
	KUNIT_EXPECT_TRUE(test, skb_vlan_tag_present(skb));
	KUNIT_EXPECT_EQ(test, skb_vlan_tag_get(skb), 0x6064);
}

static void bad_csum_test(struct kunit *test)
{
	struct rx_test *ctx = test->priv;

	rx_frame(ctx, 800, SZ_2K, (struct svnic_rx_cmpl) {},
		 SVNIC_RXC_CSUM_OK | SVNIC_RXC_CSUM_BAD);
	rx_poll(ctx);
	KUNIT_EXPECT_EQ(test, (int)rx_expect(test, 800)->ip_summed,
			CHECKSUM_NONE);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.csum_bad, 1);
}

/* Valid headers of a TCP segment over IPv4. */
static u32 rx_tcp(struct rx_test *ctx, u32 len)
{
	struct ethhdr *eth = (struct ethhdr *)ctx->buf;
	struct iphdr *iph = (struct iphdr *)(eth + 1);
	struct tcphdr *th = (struct tcphdr *)(iph + 1);

	eth->h_proto = htons(ETH_P_IP);
	*iph = (struct iphdr) {
		.version	= 4,
		.ihl		= 5,
		.tot_len	= htons(len - ETH_HLEN),
		.ttl		= 64,
		.protocol	= IPPROTO_TCP,
		.saddr		= htonl(0xc6120001),
		.daddr		= htonl(0xc6120002),
	};
	*th = (struct tcphdr) { .doff = 8, .ack = 1 };
	return ETH_HLEN + sizeof(*iph) + th->doff * 4;
}

static void coalesced_test(struct kunit *test)
{
	struct svnic_rx_cmpl cmpl = { .gso_size = cpu_to_le16(1000) };
	struct rx_test *ctx = test->priv;
	struct sk_buff *skb;
	u32 hdr_len;

	hdr_len = rx_tcp(ctx, 4566);
	cmpl.hdr_len = cpu_to_le16(hdr_len);
	rx_frame(ctx, 4566, SZ_2K, cmpl, SVNIC_RXC_COALESCED |
		 SVNIC_RXC_CSUM_OK |
		 SVNIC_PTYPE_TCPV4 << SVNIC_RXC_TYPE_SHIFT);
	rx_poll(ctx);
	KUNIT_ASSERT_EQ(test, skb_queue_len(&ctx->frames), 1);
	skb = skb_peek(&ctx->frames);
	KUNIT_EXPECT_TRUE(test, skb_is_gso(skb));
	KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->gso_size, 1000);
	KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->gso_type & SKB_GSO_TCPV4,
			SKB_GSO_TCPV4);
	KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->gso_segs, 5);
	KUNIT_EXPECT_EQ(test, ctx->rx->stats.packets, 5);
}

/* Insert a VLAN tag after the addresses of the frame in ctx->buf. */
static void rx_tag(struct rx_test *ctx, u16 proto)
{
	struct vlan_ethhdr *eth = (struct vlan_ethhdr *)ctx->buf;
	u8 *at = ctx->buf + 2 * ETH_ALEN;

	memmove(at + VLAN_HLEN, at, sizeof(ctx->buf) - VLAN_ETH_HLEN);
	eth->h_vlan_proto = htons(proto);
	eth->h_vlan_TCI = htons(5);
}

/* Coalesced frames with one or two VLAN tags of either kind. */
static void coalesced_tags_test(struct kunit *test)
{
	static const u16 stacks[][2] = {	/* the inner one first */
		{ ETH_P_8021Q },
		{ ETH_P_8021AD },
		{ ETH_P_8021Q, ETH_P_8021Q },
		{ ETH_P_8021Q, ETH_P_8021AD },
		{ ETH_P_8021AD, ETH_P_8021Q },
		{ ETH_P_8021AD, ETH_P_8021AD },
	};
	struct rx_test *ctx = test->priv;
	struct sk_buff *skb;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(stacks); i++) {
		struct svnic_rx_cmpl cmpl = { .gso_size = cpu_to_le16(1000) };
		u32 hdr_len = rx_tcp(ctx, 4566), len = 4566;

		for (j = 0; j < 2 && stacks[i][j]; j++) {
			rx_tag(ctx, stacks[i][j]);
			hdr_len += VLAN_HLEN;
			len += VLAN_HLEN;
		}
		cmpl.hdr_len = cpu_to_le16(hdr_len);
		rx_frame(ctx, len, SZ_2K, cmpl, SVNIC_RXC_COALESCED |
			 SVNIC_RXC_CSUM_OK |
			 SVNIC_PTYPE_TCPV4 << SVNIC_RXC_TYPE_SHIFT);
		rx_poll(ctx);
		KUNIT_ASSERT_EQ(test, skb_queue_len(&ctx->frames), 1);
		skb = skb_peek(&ctx->frames);
		KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->gso_size, 1000);
		KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->gso_segs, 5);
		KUNIT_EXPECT_PTR_EQ(test, skb_checksum_start(skb),
				    skb_transport_header(skb));
		KUNIT_EXPECT_EQ(test, tcp_hdrlen(skb), 32);
		KUNIT_EXPECT_EQ(test, ctx->rx->stats.errors, 0);
		skb_queue_purge(&ctx->frames);
	}
}

static void coalesced_lies_test(struct kunit *test)
{
	static const struct {
		u16 gso_size;
		int hdr_len;	/* added to the correct value */
		enum svnic_ptype type;
	} lies[] = {
		{ 0, 0, SVNIC_PTYPE_TCPV4 },
		{ 1000, 4, SVNIC_PTYPE_TCPV4 },
		{ 1000, -20, SVNIC_PTYPE_TCPV4 },
		{ 1000, 20000, SVNIC_PTYPE_TCPV4 },
		{ 1000, 0, SVNIC_PTYPE_TCPV6 },
		{ 1000, 0, SVNIC_PTYPE_UDPV4 },
		{ 1000, 0, SVNIC_PTYPE_NONE },
	};
	struct rx_test *ctx = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		struct svnic_rx_cmpl cmpl = {
			.gso_size	= cpu_to_le16(lies[i].gso_size),
			.hdr_len	= cpu_to_le16(rx_tcp(ctx, 3000) +
						      lies[i].hdr_len),
		};

		rx_frame(ctx, 3000, SZ_2K, cmpl, SVNIC_RXC_COALESCED |
			 lies[i].type << SVNIC_RXC_TYPE_SHIFT);
	}
	rx_poll(ctx);
	rx_expect_errors(test, ARRAY_SIZE(lies));
}

static void no_phase_test(struct kunit *test)
{
	struct rx_test *ctx = test->priv;

	ctx->rx->cmpl[0].info = cpu_to_le32(SVNIC_RXC_SOP | SVNIC_RXC_EOP);
	ctx->rx->cmpl[0].len = cpu_to_le16(60);
	rx_poll(ctx);
	KUNIT_EXPECT_EQ(test, ctx->rx->cons, 0);
	rx_expect_errors(test, 0);
}

static void lengths_test(struct kunit *test)
{
	static const u16 bad[] = { 0, 1, ETH_HLEN - 1, PAGE_SIZE + 1, U16_MAX };
	struct rx_test *ctx = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		rx_complete(ctx, ctx->buf, bad[i], (struct svnic_rx_cmpl) {},
			    SVNIC_RXC_SOP | SVNIC_RXC_EOP);
	rx_poll(ctx);
	rx_expect_errors(test, ARRAY_SIZE(bad));
}

static void no_start_test(struct kunit *test)
{
	struct rx_test *ctx = test->priv;

	rx_complete(ctx, ctx->buf, 500, (struct svnic_rx_cmpl) {}, 0);
	rx_complete(ctx, ctx->buf, 500, (struct svnic_rx_cmpl) {}, 0);
	rx_complete(ctx, ctx->buf, 500, (struct svnic_rx_cmpl) {},
		    SVNIC_RXC_EOP);
	rx_poll(ctx);
	rx_expect_errors(test, 1);
}

static void two_starts_test(struct kunit *test)
{
	struct rx_test *ctx = test->priv;

	rx_complete(ctx, ctx->buf, 500, (struct svnic_rx_cmpl) {},
		    SVNIC_RXC_SOP);
	rx_complete(ctx, ctx->buf, 500, (struct svnic_rx_cmpl) {},
		    SVNIC_RXC_SOP | SVNIC_RXC_EOP);
	rx_poll(ctx);
	rx_expect_errors(test, 1);
}

static void no_end_test(struct kunit *test)
{
	struct rx_test *ctx = test->priv;
	u32 i;

	/* more buffers than an skb has fragments */
	rx_complete(ctx, ctx->buf, 500, (struct svnic_rx_cmpl) {},
		    SVNIC_RXC_SOP);
	for (i = 1; i < RX_SIZE - 1; i++)
		rx_complete(ctx, ctx->buf, 500, (struct svnic_rx_cmpl) {}, 0);
	rx_complete(ctx, ctx->buf, 500, (struct svnic_rx_cmpl) {},
		    SVNIC_RXC_EOP);
	rx_poll(ctx);
	rx_expect_errors(test, 1);
}

/* Random completions: no leak, and no access beyond the ring and buffers. */
static void storm_test(struct kunit *test)
{
	struct rx_test *ctx = test->priv;
	struct rnd_state rnd;
	u32 round, i, n;

	prandom_seed_state(&rnd, 0x5fc0);
	prandom_bytes_state(&rnd, ctx->buf, sizeof(ctx->buf));
	rx_tcp(ctx, 1500);
	for (round = 0; round < RX_STORM; round++) {
		n = ctx->rx->prod - ctx->done;
		n = prandom_u32_state(&rnd) % (n + 1);
		for (i = 0; i < n; i++) {
			u32 info = prandom_u32_state(&rnd);
			struct svnic_rx_cmpl cmpl;
			u32 len, at = 0;

			prandom_bytes_state(&rnd, &cmpl, sizeof(cmpl));
			len = prandom_u32_state(&rnd) >>
			      (16 + prandom_u32_state(&rnd) % 12);
			/* often nearly correct, to reach more of the code */
			if (info & BIT(31))
				cmpl.hdr_len = cpu_to_le16(rx_tcp(ctx, len));
			else
				at = info >> 24;
			/* VLAN tags up to the end of the frame */
			if (!at && info & BIT(30))
				memset16((u16 *)&ctx->buf[12],
					 (__force u16)htons(ETH_P_8021AD),
					 128);
			rx_complete(ctx, ctx->buf + at, min_t(u32, len, 65000),
				    cmpl, info);
		}
		rx_poll(ctx);
		KUNIT_ASSERT_EQ(test, ctx->rx->cons, ctx->done);
		KUNIT_ASSERT_LE(test, ctx->rx->prod - ctx->rx->cons, RX_SIZE);
		skb_queue_purge(&ctx->frames);
	}
	KUNIT_EXPECT_GT(test, ctx->rx->stats.packets, 0);
	KUNIT_EXPECT_GT(test, ctx->gso, 0);
	KUNIT_EXPECT_GT(test, ctx->rx->stats.errors, 0);
}

/* A device that completes more than was posted must not overrun the ring. */
static void overrun_test(struct kunit *test)
{
	struct rx_test *ctx = test->priv;
	u32 i, turn;

	for (turn = 0; turn < 4; turn++) {
		for (i = 0; i < RX_SIZE; i++) {
			struct svnic_rx_cmpl *cmpl = &ctx->rx->cmpl[i];

			cmpl->len = cpu_to_le16(60);
			cmpl->info = cpu_to_le32(SVNIC_RXC_SOP | SVNIC_RXC_EOP |
						 (turn & 1));
		}
		rx_poll(ctx);
		KUNIT_ASSERT_LE(test, ctx->rx->prod - ctx->rx->cons, RX_SIZE);
		skb_queue_purge(&ctx->frames);
	}
	ctx->done = ctx->rx->cons;
}

static int rx_init(struct kunit *test)
{
	rx_alloc(test, sizeof(struct rx_test));
	rx_start(test, NULL);
	return 0;
}

static struct kunit_case libsvnic_rx_cases[] = {
	KUNIT_CASE(small_test),
	KUNIT_CASE(pieces_test),
	KUNIT_CASE(share_test),
	KUNIT_CASE(budget_test),
	KUNIT_CASE(rewind_test),
	KUNIT_CASE(turn_test),
	KUNIT_CASE(offload_test),
	KUNIT_CASE(bad_csum_test),
	KUNIT_CASE(coalesced_test),
	KUNIT_CASE(coalesced_tags_test),
	KUNIT_CASE(coalesced_lies_test),
	KUNIT_CASE(no_phase_test),
	KUNIT_CASE(lengths_test),
	KUNIT_CASE(no_start_test),
	KUNIT_CASE(two_starts_test),
	KUNIT_CASE(no_end_test),
	KUNIT_CASE(overrun_test),
	KUNIT_CASE(storm_test),
	{}
};

static struct kunit_suite libsvnic_rx_suite = {
	.name		= "libsvnic_rx",
	.init		= rx_init,
	.exit		= rx_exit,
	.test_cases	= libsvnic_rx_cases,
};

/* The same with an XDP program, which passes all frames. */
static struct kunit_case libsvnic_rx_xdp_cases[] = {
	KUNIT_CASE(small_test),
	KUNIT_CASE(pieces_test),
	KUNIT_CASE(budget_test),
	KUNIT_CASE(rewind_test),
	KUNIT_CASE(turn_test),
	KUNIT_CASE(offload_test),
	KUNIT_CASE(bad_csum_test),
	KUNIT_CASE(coalesced_test),
	KUNIT_CASE(coalesced_tags_test),
	KUNIT_CASE(coalesced_lies_test),
	KUNIT_CASE(no_phase_test),
	KUNIT_CASE(lengths_test),
	KUNIT_CASE(no_start_test),
	KUNIT_CASE(two_starts_test),
	KUNIT_CASE(no_end_test),
	KUNIT_CASE(overrun_test),
	KUNIT_CASE(storm_test),
	{}
};

static struct kunit_suite libsvnic_rx_xdp_suite = {
	.name		= "libsvnic_rx_xdp",
	.init		= xdp_init,
	.exit		= xdp_exit,
	.test_cases	= libsvnic_rx_xdp_cases,
};

kunit_test_suites(&libsvnic_rx_suite, &libsvnic_rx_xdp_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of libsvnic's receive path");
MODULE_LICENSE("GPL");
