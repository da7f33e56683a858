/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * svnic: transmit rates of VFs (spec 10.7). Pure decisions, like policy.h.
 */
#ifndef _SVNIC_RATE_H
#define _SVNIC_RATE_H

#include <linux/types.h>

#include <svnic/svnic_admin.h>

struct netlink_ext_ack;

/* 1 Mb/s in bytes per second. */
#define SVNIC_RATE_MBPS		125000

/**
 * struct svnic_rate - transmit rate of a VF
 * @share: guarantee, bytes per second, 0 for none
 * @max: upper bound, bytes per second, 0 for none
 * @weight: relative share of the bandwidth that guarantees leave
 * @priority: VFs of higher priority come first for that bandwidth
 */
struct svnic_rate {
	u64	share;
	u64	max;
	u32	weight;
	u32	priority;
};

/**
 * struct svnic_rate_link - link that all VFs share
 * @speed: speed of the link, bytes per second, 0 if it is not known
 * @share: sum of all guarantees, bytes per second
 */
struct svnic_rate_link {
	u64	speed;
	u64	share;
};

void svnic_rate_init(struct svnic_rate *rate);
void svnic_rate_adopt(struct svnic_rate *rate,
		      const struct svnic_vport_rate *hw);
void svnic_rate_hw(const struct svnic_rate *rate, struct svnic_vport_rate *hw);
bool svnic_rate_equal(const struct svnic_rate *a, const struct svnic_rate *b);
u32 svnic_rate_mbps(u64 rate);
int svnic_rate_set_mbps(struct svnic_rate *rate, int share, int max);
int svnic_rate_check(const struct svnic_rate *old, const struct svnic_rate *new,
		     const struct svnic_rate_link *link,
		     struct netlink_ext_ack *extack);

#endif /* _SVNIC_RATE_H */
