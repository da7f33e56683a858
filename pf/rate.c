// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: decisions about transmit rates of VFs (spec 10.7). Accesses no
 * register and takes no lock.
 */
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/netlink.h>
#include <linux/string.h>

#include "rate.h"

/**
 * svnic_rate_init - initialise the rate of a new VF
 * @rate: rate to fill in
 */
void svnic_rate_init(struct svnic_rate *rate)
{
	memset(rate, 0, sizeof(*rate));
	rate->weight = SVNIC_RATE_WEIGHT_DEFAULT;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_rate_init);

/**
 * svnic_rate_adopt - convert a rate from the NIC's format
 * @rate: rate to fill in
 * @hw: rate in the NIC's format
 */
void svnic_rate_adopt(struct svnic_rate *rate,
		      const struct svnic_vport_rate *hw)
{
	rate->share = le64_to_cpu(hw->share);
	rate->max = le64_to_cpu(hw->max);
	rate->weight = le32_to_cpu(hw->weight);
	rate->priority = hw->priority;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_rate_adopt);

/**
 * svnic_rate_hw - convert a rate to the NIC's format
 * @rate: the rate
 * @hw: rate in the NIC's format, filled in
 */
void svnic_rate_hw(const struct svnic_rate *rate, struct svnic_vport_rate *hw)
{
	memset(hw, 0, sizeof(*hw));
	hw->share = cpu_to_le64(rate->share);
	hw->max = cpu_to_le64(rate->max);
	hw->weight = cpu_to_le32(rate->weight);
	hw->priority = rate->priority;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_rate_hw);

/**
 * svnic_rate_equal - compare two rates
 * @a: a rate
 * @b: another rate
 *
 * Return: true if they are equal.
 */
bool svnic_rate_equal(const struct svnic_rate *a, const struct svnic_rate *b)
{
	return a->share == b->share && a->max == b->max &&
	       a->weight == b->weight && a->priority == b->priority;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_rate_equal);

/**
 * svnic_rate_mbps - convert a rate to Mb/s, as ip link shows it
 * @rate: bytes per second
 *
 * Rounds up, so that a bound is never shown as 0, which means none, and a
 * guarantee never as more than the bound.
 *
 * Return: Mb/s.
 */
u32 svnic_rate_mbps(u64 rate)
{
	u32 rest;
	u64 mbps;

	mbps = div_u64_rem(rate, SVNIC_RATE_MBPS, &rest);
	if (rest)
		mbps++;
	return min_t(u64, mbps, U32_MAX);
}
EXPORT_SYMBOL_IF_KUNIT(svnic_rate_mbps);

/**
 * svnic_rate_set_mbps - set guarantee and bound as ip link does
 * @rate: rate to change
 * @share: guaranteed, Mb/s
 * @max: not exceeded, Mb/s
 *
 * ip link always sets both, one of them maybe to the value that it was shown.
 * Then the exact value is kept, although the one shown was rounded.
 *
 * Return: 0 or -EINVAL.
 */
int svnic_rate_set_mbps(struct svnic_rate *rate, int share, int max)
{
	if (share < 0 || max < 0)
		return -EINVAL;
	if (share != svnic_rate_mbps(rate->share))
		rate->share = (u64)share * SVNIC_RATE_MBPS;
	if (max != svnic_rate_mbps(rate->max))
		rate->max = (u64)max * SVNIC_RATE_MBPS;
	/* Only a rounded value can violate this. */
	if (share <= max && rate->share > rate->max)
		rate->share = rate->max;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_rate_set_mbps);

/**
 * svnic_rate_check - check a new rate
 * @old: current rate
 * @new: new rate
 * @link: speed of the link and sum of all guarantees, @old's included
 * @extack: for the bound that is violated, may be NULL
 *
 * A value that is not raised is not checked against the link, which may have
 * become slower.
 *
 * Return: 0, -EINVAL, -ERANGE if a value is above the speed of the link, or
 * -ENOSPC if the sum of all guarantees is.
 */
int svnic_rate_check(const struct svnic_rate *old, const struct svnic_rate *new,
		     const struct svnic_rate_link *link,
		     struct netlink_ext_ack *extack)
{
	u64 left;

	if (!new->weight || new->weight > SVNIC_RATE_WEIGHT_MAX) {
		NL_SET_ERR_MSG_FMT(extack, "tx_weight must be in 1..%u",
				   SVNIC_RATE_WEIGHT_MAX);
		return -EINVAL;
	}
	if (new->priority >= SVNIC_RATE_PRIORITIES) {
		NL_SET_ERR_MSG_FMT(extack, "tx_priority must be in 0..%u",
				   SVNIC_RATE_PRIORITIES - 1);
		return -EINVAL;
	}
	if (new->max && new->share > new->max) {
		NL_SET_ERR_MSG_FMT(extack,
				   "tx_share %llu B/s is above tx_max %llu B/s",
				   new->share, new->max);
		return -EINVAL;
	}
	if (!link->speed)
		return 0;
	if ((new->max > old->max || !old->max) && new->max > link->speed) {
		NL_SET_ERR_MSG_FMT(extack,
				   "tx_max is above the link's %llu B/s",
				   link->speed);
		return -ERANGE;
	}
	if (new->share <= old->share)
		return 0;
	if (new->share > link->speed) {
		NL_SET_ERR_MSG_FMT(extack,
				   "tx_share is above the link's %llu B/s",
				   link->speed);
		return -ERANGE;
	}
	left = link->speed - min(link->speed, link->share - old->share);
	if (new->share > left) {
		NL_SET_ERR_MSG_FMT(extack,
				   "other VFs' tx_share leave %llu B/s of the link",
				   left);
		return -ENOSPC;
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_rate_check);
