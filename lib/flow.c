// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: flow rules (spec 5.8). The location of a rule in ethtool is its
 * number in the device, where the lowest number counts.
 */
#include <kunit/visibility.h>
#include <linux/ethtool.h>
#include <linux/export.h>
#include <linux/slab.h>

#include "libsvnic_priv.h"

#define LIBSVNIC_CAPS_LEN	256	/* bytes of the list, 24 today */

static_assert(sizeof(struct svnic_flow_rule) <= LIBSVNIC_CMDQ_DATA_LEN);

/**
 * libsvnic_flow_init - initialise the configuration of rules and contexts
 * @fn: function
 */
void libsvnic_flow_init(struct libsvnic_fn *fn)
{
	xa_init(&fn->flows.rules);
	INIT_LIST_HEAD(&fn->flows.contexts);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_flow_init);

/**
 * libsvnic_flow_free - forget all rules
 * @fn: function that may go on, or with its netdev unregistered
 */
void libsvnic_flow_free(struct libsvnic_fn *fn)
{
	struct libsvnic_rule *rule;
	unsigned long location;

	xa_for_each(&fn->flows.rules, location, rule)
		kfree(rule);
	xa_destroy(&fn->flows.rules);
	fn->flows.count = 0;
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_flow_free);

/**
 * libsvnic_flow_read_grant - ask the device how many rules and contexts there
 *	may be (spec 10.8)
 * @fn: function whose command queue runs
 *
 * If the device does not say, there are none.
 *
 * Context: process, sleeps.
 * Return: 0, -ENOMEM, or -ENODEV if the queue has stopped.
 */
int libsvnic_flow_read_grant(struct libsvnic_fn *fn)
{
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(SVNIC_FN_CAPS_GET),
		.params	= {},
	};
	const struct svnic_vport_grant *grant;
	const struct svnic_tlv *tlv;
	size_t at, len;
	u8 *caps;
	int err;

	if (!libsvnic_has(fn, SVNIC_F_FLOW))
		return 0;
	caps = kzalloc(LIBSVNIC_CAPS_LEN, GFP_KERNEL);
	if (!caps)
		return -ENOMEM;
	err = libsvnic_cmdq_read(fn, &cmd, caps, LIBSVNIC_CAPS_LEN);
	if (err) {
		if (err != -ENODEV) {
			netdev_warn(fn->netdev,
				    "no flow rules and RSS contexts: %pe\n",
				    ERR_PTR(err));
			err = 0;
		}
		goto out;
	}
	for (at = 0; at + sizeof(*tlv) <= LIBSVNIC_CAPS_LEN;
	     at += ALIGN(len, 8)) {
		tlv = (const void *)&caps[at];
		at += sizeof(*tlv);
		len = le32_to_cpu(tlv->len);
		if (len > LIBSVNIC_CAPS_LEN - at)
			break;
		if (le16_to_cpu(tlv->type) != SVNIC_CAP_GRANT ||
		    tlv->version || len < sizeof(*grant))
			continue;
		grant = (const void *)&caps[at];
		fn->limits.flow_rules = min(le16_to_cpu(grant->flow_rules),
					    LIBSVNIC_FLOW_RULES);
		fn->limits.rss_contexts = min(le16_to_cpu(grant->rss_contexts),
					      LIBSVNIC_RSS_CONTEXTS);
	}
out:
	kfree(caps);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_flow_read_grant);

static int libsvnic_flow_del(struct libsvnic_fn *fn, u32 location)
{
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(SVNIC_FN_FLOW_DEL),
		.params	= {},
	};
	int err;

	if (!test_bit(LIBSVNIC_ENABLED, fn->flags))
		return 0;
	cmd.flow.index = cpu_to_le16(location);
	err = libsvnic_cmdq_exec(fn, &cmd);
	/* It is not there if the device was reset since. */
	return err == -ENOENT ? 0 : err;
}

/* With fewer pairs, what is added to those of a context still gives one. */
static u32 libsvnic_flow_add(struct libsvnic_fn *fn, u32 context, u32 ring)
{
	const struct libsvnic_rss *rss = libsvnic_rss_find(fn, context);

	return ring % (fn->rss_pairs - libsvnic_rss_top(fn, rss));
}

static void libsvnic_flow_action(struct libsvnic_fn *fn,
				 const struct libsvnic_rule *rule,
				 struct svnic_flow_action *action)
{
	u32 ring = ethtool_get_flow_spec_ring(rule->fs.ring_cookie);

	if (rule->fs.ring_cookie == RX_CLS_FLOW_DISC) {
		action->type = cpu_to_le16(SVNIC_FLOW_DROP);
	} else if (rule->fs.flow_type & FLOW_RSS) {
		action->type = cpu_to_le16(SVNIC_FLOW_RSS);
		action->a = cpu_to_le16(rule->context);
		ring = libsvnic_flow_add(fn, rule->context, ring);
		action->b = cpu_to_le32(ring);
	} else {
		action->type = cpu_to_le16(SVNIC_FLOW_QUEUE);
		action->a = cpu_to_le16(ring % fn->rss_pairs);
	}
}

static int libsvnic_flow_write(struct libsvnic_fn *fn,
			       const struct libsvnic_rule *rule)
{
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(SVNIC_FN_FLOW_SET),
		.params	= {},
	};
	struct svnic_flow_rule data;
	int err;

	err = libsvnic_flow_convert(&rule->fs, &data);
	if (err || !test_bit(LIBSVNIC_ENABLED, fn->flags))
		return err;
	libsvnic_flow_action(fn, rule, &data.action[0]);
	cmd.flow.index = cpu_to_le16(rule->fs.location);
	return libsvnic_cmdq_write(fn, &cmd, &data, sizeof(data));
}

/**
 * libsvnic_flow_sync - tell the device the rules and contexts if it has lost
 *	them, or if they change with the number of queue pairs
 * @fn: enabled function
 *
 * What cannot be restored is kept, logged, and tried again the next time.
 *
 * Context: process, sleeps; instance lock held.
 */
void libsvnic_flow_sync(struct libsvnic_fn *fn)
{
	struct libsvnic_rss_ctx *ctx;
	struct libsvnic_rule *rule;
	unsigned long location;
	unsigned int lost = 0;
	int first = 0, err;

	if (fn->flows.pairs == fn->rss_pairs)
		return;
	list_for_each_entry(ctx, &fn->flows.contexts, node) {
		err = libsvnic_rss_ctx_write(fn, ctx);
		if (err && !lost++)
			first = err;
	}
	xa_for_each(&fn->flows.rules, location, rule) {
		err = libsvnic_flow_write(fn, rule);
		if (err && !lost++)
			first = err;
	}
	if (lost)
		netdev_err(fn->netdev,
			   "%u flow rules or RSS contexts could not be restored: %pe\n",
			   lost, ERR_PTR(first));
	fn->flows.pairs = fn->rss_pairs;
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_flow_sync);

/**
 * libsvnic_flow_follow - write the rules again after a change of what they name
 * @fn: function
 * @context: RSS context that has changed, 0 for the default one
 *
 * With fewer pairs than the user wants, what a rule adds depends on the table.
 *
 * Context: process, sleeps; instance lock held.
 */
void libsvnic_flow_follow(struct libsvnic_fn *fn, u32 context)
{
	if (!libsvnic_flow_offset(fn, context))
		return;
	fn->flows.pairs = 0;
	if (test_bit(LIBSVNIC_ENABLED, fn->flags))
		libsvnic_flow_sync(fn);
}

/**
 * libsvnic_flow_flush - remove all rules
 * @fn: function
 *
 * Context: process, sleeps; instance lock held.
 */
void libsvnic_flow_flush(struct libsvnic_fn *fn)
{
	struct libsvnic_rule *rule;
	unsigned long location;
	bool refused = false;

	xa_for_each(&fn->flows.rules, location, rule)
		if (libsvnic_flow_del(fn, location))
			refused = true;
	libsvnic_flow_free(fn);
	/* The reset removes them. */
	if (refused)
		libsvnic_reset_request(fn);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_flow_flush);

/* Do both compare the same with the same? */
static bool libsvnic_flow_same(const struct ethtool_rx_flow_spec *a,
			       const struct ethtool_rx_flow_spec *b)
{
	return (a->flow_type | FLOW_RSS) == (b->flow_type | FLOW_RSS) &&
	       !memcmp(&a->h_u, &b->h_u, sizeof(a->h_u)) &&
	       !memcmp(&a->h_ext, &b->h_ext, sizeof(a->h_ext)) &&
	       !memcmp(&a->m_u, &b->m_u, sizeof(a->m_u)) &&
	       !memcmp(&a->m_ext, &b->m_ext, sizeof(a->m_ext));
}

/*
 * The place of a new rule, or -errno. Without a place that the user has chosen
 * it replaces one that compares the same.
 */
static int libsvnic_flow_place(struct libsvnic_fn *fn,
			       const struct ethtool_rx_flow_spec *fs)
{
	u32 rules = fn->limits.flow_rules, i;
	struct libsvnic_rule *rule;
	unsigned long location;

	if (fs->location == RX_CLS_LOC_ANY)
		xa_for_each(&fn->flows.rules, location, rule)
			if (location < rules &&
			    libsvnic_flow_same(&rule->fs, fs))
				return location;
	switch (fs->location) {
	case RX_CLS_LOC_FIRST:
		for (i = 0; i < rules; i++)
			if (!xa_load(&fn->flows.rules, i))
				return i;
		return -ENOSPC;
	case RX_CLS_LOC_ANY:
	case RX_CLS_LOC_LAST:
		for (i = rules; i; i--)
			if (!xa_load(&fn->flows.rules, i - 1))
				return i - 1;
		return -ENOSPC;
	default:
		if (fs->location & RX_CLS_LOC_SPECIAL)
			return -EINVAL;
		return fs->location < rules ? (int)fs->location : -ENOSPC;
	}
}

/* Is there the queue, with a context the highest one that it gives? */
static bool libsvnic_flow_ring_ok(struct libsvnic_fn *fn,
				  const struct ethtool_rxnfc *nfc)
{
	u64 ring = nfc->fs.ring_cookie;
	struct libsvnic_rss *rss;

	if (ring >= fn->rss_pairs)
		return false;
	if (!(nfc->fs.flow_type & FLOW_RSS))
		return true;
	rss = libsvnic_rss_find(fn, nfc->rss_context);
	return rss && ring + libsvnic_rss_top(fn, rss) < fn->rss_pairs;
}

/**
 * libsvnic_flow_offset - most that a rule adds to the queues of an RSS context
 * @fn: function
 * @context: number of the context
 *
 * Context: instance lock held.
 * Return: the number.
 */
u32 libsvnic_flow_offset(struct libsvnic_fn *fn, u32 context)
{
	struct libsvnic_rule *rule;
	unsigned long location;
	u32 most = 0;

	xa_for_each(&fn->flows.rules, location, rule)
		if (rule->fs.flow_type & FLOW_RSS && rule->context == context &&
		    rule->fs.ring_cookie != RX_CLS_FLOW_DISC)
			most = max_t(u32, most, rule->fs.ring_cookie);
	return most;
}

/**
 * libsvnic_flow_names - check whether a rule names an RSS context
 * @fn: function
 * @context: number of the context
 *
 * Context: instance lock held.
 * Return: true if one does.
 */
bool libsvnic_flow_names(struct libsvnic_fn *fn, u32 context)
{
	struct libsvnic_rule *rule;
	unsigned long location;

	xa_for_each(&fn->flows.rules, location, rule)
		if (rule->fs.flow_type & FLOW_RSS && rule->context == context)
			return true;
	return false;
}

/**
 * libsvnic_flow_pairs - queue pairs that the rules need
 * @fn: function
 *
 * Context: instance lock held.
 * Return: one more than the highest pair of a rule, with its RSS context.
 */
u32 libsvnic_flow_pairs(struct libsvnic_fn *fn)
{
	const struct libsvnic_rss *rss;
	struct libsvnic_rule *rule;
	unsigned long location;
	u32 pairs = 0, pair;

	xa_for_each(&fn->flows.rules, location, rule) {
		if (rule->fs.ring_cookie == RX_CLS_FLOW_DISC)
			continue;
		pair = rule->fs.ring_cookie;
		rss = libsvnic_rss_find(fn, rule->context);
		/* ethtool looks at the table itself. */
		if (pair && rule->fs.flow_type & FLOW_RSS)
			pair += libsvnic_rss_top(fn, rss);
		pairs = max(pairs, pair + 1);
	}
	return pairs;
}

static int libsvnic_flow_insert(struct libsvnic_fn *fn,
				struct ethtool_rxnfc *nfc)
{
	u64 cookie = nfc->fs.ring_cookie;
	struct libsvnic_rule *rule, *old;
	int location, err;

	if (!(fn->netdev->features & NETIF_F_NTUPLE))
		return -EOPNOTSUPP;
	if (cookie != RX_CLS_FLOW_DISC) {
		if (cookie == RX_CLS_FLOW_WAKE ||
		    ethtool_get_flow_spec_ring_vf(cookie))
			return -EOPNOTSUPP;
		if (!libsvnic_flow_ring_ok(fn, nfc))
			return -EINVAL;
	}
	location = libsvnic_flow_place(fn, &nfc->fs);
	if (location < 0)
		return location;

	rule = kzalloc_obj(*rule);
	if (!rule)
		return -ENOMEM;
	rule->fs = nfc->fs;
	rule->fs.location = location;
	if (nfc->fs.flow_type & FLOW_RSS)
		rule->context = nfc->rss_context;
	/* While the interface is closed nothing else follows a reset. */
	if (test_bit(LIBSVNIC_ENABLED, fn->flags))
		libsvnic_flow_sync(fn);
	err = xa_reserve(&fn->flows.rules, location, GFP_KERNEL);
	if (err)
		goto err_rule;
	err = libsvnic_flow_write(fn, rule);
	if (err)
		goto err_reserve;

	old = xa_store(&fn->flows.rules, location, rule, GFP_KERNEL);
	fn->flows.count += !old;
	kfree(old);
	nfc->fs.location = location;
	return 0;

err_reserve:
	xa_release(&fn->flows.rules, location);
err_rule:
	kfree(rule);
	return err;
}

static int libsvnic_flow_remove(struct libsvnic_fn *fn, u32 location)
{
	struct libsvnic_rule *rule;
	int err;

	rule = xa_load(&fn->flows.rules, location);
	if (!rule)
		return -ENOENT;
	err = libsvnic_flow_del(fn, location);
	if (err)
		return err;
	xa_erase(&fn->flows.rules, location);
	fn->flows.count--;
	kfree(rule);
	return 0;
}

static int libsvnic_flow_list(struct libsvnic_fn *fn,
			      struct ethtool_rxnfc *nfc, u32 *locations)
{
	struct libsvnic_rule *rule;
	unsigned long location;
	u32 n = 0;

	xa_for_each(&fn->flows.rules, location, rule) {
		if (n == nfc->rule_cnt)
			return -EMSGSIZE;
		locations[n++] = location;
	}
	nfc->rule_cnt = n;
	nfc->data = fn->limits.flow_rules;
	return 0;
}

/**
 * libsvnic_get_rxnfc - ethtool get_rxnfc
 * @netdev: netdev
 * @nfc: request, filled in with the answer
 * @locations: where the locations of all rules go
 *
 * Return: 0 or -errno.
 */
int libsvnic_get_rxnfc(struct net_device *netdev, struct ethtool_rxnfc *nfc,
		       u32 *locations)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	struct libsvnic_rule *rule;

	if (!libsvnic_has(fn, SVNIC_F_FLOW))
		return -EOPNOTSUPP;
	switch (nfc->cmd) {
	case ETHTOOL_GRXCLSRLCNT:
		nfc->rule_cnt = fn->flows.count;
		nfc->data = fn->limits.flow_rules | RX_CLS_LOC_SPECIAL;
		return 0;
	case ETHTOOL_GRXCLSRULE:
		rule = xa_load(&fn->flows.rules, nfc->fs.location);
		if (!rule)
			return -ENOENT;
		nfc->fs = rule->fs;
		nfc->rss_context = rule->context;
		return 0;
	case ETHTOOL_GRXCLSRLALL:
		return libsvnic_flow_list(fn, nfc, locations);
	default:
		return -EOPNOTSUPP;
	}
}

/**
 * libsvnic_set_rxnfc - ethtool set_rxnfc
 * @netdev: netdev
 * @nfc: rule to insert, or the location of one to delete; filled in with the
 *	location of a rule that was inserted
 *
 * Context: process, sleeps.
 * Return: 0; -EOPNOTSUPP if the device cannot compare this or ntuple-filters is
 * off, -EINVAL if there is no such queue, -ENOSPC if there is no room, -ENOENT
 * if there is no such rule.
 */
int libsvnic_set_rxnfc(struct net_device *netdev, struct ethtool_rxnfc *nfc)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);

	switch (nfc->cmd) {
	case ETHTOOL_SRXCLSRLINS:
		return libsvnic_flow_insert(fn, nfc);
	case ETHTOOL_SRXCLSRLDEL:
		return libsvnic_flow_remove(fn, nfc->fs.location);
	default:
		return -EOPNOTSUPP;
	}
}
