// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: KUnit tests of reading and writing the device's registers, with
 * memory in their place.
 */
#include <kunit/test.h>
#include <linux/logic_iomem.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "libsvnic_priv.h"

#define BAR_START	0x5f0000000000ULL
#define BAR_SIZE	SZ_64K
#define BAR_PAIRS	8
#define BAR_RSS		128

struct bar_test {
	struct net_device	*netdev;
	struct libsvnic_fn	*fn;
};

static u8 bar[BAR_SIZE];
/* The device is gone from the read of this number on; 0: never. */
static unsigned int bar_away, bar_reads;
/* This register reads as 0 once; 0: none. */
static unsigned int bar_glitch;

static bool bar_is_away(void)
{
	return bar_away && bar_reads >= bar_away;
}

#ifdef CONFIG_INDIRECT_IOMEM

static unsigned long bar_read(void *priv, unsigned int offset, int size)
{
	bar_reads++;
	if (bar_glitch && offset == bar_glitch) {
		bar_glitch = 0;
		return 0;
	}
	return bar_is_away() ? ~0UL : get_unaligned_le32(&bar[offset]);
}

static void bar_write(void *priv, unsigned int offset, int size,
		      unsigned long val)
{
	if (!bar_is_away())
		put_unaligned_le32(val, &bar[offset]);
}

static const struct logic_iomem_ops bar_ops = {
	.read	= bar_read,
	.write	= bar_write,
};

static long bar_map(unsigned long offset, size_t size,
		    const struct logic_iomem_ops **ops, void **priv)
{
	*ops = &bar_ops;
	return 0;
}

static const struct logic_iomem_region_ops bar_region_ops = {
	.map	= bar_map,
};

static struct resource bar_resource = {
	.name	= "svnic_bar_test",
	.start	= BAR_START,
	.end	= BAR_START + BAR_SIZE - 1,
	.flags	= IORESOURCE_MEM,
};

static int bar_suite_init(struct kunit_suite *suite)
{
	return logic_iomem_add_region(&bar_resource, &bar_region_ops);
}

#else

static int bar_suite_init(struct kunit_suite *suite)
{
	return 0;
}

#endif

static void bar_set(u32 reg, u32 val)
{
	put_unaligned_le32(val, &bar[reg]);
}

/* The smallest device that the specification allows (spec 3). */
static void bar_limits(u32 buf_max, u32 frame_max)
{
	bar_set(SVNIC_REG_MAGIC, SVNIC_MAGIC);
	bar_set(SVNIC_REG_QUEUES, 4 << SVNIC_QUEUES_MAX_SHIFT | 4);
	bar_set(SVNIC_REG_VECTORS, 5 << SVNIC_VECTORS_MAX_SHIFT | 5);
	bar_set(SVNIC_REG_RING_LIMITS,
		4 | 6 << SVNIC_RING_MAX_LOG2_SHIFT |
		4 << SVNIC_RING_EVQ_LOG2_SHIFT |
		20U << SVNIC_RING_TX_CHAIN_SHIFT);
	bar_set(SVNIC_REG_FRAME_MAX, frame_max);
	bar_set(SVNIC_REG_DB_OFFSET, 0x8000);
	bar_set(SVNIC_REG_DB_STRIDE, SZ_4K);
	bar_set(SVNIC_REG_RESET_MS, 1);
	bar_set(SVNIC_REG_RSS_SIZE, BAR_RSS);
	bar_set(SVNIC_REG_BUF_LIMITS, buf_max << SVNIC_BUF_MAX_SHIFT | 256);
}

static void limits_test(struct kunit *test)
{
	static const u32 bufs[] = { 2048, 3072, 3840, 4096, 16384, 65472 };
	static const u32 frames[] = { 1522, 9026, 65535 };
	struct bar_test *ctx = test->priv;
	const struct libsvnic_limits *limits = &ctx->fn->limits;
	unsigned int i, j;
	u32 held;

	for (i = 0; i < ARRAY_SIZE(bufs); i++) {
		for (j = 0; j < ARRAY_SIZE(frames); j++) {
			bar_limits(bufs[i], frames[j]);
			ctx->fn->features |= SVNIC_F_RX_COALESCE;
			KUNIT_ASSERT_EQ(test, libsvnic_read_limits(ctx->fn), 0);
			/* independent of the size of a page */
			KUNIT_EXPECT_EQ(test, libsvnic_buf_size(limits),
					min(bufs[i], 4096));
			/* as much as an skb can hold */
			held = libsvnic_buf_size(limits) * MAX_SKB_FRAGS;
			KUNIT_EXPECT_EQ(test, limits->frame_max,
					min(frames[j], held));
			/* the longest IPv6 packet, and two tags */
			KUNIT_EXPECT_EQ(test, held >= 65535 + 40 + 14 + 8,
					!!libsvnic_has(ctx->fn,
						       SVNIC_F_RX_COALESCE));
		}
	}
	KUNIT_EXPECT_EQ(test, limits->ring_min, 64);
	KUNIT_EXPECT_EQ(test, limits->ring_max, 64);
	/* ethtool keeps tables of this size. */
	KUNIT_EXPECT_EQ(test, limits->rss_size, BAR_RSS);
	bar_set(SVNIC_REG_RSS_SIZE, 2 * BAR_RSS);
	KUNIT_EXPECT_EQ(test, libsvnic_read_limits(ctx->fn), -ENODEV);
	KUNIT_EXPECT_EQ(test, limits->rss_size, BAR_RSS);
}

/* If the device goes away during the reads no limits are accepted. */
static void limits_away_test(struct kunit *test)
{
	struct bar_test *ctx = test->priv;
	unsigned int reads;

	bar_limits(SZ_4K, 9026);
	KUNIT_ASSERT_EQ(test, libsvnic_read_limits(ctx->fn), 0);
	reads = bar_reads;
	if (!reads)
		kunit_skip(test, "registers that count need user-mode Linux");
	for (bar_away = 1; bar_away <= reads; bar_away++) {
		bar_reads = 0;
		KUNIT_EXPECT_EQ(test, libsvnic_read_limits(ctx->fn), -ENODEV);
		KUNIT_EXPECT_TRUE(test, test_and_clear_bit(LIBSVNIC_GONE,
							   ctx->fn->flags));
	}
}

static u64 bar_missed(struct bar_test *ctx)
{
	struct rtnl_link_stats64 stats = {};

	libsvnic_get_stats64(ctx->netdev, &stats);
	return stats.rx_missed_errors;
}

static void bar_set_missed(u64 val)
{
	u32 reg = SVNIC_REG_STATS + offsetof(struct svnic_fn_stats,
					     rx_no_buffer);

	bar_set(reg, lower_32_bits(val));
	bar_set(reg + 4, upper_32_bits(val));
}

/* A function that is gone keeps its last counters, and not 2^64 - 1. */
static void stats_test(struct kunit *test)
{
	struct bar_test *ctx = test->priv;

	bar_set_missed(SZ_8G + 5);
	KUNIT_EXPECT_EQ(test, bar_missed(ctx), SZ_8G + 5);
	bar_set_missed(U64_MAX);
	KUNIT_EXPECT_EQ(test, bar_missed(ctx), SZ_8G + 5);
	set_bit(LIBSVNIC_GONE, ctx->fn->flags);
	KUNIT_EXPECT_EQ(test, bar_missed(ctx), SZ_8G + 5);
	clear_bit(LIBSVNIC_GONE, ctx->fn->flags);
	bar_set_missed(SZ_8G + 7);
	KUNIT_EXPECT_EQ(test, bar_missed(ctx), SZ_8G + 7);
	/* during a reset registers are not read */
	clear_bit(LIBSVNIC_ENABLED, ctx->fn->flags);
	bar_set_missed(0);
	KUNIT_EXPECT_EQ(test, bar_missed(ctx), SZ_8G + 7);
}

/* The same if the device goes away between two reads of one counter. */
static void stats_away_test(struct kunit *test)
{
	struct bar_test *ctx = test->priv;

	bar_set_missed(1000);
	KUNIT_ASSERT_EQ(test, bar_missed(ctx), 1000);
	if (!bar_reads)
		kunit_skip(test, "registers that count need user-mode Linux");
	for (bar_away = 1; bar_away <= 3; bar_away++) {
		bar_reads = 0;
		KUNIT_EXPECT_EQ(test, bar_missed(ctx), 1000);
	}
}

static void link_test(struct kunit *test)
{
	struct bar_test *ctx = test->priv;
	const struct ethtool_ops *ops = &libsvnic_ethtool_ops;
	struct ethtool_link_ksettings cmd = {};

	netif_carrier_on(ctx->netdev);
	bar_set(SVNIC_REG_LINK, SVNIC_LINK_UP | SPEED_25000);
	KUNIT_EXPECT_EQ(test, ops->get_link_ksettings(ctx->netdev, &cmd), 0);
	KUNIT_EXPECT_EQ(test, cmd.base.speed, SPEED_25000);
	KUNIT_EXPECT_EQ(test, cmd.base.duplex, DUPLEX_FULL);
	bar_set(SVNIC_REG_LINK, U32_MAX);
	KUNIT_EXPECT_EQ(test, ops->get_link_ksettings(ctx->netdev, &cmd), 0);
	KUNIT_EXPECT_EQ(test, cmd.base.speed, (u32)SPEED_UNKNOWN);
	KUNIT_EXPECT_EQ(test, cmd.base.duplex, DUPLEX_UNKNOWN);
}

/* Device and user see a table in which all pairs are in use. */
static void bar_expect_rss(struct kunit *test, const u32 *wanted, u32 pairs)
{
	struct bar_test *ctx = test->priv;
	struct ethtool_rxfh_param rxfh = {};
	u32 indir[BAR_RSS];
	unsigned int i;

	rxfh.indir = indir;
	KUNIT_ASSERT_EQ(test, libsvnic_ethtool_ops.get_rxfh(ctx->netdev, &rxfh),
			0);
	libsvnic_rss_write(ctx->fn);
	for (i = 0; i < BAR_RSS; i++) {
		KUNIT_EXPECT_EQ(test, bar[SVNIC_REG_RSS_TABLE + i],
				wanted[i] % pairs);
		KUNIT_EXPECT_EQ(test, indir[i], wanted[i] % pairs);
	}
}

/* The table of the user is complete again when there are enough pairs. */
static void rss_test(struct kunit *test)
{
	struct bar_test *ctx = test->priv;
	struct ethtool_rxfh_param rxfh = {};
	u32 wanted[BAR_RSS];
	unsigned int i;

	for (i = 0; i < BAR_RSS; i++)
		wanted[i] = i;
	libsvnic_rss_set_pairs(ctx->fn, BAR_PAIRS);
	bar_expect_rss(test, wanted, BAR_PAIRS);
	libsvnic_rss_set_pairs(ctx->fn, 3);
	bar_expect_rss(test, wanted, 3);

	for (i = 0; i < BAR_RSS; i++)
		wanted[i] = 7 - i / 16;
	rxfh.indir = wanted;
	KUNIT_ASSERT_EQ(test,
			libsvnic_ethtool_ops.set_rxfh(ctx->netdev, &rxfh, NULL),
			0);
	ctx->netdev->ethtool->rss_indir_user_size = BAR_RSS;
	libsvnic_rss_set_pairs(ctx->fn, BAR_PAIRS);
	bar_expect_rss(test, wanted, BAR_PAIRS);
	libsvnic_rss_set_pairs(ctx->fn, 3);
	bar_expect_rss(test, wanted, 3);
	libsvnic_rss_set_pairs(ctx->fn, BAR_PAIRS);
	bar_expect_rss(test, wanted, BAR_PAIRS);
}

static u32 bar_rd(u32 reg)
{
	return get_unaligned_le32(&bar[reg]);
}

/*
 * Fields go to the byte of their type, and to no other; those that the device
 * cannot hash for that type are refused.
 */
static void rss_fields_test(struct kunit *test)
{
	const struct ethtool_ops *ops = &libsvnic_ethtool_ops;
	static const struct {
		u32	flow, reg, shift, possible;
	} types[] = {
		{ IPV4_FLOW, SVNIC_REG_RSS_FIELDS_IPV4, 0, 0x3 },
		{ TCP_V4_FLOW, SVNIC_REG_RSS_FIELDS_IPV4, 8, 0x1b },
		{ UDP_V4_FLOW, SVNIC_REG_RSS_FIELDS_IPV4, 16, 0x1b },
		{ IPV6_FLOW, SVNIC_REG_RSS_FIELDS_IPV6, 0, 0x7 },
		{ TCP_V6_FLOW, SVNIC_REG_RSS_FIELDS_IPV6, 8, 0x1f },
		{ UDP_V6_FLOW, SVNIC_REG_RSS_FIELDS_IPV6, 16, 0x1f },
	};
	static const u32 rxh[] = { RXH_IP_SRC, RXH_IP_DST, RXH_IP6_FL,
				   RXH_L4_B_0_1, RXH_L4_B_2_3, RXH_L2DA };
	struct ethtool_rxfh_fields fields = {};
	struct bar_test *ctx = test->priv;
	unsigned int i, bit, type;
	u32 choice, want;
	u64 data;

	ctx->fn->rss_pairs = 1;
	for (i = 0; i < ARRAY_SIZE(types) << ARRAY_SIZE(rxh); i++) {
		type = i % ARRAY_SIZE(types);
		choice = i / ARRAY_SIZE(types);
		fields.flow_type = types[type].flow;
		fields.data = 0;
		for (bit = 0; bit < ARRAY_SIZE(rxh); bit++)
			if (choice & BIT(bit))
				fields.data |= rxh[bit];
		want = bar_rd(types[type].reg);
		if (choice & ~types[type].possible) {
			KUNIT_EXPECT_EQ(test, -EINVAL,
					ops->set_rxfh_fields(ctx->netdev,
							     &fields, NULL));
		} else {
			KUNIT_EXPECT_EQ(test, 0,
					ops->set_rxfh_fields(ctx->netdev,
							     &fields, NULL));
			want &= ~(0xff << types[type].shift);
			want |= choice << types[type].shift;
			data = fields.data;
			KUNIT_EXPECT_EQ(test, 0,
					ops->get_rxfh_fields(ctx->netdev,
							     &fields));
			KUNIT_EXPECT_EQ(test, fields.data, data);
		}
		KUNIT_EXPECT_EQ(test, bar_rd(types[type].reg), want);
	}
	/* The same as other IPv4, and not to be set alone. */
	fields.flow_type = SCTP_V4_FLOW;
	fields.data = RXH_IP_SRC;
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			ops->set_rxfh_fields(ctx->netdev, &fields, NULL));
	KUNIT_EXPECT_EQ(test, 0, ops->get_rxfh_fields(ctx->netdev, &fields));
	KUNIT_EXPECT_EQ(test, fields.data, RXH_IP_SRC | RXH_IP_DST);
	fields.flow_type = ETHER_FLOW;
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			ops->get_rxfh_fields(ctx->netdev, &fields));
}

/* Symmetric hashes, and no change of them. */
static void rss_xfrm_test(struct kunit *test)
{
	static const struct {
		u8	set, get;
		u32	ctrl;
	} steps[] = {
		{ RXH_XFRM_NO_CHANGE, 0, 1 },
		{ RXH_XFRM_SYM_XOR, RXH_XFRM_SYM_XOR, 3 },
		{ RXH_XFRM_NO_CHANGE, RXH_XFRM_SYM_XOR, 3 },
		{ RXH_XFRM_SYM_OR_XOR, RXH_XFRM_SYM_OR_XOR, 7 },
		{ 0, 0, 1 },
	};
	const struct ethtool_ops *ops = &libsvnic_ethtool_ops;
	struct ethtool_rxfh_param rxfh = {};
	struct bar_test *ctx = test->priv;
	unsigned int i;

	ctx->fn->rss_pairs = 1;
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		rxfh.input_xfrm = steps[i].set;
		KUNIT_EXPECT_EQ(test,
				ops->set_rxfh(ctx->netdev, &rxfh, NULL), 0);
		KUNIT_EXPECT_EQ(test, ops->get_rxfh(ctx->netdev, &rxfh), 0);
		KUNIT_EXPECT_EQ(test, rxfh.input_xfrm, steps[i].get);
		KUNIT_EXPECT_EQ(test, bar_rd(SVNIC_REG_RSS_CTRL),
				steps[i].ctrl);
	}
}

/* The number of pairs that the user wants survives a smaller grant. */
static void channels_test(struct kunit *test)
{
	const struct ethtool_ops *ops = &libsvnic_ethtool_ops;
	struct kernel_ethtool_ringparam kring = {};
	struct ethtool_channels channels = {};
	struct ethtool_ringparam ring = {};
	struct bar_test *ctx = test->priv;

	ctx->fn->cfg.pairs = BAR_PAIRS;
	ctx->fn->limits.pairs = 3;
	ops->get_channels(ctx->netdev, &channels);
	KUNIT_EXPECT_EQ(test, channels.combined_count, 3);
	KUNIT_EXPECT_EQ(test, channels.max_combined, 3);

	/* setting something else does not change the number wanted */
	ring.rx_pending = 256;
	ring.tx_pending = 128;
	KUNIT_EXPECT_EQ(test, ops->set_ringparam(ctx->netdev, &ring, &kring,
						 NULL), 0);
	KUNIT_EXPECT_EQ(test, ctx->netdev->real_num_tx_queues, 3);
	ctx->fn->limits.pairs = BAR_PAIRS;
	ops->get_channels(ctx->netdev, &channels);
	KUNIT_EXPECT_EQ(test, channels.combined_count, BAR_PAIRS);
	ops->get_ringparam(ctx->netdev, &ring, &kring, NULL);
	KUNIT_EXPECT_EQ(test, ring.rx_pending, 256);
	KUNIT_EXPECT_EQ(test, ring.tx_pending, 128);
}

/* Does the service work request a reset or a restart? */
static bool bar_service(struct libsvnic_fn *fn)
{
	fn->service_work.work.func(&fn->service_work.work);
	return test_bit(LIBSVNIC_RESET_WANTED, fn->flags) ||
	       !bitmap_empty(fn->tx_failed, LIBSVNIC_PAIRS_MAX) ||
	       !bitmap_empty(fn->rx_failed, LIBSVNIC_PAIRS_MAX);
}

/* A queue that is inactive only for a moment is not restarted. */
static void half_stopped_test(struct kunit *test)
{
	const u32 active = SVNIC_QSTATUS_TX | SVNIC_QSTATUS_RX;
	struct bar_test *ctx = test->priv;
	struct libsvnic_fn *fn = ctx->fn;
	unsigned int q;

	if (!IS_ENABLED(CONFIG_INDIRECT_IOMEM))
		kunit_skip(test, "needs registers that are not memory");
	spin_lock_init(&fn->evq.lock);
	/* The work items are disabled, so requests stay pending. */
	libsvnic_reset_init(fn);
	set_bit(LIBSVNIC_RUNNING, fn->flags);
	bar_set(SVNIC_REG_MAGIC, SVNIC_MAGIC);
	bar_set(SVNIC_REG_STATUS, SVNIC_STATUS_READY | SVNIC_STATUS_ENABLED);
	for (q = 0; q < BAR_PAIRS; q++)
		bar_set(SVNIC_QCFG(q, SVNIC_QCFG_STATUS), active);
	KUNIT_EXPECT_FALSE(test, bar_service(fn));

	bar_glitch = SVNIC_QCFG(1, SVNIC_QCFG_STATUS);
	KUNIT_EXPECT_FALSE(test, bar_service(fn));
	KUNIT_EXPECT_EQ(test, bar_glitch, 0);

	/* A half that has stopped is restarted, and nothing else. */
	bar_set(SVNIC_QCFG(1, SVNIC_QCFG_STATUS), SVNIC_QSTATUS_TX);
	KUNIT_EXPECT_TRUE(test, bar_service(fn));
	KUNIT_EXPECT_EQ(test, *fn->rx_failed, BIT(1));
	KUNIT_EXPECT_EQ(test, *fn->tx_failed, 0);
	KUNIT_EXPECT_FALSE(test, test_bit(LIBSVNIC_RESET_WANTED, fn->flags));
}

static int bar_init(struct kunit *test)
{
	struct libsvnic_fn *fn;
	struct bar_test *ctx;

	memset(bar, 0, sizeof(bar));
	bar_away = 0;
	bar_reads = 0;
	bar_glitch = 0;
	ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	ctx->netdev = alloc_etherdev_mqs(sizeof(*fn), BAR_PAIRS, BAR_PAIRS);
	KUNIT_ASSERT_NOT_NULL(test, ctx->netdev);
	fn = netdev_priv(ctx->netdev);
	ctx->fn = fn;
	fn->netdev = ctx->netdev;
	spin_lock_init(&fn->stats_lock);
	fn->features = SVNIC_F_RSS;
	fn->limits.rss_size = BAR_RSS;
	fn->limits.ring_min = 64;
	fn->limits.ring_max = 1024;
	set_bit(LIBSVNIC_ENABLED, fn->flags);
	fn->pdev = kunit_kzalloc(test, sizeof(*fn->pdev), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fn->pdev);
	/* There is no configuration space. */
	fn->pdev->error_state = pci_channel_io_perm_failure;
	fn->pdev->resource[SVNIC_BAR_REGS] =
		DEFINE_RES_MEM(BAR_START, BAR_SIZE);
	if (IS_ENABLED(CONFIG_INDIRECT_IOMEM))
		fn->regs = ioremap(BAR_START, BAR_SIZE);
	else
		fn->regs = (void __iomem __force *)bar;
	KUNIT_ASSERT_NOT_NULL(test, (void __force *)fn->regs);
	return 0;
}

static void bar_exit(struct kunit *test)
{
	struct bar_test *ctx = test->priv;

	/* It is called as well if bar_init() gave up. */
	if (!ctx || !ctx->netdev)
		return;
	if (IS_ENABLED(CONFIG_INDIRECT_IOMEM) && ctx->fn->regs)
		iounmap(ctx->fn->regs);
	free_netdev(ctx->netdev);
}

static struct kunit_case libsvnic_bar_cases[] = {
	KUNIT_CASE(limits_test),
	KUNIT_CASE(limits_away_test),
	KUNIT_CASE(stats_test),
	KUNIT_CASE(stats_away_test),
	KUNIT_CASE(link_test),
	KUNIT_CASE(rss_test),
	KUNIT_CASE(rss_fields_test),
	KUNIT_CASE(rss_xfrm_test),
	KUNIT_CASE(channels_test),
	KUNIT_CASE(half_stopped_test),
	{}
};

static struct kunit_suite libsvnic_bar_suite = {
	.name		= "libsvnic_bar",
	.suite_init	= bar_suite_init,
	.init		= bar_init,
	.exit		= bar_exit,
	.test_cases	= libsvnic_bar_cases,
};

kunit_test_suite(libsvnic_bar_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_IMPORT_NS("LIBSVNIC");
MODULE_DESCRIPTION("KUnit tests of libsvnic's use of registers");
MODULE_LICENSE("GPL");
