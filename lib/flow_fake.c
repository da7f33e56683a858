// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: fake device for tests of flow rules and RSS contexts.
 */
#include <kunit/static_stub.h>

#include "flow_test.h"

/* Command number @fail_at fails, or all if that is 0 and @fail is not. */
static int flow_command(struct flow_test *ctx, const struct svnic_cmd *cmd,
			size_t params)
{
	if (ctx->commands < FLOW_LOG)
		ctx->log[ctx->commands] = le16_to_cpu(cmd->opcode);
	ctx->commands++;
	if (ctx->fail && (!ctx->fail_at || ctx->commands == ctx->fail_at))
		return ctx->fail;
	if (cmd->vport || cmd->rsvd0 || cmd->rsvd1 ||
	    memchr_inv(&cmd->params[params], 0, sizeof(cmd->params) - params))
		return -EINVAL;
	return 0;
}

/* From now on command number @fail_at fails, or all, or none. */
void flow_fail(struct flow_test *ctx, unsigned int fail_at, int err)
{
	ctx->commands = 0;
	ctx->fail_at = fail_at;
	ctx->fail = err;
}

/* A key and a mask that a device accepts (spec 5.8). */
bool flow_key_ok(const struct svnic_flow_rule *rule)
{
	const u8 *mask = (const u8 *)&rule->mask;
	const u8 *key = (const u8 *)&rule->key;
	unsigned int i;

	for (i = 0; i < sizeof(rule->key); i++)
		if (key[i] & ~mask[i])
			return false;
	return !memchr_inv(rule->mask.rsvd0, 0, sizeof(rule->mask.rsvd0)) &&
	       !memchr_inv(rule->mask.rsvd1, 0, sizeof(rule->mask.rsvd1)) &&
	       !memchr_inv(rule->mask.rsvd2, 0, sizeof(rule->mask.rsvd2));
}

static int flow_action(const struct flow_test *ctx,
		       const struct svnic_flow_rule *rule)
{
	const struct svnic_flow_action *action = &rule->action[0];
	u32 a = le16_to_cpu(action->a), b = le32_to_cpu(action->b);

	if (action->c || memchr_inv(&rule->action[1], 0, 3 * sizeof(*action)))
		return -EINVAL;
	switch (le16_to_cpu(action->type)) {
	case SVNIC_FLOW_DROP:
		return a || b ? -EINVAL : 0;
	case SVNIC_FLOW_QUEUE:
		return a >= FLOW_PAIRS || b ? -EINVAL : 0;
	case SVNIC_FLOW_RSS:
		if (b >= FLOW_PAIRS)
			return -EINVAL;
		if (a > FLOW_CONTEXTS || (a && !ctx->contexts[a].there))
			return -ENOENT;
		return 0;
	default:
		return -EINVAL;
	}
}

static int flow_set(struct flow_test *ctx, const struct svnic_cmd *cmd,
		    const struct svnic_flow_rule *rule, size_t len)
{
	u16 index = le16_to_cpu(cmd->flow.index);
	int err;

	err = flow_command(ctx, cmd, sizeof(cmd->flow));
	if (err)
		return err;
	if (len != sizeof(*rule) || !flow_key_ok(rule))
		return -EINVAL;
	err = flow_action(ctx, rule);
	if (err)
		return err;
	if (index >= ctx->flow_rules)
		return -ENOSPC;
	ctx->rules[index] = *rule;
	set_bit(index, ctx->there);
	return 0;
}

static int flow_del(struct flow_test *ctx, const struct svnic_cmd *cmd)
{
	u16 index = le16_to_cpu(cmd->flow.index);
	int err;

	err = flow_command(ctx, cmd, sizeof(cmd->flow));
	if (err)
		return err;
	if (index >= FLOW_RULES || !test_and_clear_bit(index, ctx->there))
		return -ENOENT;
	return 0;
}

static int flow_rss_set(struct flow_test *ctx, const struct svnic_cmd *cmd,
			const struct svnic_rss_data *data, size_t len)
{
	const struct svnic_rss_set *set = &cmd->rss_set;
	u16 id = le16_to_cpu(set->context);
	struct flow_context *context;
	unsigned int i;
	int err;

	err = flow_command(ctx, cmd, sizeof(*set));
	if (err)
		return err;
	if (!id || le16_to_cpu(set->entries) != FLOW_RSS_SIZE ||
	    len != sizeof(*data) + FLOW_RSS_SIZE ||
	    !(le32_to_cpu(set->ctrl) & SVNIC_RSS_ENABLE))
		return -EINVAL;
	for (i = 0; i < FLOW_RSS_SIZE; i++)
		if (data->table[i] >= FLOW_PAIRS)
			return -EINVAL;
	if (id > ctx->rss_contexts)
		return -ENOSPC;
	context = &ctx->contexts[id];
	context->there = true;
	context->set = *set;
	memcpy(context->key, data->key, sizeof(context->key));
	memcpy(context->table, data->table, sizeof(context->table));
	return 0;
}

static int flow_rss_del(struct flow_test *ctx, const struct svnic_cmd *cmd)
{
	u16 id = le16_to_cpu(cmd->rss_del.context);
	const struct svnic_flow_action *action;
	unsigned int i;
	int err;

	err = flow_command(ctx, cmd, sizeof(cmd->rss_del));
	if (err)
		return err;
	if (!id || id > FLOW_CONTEXTS || !ctx->contexts[id].there)
		return -ENOENT;
	for_each_set_bit(i, ctx->there, FLOW_RULES) {
		action = &ctx->rules[i].action[0];
		if (action->type == cpu_to_le16(SVNIC_FLOW_RSS) &&
		    action->a == cpu_to_le16(id))
			return -EADDRINUSE;
	}
	ctx->contexts[id].there = false;
	return 0;
}

static int flow_exec(struct libsvnic_fn *fn, struct svnic_cmd *cmd)
{
	switch (le16_to_cpu(cmd->opcode)) {
	case SVNIC_FN_FLOW_DEL:
		return flow_del(fn->priv, cmd);
	case SVNIC_FN_RSS_DEL:
		return flow_rss_del(fn->priv, cmd);
	default:
		return -EOPNOTSUPP;
	}
}

static int flow_write(struct libsvnic_fn *fn, struct svnic_cmd *cmd,
		      const void *buf, size_t len)
{
	switch (le16_to_cpu(cmd->opcode)) {
	case SVNIC_FN_FLOW_SET:
		return flow_set(fn->priv, cmd, buf, len);
	case SVNIC_FN_RSS_SET:
		return flow_rss_set(fn->priv, cmd, buf, len);
	default:
		return -EOPNOTSUPP;
	}
}

static int flow_read(struct libsvnic_fn *fn, struct svnic_cmd *cmd, void *buf,
		     size_t len)
{
	struct flow_test *ctx = fn->priv;
	int err;

	err = flow_command(ctx, cmd, 0);
	if (err)
		return err;
	if (le16_to_cpu(cmd->opcode) != SVNIC_FN_CAPS_GET)
		return -EOPNOTSUPP;
	memcpy(buf, ctx->caps, min(len, sizeof(ctx->caps)));
	return 0;
}

/* The device is reset, and has lost all, until flow_reset_end(). */
void flow_reset_begin(struct flow_test *ctx)
{
	unsigned int id;

	clear_bit(LIBSVNIC_ENABLED, ctx->fn->flags);
	ctx->fn->flows.pairs = 0;
	bitmap_zero(ctx->there, FLOW_RULES);
	for (id = 1; id <= FLOW_CONTEXTS; id++)
		ctx->contexts[id].there = false;
}

void flow_reset_end(struct flow_test *ctx)
{
	set_bit(LIBSVNIC_ENABLED, ctx->fn->flags);
	libsvnic_flow_sync(ctx->fn);
}

/* The interface is opened, or changed, with so many pairs. */
void flow_up(struct flow_test *ctx, u32 pairs)
{
	ctx->commands = 0;
	libsvnic_rss_set_pairs(ctx->fn, pairs);
	libsvnic_flow_sync(ctx->fn);
}

/* A rule that differs with its location. */
void flow_rule(struct ethtool_rxnfc *nfc, u32 location, u64 cookie)
{
	memset(nfc, 0, sizeof(*nfc));
	nfc->cmd = ETHTOOL_SRXCLSRLINS;
	nfc->fs.flow_type = TCP_V4_FLOW;
	nfc->fs.h_u.tcp_ip4_spec.pdst = htons(location);
	nfc->fs.m_u.tcp_ip4_spec.pdst = htons(0xffff);
	nfc->fs.ring_cookie = cookie;
	nfc->fs.location = location;
}

/* Return: the location, or -errno. */
int flow_insert(struct flow_test *ctx, u32 location, u64 cookie)
{
	struct ethtool_rxnfc nfc;
	int err;

	flow_rule(&nfc, location, cookie);
	err = libsvnic_ethtool_ops.set_rxnfc(ctx->netdev, &nfc);
	return err ?: nfc.fs.location;
}

int flow_insert_rss(struct flow_test *ctx, u32 location, u64 cookie,
		    u32 context)
{
	struct ethtool_rxnfc nfc;
	int err;

	flow_rule(&nfc, location, cookie);
	nfc.fs.flow_type |= FLOW_RSS;
	nfc.rss_context = context;
	err = libsvnic_ethtool_ops.set_rxnfc(ctx->netdev, &nfc);
	return err ?: nfc.fs.location;
}

int flow_delete(struct flow_test *ctx, u32 location)
{
	struct ethtool_rxnfc nfc = {
		.cmd		= ETHTOOL_SRXCLSRLDEL,
		.fs.location	= location,
	};

	return libsvnic_ethtool_ops.set_rxnfc(ctx->netdev, &nfc);
}

int flow_get(struct flow_test *ctx, u32 location, struct ethtool_rxnfc *nfc)
{
	memset(nfc, 0, sizeof(*nfc));
	nfc->cmd = ETHTOOL_GRXCLSRULE;
	nfc->fs.location = location;
	return libsvnic_ethtool_ops.get_rxnfc(ctx->netdev, nfc, NULL);
}

u32 flow_count(struct flow_test *ctx)
{
	struct ethtool_rxnfc nfc = { .cmd = ETHTOOL_GRXCLSRLCNT };

	return libsvnic_ethtool_ops.get_rxnfc(ctx->netdev, &nfc, NULL) ? :
	       nfc.rule_cnt;
}

/* As ethtool allocates it. */
struct ethtool_rxfh_context *flow_context(struct kunit *test)
{
	size_t priv = ALIGN(libsvnic_ethtool_ops.rxfh_priv_size, sizeof(u32));
	struct ethtool_rxfh_context *context;

	context = kunit_kzalloc(test, sizeof(*context) + priv +
				      FLOW_RSS_SIZE * sizeof(u32) +
				      SVNIC_RSS_KEY_LEN, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, context);
	context->indir_size = FLOW_RSS_SIZE;
	context->key_size = SVNIC_RSS_KEY_LEN;
	context->priv_size = libsvnic_ethtool_ops.rxfh_priv_size;
	context->key_off = priv + FLOW_RSS_SIZE * sizeof(u32);
	return context;
}

/* Create a context that uses the first @pairs queues, else with defaults. */
int flow_create(struct flow_test *ctx, struct ethtool_rxfh_context *context,
		u32 id, u32 pairs)
{
	struct ethtool_rxfh_param rxfh = {
		.hfunc		= ETH_RSS_HASH_NO_CHANGE,
		.input_xfrm	= RXH_XFRM_NO_CHANGE,
		.rss_context	= id,
	};
	u32 table[FLOW_RSS_SIZE];
	unsigned int i;

	for (i = 0; i < FLOW_RSS_SIZE; i++)
		table[i] = i % pairs;
	rxfh.indir = table;
	rxfh.indir_size = FLOW_RSS_SIZE;
	return libsvnic_ethtool_ops.create_rxfh_context(ctx->netdev, context,
							&rxfh, NULL);
}

int flow_init(struct kunit *test)
{
	struct libsvnic_fn *fn;
	struct flow_test *ctx;
	unsigned int i;

	ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	ctx->flow_rules = FLOW_RULES;
	ctx->rss_contexts = FLOW_CONTEXTS;
	ctx->netdev = alloc_etherdev_mqs(sizeof(*fn), FLOW_PAIRS, FLOW_PAIRS);
	KUNIT_ASSERT_NOT_NULL(test, ctx->netdev);
	ctx->netdev->features = NETIF_F_NTUPLE;
	fn = netdev_priv(ctx->netdev);
	ctx->fn = fn;
	fn->netdev = ctx->netdev;
	fn->priv = ctx;
	fn->features = SVNIC_F_COMMAND | SVNIC_F_FLOW;
	fn->cfg.pairs = FLOW_PAIRS;
	fn->limits.pairs = FLOW_PAIRS;
	fn->limits.rss_size = FLOW_RSS_SIZE;
	fn->limits.flow_rules = FLOW_RULES;
	fn->limits.rss_contexts = FLOW_CONTEXTS;
	for (i = 0; i < sizeof(fn->rss.key); i++)
		fn->rss.key[i] = 0x40 + i;
	fn->rss.fields_ipv4 = SVNIC_RSS_SRC;
	fn->rss.fields_ipv6 = SVNIC_RSS_DST;
	fn->rss.input_xfrm = RXH_XFRM_SYM_XOR;
	libsvnic_reset_init(fn);
	libsvnic_flow_init(fn);
	kunit_activate_static_stub(test, libsvnic_cmdq_exec, flow_exec);
	kunit_activate_static_stub(test, libsvnic_cmdq_read, flow_read);
	kunit_activate_static_stub(test, libsvnic_cmdq_write, flow_write);
	set_bit(LIBSVNIC_ENABLED, fn->flags);
	flow_up(ctx, FLOW_PAIRS);
	return 0;
}

void flow_exit(struct kunit *test)
{
	struct flow_test *ctx = test->priv;

	/* It is called as well if flow_init() gave up. */
	if (!ctx || !ctx->netdev)
		return;
	libsvnic_flow_free(ctx->fn);
	free_netdev(ctx->netdev);
}
