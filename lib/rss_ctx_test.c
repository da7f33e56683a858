// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: KUnit tests of RSS contexts.
 */
#include <kunit/test.h>
#include <kunit/test-bug.h>

#include "flow_test.h"

/* What a user asks for who asks for nothing. */
static void rss_param(struct ethtool_rxfh_param *rxfh, u32 id)
{
	memset(rxfh, 0, sizeof(*rxfh));
	rxfh->hfunc = ETH_RSS_HASH_NO_CHANGE;
	rxfh->input_xfrm = RXH_XFRM_NO_CHANGE;
	rxfh->rss_context = id;
}

static int rss_create(struct flow_test *ctx,
		      struct ethtool_rxfh_context *context,
		      const struct ethtool_rxfh_param *rxfh)
{
	struct netlink_ext_ack extack = {};
	int err;

	err = libsvnic_ethtool_ops.create_rxfh_context(ctx->netdev, context,
						       rxfh, &extack);
	/* Who fails says why. */
	KUNIT_EXPECT_EQ(kunit_get_current_test(), !err, !extack._msg);
	return err;
}

static int rss_modify(struct flow_test *ctx,
		      struct ethtool_rxfh_context *context,
		      const struct ethtool_rxfh_param *rxfh)
{
	struct netlink_ext_ack extack = {};
	int err;

	err = libsvnic_ethtool_ops.modify_rxfh_context(ctx->netdev, context,
						       rxfh, &extack);
	KUNIT_EXPECT_EQ(kunit_get_current_test(), !err, !extack._msg);
	return err;
}

static int rss_remove(struct flow_test *ctx,
		      struct ethtool_rxfh_context *context, u32 id)
{
	return libsvnic_ethtool_ops.remove_rxfh_context(ctx->netdev, context,
							id, NULL);
}

static int rss_set_fields(struct flow_test *ctx, u32 id, u32 type, u32 data)
{
	struct ethtool_rxfh_fields fields = {
		.rss_context	= id,
		.flow_type	= type,
		.data		= data,
	};

	return libsvnic_ethtool_ops.set_rxfh_fields(ctx->netdev, &fields, NULL);
}

static int rss_get_fields(struct flow_test *ctx, u32 id, u32 type, u32 *data)
{
	struct ethtool_rxfh_fields fields = {
		.rss_context	= id,
		.flow_type	= type,
	};
	int err;

	err = libsvnic_ethtool_ops.get_rxfh_fields(ctx->netdev, &fields);
	*data = fields.data;
	return err;
}

/* The device has a context of this configuration. */
static void rss_expect(struct kunit *test, u32 id,
		       const struct libsvnic_rss *rss)
{
	struct flow_test *ctx = test->priv;
	const struct flow_context *context = &ctx->contexts[id];
	u32 pairs = ctx->fn->rss_pairs;
	unsigned int i;

	KUNIT_EXPECT_TRUE(test, context->there);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(context->set.ctrl),
			rss->input_xfrm == RXH_XFRM_SYM_XOR ?
			SVNIC_RSS_ENABLE | SVNIC_RSS_SYM_XOR :
			SVNIC_RSS_ENABLE);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(context->set.fields_ipv4),
			rss->fields_ipv4);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(context->set.fields_ipv6),
			rss->fields_ipv6);
	KUNIT_EXPECT_MEMEQ(test, context->key, rss->key, sizeof(rss->key));
	for (i = 0; i < FLOW_RSS_SIZE; i++)
		KUNIT_EXPECT_EQ(test, context->table[i], rss->table[i] % pairs);
}

/* ethtool's copy of the context has the same configuration. */
static void rss_expect_copy(struct kunit *test,
			    struct ethtool_rxfh_context *context,
			    const struct libsvnic_rss *rss)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, context->hfunc, ETH_RSS_HASH_TOP);
	KUNIT_EXPECT_EQ(test, context->input_xfrm, rss->input_xfrm);
	KUNIT_EXPECT_MEMEQ(test, ethtool_rxfh_context_key(context), rss->key,
			   sizeof(rss->key));
	for (i = 0; i < FLOW_RSS_SIZE; i++)
		KUNIT_EXPECT_EQ(test, ethtool_rxfh_context_indir(context)[i],
				rss->table[i]);
}

/* All is that of the main context, but the table uses all queues. */
static void defaults_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;
	struct ethtool_rxfh_context *context;
	struct ethtool_rxfh_param rxfh;
	struct libsvnic_rss rss;
	unsigned int i;

	ctx->netdev->ethtool->rss_indir_user_size = FLOW_RSS_SIZE;
	memset(ctx->fn->rss.table, 6, sizeof(ctx->fn->rss.table));
	rss = ctx->fn->rss;
	for (i = 0; i < FLOW_RSS_SIZE; i++)
		rss.table[i] = i % FLOW_PAIRS;
	rss_param(&rxfh, 1);
	context = flow_context(test);
	KUNIT_EXPECT_EQ(test, rss_create(ctx, context, &rxfh), 0);
	rss_expect(test, 1, &rss);
	rss_expect_copy(test, context, &rss);

	/* All queues that there are now. */
	flow_up(ctx, 3);
	for (i = 0; i < FLOW_RSS_SIZE; i++)
		rss.table[i] = i % 3;
	ctx->fn->rss.input_xfrm = 0;
	ctx->fn->rss.key[0] ^= 0xff;
	rss.input_xfrm = 0;
	rss.key[0] ^= 0xff;
	rss_param(&rxfh, 2);
	context = flow_context(test);
	KUNIT_EXPECT_EQ(test, rss_create(ctx, context, &rxfh), 0);
	rss_expect(test, 2, &rss);
	rss_expect_copy(test, context, &rss);
}

static void create_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;
	u8 key[SVNIC_RSS_KEY_LEN] = { 1, 2, 3 };
	struct ethtool_rxfh_context *context;
	struct libsvnic_rss rss, main;
	struct ethtool_rxfh_param rxfh;
	u32 table[FLOW_RSS_SIZE];
	unsigned int i;

	main = ctx->fn->rss;
	rss = main;
	for (i = 0; i < FLOW_RSS_SIZE; i++) {
		table[i] = 7 - i % 2;
		rss.table[i] = table[i];
	}
	memcpy(rss.key, key, sizeof(key));
	rss.input_xfrm = 0;
	rss_param(&rxfh, 4);
	rxfh.hfunc = ETH_RSS_HASH_TOP;
	rxfh.indir = table;
	rxfh.indir_size = FLOW_RSS_SIZE;
	rxfh.key = key;
	rxfh.key_size = sizeof(key);
	rxfh.input_xfrm = 0;
	context = flow_context(test);
	KUNIT_EXPECT_EQ(test, rss_create(ctx, context, &rxfh), 0);
	rss_expect(test, 4, &rss);
	rss_expect_copy(test, context, &rss);
	KUNIT_EXPECT_MEMEQ(test, &ctx->fn->rss, &main, sizeof(main));
	KUNIT_EXPECT_PTR_EQ(test, libsvnic_rss_ctx_find(ctx->fn, 4),
			    ethtool_rxfh_context_priv(context));

	/* The table comes back when there are enough pairs. */
	flow_up(ctx, 2);
	rss_expect(test, 4, &rss);
	flow_up(ctx, FLOW_PAIRS);
	rss_expect(test, 4, &rss);
}

static void refused_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;
	struct ethtool_rxfh_context *context = flow_context(test);
	struct ethtool_rxfh_param rxfh;

	ctx->commands = 0;
	rss_param(&rxfh, FLOW_CONTEXTS + 1);
	KUNIT_EXPECT_EQ(test, rss_create(ctx, context, &rxfh), -ENOSPC);
	rss_param(&rxfh, 0x10001);
	KUNIT_EXPECT_EQ(test, rss_create(ctx, context, &rxfh), -ENOSPC);
	rss_param(&rxfh, 1);
	rxfh.hfunc = ETH_RSS_HASH_XOR;
	KUNIT_EXPECT_EQ(test, rss_create(ctx, context, &rxfh), -EOPNOTSUPP);
	rss_param(&rxfh, 1);
	ctx->fn->limits.rss_contexts = 0;
	KUNIT_EXPECT_EQ(test, rss_create(ctx, context, &rxfh), -ENOSPC);
	ctx->fn->limits.rss_contexts = FLOW_CONTEXTS;
	ctx->fn->features = SVNIC_F_COMMAND;
	KUNIT_EXPECT_EQ(test, rss_create(ctx, context, &rxfh), -EOPNOTSUPP);
	ctx->fn->features |= SVNIC_F_FLOW;
	KUNIT_EXPECT_EQ(test, ctx->commands, 0);

	/* By the device. */
	flow_fail(ctx, 0, -ENOSPC);
	KUNIT_EXPECT_EQ(test, rss_create(ctx, context, &rxfh), -ENOSPC);
	KUNIT_EXPECT_EQ(test, ctx->commands, 1);
	KUNIT_EXPECT_TRUE(test, list_empty(&ctx->fn->flows.contexts));
	KUNIT_EXPECT_NULL(test, libsvnic_rss_ctx_find(ctx->fn, 1));
	flow_fail(ctx, 0, 0);
	KUNIT_EXPECT_EQ(test, rss_create(ctx, context, &rxfh), 0);
	KUNIT_EXPECT_NOT_NULL(test, libsvnic_rss_ctx_find(ctx->fn, 1));
	KUNIT_EXPECT_NULL(test, libsvnic_rss_ctx_find(ctx->fn, 2));
}

/* What is not asked for stays; if the device fails all stays. */
static void modify_test(struct kunit *test)
{
	struct ethtool_rxfh_context *context = flow_context(test);
	struct libsvnic_rss_ctx *own = ethtool_rxfh_context_priv(context);
	u8 key[SVNIC_RSS_KEY_LEN] = { 9, 8, 7 };
	struct flow_test *ctx = test->priv;
	struct ethtool_rxfh_param rxfh;
	u32 table[FLOW_RSS_SIZE];
	struct libsvnic_rss rss;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, flow_create(ctx, context, 3, 8), 0);
	KUNIT_ASSERT_EQ(test, flow_create(ctx, flow_context(test), 1, 8), 0);
	rss = own->rss;

	rss_param(&rxfh, 3);
	rxfh.key = key;
	memcpy(rss.key, key, sizeof(key));
	KUNIT_EXPECT_EQ(test, rss_modify(ctx, context, &rxfh), 0);
	rss_expect(test, 3, &rss);

	rss_param(&rxfh, 3);
	rxfh.indir = table;
	for (i = 0; i < FLOW_RSS_SIZE; i++) {
		table[i] = 5;
		rss.table[i] = 5;
	}
	KUNIT_EXPECT_EQ(test, rss_modify(ctx, context, &rxfh), 0);
	rss_expect(test, 3, &rss);

	rss_param(&rxfh, 3);
	rxfh.input_xfrm = 0;
	rss.input_xfrm = 0;
	KUNIT_EXPECT_EQ(test, rss_modify(ctx, context, &rxfh), 0);
	rss_expect(test, 3, &rss);
	KUNIT_EXPECT_MEMEQ(test, &own->rss, &rss, sizeof(rss));

	rxfh.indir = table;
	table[0] = 1;
	key[0] = 1;
	rxfh.key = key;
	rxfh.input_xfrm = RXH_XFRM_SYM_XOR;
	flow_fail(ctx, 0, -EINVAL);
	KUNIT_EXPECT_EQ(test, rss_modify(ctx, context, &rxfh), -EINVAL);
	flow_fail(ctx, 0, 0);
	rxfh.hfunc = ETH_RSS_HASH_CRC32;
	KUNIT_EXPECT_EQ(test, rss_modify(ctx, context, &rxfh), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, ctx->commands, 0);
	KUNIT_EXPECT_MEMEQ(test, &own->rss, &rss, sizeof(rss));
	rss_expect(test, 3, &rss);

	/* The others have not changed. */
	rss = ctx->fn->rss;
	rss_expect(test, 1, &rss);
}

/* Tables with queues up to @most are accepted, and others change nothing. */
static void rss_expect_most(struct kunit *test,
			    struct ethtool_rxfh_context *context, u32 id,
			    u32 most)
{
	struct libsvnic_rss_ctx *own = ethtool_rxfh_context_priv(context);
	struct flow_test *ctx = test->priv;
	struct ethtool_rxfh_param rxfh;
	u32 table[FLOW_RSS_SIZE] = {};
	struct libsvnic_rss rss;
	u32 last;

	for (last = 0; last < FLOW_PAIRS; last++) {
		rss = own->rss;
		rss_param(&rxfh, id);
		rxfh.indir = table;
		table[FLOW_RSS_SIZE - 1] = last;
		KUNIT_EXPECT_EQ(test, rss_modify(ctx, context, &rxfh),
				last <= most ? 0 : -EINVAL);
		if (last <= most)
			rss.table[FLOW_RSS_SIZE - 1] = last;
		rss_expect(test, id, &rss);
	}
}

/* With what a rule adds, a table gives queues that there are. */
static void offset_test(struct kunit *test)
{
	const struct ethtool_ops *ops = &libsvnic_ethtool_ops;
	struct ethtool_rxfh_context *first, *second;
	struct flow_test *ctx = test->priv;
	struct ethtool_rxfh_param rxfh;
	u32 table[FLOW_RSS_SIZE] = {};

	first = flow_context(test);
	second = flow_context(test);
	KUNIT_ASSERT_EQ(test, flow_create(ctx, first, 1, 1), 0);
	KUNIT_ASSERT_EQ(test, flow_create(ctx, second, 2, 1), 0);
	/* The most that is added counts, and only to this context. */
	KUNIT_EXPECT_EQ(test, flow_insert_rss(ctx, 0, 5, 1), 0);
	KUNIT_EXPECT_EQ(test, flow_insert_rss(ctx, 1, 2, 1), 1);
	KUNIT_EXPECT_EQ(test, flow_insert_rss(ctx, 2, RX_CLS_FLOW_DISC, 2), 2);
	KUNIT_EXPECT_EQ(test, flow_insert(ctx, 3, 7), 3);
	rss_expect_most(test, first, 1, 2);
	rss_expect_most(test, second, 2, 7);
	KUNIT_EXPECT_EQ(test, flow_delete(ctx, 0), 0);
	rss_expect_most(test, first, 1, 5);
	/* All else may be changed. */
	rss_param(&rxfh, 1);
	rxfh.input_xfrm = 0;
	KUNIT_EXPECT_EQ(test, rss_modify(ctx, first, &rxfh), 0);

	/* The main context. */
	rss_param(&rxfh, 0);
	rxfh.indir = table;
	KUNIT_EXPECT_EQ(test, ops->set_rxfh(ctx->netdev, &rxfh, NULL), 0);
	KUNIT_EXPECT_EQ(test, flow_insert_rss(ctx, 4, 3, 0), 4);
	table[0] = 5;
	KUNIT_EXPECT_EQ(test, ops->set_rxfh(ctx->netdev, &rxfh, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, ctx->fn->rss.table[0], 0);
	table[0] = 4;
	KUNIT_EXPECT_EQ(test, ops->set_rxfh(ctx->netdev, &rxfh, NULL), 0);
	KUNIT_EXPECT_EQ(test, ctx->fn->rss.table[0], 4);
}

/* ethtool frees the context afterwards, so it is unlinked in any case. */
static void remove_test(struct kunit *test)
{
	static const int errors[] = { 0, -ENODEV, -EADDRINUSE, -ENOENT };
	struct flow_test *ctx = test->priv;
	struct ethtool_rxfh_context *context;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, flow_create(ctx, flow_context(test), 2, 8), 0);
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		context = flow_context(test);
		KUNIT_ASSERT_EQ(test, flow_create(ctx, context, 1, 8), 0);
		flow_fail(ctx, 0, errors[i]);
		KUNIT_EXPECT_EQ(test, rss_remove(ctx, context, 1), 0);
		KUNIT_EXPECT_EQ(test, ctx->commands, 1);
		flow_fail(ctx, 0, 0);
		memset(context, 0xa5, sizeof(*context) + context->priv_size);
		KUNIT_EXPECT_NULL(test, libsvnic_rss_ctx_find(ctx->fn, 1));
		KUNIT_EXPECT_NOT_NULL(test, libsvnic_rss_ctx_find(ctx->fn, 2));
		KUNIT_EXPECT_EQ(test, ctx->contexts[1].there, !!errors[i]);
		KUNIT_EXPECT_TRUE(test, ctx->contexts[2].there);
	}
	/* Not told while it is down, and not restored. */
	context = flow_context(test);
	KUNIT_ASSERT_EQ(test, flow_create(ctx, context, 1, 8), 0);
	flow_reset_begin(ctx);
	ctx->commands = 0;
	KUNIT_EXPECT_EQ(test, rss_remove(ctx, context, 1), 0);
	KUNIT_EXPECT_EQ(test, ctx->commands, 0);
	flow_reset_end(ctx);
	KUNIT_EXPECT_FALSE(test, ctx->contexts[1].there);
	KUNIT_EXPECT_TRUE(test, ctx->contexts[2].there);
}

/* Changes while the device is down are written when it is up. */
static void down_test(struct kunit *test)
{
	struct ethtool_rxfh_context *context = flow_context(test);
	struct libsvnic_rss_ctx *own = ethtool_rxfh_context_priv(context);
	u8 key[SVNIC_RSS_KEY_LEN] = { 4, 5, 6 };
	struct flow_test *ctx = test->priv;
	struct ethtool_rxfh_param rxfh;

	flow_reset_begin(ctx);
	ctx->commands = 0;
	rss_param(&rxfh, 2);
	KUNIT_EXPECT_EQ(test, rss_create(ctx, context, &rxfh), 0);
	rxfh.key = key;
	KUNIT_EXPECT_EQ(test, rss_modify(ctx, context, &rxfh), 0);
	KUNIT_EXPECT_EQ(test, rss_set_fields(ctx, 2, TCP_V4_FLOW, RXH_IP_DST),
			0);
	KUNIT_EXPECT_EQ(test, ctx->commands, 0);
	flow_reset_end(ctx);
	KUNIT_EXPECT_EQ(test, ctx->commands, 1);
	KUNIT_EXPECT_MEMEQ(test, own->rss.key, key, sizeof(key));
	rss_expect(test, 2, &own->rss);
}

/* Each context has fields of its own. */
static void fields_test(struct kunit *test)
{
	struct ethtool_rxfh_context *context = flow_context(test);
	struct libsvnic_rss_ctx *own = ethtool_rxfh_context_priv(context);
	struct flow_test *ctx = test->priv;
	struct libsvnic_rss rss, main;
	u32 data;

	KUNIT_ASSERT_EQ(test, flow_create(ctx, context, 2, 8), 0);
	KUNIT_ASSERT_EQ(test, flow_create(ctx, flow_context(test), 3, 8), 0);
	main = ctx->fn->rss;
	rss = main;
	KUNIT_EXPECT_EQ(test, rss_get_fields(ctx, 2, IPV4_FLOW, &data), 0);
	KUNIT_EXPECT_EQ(test, data, RXH_IP_SRC);

	KUNIT_EXPECT_EQ(test, 0, rss_set_fields(ctx, 2, UDP_V6_FLOW,
						RXH_IP6_FL | RXH_L4_B_0_1));
	rss.fields_ipv6 |= (SVNIC_RSS_LABEL | SVNIC_RSS_SPORT) <<
			   SVNIC_RSS_UDP_SHIFT;
	rss_expect(test, 2, &rss);
	KUNIT_EXPECT_EQ(test, rss_set_fields(ctx, 2, IPV4_FLOW, RXH_IP_DST), 0);
	rss.fields_ipv4 = SVNIC_RSS_DST;
	rss_expect(test, 2, &rss);
	KUNIT_EXPECT_EQ(test, rss_get_fields(ctx, 2, UDP_V6_FLOW, &data), 0);
	KUNIT_EXPECT_EQ(test, data, RXH_IP6_FL | RXH_L4_B_0_1);
	KUNIT_EXPECT_EQ(test, rss_get_fields(ctx, 2, AH_V4_FLOW, &data), 0);
	KUNIT_EXPECT_EQ(test, data, RXH_IP_DST);

	/* The others have not changed. */
	rss_expect(test, 3, &main);
	KUNIT_EXPECT_MEMEQ(test, &ctx->fn->rss, &main, sizeof(main));
	KUNIT_EXPECT_EQ(test, rss_get_fields(ctx, 3, UDP_V6_FLOW, &data), 0);
	KUNIT_EXPECT_EQ(test, data, 0);
	KUNIT_EXPECT_EQ(test, rss_set_fields(ctx, 0, TCP_V4_FLOW, RXH_IP_DST),
			0);
	KUNIT_EXPECT_EQ(test, rss_get_fields(ctx, 2, TCP_V4_FLOW, &data), 0);
	KUNIT_EXPECT_EQ(test, data, 0);
	rss_expect(test, 2, &rss);

	/* Refused by the driver, or by the device. */
	ctx->commands = 0;
	KUNIT_EXPECT_EQ(test, -EINVAL,
			rss_set_fields(ctx, 2, IPV4_FLOW, RXH_L4_B_0_1));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			rss_set_fields(ctx, 2, SCTP_V4_FLOW, RXH_IP_SRC));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			rss_get_fields(ctx, 2, ETHER_FLOW, &data));
	KUNIT_EXPECT_EQ(test, -ENOENT,
			rss_set_fields(ctx, 1, IPV4_FLOW, RXH_IP_SRC));
	KUNIT_EXPECT_EQ(test, -ENOENT,
			rss_get_fields(ctx, 4, IPV4_FLOW, &data));
	KUNIT_EXPECT_EQ(test, ctx->commands, 0);
	flow_fail(ctx, 0, -EIO);
	KUNIT_EXPECT_EQ(test, -EIO, rss_set_fields(ctx, 2, TCP_V6_FLOW,
						   RXH_IP_SRC));
	KUNIT_EXPECT_EQ(test, ctx->commands, 1);
	KUNIT_EXPECT_MEMEQ(test, &own->rss, &rss, sizeof(rss));
	KUNIT_EXPECT_EQ(test, rss_get_fields(ctx, 2, TCP_V6_FLOW, &data), 0);
	KUNIT_EXPECT_EQ(test, data, 0);
}

static struct kunit_case libsvnic_rss_ctx_cases[] = {
	KUNIT_CASE(defaults_test),
	KUNIT_CASE(create_test),
	KUNIT_CASE(refused_test),
	KUNIT_CASE(modify_test),
	KUNIT_CASE(offset_test),
	KUNIT_CASE(remove_test),
	KUNIT_CASE(down_test),
	KUNIT_CASE(fields_test),
	{}
};

static struct kunit_suite libsvnic_rss_ctx_suite = {
	.name		= "libsvnic_rss_ctx",
	.init		= flow_init,
	.exit		= flow_exit,
	.test_cases	= libsvnic_rss_ctx_cases,
};

kunit_test_suite(libsvnic_rss_ctx_suite);
