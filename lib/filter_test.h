/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libsvnic: fake device for KUnit tests of receive filters. The test makes it
 * refuse requests, fail, and be reset.
 */
#ifndef _LIBSVNIC_FILTER_TEST_H
#define _LIBSVNIC_FILTER_TEST_H

#include <kunit/test.h>

#include "libsvnic_priv.h"

#define FILTER_MACS	32	/* address filters of the device */
#define FILTER_VLANS	16	/* VLAN filters of the device */

/* State of the fake device, its PF and the stack. */
struct filter_test {
	struct net_device	*netdev;
	struct libsvnic_fn	*fn;
	u8			mac[ETH_ALEN];
	u8			macs[FILTER_MACS][ETH_ALEN];
	unsigned int		count;
	u8			owned[ETH_ALEN];
	bool			uc_owned;
	DECLARE_BITMAP(vlans, VLAN_N_VID);
	DECLARE_BITMAP(stags, VLAN_N_VID);
	DECLARE_BITMAP(stack_vlans, VLAN_N_VID);
	DECLARE_BITMAP(stack_stags, VLAN_N_VID);
	u32			flags;
	bool			trusted;
	bool			mac_fixed;
	bool			port_vlan;
	unsigned int		requests;
	unsigned int		fail_at;
	int			fail;
	bool			due;
	work_func_t		work;
};

extern const u8 filter_uc[ETH_ALEN];
extern const u8 filter_mc[ETH_ALEN];

int filter_set_mac(struct libsvnic_fn *fn, const u8 *mac);
void filter_lock(struct filter_test *ctx);
void filter_unlock(struct filter_test *ctx);
void filter_sync(struct filter_test *ctx);
bool filter_work_pending(struct filter_test *ctx);
void filter_run_work(struct filter_test *ctx);
void filter_reset_begin(struct filter_test *ctx);
void filter_reset_end(struct filter_test *ctx);
void filter_notify(struct filter_test *ctx);
void filter_addr(u8 *addr, const u8 *base, unsigned int index);
void filter_groups(struct filter_test *ctx, unsigned int from,
		   unsigned int to, bool join);
unsigned int filter_missing(const struct filter_test *ctx);
unsigned int filter_left_over(const struct filter_test *ctx);
bool filter_vlan_passes(const struct filter_test *ctx, u16 vid);
int filter_tag(struct filter_test *ctx, u16 proto, u16 vid, bool add);
int filter_vlan(struct filter_test *ctx, u16 vid, bool add);
void filter_quiet(struct kunit *test);
void filter_expect_all(struct kunit *test);
int filter_init(struct kunit *test);
void filter_exit(struct kunit *test);

#endif /* _LIBSVNIC_FILTER_TEST_H */
