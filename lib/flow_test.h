/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libsvnic: fake device for KUnit tests of flow rules and RSS contexts. It does
 * what section 5.8 of the specification says, and the test makes it fail and be
 * reset.
 */
#ifndef _LIBSVNIC_FLOW_TEST_H
#define _LIBSVNIC_FLOW_TEST_H

#include <kunit/test.h>

#include "libsvnic_priv.h"

#define FLOW_PAIRS	8	/* queue pairs of the device */
#define FLOW_RULES	16	/* rules that the function is granted */
#define FLOW_CONTEXTS	4	/* RSS contexts, likewise */
#define FLOW_RSS_SIZE	128	/* entries of a table */
#define FLOW_CAPS_LEN	256	/* longest list of capabilities */
#define FLOW_LOG	128	/* commands that are recorded */

/* An RSS context of the device. */
struct flow_context {
	bool			there;
	struct svnic_rss_set	set;
	u8			key[SVNIC_RSS_KEY_LEN];
	u8			table[FLOW_RSS_SIZE];
};

/* State of the fake device, and its function. */
struct flow_test {
	struct net_device	*netdev;
	struct libsvnic_fn	*fn;
	struct svnic_flow_rule	rules[FLOW_RULES];
	DECLARE_BITMAP(there, FLOW_RULES);
	struct flow_context	contexts[FLOW_CONTEXTS + 1];
	unsigned int		flow_rules;
	unsigned int		rss_contexts;
	u8			caps[FLOW_CAPS_LEN];
	u16			log[FLOW_LOG];
	unsigned int		commands;
	unsigned int		fail_at;
	int			fail;
};

void flow_fail(struct flow_test *ctx, unsigned int fail_at, int err);
void flow_reset_begin(struct flow_test *ctx);
void flow_reset_end(struct flow_test *ctx);
void flow_up(struct flow_test *ctx, u32 pairs);
bool flow_key_ok(const struct svnic_flow_rule *rule);
void flow_rule(struct ethtool_rxnfc *nfc, u32 location, u64 cookie);
int flow_insert(struct flow_test *ctx, u32 location, u64 cookie);
int flow_insert_rss(struct flow_test *ctx, u32 location, u64 cookie,
		    u32 context);
int flow_delete(struct flow_test *ctx, u32 location);
int flow_get(struct flow_test *ctx, u32 location, struct ethtool_rxnfc *nfc);
u32 flow_count(struct flow_test *ctx);
struct ethtool_rxfh_context *flow_context(struct kunit *test);
int flow_create(struct flow_test *ctx, struct ethtool_rxfh_context *context,
		u32 id, u32 pairs);
int flow_init(struct kunit *test);
void flow_exit(struct kunit *test);

#endif /* _LIBSVNIC_FLOW_TEST_H */
