// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: KUnit tests of VLAN filters.
 */
#include <kunit/test.h>
#include <linux/rtnetlink.h>

#include "filter_test.h"

/* With too many VLANs a trusted function receives all, others get an error. */
static void vlan_room_test(struct kunit *test)
{
	struct filter_test *ctx = test->priv;
	u16 vid;

	for (vid = 1; vid <= 4094; vid++)
		KUNIT_ASSERT_EQ(test, filter_vlan(ctx, vid, true), 0);
	KUNIT_EXPECT_FALSE(test, ctx->flags & SVNIC_VPORT_VLAN_FILTER);
	KUNIT_EXPECT_EQ(test, bitmap_weight(ctx->vlans, VLAN_N_VID), 0);
	KUNIT_EXPECT_LE(test, ctx->requests, 2 * FILTER_VLANS + 3);
	for (vid = 4094; vid > FILTER_VLANS; vid--)
		filter_vlan(ctx, vid, false);
	KUNIT_EXPECT_TRUE(test, ctx->flags & SVNIC_VPORT_VLAN_FILTER);
	KUNIT_EXPECT_EQ(test, bitmap_weight(ctx->vlans, VLAN_N_VID),
			FILTER_VLANS);

	ctx->trusted = false;
	filter_notify(ctx);
	KUNIT_EXPECT_EQ(test, filter_vlan(ctx, 100, true), -ENOSPC);
	filter_vlan(ctx, 3, false);
	KUNIT_EXPECT_EQ(test, filter_vlan(ctx, 100, true), 0);
	KUNIT_EXPECT_TRUE(test, test_bit(100, ctx->vlans));
	ctx->port_vlan = true;
	KUNIT_EXPECT_EQ(test, filter_vlan(ctx, 100, true), 0);
	filter_vlan(ctx, 4, false);
	KUNIT_EXPECT_EQ(test, filter_vlan(ctx, 101, true), -EPERM);
}

/* A promiscuous port has no VLAN filters; they return when it is not. */
static void vlan_promisc_test(struct kunit *test)
{
	struct filter_test *ctx = test->priv;
	u16 vid;

	ctx->netdev->flags |= IFF_PROMISC;
	filter_sync(ctx);
	for (vid = 1; vid <= FILTER_VLANS; vid++)
		KUNIT_ASSERT_EQ(test, filter_vlan(ctx, vid, true), 0);
	KUNIT_EXPECT_EQ(test, bitmap_weight(ctx->vlans, VLAN_N_VID), 0);
	ctx->netdev->flags &= ~IFF_PROMISC;
	filter_sync(ctx);
	KUNIT_EXPECT_EQ(test, bitmap_weight(ctx->vlans, VLAN_N_VID),
			FILTER_VLANS);
	KUNIT_EXPECT_EQ(test, ctx->flags, SVNIC_VPORT_VLAN_FILTER);
}

static void filter_want_vlan_filter(struct filter_test *ctx, bool on)
{
	struct net_device *netdev = ctx->netdev;

	filter_lock(ctx);
	if (on)
		netdev->wanted_features |= NETIF_F_HW_VLAN_CTAG_FILTER;
	else
		netdev->wanted_features &= ~NETIF_F_HW_VLAN_CTAG_FILTER;
	netdev_update_features(netdev);
	filter_unlock(ctx);
}

/* The user disables and enables VLAN filters, as far as trust allows. */
static void vlan_switch_test(struct kunit *test)
{
	struct filter_test *ctx = test->priv;

	filter_sync(ctx);
	KUNIT_EXPECT_EQ(test, filter_vlan(ctx, 5, true), 0);
	filter_want_vlan_filter(ctx, false);
	KUNIT_EXPECT_FALSE(test, ctx->flags & SVNIC_VPORT_VLAN_FILTER);
	KUNIT_EXPECT_FALSE(test, test_bit(5, ctx->vlans));
	KUNIT_EXPECT_EQ(test, filter_vlan(ctx, 6, true), 0);
	filter_want_vlan_filter(ctx, true);
	KUNIT_EXPECT_TRUE(test, ctx->flags & SVNIC_VPORT_VLAN_FILTER);
	KUNIT_EXPECT_TRUE(test, test_bit(5, ctx->vlans));
	KUNIT_EXPECT_TRUE(test, test_bit(6, ctx->vlans));

	/* A reset enables the filter in the device. */
	filter_want_vlan_filter(ctx, false);
	filter_reset_begin(ctx);
	filter_reset_end(ctx);
	KUNIT_EXPECT_FALSE(test, ctx->flags & SVNIC_VPORT_VLAN_FILTER);

	/* Without trust the filters are on, and come back when trust ends. */
	filter_want_vlan_filter(ctx, false);
	ctx->trusted = false;
	filter_notify(ctx);
	KUNIT_EXPECT_TRUE(test, ctx->netdev->features &
				NETIF_F_HW_VLAN_CTAG_FILTER);
	KUNIT_EXPECT_TRUE(test, ctx->flags & SVNIC_VPORT_VLAN_FILTER);
	KUNIT_EXPECT_TRUE(test, test_bit(5, ctx->vlans));
	KUNIT_EXPECT_TRUE(test, test_bit(6, ctx->vlans));
	ctx->trusted = true;
	filter_notify(ctx);
	KUNIT_EXPECT_FALSE(test, ctx->flags & SVNIC_VPORT_VLAN_FILTER);
}

/* With fewer filters than before, those in excess are removed. */
static void give_back_test(struct kunit *test)
{
	struct filter_test *ctx = test->priv;
	u16 vid;

	filter_groups(ctx, 0, 20, true);
	filter_sync(ctx);
	for (vid = 1; vid <= FILTER_VLANS; vid++)
		filter_vlan(ctx, vid, true);
	filter_lock(ctx);
	libsvnic_filters_set_room(ctx->fn, 10, 4);
	libsvnic_filters_update(ctx->fn);
	filter_unlock(ctx);
	KUNIT_EXPECT_LE(test, ctx->count, 10);
	KUNIT_EXPECT_LE(test, bitmap_weight(ctx->vlans, VLAN_N_VID), 4);
	KUNIT_EXPECT_EQ(test, filter_missing(ctx), 0);
	KUNIT_EXPECT_EQ(test, ctx->flags, SVNIC_VPORT_ALLMULTI);
	filter_lock(ctx);
	libsvnic_filters_set_room(ctx->fn, FILTER_MACS, FILTER_VLANS);
	libsvnic_filters_update(ctx->fn);
	filter_unlock(ctx);
	KUNIT_EXPECT_EQ(test, ctx->flags, SVNIC_VPORT_VLAN_FILTER);
	filter_expect_all(test);
	KUNIT_EXPECT_EQ(test, bitmap_weight(ctx->vlans, VLAN_N_VID),
			FILTER_VLANS);
}

static struct kunit_case libsvnic_vlan_cases[] = {
	KUNIT_CASE(vlan_room_test),
	KUNIT_CASE(vlan_promisc_test),
	KUNIT_CASE(vlan_switch_test),
	KUNIT_CASE(give_back_test),
	{}
};

static struct kunit_suite libsvnic_vlan_suite = {
	.name		= "libsvnic_vlan",
	.init		= filter_init,
	.exit		= filter_exit,
	.test_cases	= libsvnic_vlan_cases,
};

kunit_test_suite(libsvnic_vlan_suite);
