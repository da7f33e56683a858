// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: KUnit tests of the list with the grant of flow rules and RSS
 * contexts (spec 10.8).
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "flow_test.h"

#define GRANT_LISTS	50000
#define GRANT_LEN	sizeof(struct svnic_vport_grant)
/* The most that the driver uses. */
#define GRANT_RULES	256
#define GRANT_CONTEXTS	64

/* Add an entry with @len bytes. Return: where the next one goes. */
static size_t grant_tlv(struct flow_test *ctx, size_t at, u16 type, u16 version,
			u32 len)
{
	struct svnic_tlv tlv = {
		.type		= cpu_to_le16(type),
		.version	= cpu_to_le16(version),
		.len		= cpu_to_le32(len),
	};

	memcpy(&ctx->caps[at], &tlv, sizeof(tlv));
	return at + sizeof(tlv) + ALIGN(len, 8);
}

/* Add the entry that counts, with @more bytes than there are today. */
static size_t grant_add(struct flow_test *ctx, size_t at, u16 rules,
			u16 contexts, u32 more)
{
	struct svnic_vport_grant grant = {
		.queues		= cpu_to_le16(0x1111),
		.vectors	= cpu_to_le16(0x2222),
		.mac_filters	= cpu_to_le16(0x3333),
		.vlan_filters	= cpu_to_le16(0x4444),
		.flow_rules	= cpu_to_le16(rules),
		.rss_contexts	= cpu_to_le16(contexts),
	};

	memcpy(&ctx->caps[at + sizeof(struct svnic_tlv)], &grant,
	       sizeof(grant));
	return grant_tlv(ctx, at, SVNIC_CAP_GRANT, 0, GRANT_LEN + more);
}

/* As libsvnic_read_limits(), which comes before, leaves it; empty the list. */
static void grant_begin(struct flow_test *ctx)
{
	memset(ctx->caps, 0, sizeof(ctx->caps));
	ctx->fn->limits.flow_rules = 0;
	ctx->fn->limits.rss_contexts = 0;
}

static void grant_expect(struct kunit *test, u32 rules, u32 contexts)
{
	struct flow_test *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, libsvnic_flow_read_grant(ctx->fn), 0);
	KUNIT_EXPECT_EQ(test, ctx->fn->limits.flow_rules, rules);
	KUNIT_EXPECT_EQ(test, ctx->fn->limits.rss_contexts, contexts);
	grant_begin(ctx);
}

static void grant_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;

	grant_begin(ctx);
	grant_expect(test, 0, 0);
	grant_add(ctx, 0, 40, 7, 0);
	grant_expect(test, 40, 7);
	/* The entry may grow. */
	grant_add(ctx, 0, 40, 7, 13);
	grant_expect(test, 40, 7);
	grant_add(ctx, 0, 0, 0, 0);
	grant_expect(test, 0, 0);
	/* More than the driver uses. */
	grant_add(ctx, 0, GRANT_RULES, GRANT_CONTEXTS, 0);
	grant_expect(test, GRANT_RULES, GRANT_CONTEXTS);
	grant_add(ctx, 0, GRANT_RULES + 1, GRANT_CONTEXTS + 1, 0);
	grant_expect(test, GRANT_RULES, GRANT_CONTEXTS);
	grant_add(ctx, 0, U16_MAX, U16_MAX, 0);
	grant_expect(test, GRANT_RULES, GRANT_CONTEXTS);
}

/* Entries that the driver does not know are skipped. */
static void unknown_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;
	size_t at;
	u32 len;

	grant_begin(ctx);
	for (len = 0; len <= 40; len++) {
		memset(ctx->caps, 0xff, sizeof(ctx->caps));
		at = grant_tlv(ctx, 0, SVNIC_CAP_GRANT + 1, 0, len);
		at = grant_tlv(ctx, at, SVNIC_CAP_GRANT, 1, len);
		at = grant_tlv(ctx, at, 0, 0, len);
		grant_add(ctx, at, 3, 2, 0);
		grant_expect(test, 3, 2);
	}

	/* One before the entry that fills the buffer to its end. */
	len = FLOW_CAPS_LEN - 2 * sizeof(struct svnic_tlv) - GRANT_LEN;
	at = grant_tlv(ctx, 0, 77, 0, len);
	grant_add(ctx, at, 3, 2, 0);
	grant_expect(test, 3, 2);
	/* One after it. */
	at = grant_add(ctx, 0, 3, 2, 0);
	grant_tlv(ctx, at, 77, 0, FLOW_CAPS_LEN - at -
			       sizeof(struct svnic_tlv));
	grant_expect(test, 3, 2);
	/* Another version of it. */
	grant_add(ctx, 0, 3, 2, 0);
	grant_tlv(ctx, 0, SVNIC_CAP_GRANT, 1, GRANT_LEN);
	grant_expect(test, 0, 0);
}

/* Lengths that make no sense end the list, or the entry does not count. */
static void length_test(struct kunit *test)
{
	static const u32 beyond[] = {
		FLOW_CAPS_LEN, FLOW_CAPS_LEN + 1, 0x10000, S32_MAX,
		0x80000000, 0xfffffff0, 0xfffffff8, 0xfffffff9, U32_MAX,
	};
	struct flow_test *ctx = test->priv;
	unsigned int i;
	size_t at;
	u32 len;

	grant_begin(ctx);
	for (len = 0; len < GRANT_LEN; len++) {
		grant_add(ctx, 0, 3, 2, 0);
		grant_tlv(ctx, 0, SVNIC_CAP_GRANT, 0, len);
		grant_expect(test, 0, 0);
	}
	for (i = 0; i < ARRAY_SIZE(beyond); i++) {
		grant_add(ctx, 0, 3, 2, 0);
		grant_tlv(ctx, 0, SVNIC_CAP_GRANT, 0, beyond[i]);
		grant_expect(test, 0, 0);

		/* What comes before counts, what comes after does not. */
		at = grant_add(ctx, 0, 3, 2, 0);
		grant_add(ctx, at + sizeof(struct svnic_tlv), 9, 9, 0);
		grant_tlv(ctx, at, 77, 0, beyond[i]);
		grant_expect(test, 3, 2);
	}
	/* By one byte, and exactly. */
	at = FLOW_CAPS_LEN - sizeof(struct svnic_tlv) - GRANT_LEN;
	grant_tlv(ctx, 0, 77, 0, at - sizeof(struct svnic_tlv));
	grant_add(ctx, at, 3, 2, 0);
	grant_tlv(ctx, at, SVNIC_CAP_GRANT, 0, GRANT_LEN + 1);
	grant_expect(test, 0, 0);
	/* A header without room for anything that follows. */
	at = FLOW_CAPS_LEN - sizeof(struct svnic_tlv);
	grant_tlv(ctx, 0, 77, 0, at - sizeof(struct svnic_tlv));
	grant_tlv(ctx, at, SVNIC_CAP_GRANT, 0, 0);
	grant_expect(test, 0, 0);
	grant_tlv(ctx, 0, 77, 0, at - sizeof(struct svnic_tlv));
	grant_tlv(ctx, at, SVNIC_CAP_GRANT, 0, GRANT_LEN);
	grant_expect(test, 0, 0);
}

/* Whatever the list is, the driver stays in it and in its own bounds. */
static void random_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;
	struct libsvnic_limits *limits = &ctx->fn->limits;
	unsigned int i, found = 0;
	struct rnd_state rnd;
	size_t at;
	u32 r;

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < GRANT_LISTS; i++) {
		grant_begin(ctx);
		prandom_bytes_state(&rnd, ctx->caps, sizeof(ctx->caps));
		for (at = 0; at + sizeof(struct svnic_tlv) <= FLOW_CAPS_LEN;) {
			r = prandom_u32_state(&rnd);
			at = grant_tlv(ctx, at, r & 3, (r >> 2) & 1,
				       (r >> 8) % 48);
		}
		KUNIT_ASSERT_EQ(test, libsvnic_flow_read_grant(ctx->fn), 0);
		KUNIT_ASSERT_LE(test, limits->flow_rules, GRANT_RULES);
		KUNIT_ASSERT_LE(test, limits->rss_contexts, GRANT_CONTEXTS);
		found += !!limits->flow_rules;
	}
	KUNIT_EXPECT_GT(test, found, GRANT_LISTS / 4);
	KUNIT_EXPECT_LT(test, found, GRANT_LISTS);
}

static void failure_test(struct kunit *test)
{
	struct flow_test *ctx = test->priv;

	grant_begin(ctx);
	grant_add(ctx, 0, 3, 2, 0);
	flow_fail(ctx, 0, -ENODEV);
	KUNIT_EXPECT_EQ(test, libsvnic_flow_read_grant(ctx->fn), -ENODEV);
	KUNIT_EXPECT_EQ(test, ctx->commands, 1);
	KUNIT_EXPECT_EQ(test, ctx->fn->limits.flow_rules, 0);
	KUNIT_EXPECT_EQ(test, ctx->fn->limits.rss_contexts, 0);
	/* A device without rules is not asked. */
	ctx->fn->features = SVNIC_F_COMMAND;
	KUNIT_EXPECT_EQ(test, libsvnic_flow_read_grant(ctx->fn), 0);
	KUNIT_EXPECT_EQ(test, ctx->commands, 1);
	KUNIT_EXPECT_EQ(test, ctx->fn->limits.flow_rules, 0);
}

static struct kunit_case libsvnic_grant_cases[] = {
	KUNIT_CASE(grant_test),
	KUNIT_CASE(unknown_test),
	KUNIT_CASE(length_test),
	KUNIT_CASE(random_test),
	KUNIT_CASE(failure_test),
	{}
};

static struct kunit_suite libsvnic_grant_suite = {
	.name		= "libsvnic_grant",
	.init		= flow_init,
	.exit		= flow_exit,
	.test_cases	= libsvnic_grant_cases,
};

kunit_test_suite(libsvnic_grant_suite);
