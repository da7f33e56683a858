// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of svnic's rates: units of ip link and devlink, and bounds.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/netlink.h>

#include "rate.h"

#define SVNIC_TEST_GBPS		(1000ULL * SVNIC_RATE_MBPS)

static const struct svnic_rate_link svnic_test_link = {
	.speed	= 10 * SVNIC_TEST_GBPS,
};

static int svnic_test_check(const struct svnic_rate *old,
			    const struct svnic_rate *new)
{
	return svnic_rate_check(old, new, &svnic_test_link, NULL);
}

static void svnic_test_rate_default(struct kunit *test)
{
	const struct svnic_rate_link unknown = {};
	struct svnic_rate rate;

	svnic_rate_init(&rate);
	KUNIT_EXPECT_EQ(test, svnic_rate_mbps(rate.share), 0);
	KUNIT_EXPECT_EQ(test, svnic_rate_mbps(rate.max), 0);
	KUNIT_EXPECT_EQ(test, rate.weight, SVNIC_RATE_WEIGHT_DEFAULT);
	KUNIT_EXPECT_EQ(test, rate.priority, 0);
	KUNIT_EXPECT_EQ(test, svnic_test_check(&rate, &rate), 0);
	KUNIT_EXPECT_EQ(test, svnic_rate_check(&rate, &rate, &unknown, NULL),
			0);
}

static void svnic_test_rate_hw(struct kunit *test)
{
	const struct svnic_rate rate = {
		.share		= 0x123456789abcULL,
		.max		= 0x223456789abcULL,
		.weight		= 10000,
		.priority	= 7,
	};
	struct svnic_vport_rate hw;
	struct svnic_rate back;

	svnic_rate_hw(&rate, &hw);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(hw.share), rate.share);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(hw.max), rate.max);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(hw.rsvd, 0, sizeof(hw.rsvd)),
			    NULL);
	svnic_rate_adopt(&back, &hw);
	KUNIT_EXPECT_TRUE(test, svnic_rate_equal(&rate, &back));
	back.priority = 6;
	KUNIT_EXPECT_FALSE(test, svnic_rate_equal(&rate, &back));
}

static void svnic_test_rate_mbps(struct kunit *test)
{
	struct svnic_rate rate;

	/* A bound is never shown as 0. */
	KUNIT_EXPECT_EQ(test, svnic_rate_mbps(1), 1);
	KUNIT_EXPECT_EQ(test, svnic_rate_mbps(SVNIC_RATE_MBPS), 1);
	KUNIT_EXPECT_EQ(test, svnic_rate_mbps(SVNIC_RATE_MBPS + 1), 2);
	KUNIT_EXPECT_EQ(test, svnic_rate_mbps(U64_MAX), U32_MAX);

	svnic_rate_init(&rate);
	KUNIT_EXPECT_EQ(test, svnic_rate_set_mbps(&rate, -1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, svnic_rate_set_mbps(&rate, 0, -1), -EINVAL);
	KUNIT_EXPECT_EQ(test, svnic_rate_set_mbps(&rate, 100, 200), 0);
	KUNIT_EXPECT_EQ(test, rate.share, 100 * SVNIC_RATE_MBPS);
	KUNIT_EXPECT_EQ(test, rate.max, 200 * SVNIC_RATE_MBPS);
	KUNIT_EXPECT_EQ(test, svnic_rate_set_mbps(&rate, 0, INT_MAX), 0);
	KUNIT_EXPECT_EQ(test, rate.max, (u64)INT_MAX * SVNIC_RATE_MBPS);
	KUNIT_EXPECT_EQ(test, svnic_rate_set_mbps(&rate, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, rate.share, 0);
	KUNIT_EXPECT_EQ(test, rate.max, 0);
}

/* ip link does not round an exact value that devlink has set. */
static void svnic_test_rate_rounding(struct kunit *test)
{
	struct svnic_rate rate;

	svnic_rate_init(&rate);
	rate.share = 1000;
	rate.max = 100000;
	KUNIT_EXPECT_EQ(test, svnic_rate_set_mbps(&rate, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, rate.share, 1000);
	KUNIT_EXPECT_EQ(test, rate.max, 100000);
	KUNIT_EXPECT_EQ(test, svnic_rate_set_mbps(&rate, 1, 5), 0);
	KUNIT_EXPECT_EQ(test, rate.share, 1000);
	KUNIT_EXPECT_EQ(test, rate.max, 5 * SVNIC_RATE_MBPS);

	/* A guarantee of 1 Mb/s is lowered to a bound shown as 1 Mb/s. */
	rate.share = 0;
	rate.max = 100000;
	KUNIT_EXPECT_EQ(test, svnic_rate_set_mbps(&rate, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, rate.share, 100000);
	KUNIT_EXPECT_EQ(test, svnic_test_check(&rate, &rate), 0);

	/* svnic_rate_check() refuses a guarantee above the bound. */
	KUNIT_EXPECT_EQ(test, svnic_rate_set_mbps(&rate, 5, 4), 0);
	KUNIT_EXPECT_EQ(test, svnic_test_check(&rate, &rate), -EINVAL);
}

static void svnic_test_rate_bounds(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	struct svnic_rate old, new;

	svnic_rate_init(&old);
	new = old;
	new.weight = 0;
	KUNIT_EXPECT_EQ(test, svnic_test_check(&old, &new), -EINVAL);
	new.weight = SVNIC_RATE_WEIGHT_MAX + 1;
	KUNIT_EXPECT_EQ(test, svnic_test_check(&old, &new), -EINVAL);
	new.weight = SVNIC_RATE_WEIGHT_MAX;
	KUNIT_EXPECT_EQ(test, svnic_test_check(&old, &new), 0);
	new.priority = SVNIC_RATE_PRIORITIES;
	KUNIT_EXPECT_EQ(test, svnic_test_check(&old, &new), -EINVAL);
	new.priority = SVNIC_RATE_PRIORITIES - 1;
	KUNIT_EXPECT_EQ(test, svnic_test_check(&old, &new), 0);

	new.max = svnic_test_link.speed;
	new.share = svnic_test_link.speed;
	KUNIT_EXPECT_EQ(test, svnic_test_check(&old, &new), 0);
	new.max++;
	KUNIT_EXPECT_EQ(test, svnic_test_check(&old, &new), -ERANGE);
	new.max = 0;
	KUNIT_EXPECT_EQ(test, svnic_test_check(&old, &new), 0);
	new.share++;
	KUNIT_EXPECT_EQ(test, svnic_test_check(&old, &new), -ERANGE);
	new.max = SVNIC_TEST_GBPS;
	KUNIT_EXPECT_EQ(test, svnic_rate_check(&old, &new, &svnic_test_link,
					       &extack), -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(extack._msg, "125000000"));
}

static void svnic_test_rate_sum(struct kunit *test)
{
	struct svnic_rate_link link = svnic_test_link;
	struct netlink_ext_ack extack = {};
	struct svnic_rate old, new;

	svnic_rate_init(&old);
	old.share = SVNIC_TEST_GBPS;
	link.share = 9 * SVNIC_TEST_GBPS;
	new = old;
	/* The VF's current guarantee does not count. */
	new.share = 2 * SVNIC_TEST_GBPS;
	KUNIT_EXPECT_EQ(test, svnic_rate_check(&old, &new, &link, NULL), 0);
	new.share++;
	KUNIT_EXPECT_EQ(test, svnic_rate_check(&old, &new, &link, &extack),
			-ENOSPC);
	KUNIT_EXPECT_NOT_NULL(test, strstr(extack._msg, "250000000"));

	/* If the link became slower, the same or less is always accepted. */
	link.speed = SVNIC_TEST_GBPS / 2;
	KUNIT_EXPECT_EQ(test, svnic_rate_check(&old, &old, &link, NULL), 0);
	new.share = old.share - 1;
	KUNIT_EXPECT_EQ(test, svnic_rate_check(&old, &new, &link, NULL), 0);
	old.max = 2 * SVNIC_TEST_GBPS;
	new.max = SVNIC_TEST_GBPS;
	KUNIT_EXPECT_EQ(test, svnic_rate_check(&old, &new, &link, NULL), 0);
	new.share = 0;
	new.max = 0;
	KUNIT_EXPECT_EQ(test, svnic_rate_check(&old, &new, &link, NULL), 0);
}

static struct kunit_case svnic_rate_cases[] = {
	KUNIT_CASE(svnic_test_rate_default),
	KUNIT_CASE(svnic_test_rate_hw),
	KUNIT_CASE(svnic_test_rate_mbps),
	KUNIT_CASE(svnic_test_rate_rounding),
	KUNIT_CASE(svnic_test_rate_bounds),
	KUNIT_CASE(svnic_test_rate_sum),
	{}
};

static struct kunit_suite svnic_rate_suite = {
	.name		= "svnic_rate",
	.test_cases	= svnic_rate_cases,
};

kunit_test_suite(svnic_rate_suite);

MODULE_DESCRIPTION("KUnit tests of the SV-NIC PF driver's rates");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
