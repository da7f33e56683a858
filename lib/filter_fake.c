// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: fake device, PF and stack for tests of receive filters.
 */
#include <kunit/static_stub.h>
#include <linux/rtnetlink.h>

#include "filter_test.h"

const u8 filter_uc[ETH_ALEN] = { 0x02, 0, 0, 0, 1 };
const u8 filter_mc[ETH_ALEN] = { 0x01, 0, 0x5e, 0, 1 };

/* Request number @fail_at fails, or all if that is 0 and @fail is not. */
static int filter_request(struct filter_test *ctx)
{
	ctx->requests++;
	if (!ctx->fail_at || ctx->requests == ctx->fail_at)
		return ctx->fail;
	return 0;
}

static int filter_find(const struct filter_test *ctx, const u8 *mac)
{
	unsigned int i;

	for (i = 0; i < ctx->count; i++)
		if (ether_addr_equal(ctx->macs[i], mac))
			return i;
	return -1;
}

static int filter_mac_add(struct libsvnic_fn *fn, const u8 (*macs)[ETH_ALEN],
			  unsigned int count)
{
	struct filter_test *ctx = fn->priv;
	unsigned int i, fresh = 0;
	int err;

	err = filter_request(ctx);
	if (err)
		return err;
	for (i = 0; i < count; i++) {
		if (is_zero_ether_addr(macs[i]) ||
		    is_broadcast_ether_addr(macs[i]))
			return -EINVAL;
		if (ctx->mac_fixed && !is_multicast_ether_addr(macs[i]))
			return -EPERM;
		if (!ctx->trusted && !is_multicast_ether_addr(macs[i]) &&
		    (ctx->uc_owned || ether_addr_equal(ctx->owned, macs[i])))
			return -EADDRINUSE;
		fresh += filter_find(ctx, macs[i]) < 0;
	}
	if (ctx->count + fresh > FILTER_MACS)
		return -ENOSPC;
	for (i = 0; i < count; i++)
		if (filter_find(ctx, macs[i]) < 0)
			ether_addr_copy(ctx->macs[ctx->count++], macs[i]);
	return 0;
}

static int filter_mac_del(struct libsvnic_fn *fn, const u8 (*macs)[ETH_ALEN],
			  unsigned int count)
{
	struct filter_test *ctx = fn->priv;
	unsigned int i;
	int err, pos;

	err = filter_request(ctx);
	if (err)
		return err;
	for (i = 0; i < count; i++) {
		pos = filter_find(ctx, macs[i]);
		if (pos >= 0)
			ether_addr_copy(ctx->macs[pos],
					ctx->macs[--ctx->count]);
	}
	return 0;
}

static unsigned long *filter_vlans(struct filter_test *ctx, u16 proto)
{
	return proto == ETH_P_8021AD ? ctx->stags : ctx->vlans;
}

static int filter_vlan_add(struct libsvnic_fn *fn, u16 proto, u16 vid)
{
	struct filter_test *ctx = fn->priv;
	int err;

	err = filter_request(ctx);
	if (err)
		return err;
	if (ctx->port_vlan)
		return -EPERM;
	if (bitmap_weight(ctx->vlans, VLAN_N_VID) +
	    bitmap_weight(ctx->stags, VLAN_N_VID) >= FILTER_VLANS)
		return -ENOSPC;
	set_bit(vid, filter_vlans(ctx, proto));
	return 0;
}

static int filter_vlan_del(struct libsvnic_fn *fn, u16 proto, u16 vid)
{
	struct filter_test *ctx = fn->priv;
	int err;

	err = filter_request(ctx);
	if (!err)
		clear_bit(vid, filter_vlans(ctx, proto));
	return err;
}

static int filter_rx_mode(struct libsvnic_fn *fn, u32 flags)
{
	struct filter_test *ctx = fn->priv;
	int err;

	err = filter_request(ctx);
	if (err)
		return err;
	if (!ctx->trusted && flags != SVNIC_VPORT_VLAN_FILTER)
		return -EPERM;
	ctx->flags = flags;
	return 0;
}

int filter_set_mac(struct libsvnic_fn *fn, const u8 *mac)
{
	struct filter_test *ctx = fn->priv;
	int err;

	err = filter_request(ctx);
	if (err)
		return err;
	if (ether_addr_equal(ctx->owned, mac) && !ctx->trusted)
		return -EADDRINUSE;
	ether_addr_copy(ctx->mac, mac);
	return 0;
}

static int filter_set_frame_max(struct libsvnic_fn *fn, u16 frame_max)
{
	return filter_request(fn->priv);
}

static int filter_refresh(struct libsvnic_fn *fn)
{
	struct filter_test *ctx = fn->priv;
	int err;

	err = filter_request(ctx);
	if (err)
		return err;
	fn->filters.trusted = ctx->trusted;
	libsvnic_filters_set_room(fn, FILTER_MACS, FILTER_VLANS);
	return 0;
}

static unsigned long *filter_stack(struct filter_test *ctx, u16 proto)
{
	return proto == ETH_P_8021AD ? ctx->stack_stags : ctx->stack_vlans;
}

static bool filter_capable(const struct filter_test *ctx, u16 proto)
{
	return ctx->netdev->features & (proto == ETH_P_8021AD ?
					NETIF_F_HW_VLAN_STAG_FILTER :
					NETIF_F_HW_VLAN_CTAG_FILTER);
}

static void filter_vlans_known(struct libsvnic_fn *fn, u16 proto,
			       unsigned long *vids)
{
	bitmap_copy(vids, filter_stack(fn->priv, proto), VLAN_N_VID);
}

static void filter_read_mac(struct libsvnic_fn *fn, u8 *mac)
{
	struct filter_test *ctx = fn->priv;

	ether_addr_copy(mac, ctx->mac);
}

static const struct libsvnic_ops filter_ops = {
	.mac_add	= filter_mac_add,
	.mac_del	= filter_mac_del,
	.vlan_add	= filter_vlan_add,
	.vlan_del	= filter_vlan_del,
	.rx_mode	= filter_rx_mode,
	.set_mac	= filter_set_mac,
	.set_frame_max	= filter_set_frame_max,
	.refresh	= filter_refresh,
};

static netdev_tx_t filter_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	kfree_skb(skb);
	return NETDEV_TX_OK;
}

/* As the core does: the feature adds and removes all VLANs. */
static int filter_set_features(struct net_device *netdev,
			       netdev_features_t features)
{
	bool on = features & NETIF_F_HW_VLAN_CTAG_FILTER;
	struct libsvnic_fn *fn = netdev_priv(netdev);
	struct filter_test *ctx = fn->priv;
	unsigned int vid;

	libsvnic_vlan_filter(fn, on);
	for_each_set_bit(vid, ctx->stack_vlans, VLAN_N_VID) {
		if (on)
			libsvnic_vlan_add(netdev, htons(ETH_P_8021Q), vid);
		else
			libsvnic_vlan_kill(netdev, htons(ETH_P_8021Q), vid);
	}
	return 0;
}

static const struct net_device_ops filter_netdev_ops = {
	.ndo_start_xmit		= filter_xmit,
	.ndo_fix_features	= libsvnic_fix_features,
	.ndo_set_features	= filter_set_features,
	.ndo_vlan_rx_add_vid	= libsvnic_vlan_add,
	.ndo_vlan_rx_kill_vid	= libsvnic_vlan_kill,
};

void filter_lock(struct filter_test *ctx)
{
	rtnl_lock();
	netdev_lock(ctx->netdev);
}

void filter_unlock(struct filter_test *ctx)
{
	netdev_unlock(ctx->netdev);
	rtnl_unlock();
}

/* The stack reports a change of its lists or flags. */
void filter_sync(struct filter_test *ctx)
{
	struct net_device *netdev = ctx->netdev;

	filter_lock(ctx);
	libsvnic_set_rx_mode(netdev, &netdev->uc, &netdev->mc);
	filter_unlock(ctx);
}

/* The work is due. The test calls it, see filter_run_work(). */
static void filter_work(struct work_struct *work)
{
	struct libsvnic_fn *fn = container_of(to_delayed_work(work),
					      struct libsvnic_fn, sync_work);
	struct filter_test *ctx = fn->priv;

	WRITE_ONCE(ctx->due, true);
}

/* Is the sync work pending or due? */
bool filter_work_pending(struct filter_test *ctx)
{
	return delayed_work_pending(&ctx->fn->sync_work) ||
	       READ_ONCE(ctx->due);
}

/* Run the sync work now, in the test's thread, the only one with stubs. */
void filter_run_work(struct filter_test *ctx)
{
	struct delayed_work *work = &ctx->fn->sync_work;

	flush_delayed_work(work);
	if (!ctx->due)
		return;
	ctx->due = false;
	ctx->work(&work->work);
}

/* The device is reset; the netdev is detached until filter_reset_end(). */
void filter_reset_begin(struct filter_test *ctx)
{
	filter_lock(ctx);
	netif_device_detach(ctx->netdev);
	clear_bit(LIBSVNIC_ENABLED, ctx->fn->flags);
	filter_unlock(ctx);
	ctx->count = 0;
	/* Flags of a VF that the PF has made ready. */
	ctx->flags = SVNIC_VPORT_VLAN_FILTER;
	bitmap_zero(ctx->vlans, VLAN_N_VID);
	bitmap_zero(ctx->stags, VLAN_N_VID);
}

void filter_reset_end(struct filter_test *ctx)
{
	filter_lock(ctx);
	set_bit(LIBSVNIC_ENABLED, ctx->fn->flags);
	libsvnic_filters_replay(ctx->fn);
	netif_device_attach(ctx->netdev);
	libsvnic_filters_schedule(ctx->fn);
	filter_unlock(ctx);
}

/* The PF reports a change of its configuration. */
void filter_notify(struct filter_test *ctx)
{
	libsvnic_filters_invalidate(ctx->fn);
	filter_run_work(ctx);
}

void filter_addr(u8 *addr, const u8 *base, unsigned int index)
{
	ether_addr_copy(addr, base);
	addr[4] += index >> 8;
	addr[5] = index;
}

void filter_groups(struct filter_test *ctx, unsigned int from,
		   unsigned int to, bool join)
{
	u8 addr[ETH_ALEN];

	for (; from < to; from++) {
		filter_addr(addr, filter_mc, from);
		if (join)
			dev_mc_add(ctx->netdev, addr);
		else
			dev_mc_del(ctx->netdev, addr);
	}
}

static bool filter_receives(const struct filter_test *ctx, const u8 *addr)
{
	u32 all = is_multicast_ether_addr(addr) ? SVNIC_VPORT_ALLMULTI :
						  SVNIC_VPORT_PROMISC;

	return ctx->flags & all || filter_find(ctx, addr) >= 0;
}

/* Number of the netdev's addresses that are not received. */
unsigned int filter_missing(const struct filter_test *ctx)
{
	struct netdev_hw_addr *ha;
	unsigned int deaf = 0;

	netdev_for_each_uc_addr(ha, ctx->netdev)
		deaf += !filter_receives(ctx, ha->addr);
	netdev_for_each_mc_addr(ha, ctx->netdev)
		deaf += !filter_receives(ctx, ha->addr);
	return deaf;
}

/* Number of filters in the device that the netdev does not want. */
unsigned int filter_left_over(const struct filter_test *ctx)
{
	unsigned int i, left = ctx->count;
	struct netdev_hw_addr *ha;

	for (i = 0; i < ctx->count; i++) {
		netdev_for_each_uc_addr(ha, ctx->netdev)
			left -= ether_addr_equal(ha->addr, ctx->macs[i]);
		netdev_for_each_mc_addr(ha, ctx->netdev)
			left -= ether_addr_equal(ha->addr, ctx->macs[i]);
	}
	return left;
}

bool filter_vlan_passes(const struct filter_test *ctx, u16 vid)
{
	return !(ctx->flags & SVNIC_VPORT_VLAN_FILTER) ||
	       test_bit(vid, ctx->vlans);
}

/* Add or remove a VLAN of the stack, which skips a detached netdev. */
int filter_tag(struct filter_test *ctx, u16 proto, u16 vid, bool add)
{
	struct net_device *netdev = ctx->netdev;
	unsigned long *stack = filter_stack(ctx, proto);
	int err = 0;

	rtnl_lock();
	if (netif_device_present(netdev) && filter_capable(ctx, proto)) {
		if (add)
			err = libsvnic_vlan_add(netdev, htons(proto), vid);
		else
			libsvnic_vlan_kill(netdev, htons(proto), vid);
	}
	if (!err)
		__assign_bit(vid, stack, add);
	rtnl_unlock();
	return err;
}

int filter_vlan(struct filter_test *ctx, u16 vid, bool add)
{
	return filter_tag(ctx, ETH_P_8021Q, vid, add);
}

/* Without a change there is no request. */
void filter_quiet(struct kunit *test)
{
	struct filter_test *ctx = test->priv;
	unsigned int requests = ctx->requests;

	filter_sync(ctx);
	KUNIT_EXPECT_EQ(test, ctx->requests, requests);
}

void filter_expect_all(struct kunit *test)
{
	struct filter_test *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, filter_missing(ctx), 0);
	KUNIT_EXPECT_EQ(test, filter_left_over(ctx), 0);
	filter_quiet(test);
}

int filter_init(struct kunit *test)
{
	struct filter_test *ctx;
	int err;

	ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	ctx->netdev = alloc_etherdev(sizeof(struct libsvnic_fn));
	KUNIT_ASSERT_NOT_NULL(test, ctx->netdev);
	ctx->fn = netdev_priv(ctx->netdev);
	ctx->fn->netdev = ctx->netdev;
	ctx->fn->ops = &filter_ops;
	ctx->fn->priv = ctx;
	libsvnic_filters_init(ctx->fn);
	ctx->work = ctx->fn->sync_work.work.func;
	ctx->fn->sync_work.work.func = filter_work;
	libsvnic_filters_set_room(ctx->fn, FILTER_MACS, FILTER_VLANS);
	ctx->trusted = true;
	kunit_activate_static_stub(test, libsvnic_read_mac, filter_read_mac);
	kunit_activate_static_stub(test, libsvnic_vlans_known,
				   filter_vlans_known);

	ctx->netdev->netdev_ops = &filter_netdev_ops;
	ctx->netdev->features = NETIF_F_HW_VLAN_CTAG_FILTER |
				NETIF_F_HW_VLAN_STAG_FILTER;
	ctx->netdev->hw_features = ctx->netdev->features;
	ctx->netdev->priv_flags |= IFF_UNICAST_FLT | IFF_LIVE_ADDR_CHANGE;
	eth_hw_addr_random(ctx->netdev);
	ether_addr_copy(ctx->mac, ctx->netdev->dev_addr);
	err = register_netdev(ctx->netdev);
	KUNIT_ASSERT_EQ(test, err, 0);
	/* Remove the groups that protocols of this kernel have joined. */
	dev_mc_flush(ctx->netdev);
	set_bit(LIBSVNIC_ENABLED, ctx->fn->flags);
	return 0;
}

void filter_exit(struct kunit *test)
{
	struct filter_test *ctx = test->priv;

	disable_delayed_work_sync(&ctx->fn->sync_work);
	unregister_netdev(ctx->netdev);
	free_netdev(ctx->netdev);
}
