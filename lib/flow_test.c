// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: KUnit tests of flow rules.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/prandom.h>

#include "flow_test.h"

#define FLOW_VF		BIT_ULL(ETHTOOL_RX_FLOW_SPEC_RING_VF_OFF)
#define FLOW_STEPS	20000

/* The device does this with the frames of a rule. */
static void flow_expect(struct kunit *test, u32 location, u16 type, u16 a,
			u32 b)
{
	struct flow_test *ctx = test->priv;
	const struct svnic_flow_rule *rule = &ctx->rules[location];

	KUNIT_EXPECT_TRUE(test, test_bit(location, ctx->there));
	KUNIT_EXPECT_EQ(test, be16_to_cpu(rule->key.dport), location);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(rule->action[0].type), type);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(rule->action[0].a), a);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(rule->action[0].b), b);
}

/* Driver and device have the same rules, and the driver counts them. */
static void flow_agree(struct kunit *test)
{
	struct flow_test *ctx = test->priv;
	struct ethtool_rxnfc nfc;
	u32 i, n = 0;

	for (i = 0; i < FLOW_RULES; i++) {
		KUNIT_EXPECT_EQ(test, flow_get(ctx, i, &nfc),
				test_bit(i, ctx->there) ? 0 : -ENOENT);
		n += test_bit(i, ctx->there);
	}
	KUNIT_EXPECT_EQ(test, flow_count(ctx), n);
}

static void action_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;
	struct ethtool_rxnfc nfc;

	KUNIT_ASSERT_EQ(test, flow_create(ctx, flow_context(test), 2, 5), 0);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 3, 5), 3);
	flow_expect(test, 3, SVNIC_FLOW_QUEUE, 5, 0);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 4, RX_CLS_FLOW_DISC), 4);
	flow_expect(test, 4, SVNIC_FLOW_DROP, 0, 0);
	KUNIT_EXPECT_EQ(test, flow_insert_rss(ctx, 5, 0, 2), 5);
	flow_expect(test, 5, SVNIC_FLOW_RSS, 2, 0);
	/* Added to what the context selects. */
	KUNIT_EXPECT_EQ(test, flow_insert_rss(ctx, 6, 3, 2), 6);
	flow_expect(test, 6, SVNIC_FLOW_RSS, 2, 3);
	KUNIT_EXPECT_EQ(test, flow_insert_rss(ctx, 7, 0, 0), 7);
	flow_expect(test, 7, SVNIC_FLOW_RSS, 0, 0);
	KUNIT_EXPECT_EQ(test, flow_insert_rss(ctx, 8, RX_CLS_FLOW_DISC, 2), 8);
	flow_expect(test, 8, SVNIC_FLOW_DROP, 0, 0);
	flow_agree(test);

	/* What was set is read. */
	KUNIT_EXPECT_EQ(test, flow_get(ctx, 6, &nfc), 0);
	KUNIT_EXPECT_EQ(test, nfc.rss_context, 2);
	KUNIT_EXPECT_EQ(test, nfc.fs.flow_type, TCP_V4_FLOW | FLOW_RSS);
	KUNIT_EXPECT_EQ(test, nfc.fs.ring_cookie, 3);
	KUNIT_EXPECT_EQ(test, nfc.fs.location, 6);
	KUNIT_EXPECT_EQ(test, nfc.fs.h_u.tcp_ip4_spec.pdst, htons(6));
	KUNIT_EXPECT_EQ(test, flow_get(ctx, 4, &nfc), 0);
	KUNIT_EXPECT_EQ(test, nfc.fs.ring_cookie, RX_CLS_FLOW_DISC);
	KUNIT_EXPECT_EQ(test, nfc.rss_context, 0);

	/* A queue that does not exist, or a context that does not. */
	KUNIT_EXPECT_EQ(test, flow_insert_rss(ctx, 9, 4, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, flow_insert_rss(ctx, 9, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, flow_insert_rss(ctx, 9, 0, 3), -EINVAL);
	flow_agree(test);
}

static void refused_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;
	struct ethtool_rxnfc nfc;
	unsigned int commands;
	u32 pairs;

	commands = ctx->commands;
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 0, FLOW_PAIRS), -EINVAL);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 0, U32_MAX), -EINVAL);
	KUNIT_EXPECT_EQ(test, flow_insert_rss(ctx, 0, FLOW_PAIRS, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 0, FLOW_VF), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 0, FLOW_VF * 3 | 1),
			-EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 0, RX_CLS_FLOW_WAKE),
			-EOPNOTSUPP);
	/* Bits that have no meaning. */
	KUNIT_EXPECT_LT(test, flow_insert(ctx, 0, BIT_ULL(60)), 0);

	/* What the device cannot compare. */
	flow_rule(&nfc, 0, 0);
	nfc.fs.flow_type = SCTP_V4_FLOW;
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			libsvnic_ethtool_ops.set_rxnfc(ctx->netdev, &nfc));

	ctx->netdev->features = 0;
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 0, 0), -EOPNOTSUPP);
	ctx->netdev->features = NETIF_F_NTUPLE;
	KUNIT_EXPECT_EQ(test, ctx->commands, commands);
	flow_agree(test);

	/* The pairs that there are. */
	for (pairs = 1; pairs <= FLOW_PAIRS; pairs++) {
		ctx->fn->rss_pairs = pairs;
		KUNIT_EXPECT_EQ(test, flow_insert(ctx, 0, pairs - 1), 0);
		KUNIT_EXPECT_EQ(test, flow_insert(ctx, 0, pairs), -EINVAL);
	}
	flow_agree(test);
}

static void commands_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;
	struct ethtool_rxnfc nfc = { .cmd = ETHTOOL_GRXCLSRLCNT };
	const struct ethtool_ops *ops = &libsvnic_ethtool_ops;

	KUNIT_EXPECT_EQ(test, ops->get_rxnfc(ctx->netdev, &nfc, NULL), 0);
	KUNIT_EXPECT_EQ(test, nfc.rule_cnt, 0);
	KUNIT_EXPECT_EQ(test, nfc.data, FLOW_RULES | RX_CLS_LOC_SPECIAL);
	nfc.cmd = ETHTOOL_SRXCLSRLINS;
	KUNIT_EXPECT_EQ(test, ops->get_rxnfc(ctx->netdev, &nfc, NULL),
			-EOPNOTSUPP);
	nfc.cmd = ETHTOOL_GRXCLSRLALL;
	KUNIT_EXPECT_EQ(test, ops->set_rxnfc(ctx->netdev, &nfc), -EOPNOTSUPP);
}

/* Where rules go: FIRST counts first, ANY and LAST leave room before them. */
static void place_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;
	u32 i;

	KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_ANY, 0), 15);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_LAST, 0), 14);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_FIRST, 0), 0);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_FIRST, 0), 1);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 3, 0), 3);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_FIRST, 0), 2);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_FIRST, 0), 4);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 13, 0), 13);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_LAST, 0), 12);
	flow_agree(test);

	/* Beyond the grant. */
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, FLOW_RULES, 0), -ENOSPC);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 0xfffc, 0), -ENOSPC);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 0x10000, 0), -ENOSPC);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_SPECIAL, 0),
			-EINVAL);

	for (i = 5; i < 12; i++)
		KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_FIRST, 0), i);
	KUNIT_EXPECT_EQ(test, flow_count(ctx), FLOW_RULES);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_FIRST, 0), -ENOSPC);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_LAST, 0), -ENOSPC);
	/* A rule that compares the same is replaced. */
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_ANY, 0), 15);
	KUNIT_EXPECT_EQ(test, flow_delete(ctx, 15), 0);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 15, 0), 15);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_ANY, 0), -ENOSPC);
	/* A full table can be changed. */
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 7, 1), 7);
	KUNIT_EXPECT_EQ(test, flow_delete(ctx, 9), 0);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_ANY, 0), 9);
	flow_agree(test);

	/* A function without a grant has no place. */
	ctx->fn->limits.flow_rules = 0;
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_ANY, 0), -ENOSPC);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_FIRST, 0), -ENOSPC);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 0, 0), -ENOSPC);
}

static void replace_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;
	struct ethtool_rxnfc nfc;

	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 2, 1), 2);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 2, 6), 2);
	KUNIT_EXPECT_EQ(test, flow_count(ctx), 1);
	flow_expect(test, 2, SVNIC_FLOW_QUEUE, 6, 0);
	KUNIT_EXPECT_EQ(test, flow_get(ctx, 2, &nfc), 0);
	KUNIT_EXPECT_EQ(test, nfc.fs.ring_cookie, 6);

	KUNIT_EXPECT_EQ(test, flow_delete(ctx, 1), -ENOENT);
	KUNIT_EXPECT_EQ(test, flow_delete(ctx, U32_MAX), -ENOENT);
	KUNIT_EXPECT_EQ(test, flow_delete(ctx, 2), 0);
	KUNIT_EXPECT_EQ(test, flow_delete(ctx, 2), -ENOENT);
	flow_agree(test);
}

/* If the device fails, driver and device keep what they had. */
static void failure_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;
	struct ethtool_rxnfc nfc;

	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 2, 1), 2);
	flow_fail(ctx, 0, -ENOSPC);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 5, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_ANY, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 2, 4), -ENOSPC);
	flow_fail(ctx, 0, -ENODEV);
	KUNIT_EXPECT_EQ(test, flow_delete(ctx, 2), -ENODEV);
	flow_fail(ctx, 0, 0);
	flow_agree(test);
	flow_expect(test, 2, SVNIC_FLOW_QUEUE, 1, 0);
	KUNIT_EXPECT_EQ(test, flow_get(ctx, 2, &nfc), 0);
	KUNIT_EXPECT_EQ(test, nfc.fs.ring_cookie, 1);

	/* Nothing occupies the places that were refused. */
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_ANY, 1), 15);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 5, 1), 5);
	flow_agree(test);

	/* The device has lost the rule, and the user does not want it. */
	bitmap_zero(ctx->there, FLOW_RULES);
	KUNIT_EXPECT_EQ(test, flow_delete(ctx, 2), 0);
	KUNIT_EXPECT_EQ(test, flow_count(ctx), 2);
}

static int flow_list(struct flow_test *ctx, u32 *locations, u32 *count)
{
	struct ethtool_rxnfc nfc = {
		.cmd		= ETHTOOL_GRXCLSRLALL,
		.rule_cnt	= *count,
	};
	int err;

	err = libsvnic_ethtool_ops.get_rxnfc(ctx->netdev, &nfc, locations);
	*count = nfc.rule_cnt;
	return err ?: nfc.data;
}

static void list_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;
	u32 locations[FLOW_RULES], count = 0;

	KUNIT_EXPECT_EQ(test, flow_list(ctx, NULL, &count), FLOW_RULES);
	KUNIT_EXPECT_EQ(test, count, 0);
	flow_insert(ctx, 9, 0);
	flow_insert(ctx, 0, 0);
	flow_insert(ctx, 15, 0);

	memset(locations, 0xff, sizeof(locations));
	count = 3;
	KUNIT_EXPECT_EQ(test, flow_list(ctx, locations, &count), FLOW_RULES);
	KUNIT_EXPECT_EQ(test, count, 3);
	KUNIT_EXPECT_EQ(test, locations[0], 0);
	KUNIT_EXPECT_EQ(test, locations[1], 9);
	KUNIT_EXPECT_EQ(test, locations[2], 15);
	KUNIT_EXPECT_EQ(test, locations[3], U32_MAX);
	count = FLOW_RULES;
	KUNIT_EXPECT_EQ(test, flow_list(ctx, locations, &count), FLOW_RULES);
	KUNIT_EXPECT_EQ(test, count, 3);

	locations[2] = U32_MAX;
	count = 2;
	KUNIT_EXPECT_EQ(test, flow_list(ctx, locations, &count), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, locations[2], U32_MAX);
	count = 0;
	KUNIT_EXPECT_EQ(test, flow_list(ctx, NULL, &count), -EMSGSIZE);
}

/* Rules that are set while the device is down are written when it is up. */
static void down_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 1, 1), 1);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 2, 1), 2);
	flow_reset_begin(ctx);
	ctx->commands = 0;
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 2, 3), 2);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 15, 2), 15);
	KUNIT_EXPECT_EQ(test, flow_delete(ctx, 1), 0);
	KUNIT_EXPECT_EQ(test, ctx->commands, 0);
	KUNIT_EXPECT_EQ(test, flow_count(ctx), 2);
	flow_reset_end(ctx);
	flow_agree(test);
	flow_expect(test, 2, SVNIC_FLOW_QUEUE, 3, 0);
	flow_expect(test, 15, SVNIC_FLOW_QUEUE, 2, 0);
}

/* After a reset: contexts first, because rules name them, and only once. */
static void reset_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;
	unsigned int i;

	for (i = 1; i <= 3; i++) {
		KUNIT_EXPECT_EQ(test, flow_create(ctx, flow_context(test), i,
						  FLOW_PAIRS), 0);
		KUNIT_EXPECT_EQ(test, flow_insert_rss(ctx, 2 * i, 0, i), 2 * i);
	}
	flow_reset_begin(ctx);
	ctx->commands = 0;
	flow_reset_end(ctx);
	KUNIT_EXPECT_EQ(test, ctx->commands, 6);
	for (i = 0; i < 6; i++)
		KUNIT_EXPECT_EQ(test, ctx->log[i], i < 3 ? SVNIC_FN_RSS_SET :
							   SVNIC_FN_FLOW_SET);
	for (i = 1; i <= 3; i++) {
		KUNIT_EXPECT_TRUE(test, ctx->contexts[i].there);
		flow_expect(test, 2 * i, SVNIC_FLOW_RSS, i, 0);
	}
	KUNIT_EXPECT_FALSE(test, ctx->contexts[4].there);
	flow_agree(test);

	/* There is nothing to tell again. */
	flow_up(ctx, FLOW_PAIRS);
	KUNIT_EXPECT_EQ(test, ctx->commands, 0);
}

/* With fewer pairs the remainder; the user sees what was set. */
static void pairs_test(struct kunit *test)
{
	static const u32 pairs[] = { 3, 8, 1, 5, 2, 8, 4, 7, 6 };
	struct flow_test *ctx = test->priv;
	struct ethtool_rxnfc nfc;
	unsigned int i, j, top;
	u32 add;

	KUNIT_ASSERT_EQ(test, flow_create(ctx, flow_context(test), 1, 3), 0);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 0, 7), 0);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 1, RX_CLS_FLOW_DISC), 1);
	KUNIT_EXPECT_EQ(test, flow_insert_rss(ctx, 2, 5, 1), 2);
	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		flow_up(ctx, pairs[i]);
		KUNIT_EXPECT_EQ(test, ctx->commands, 4);
		flow_expect(test, 0, SVNIC_FLOW_QUEUE, 7 % pairs[i], 0);
		flow_expect(test, 1, SVNIC_FLOW_DROP, 0, 0);
		for (j = 0, top = 0; j < FLOW_RSS_SIZE; j++) {
			KUNIT_EXPECT_EQ(test, ctx->contexts[1].table[j],
					j % 3 % pairs[i]);
			top = max(top, ctx->contexts[1].table[j]);
		}
		/* The sum is a queue that there is. */
		add = le32_to_cpu(ctx->rules[2].action[0].b);
		KUNIT_EXPECT_LT(test, top + add, pairs[i]);
		if (pairs[i] == FLOW_PAIRS)
			KUNIT_EXPECT_EQ(test, add, 5);
		KUNIT_EXPECT_EQ(test, flow_get(ctx, 0, &nfc), 0);
		KUNIT_EXPECT_EQ(test, nfc.fs.ring_cookie, 7);
		KUNIT_EXPECT_EQ(test, flow_get(ctx, 2, &nfc), 0);
		KUNIT_EXPECT_EQ(test, nfc.fs.ring_cookie, 5);
	}
	/* With fewer pairs than wanted only those that there are count. */
	flow_up(ctx, 3);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 4, 4), -EINVAL);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 4, 2), 4);
	flow_expect(test, 4, SVNIC_FLOW_QUEUE, 2, 0);
}

/* What cannot be restored is kept, and the rest is restored. */
static void sync_failure_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;
	struct ethtool_rxnfc nfc;
	unsigned int fail_at, i;

	KUNIT_ASSERT_EQ(test, flow_create(ctx, flow_context(test), 1,
					  FLOW_PAIRS), 0);
	KUNIT_ASSERT_EQ(test, flow_create(ctx, flow_context(test), 2,
					  FLOW_PAIRS), 0);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, flow_insert(ctx, i, i), i);
	for (fail_at = 1; fail_at <= 6; fail_at++) {
		flow_reset_begin(ctx);
		flow_fail(ctx, fail_at, -EIO);
		flow_reset_end(ctx);
		KUNIT_EXPECT_EQ(test, ctx->commands, 6);
		KUNIT_EXPECT_EQ(test, ctx->contexts[1].there, fail_at != 1);
		KUNIT_EXPECT_EQ(test, ctx->contexts[2].there, fail_at != 2);
		for (i = 0; i < 4; i++) {
			KUNIT_EXPECT_EQ(test, test_bit(i, ctx->there),
					fail_at != i + 3);
			KUNIT_EXPECT_EQ(test, flow_get(ctx, i, &nfc), 0);
		}
		KUNIT_EXPECT_EQ(test, flow_count(ctx), 4);
		/* It is not tried again before there is a reason. */
		flow_up(ctx, FLOW_PAIRS);
		KUNIT_EXPECT_EQ(test, ctx->commands, 0);
	}

	/* Smaller grants, and what they were. */
	flow_fail(ctx, 0, 0);
	ctx->flow_rules = 2;
	ctx->rss_contexts = 1;
	ctx->fn->limits.flow_rules = 2;
	ctx->fn->limits.rss_contexts = 1;
	flow_reset_begin(ctx);
	flow_reset_end(ctx);
	KUNIT_EXPECT_EQ(test, *ctx->there, 3);
	KUNIT_EXPECT_FALSE(test, ctx->contexts[2].there);
	KUNIT_EXPECT_EQ(test, flow_count(ctx), 4);
	ctx->flow_rules = FLOW_RULES;
	ctx->rss_contexts = FLOW_CONTEXTS;
	flow_reset_begin(ctx);
	flow_reset_end(ctx);
	KUNIT_EXPECT_TRUE(test, ctx->contexts[2].there);
	flow_agree(test);
}

/* The interface is closed, so nothing is synchronised after the reset. */
static void closed_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;

	KUNIT_ASSERT_EQ(test, flow_create(ctx, flow_context(test), 1,
					  FLOW_PAIRS), 0);
	KUNIT_EXPECT_EQ(test, flow_insert_rss(ctx, 1, 0, 1), 1);
	flow_reset_begin(ctx);
	set_bit(LIBSVNIC_ENABLED, ctx->fn->flags);
	KUNIT_EXPECT_EQ(test, flow_insert_rss(ctx, 2, 0, 1), 2);
	KUNIT_EXPECT_EQ(test, flow_delete(ctx, 1), 0);
	flow_up(ctx, FLOW_PAIRS);
	flow_agree(test);
	flow_expect(test, 2, SVNIC_FLOW_RSS, 1, 0);
}

static void flush_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;
	u32 i;

	for (i = 0; i < FLOW_RULES; i++)
		KUNIT_EXPECT_EQ(test, flow_insert(ctx, i, 0), i);
	libsvnic_flow_flush(ctx->fn);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(ctx->there, FLOW_RULES));
	flow_agree(test);
	libsvnic_flow_flush(ctx->fn);

	/* There is room again, and a device that is down is not told. */
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, RX_CLS_LOC_FIRST, 0), 0);
	flow_reset_begin(ctx);
	ctx->commands = 0;
	libsvnic_flow_flush(ctx->fn);
	KUNIT_EXPECT_EQ(test, ctx->commands, 0);
	flow_reset_end(ctx);
	flow_agree(test);
	KUNIT_EXPECT_EQ(test, flow_count(ctx), 0);

	/* Forgotten even if the device fails. */
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 3, 0), 3);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 4, 0), 4);
	flow_fail(ctx, 0, -EIO);
	libsvnic_flow_flush(ctx->fn);
	KUNIT_EXPECT_EQ(test, ctx->commands, 2);
	KUNIT_EXPECT_EQ(test, flow_count(ctx), 0);
}

/* One of the changes that a user, a device or a PF makes. */
static void flow_step(struct flow_test *ctx, struct rnd_state *rnd)
{
	u32 r = prandom_u32_state(rnd), location = (r >> 8) % (FLOW_RULES + 1);

	/* Some of the changes that a user makes fail. */
	flow_fail(ctx, r & 15 && r >> 28 ? U32_MAX : 1, -EIO);
	switch (r & 15) {
	case 0:
		ctx->fail = 0;
		flow_reset_begin(ctx);
		flow_insert(ctx, location, 0);
		flow_delete(ctx, (r >> 16) % FLOW_RULES);
		flow_reset_end(ctx);
		break;
	case 1:
		ctx->fail = 0;
		flow_up(ctx, (r >> 16) % FLOW_PAIRS + 1);
		break;
	case 2:
		ctx->fail = 0;
		if (!((r >> 16) & 7))
			libsvnic_flow_flush(ctx->fn);
		break;
	case 3:
		flow_insert(ctx, RX_CLS_LOC_ANY, 0);
		break;
	case 4:
		flow_insert(ctx, RX_CLS_LOC_FIRST, RX_CLS_FLOW_DISC);
		break;
	case 5:
	case 6:
	case 7:
	case 8:
	case 9:
		flow_insert(ctx, location, (r >> 16) % (FLOW_PAIRS + 1));
		break;
	default:
		flow_delete(ctx, location);
		break;
	}
}

/* After random changes and failures driver and device have the same rules. */
static void walk_test(struct kunit *test)
{
	const struct svnic_flow_action *action;
	struct flow_test *ctx = test->priv;
	unsigned int step, n = 0;
	struct ethtool_rxnfc nfc;
	struct rnd_state rnd;
	u32 i;

	prandom_seed_state(&rnd, 1);
	for (step = 0; step < FLOW_STEPS; step++) {
		flow_step(ctx, &rnd);
		n = max(n, flow_count(ctx));
		KUNIT_ASSERT_EQ(test, bitmap_weight(ctx->there, FLOW_RULES),
				flow_count(ctx));
		for_each_set_bit(i, ctx->there, FLOW_RULES) {
			KUNIT_ASSERT_EQ(test, flow_get(ctx, i, &nfc), 0);
			action = &ctx->rules[i].action[0];
			if (nfc.fs.ring_cookie == RX_CLS_FLOW_DISC)
				KUNIT_ASSERT_EQ(test, le16_to_cpu(action->type),
						SVNIC_FLOW_DROP);
			else
				KUNIT_ASSERT_EQ(test, le16_to_cpu(action->a),
						(u32)nfc.fs.ring_cookie %
						ctx->fn->rss_pairs);
		}
	}
	KUNIT_EXPECT_GT(test, n, FLOW_RULES / 2);
}

static struct kunit_case libsvnic_flow_cases[] = {
	KUNIT_CASE(action_test),
	KUNIT_CASE(refused_test),
	KUNIT_CASE(commands_test),
	KUNIT_CASE(place_test),
	KUNIT_CASE(replace_test),
	KUNIT_CASE(failure_test),
	KUNIT_CASE(list_test),
	KUNIT_CASE(down_test),
	KUNIT_CASE(reset_test),
	KUNIT_CASE(pairs_test),
	KUNIT_CASE(sync_failure_test),
	KUNIT_CASE(closed_test),
	KUNIT_CASE(flush_test),
	KUNIT_CASE(walk_test),
	{}
};

static struct kunit_suite libsvnic_flow_suite = {
	.name		= "libsvnic_flow",
	.init		= flow_init,
	.exit		= flow_exit,
	.test_cases	= libsvnic_flow_cases,
};

kunit_test_suite(libsvnic_flow_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_IMPORT_NS("LIBSVNIC");
MODULE_DESCRIPTION("KUnit tests of libsvnic's flow rules and RSS contexts");
MODULE_LICENSE("GPL");
