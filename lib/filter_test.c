// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: KUnit tests of receive filters.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/prandom.h>

#include "filter_test.h"

#define FILTER_MANY	300	/* more addresses than driver or device hold */
#define FILTER_WALKS	200	/* of FILTER_STEPS changes */
#define FILTER_STEPS	40

/* Only the difference is requested, in batches. */
static void change_test(struct kunit *test)
{
	struct filter_test *ctx = test->priv;

	filter_groups(ctx, 0, 30, true);
	dev_uc_add(ctx->netdev, filter_uc);
	filter_sync(ctx);
	/* One for each kind of address, one for the flags. */
	KUNIT_EXPECT_EQ(test, ctx->requests, 3);
	KUNIT_EXPECT_EQ(test, ctx->flags, SVNIC_VPORT_VLAN_FILTER);
	filter_expect_all(test);

	filter_groups(ctx, 0, 20, false);
	filter_groups(ctx, 40, 50, true);
	filter_sync(ctx);
	KUNIT_EXPECT_EQ(test, ctx->requests, 5);
	filter_expect_all(test);

	/* All are removed at once, as by a move to another namespace. */
	dev_mc_flush(ctx->netdev);
	dev_uc_flush(ctx->netdev);
	filter_sync(ctx);
	KUNIT_EXPECT_EQ(test, ctx->requests, 6);
	KUNIT_EXPECT_EQ(test, ctx->count, 0);
}

/* The stack accepts addresses that no device does. */
static void nonsense_test(struct kunit *test)
{
	static const u8 broadcast[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	static const u8 zero[ETH_ALEN];
	struct filter_test *ctx = test->priv;

	dev_uc_add(ctx->netdev, zero);
	dev_uc_add(ctx->netdev, filter_uc);
	dev_mc_add(ctx->netdev, broadcast);
	filter_groups(ctx, 0, 10, true);
	filter_sync(ctx);
	KUNIT_EXPECT_EQ(test, filter_vlan(ctx, 5, true), 0);
	KUNIT_EXPECT_TRUE(test, test_bit(5, ctx->vlans));
	KUNIT_EXPECT_EQ(test, ctx->count, 11);
	KUNIT_EXPECT_FALSE(test, filter_work_pending(ctx));
}

/* A full device replaces addresses that are not wanted any more. */
static void exchange_test(struct kunit *test)
{
	struct filter_test *ctx = test->priv;

	filter_groups(ctx, 0, FILTER_MACS, true);
	filter_sync(ctx);
	filter_expect_all(test);
	dev_mc_flush(ctx->netdev);
	filter_groups(ctx, 100, 100 + FILTER_MACS, true);
	filter_sync(ctx);
	filter_expect_all(test);
	KUNIT_EXPECT_FALSE(test, ctx->flags & SVNIC_VPORT_ALLMULTI);
}

/* Changes during a reset are programmed when it ends. */
static void away_test(struct kunit *test)
{
	struct filter_test *ctx = test->priv;

	filter_groups(ctx, 0, 10, true);
	filter_sync(ctx);
	KUNIT_EXPECT_EQ(test, filter_vlan(ctx, 5, true), 0);
	KUNIT_EXPECT_EQ(test, filter_vlan(ctx, 6, true), 0);
	KUNIT_EXPECT_EQ(test, filter_tag(ctx, ETH_P_8021AD, 6, true), 0);

	filter_reset_begin(ctx);
	filter_groups(ctx, 0, 5, false);
	filter_groups(ctx, 20, 25, true);
	dev_uc_add(ctx->netdev, filter_uc);
	ctx->netdev->flags |= IFF_PROMISC;
	filter_vlan(ctx, 5, false);
	filter_reset_end(ctx);
	filter_expect_all(test);
	KUNIT_EXPECT_TRUE(test, ctx->flags & SVNIC_VPORT_PROMISC);

	filter_reset_begin(ctx);
	ctx->netdev->flags &= ~IFF_PROMISC;
	filter_reset_end(ctx);
	/* Between the replay and netif_device_attach(). */
	filter_groups(ctx, 30, 31, true);
	filter_run_work(ctx);
	filter_expect_all(test);
	KUNIT_EXPECT_EQ(test, ctx->flags, SVNIC_VPORT_VLAN_FILTER);
	KUNIT_EXPECT_FALSE(test, test_bit(5, ctx->vlans));
	KUNIT_EXPECT_TRUE(test, test_bit(6, ctx->vlans));
	KUNIT_EXPECT_TRUE(test, test_bit(6, ctx->stags));
	filter_tag(ctx, ETH_P_8021AD, 6, false);
	KUNIT_EXPECT_TRUE(test, test_bit(6, ctx->vlans));
	KUNIT_EXPECT_FALSE(test, test_bit(6, ctx->stags));
}

/* Whichever request fails, all filters are correct in the end. */
static void failure_test(struct kunit *test)
{
	struct filter_test *ctx = test->priv;
	const unsigned long *want = ctx->fn->filters.ctags.want;
	unsigned int fail_at, failed = 0;
	u8 addr[ETH_ALEN];

	for (fail_at = 1; fail_at < 8; fail_at++) {
		filter_reset_begin(ctx);
		dev_mc_flush(ctx->netdev);
		dev_uc_flush(ctx->netdev);
		filter_groups(ctx, fail_at, fail_at + 15, true);
		filter_addr(addr, filter_uc, fail_at);
		dev_uc_add(ctx->netdev, addr);
		filter_vlan(ctx, fail_at, true);
		ctx->requests = 0;
		ctx->fail_at = fail_at;
		ctx->fail = -EIO;
		filter_reset_end(ctx);
		failed += ctx->requests >= fail_at;
		ctx->fail_at = 0;
		ctx->fail = 0;
		filter_run_work(ctx);
		filter_expect_all(test);
		KUNIT_EXPECT_EQ(test, ctx->flags, SVNIC_VPORT_VLAN_FILTER);
		KUNIT_EXPECT_TRUE(test, bitmap_equal(ctx->vlans, want,
						     VLAN_N_VID));
	}
	KUNIT_EXPECT_GE(test, failed, 4);
}

/* Without a PF there are few requests, and no change is lost. */
static void no_pf_test(struct kunit *test)
{
	struct filter_test *ctx = test->priv;
	unsigned int i, requests;

	filter_groups(ctx, 0, 10, true);
	filter_sync(ctx);
	ctx->fail = -ENETDOWN;
	for (i = 10; i < 20; i++) {
		filter_groups(ctx, i, i + 1, true);
		requests = ctx->requests;
		filter_sync(ctx);
		KUNIT_EXPECT_EQ(test, ctx->requests, requests + 1);
	}
	KUNIT_EXPECT_EQ(test, filter_vlan(ctx, 7, true), 0);
	filter_run_work(ctx);
	KUNIT_EXPECT_EQ(test, filter_missing(ctx), 10);
	KUNIT_EXPECT_TRUE(test, filter_work_pending(ctx));

	ctx->fail = 0;
	filter_notify(ctx);
	filter_expect_all(test);
	KUNIT_EXPECT_TRUE(test, filter_vlan_passes(ctx, 7));
}

/* A trusted function does not request addresses that do not fit. */
static void many_trusted_test(struct kunit *test)
{
	struct filter_test *ctx = test->priv;
	unsigned int i;

	for (i = 0; i < FILTER_MANY; i++) {
		filter_groups(ctx, i, i + 1, true);
		filter_sync(ctx);
	}
	KUNIT_EXPECT_EQ(test, filter_missing(ctx), 0);
	KUNIT_EXPECT_TRUE(test, ctx->flags & SVNIC_VPORT_ALLMULTI);
	KUNIT_EXPECT_FALSE(test, ctx->flags & SVNIC_VPORT_PROMISC);
	/* One for each that fits, and those to become promiscuous. */
	KUNIT_EXPECT_LE(test, ctx->requests, FILTER_MACS + 5);
	/* It has no filters that it does not need. */
	KUNIT_EXPECT_EQ(test, ctx->count, 0);

	ctx->requests = 0;
	for (i = 0; i < FILTER_MANY - 10; i++) {
		filter_groups(ctx, i, i + 1, false);
		filter_sync(ctx);
	}
	KUNIT_EXPECT_LE(test, ctx->requests, FILTER_MACS + 5);
	KUNIT_EXPECT_FALSE(test, ctx->flags & SVNIC_VPORT_ALLMULTI);
	filter_expect_all(test);
}

/* Requests find out the number of filters if the device does not tell it. */
static void learn_test(struct kunit *test)
{
	struct filter_test *ctx = test->priv;

	libsvnic_filters_set_room(ctx->fn, LIBSVNIC_MACS_MAX, VLAN_N_VID);
	filter_groups(ctx, 0, FILTER_MACS + 3, true);
	filter_sync(ctx);
	KUNIT_EXPECT_EQ(test, ctx->fn->filters.mac_room, FILTER_MACS);
	KUNIT_EXPECT_LE(test, ctx->requests, 12);
	KUNIT_EXPECT_TRUE(test, ctx->flags & SVNIC_VPORT_ALLMULTI);
	filter_groups(ctx, 0, 3, false);
	filter_sync(ctx);
	KUNIT_EXPECT_FALSE(test, ctx->flags & SVNIC_VPORT_ALLMULTI);
	filter_expect_all(test);
}

/* A function without trust gets what fits, and more when filters are free. */
static void many_untrusted_test(struct kunit *test)
{
	struct filter_test *ctx = test->priv;
	unsigned int i;

	ctx->trusted = false;
	filter_notify(ctx);
	ctx->requests = 0;
	filter_groups(ctx, 0, FILTER_MANY, true);
	filter_sync(ctx);
	KUNIT_EXPECT_EQ(test, ctx->count, FILTER_MACS);
	KUNIT_EXPECT_LE(test, ctx->requests, 3);
	filter_quiet(test);

	/* For each that is removed another is added. */
	for (i = 0; i < FILTER_MANY - FILTER_MACS; i++) {
		filter_groups(ctx, i, i + 1, false);
		ctx->requests = 0;
		filter_sync(ctx);
		KUNIT_EXPECT_LE(test, ctx->requests, 2);
		KUNIT_EXPECT_EQ(test, ctx->count, FILTER_MACS);
	}
	filter_expect_all(test);
}

/* What is not permitted is requested once per configuration of the PF. */
static void forbidden_test(struct kunit *test)
{
	struct filter_test *ctx = test->priv;
	u8 addr[ETH_ALEN];
	unsigned int i;

	ctx->trusted = false;
	ctx->mac_fixed = true;
	filter_notify(ctx);
	ctx->requests = 0;
	for (i = 0; i < 20; i++) {
		filter_addr(addr, filter_uc, i);
		dev_uc_add(ctx->netdev, addr);
	}
	filter_groups(ctx, 0, 5, true);
	ctx->netdev->flags |= IFF_PROMISC;
	filter_sync(ctx);
	KUNIT_EXPECT_LE(test, ctx->requests, 2);
	KUNIT_EXPECT_EQ(test, ctx->count, 5);
	filter_quiet(test);
	filter_groups(ctx, 5, 6, true);
	filter_sync(ctx);
	KUNIT_EXPECT_EQ(test, ctx->count, 6);
	KUNIT_EXPECT_LE(test, ctx->requests, 3);

	ctx->trusted = true;
	ctx->mac_fixed = false;
	filter_notify(ctx);
	filter_expect_all(test);
	KUNIT_EXPECT_TRUE(test, ctx->flags & SVNIC_VPORT_PROMISC);
}

/*
 * Trust that ends before the PF has notified is no failure. Filters that cannot
 * be off without it are enabled again.
 */
static void distrust_test(struct kunit *test)
{
	const netdev_features_t filter = NETIF_F_HW_VLAN_CTAG_FILTER |
					 NETIF_F_HW_VLAN_STAG_FILTER;
	struct filter_test *ctx = test->priv;

	filter_groups(ctx, 0, 5, true);
	filter_lock(ctx);
	ctx->netdev->wanted_features &= ~filter;
	netdev_update_features(ctx->netdev);
	filter_unlock(ctx);
	KUNIT_EXPECT_FALSE(test, ctx->flags & SVNIC_VPORT_VLAN_FILTER);

	ctx->trusted = false;
	ctx->netdev->flags |= IFF_PROMISC;
	filter_sync(ctx);
	KUNIT_EXPECT_EQ(test, ctx->flags, SVNIC_VPORT_VLAN_FILTER);
	filter_run_work(ctx);
	KUNIT_EXPECT_EQ(test, ctx->netdev->features & filter, filter);
	filter_expect_all(test);
	KUNIT_EXPECT_FALSE(test, filter_work_pending(ctx));
}

/* An address in use elsewhere is retried, but not with each change. */
static void in_use_test(struct kunit *test)
{
	struct filter_test *ctx = test->priv;
	unsigned int i;
	u8 addr[ETH_ALEN];

	ctx->trusted = false;
	filter_notify(ctx);
	for (i = 0; i < 20; i++) {
		filter_addr(addr, filter_uc, i);
		dev_uc_add(ctx->netdev, addr);
	}
	ether_addr_copy(ctx->owned, addr);
	ctx->requests = 0;
	filter_sync(ctx);
	KUNIT_EXPECT_EQ(test, filter_missing(ctx), 1);
	/* The refused address is found by halving. */
	KUNIT_EXPECT_LE(test, ctx->requests, 12);
	filter_quiet(test);

	ctx->requests = 0;
	filter_run_work(ctx);
	KUNIT_EXPECT_EQ(test, ctx->requests, 1);
	KUNIT_EXPECT_EQ(test, filter_missing(ctx), 1);
	KUNIT_EXPECT_GT(test, ctx->fn->filters.doublings, 1);

	eth_zero_addr(ctx->owned);
	filter_run_work(ctx);
	filter_expect_all(test);
	KUNIT_EXPECT_FALSE(test, filter_work_pending(ctx));
}

/* Many addresses in use cost little more than one request each per retry. */
static void in_use_many_test(struct kunit *test)
{
	const unsigned int many = FILTER_MACS - 2, halves = 5;
	struct filter_test *ctx = test->priv;
	unsigned int i;
	u8 addr[ETH_ALEN];

	ctx->trusted = false;
	filter_notify(ctx);
	for (i = 0; i < many; i++) {
		filter_addr(addr, filter_uc, i);
		dev_uc_add(ctx->netdev, addr);
	}
	ctx->uc_owned = true;
	ctx->requests = 0;
	filter_sync(ctx);
	KUNIT_EXPECT_EQ(test, filter_missing(ctx), many);
	KUNIT_EXPECT_LE(test, ctx->requests, many + halves);

	ctx->requests = 0;
	filter_run_work(ctx);
	KUNIT_EXPECT_EQ(test, filter_missing(ctx), many);
	KUNIT_EXPECT_LE(test, ctx->requests, many + halves);

	/* One is still in use: the others do not wait for it. */
	ctx->uc_owned = false;
	ether_addr_copy(ctx->owned, addr);
	ctx->requests = 0;
	filter_run_work(ctx);
	KUNIT_EXPECT_EQ(test, filter_missing(ctx), 1);
	KUNIT_EXPECT_LE(test, ctx->requests, 3 * halves);
}

/* A station address that is refused after a reset is replaced. */
static void station_test(struct kunit *test)
{
	struct filter_test *ctx = test->priv;
	u8 mine[ETH_ALEN], old[ETH_ALEN];

	ether_addr_copy(old, ctx->mac);
	filter_addr(mine, filter_uc, 77);
	filter_lock(ctx);
	KUNIT_EXPECT_EQ(test, filter_set_mac(ctx->fn, mine), 0);
	eth_hw_addr_set(ctx->netdev, mine);
	filter_unlock(ctx);

	filter_reset_begin(ctx);
	ether_addr_copy(ctx->mac, old);
	filter_reset_end(ctx);
	KUNIT_EXPECT_TRUE(test, ether_addr_equal(ctx->mac, mine));
	KUNIT_EXPECT_TRUE(test, ether_addr_equal(ctx->netdev->dev_addr, mine));

	/* After a failure that is no refusal the address is kept. */
	filter_reset_begin(ctx);
	ether_addr_copy(ctx->mac, old);
	ctx->fail = -EIO;
	filter_reset_end(ctx);
	ctx->fail = 0;
	KUNIT_EXPECT_TRUE(test, ether_addr_equal(ctx->netdev->dev_addr, mine));
	filter_run_work(ctx);
	KUNIT_EXPECT_TRUE(test, ether_addr_equal(ctx->mac, mine));

	ctx->trusted = false;
	ether_addr_copy(ctx->owned, mine);
	filter_reset_begin(ctx);
	ether_addr_copy(ctx->mac, old);
	filter_reset_end(ctx);
	KUNIT_EXPECT_TRUE(test, ether_addr_equal(ctx->mac, old));
	KUNIT_EXPECT_TRUE(test, ether_addr_equal(ctx->netdev->dev_addr, old));
}

static void filter_step(struct filter_test *ctx, struct rnd_state *rnd)
{
	u32 index = prandom_u32_state(rnd) % (2 * FILTER_MACS);
	u8 addr[ETH_ALEN];

	filter_addr(addr, filter_uc, index % 40);
	switch (prandom_u32_state(rnd) % 10) {
	case 0:
		dev_uc_add(ctx->netdev, addr);
		break;
	case 1:
		dev_uc_del(ctx->netdev, addr);
		break;
	case 2:
		filter_groups(ctx, index, index + 8, true);
		break;
	case 3:
		filter_groups(ctx, index, index + 16, false);
		break;
	case 4:
		ctx->netdev->flags ^= IFF_PROMISC;
		break;
	case 5:
		ctx->netdev->flags ^= IFF_ALLMULTI;
		break;
	case 6:
		filter_vlan(ctx, 1 + index, index & 1);
		break;
	case 7:
		filter_reset_begin(ctx);
		filter_reset_end(ctx);
		break;
	case 8:
		ctx->fail_at = ctx->requests + index;
		break;
	default:
		filter_sync(ctx);
		break;
	}
}

/* After random changes the device has what the stack wants. */
static void walk_test(struct kunit *test)
{
	struct filter_test *ctx = test->priv;
	struct rnd_state rnd;
	const unsigned long *want = ctx->fn->filters.ctags.want;
	unsigned int walk, step;
	u16 vid;

	prandom_seed_state(&rnd, 1);
	for (walk = 0; walk < FILTER_WALKS; walk++) {
		ctx->fail = -EIO;
		ctx->fail_at = U32_MAX;
		for (step = 0; step < FILTER_STEPS; step++)
			filter_step(ctx, &rnd);
		ctx->fail = 0;
		filter_run_work(ctx);
		filter_sync(ctx);
		KUNIT_ASSERT_EQ(test, filter_missing(ctx), 0);
		KUNIT_ASSERT_EQ(test, filter_left_over(ctx), 0);
		for_each_set_bit(vid, want, VLAN_N_VID)
			KUNIT_ASSERT_TRUE(test, filter_vlan_passes(ctx, vid));
		KUNIT_ASSERT_TRUE(test, bitmap_subset(ctx->vlans, want,
						      VLAN_N_VID));
	}
}

static struct kunit_case libsvnic_filter_cases[] = {
	KUNIT_CASE(change_test),
	KUNIT_CASE(nonsense_test),
	KUNIT_CASE(exchange_test),
	KUNIT_CASE(away_test),
	KUNIT_CASE(failure_test),
	KUNIT_CASE(no_pf_test),
	KUNIT_CASE(many_trusted_test),
	KUNIT_CASE(learn_test),
	KUNIT_CASE(many_untrusted_test),
	KUNIT_CASE(forbidden_test),
	KUNIT_CASE(distrust_test),
	KUNIT_CASE(in_use_test),
	KUNIT_CASE(in_use_many_test),
	KUNIT_CASE(station_test),
	KUNIT_CASE(walk_test),
	{}
};

static struct kunit_suite libsvnic_filter_suite = {
	.name		= "libsvnic_filter",
	.init		= filter_init,
	.exit		= filter_exit,
	.test_cases	= libsvnic_filter_cases,
};

kunit_test_suite(libsvnic_filter_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_IMPORT_NS("LIBSVNIC");
MODULE_DESCRIPTION("KUnit tests of what a function of libsvnic receives");
MODULE_LICENSE("GPL");
