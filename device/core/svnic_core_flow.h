/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: flow rules and RSS contexts (flow.c), and
 * the commands for them (flow_cmd.c). Section 5.8.
 */
#ifndef SVNIC_CORE_FLOW_H
#define SVNIC_CORE_FLOW_H

#include "svnic_core_fn.h"

struct svnic_cmd;
struct svnic_pkt;

/* Number of different masks that the rules of a function may have. */
#define SVNIC_FLOW_MASKS	16

#define SVNIC_RSS_DATA_LEN	(sizeof(struct svnic_rss_data) + \
				 SVNIC_RSS_ENTRIES)

/**
 * struct svnic_rss_ctx - an RSS context
 * @s: state
 * @lut: Toeplitz hash of its key
 * @rules: number of rules that name it
 */
struct svnic_rss_ctx {
	struct svnic_rss_state	s;
	struct svnic_rss_lut	lut;
	uint32_t		rules;
};

struct svnic_flow *svnic_flow_new(uint64_t seed);
void svnic_flow_free(struct svnic_flow *flow);
void svnic_flow_used(const struct svnic_flow *flow, uint32_t *rules,
		     uint32_t *contexts);
uint32_t svnic_flow_masks(const struct svnic_flow *flow);

struct svnic_rss_ctx *svnic_flow_ctx(const struct svnic_flow *flow,
				     uint32_t context);
enum svnic_error svnic_flow_set_ctx(struct svnic_flow *flow, uint32_t context,
				    const struct svnic_rss_state *s);
enum svnic_error svnic_flow_del_ctx(struct svnic_flow *flow, uint32_t context);

const struct svnic_flow_rule *svnic_flow_get(const struct svnic_flow *flow,
					     uint32_t index);
enum svnic_error svnic_flow_set(struct svnic_flow *flow, uint32_t index,
				const struct svnic_flow_rule *rule);
enum svnic_error svnic_flow_del(struct svnic_flow *flow, uint32_t index);
const struct svnic_flow_action *
svnic_flow_match(const struct svnic_flow *flow,
		 const struct svnic_flow_key *key);

/* flow_cmd.c */
bool svnic_rss_bits_ok(const struct svnic_rss_state *s);
bool svnic_rss_state_ok(const struct svnic_fn *fn,
			const struct svnic_rss_state *s);
enum svnic_error svnic_flow_check(const struct svnic_fn *fn,
				  const struct svnic_flow_rule *rule);
enum svnic_error svnic_cmd_rss_set(struct svnic_core *core,
				   struct svnic_fn *fn,
				   const struct svnic_cmd *cmd, void *data);
enum svnic_error svnic_cmd_rss_del(struct svnic_core *core,
				   struct svnic_fn *fn,
				   const struct svnic_cmd *cmd, void *data);
enum svnic_error svnic_cmd_flow_set(struct svnic_core *core,
				    struct svnic_fn *fn,
				    const struct svnic_cmd *cmd, void *data);
enum svnic_error svnic_cmd_flow_del(struct svnic_core *core,
				    struct svnic_fn *fn,
				    const struct svnic_cmd *cmd, void *data);

#endif /* SVNIC_CORE_FLOW_H */
