// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: the flow rules and RSS contexts of a function (section
 * 5.8). Rules with the same mask are in one hash table, which grows with them,
 * and of rules with the same key as well only the lowest one is in it. So the
 * work for a frame grows with the number of different masks, not with that of
 * rules. A seed keeps the owner of the rules from choosing the buckets.
 */
#include <stdlib.h>

#include "svnic_core_bytes.h"
#include "svnic_core_flow.h"
#include "svnic_core_priv.h"

#define SVNIC_FLOW_BUCKETS	16	/* at first */
#define SVNIC_FLOW_WORDS	(sizeof(struct svnic_flow_key) / 8)

/**
 * struct svnic_flow_entry - a rule
 * @rule: as in the command
 * @words: its key
 * @index: its number
 * @mask: the group that it belongs to
 * @next: next rule in the bucket, with another key
 * @higher: next rule with the same key
 */
struct svnic_flow_entry {
	struct svnic_flow_rule	rule;
	uint64_t		words[SVNIC_FLOW_WORDS];
	uint32_t		index;
	struct svnic_flow_mask	*mask;
	struct svnic_flow_entry	*next;
	struct svnic_flow_entry	*higher;
};

/**
 * struct svnic_flow_mask - rules with the same mask
 * @words: the mask
 * @factor: of struct svnic_flow
 * @rules: number of rules
 * @buckets: size of @bucket, a power of two
 * @bucket: the lowest rule of each key, by hash of the key
 */
struct svnic_flow_mask {
	uint64_t		words[SVNIC_FLOW_WORDS];
	const uint64_t		*factor;
	uint32_t		rules;
	uint32_t		buckets;
	struct svnic_flow_entry	**bucket;
};

/**
 * struct svnic_flow - rules and contexts of a function
 * @factor: factors of the hash, one for each half word, and an addend
 * @mask: the rules by mask; the first @masks are used
 * @masks: number of masks
 * @entry: the rules by number, NULL where there is none
 * @entries: size of @entry
 * @ctx: the contexts by number, NULL where there is none
 * @ctxs: size of @ctx
 */
struct svnic_flow {
	uint64_t		factor[2 * SVNIC_FLOW_WORDS + 1];
	struct svnic_flow_mask	*mask[SVNIC_FLOW_MASKS];
	uint32_t		masks;
	struct svnic_flow_entry	**entry;
	uint32_t		entries;
	struct svnic_rss_ctx	**ctx;
	uint32_t		ctxs;
};

/* Numbers that the owner of the rules does not know: splitmix64 of the seed */
struct svnic_flow *svnic_flow_new(uint64_t seed)
{
	struct svnic_flow *flow = calloc(1, sizeof(*flow));
	unsigned int i;
	uint64_t z;

	for (i = 0; flow && i < 2 * SVNIC_FLOW_WORDS + 1; i++) {
		seed += 0x9e3779b97f4a7c15;
		z = (seed ^ seed >> 30) * 0xbf58476d1ce4e5b9;
		z = (z ^ z >> 27) * 0x94d049bb133111eb;
		flow->factor[i] = z ^ z >> 31;
	}
	return flow;
}

static void svnic_flow_mask_free(struct svnic_flow_mask *mask)
{
	free(mask->bucket);
	free(mask);
}

void svnic_flow_free(struct svnic_flow *flow)
{
	uint32_t i;

	if (!flow)
		return;
	for (i = 0; i < flow->entries; i++)
		free(flow->entry[i]);
	for (i = 0; i < flow->ctxs; i++)
		free(flow->ctx[i]);
	for (i = 0; i < flow->masks; i++)
		svnic_flow_mask_free(flow->mask[i]);
	free(flow->ctx);
	free(flow->entry);
	free(flow);
}

/*
 * One more than the highest numbers of a rule and of a context. Context 0 is
 * always there.
 */
void svnic_flow_used(const struct svnic_flow *flow, uint32_t *rules,
		     uint32_t *contexts)
{
	*rules = flow ? flow->entries : 0;
	*contexts = flow && flow->ctxs ? flow->ctxs : 1;
	while (*rules && !flow->entry[*rules - 1])
		--*rules;
	while (*contexts > 1 && !flow->ctx[*contexts - 1])
		--*contexts;
}

uint32_t svnic_flow_masks(const struct svnic_flow *flow)
{
	return flow ? flow->masks : 0;
}

/* Makes space for a pointer @at in an array; returns the array or NULL. */
static void *svnic_flow_grow(void *array, uint32_t *size, uint32_t at)
{
	uint32_t n = *size ? *size : 16;
	void **grown;

	if (at < *size)
		return array;
	while (n <= at)
		n *= 2;
	grown = realloc(array, n * sizeof(*grown));
	if (!grown)
		return NULL;
	memset(grown + *size, 0, (n - *size) * sizeof(*grown));
	*size = n;
	return grown;
}

/* The context, or NULL if there is none of this number. */
struct svnic_rss_ctx *svnic_flow_ctx(const struct svnic_flow *flow,
				     uint32_t context)
{
	return flow && context < flow->ctxs ? flow->ctx[context] : NULL;
}

enum svnic_error svnic_flow_set_ctx(struct svnic_flow *flow, uint32_t context,
				    const struct svnic_rss_state *s)
{
	struct svnic_rss_ctx *ctx = svnic_flow_ctx(flow, context);
	void *grown;

	if (!ctx) {
		grown = svnic_flow_grow(flow->ctx, &flow->ctxs, context);
		if (!grown)
			return SVNIC_ERR_NO_SPACE;
		flow->ctx = grown;
		ctx = calloc(1, sizeof(*ctx));
		if (!ctx)
			return SVNIC_ERR_NO_SPACE;
		flow->ctx[context] = ctx;
	}
	ctx->s = *s;
	ctx->lut.made = false;
	return SVNIC_ERR_NONE;
}

enum svnic_error svnic_flow_del_ctx(struct svnic_flow *flow, uint32_t context)
{
	struct svnic_rss_ctx *ctx = svnic_flow_ctx(flow, context);

	if (!ctx)
		return SVNIC_ERR_NOT_FOUND;
	if (ctx->rules)
		return SVNIC_ERR_IN_USE;
	free(ctx);
	flow->ctx[context] = NULL;
	return SVNIC_ERR_NONE;
}

/*
 * Where the pointer to the lowest rule of a key is, or would be. The upper half
 * of a multilinear hash of half words is strongly universal.
 */
static struct svnic_flow_entry **svnic_flow_slot(struct svnic_flow_mask *mask,
						 const uint64_t *words)
{
	struct svnic_flow_entry **at;
	uint64_t hash = mask->factor[2 * SVNIC_FLOW_WORDS];
	unsigned int i;

	for (i = 0; i < SVNIC_FLOW_WORDS; i++)
		hash += mask->factor[2 * i] * (uint32_t)words[i] +
			mask->factor[2 * i + 1] * (words[i] >> 32);
	at = &mask->bucket[hash >> 32 & (mask->buckets - 1)];
	while (*at && memcmp((*at)->words, words, sizeof((*at)->words)))
		at = &(*at)->next;
	return at;
}

/* More buckets, if there is memory; it works without, too. */
static void svnic_flow_spread(struct svnic_flow_mask *mask)
{
	struct svnic_flow_entry **old = mask->bucket, *entry, *next, **at;
	uint32_t n = mask->buckets, i;

	mask->bucket = calloc(2 * n, sizeof(*mask->bucket));
	if (!mask->bucket) {
		mask->bucket = old;
		return;
	}
	mask->buckets = 2 * n;
	for (i = 0; i < n; i++) {
		for (entry = old[i]; entry; entry = next) {
			next = entry->next;
			at = svnic_flow_slot(mask, entry->words);
			entry->next = NULL;
			*at = entry;
		}
	}
	free(old);
}

static struct svnic_flow_entry *svnic_flow_find(const struct svnic_flow *flow,
						uint32_t index)
{
	return flow && index < flow->entries ? flow->entry[index] : NULL;
}

/* The rule, or NULL if there is none of this number. */
const struct svnic_flow_rule *svnic_flow_get(const struct svnic_flow *flow,
					     uint32_t index)
{
	const struct svnic_flow_entry *entry = svnic_flow_find(flow, index);

	return entry ? &entry->rule : NULL;
}

/* The context that a rule names, or NULL. */
static struct svnic_rss_ctx *
svnic_flow_names(const struct svnic_flow *flow,
		 const struct svnic_flow_rule *rule)
{
	if (svnic_le16(rule->action[0].type) != SVNIC_FLOW_RSS)
		return NULL;
	return svnic_flow_ctx(flow, svnic_le16(rule->action[0].a));
}

static void svnic_flow_remove(struct svnic_flow *flow,
			      struct svnic_flow_entry *entry)
{
	struct svnic_rss_ctx *ctx = svnic_flow_names(flow, &entry->rule);
	struct svnic_flow_mask *mask = entry->mask;
	struct svnic_flow_entry **at;
	uint32_t i;

	at = svnic_flow_slot(mask, entry->words);
	if (*at == entry && entry->higher) {
		entry->higher->next = entry->next;
		*at = entry->higher;
	} else if (*at == entry) {
		*at = entry->next;
	} else {
		for (at = &(*at)->higher; *at != entry;)
			at = &(*at)->higher;
		*at = entry->higher;
	}
	if (ctx)
		ctx->rules--;
	flow->entry[entry->index] = NULL;
	free(entry);
	if (--mask->rules)
		return;
	for (i = 0; flow->mask[i] != mask;)
		i++;
	flow->mask[i] = flow->mask[--flow->masks];
	svnic_flow_mask_free(mask);
}

static void svnic_flow_add(struct svnic_flow_entry *entry)
{
	struct svnic_flow_entry **at, *lowest;

	if (entry->mask->rules > 2 * entry->mask->buckets)
		svnic_flow_spread(entry->mask);
	at = svnic_flow_slot(entry->mask, entry->words);
	lowest = *at;
	if (!lowest || entry->index < lowest->index) {
		entry->higher = lowest;
		entry->next = lowest ? lowest->next : NULL;
		*at = entry;
		return;
	}
	for (at = &lowest->higher; *at && (*at)->index < entry->index;)
		at = &(*at)->higher;
	entry->higher = *at;
	*at = entry;
}

/* The group of a mask; a new one if there is none, or NULL. */
static struct svnic_flow_mask *svnic_flow_group(struct svnic_flow *flow,
						const uint64_t *words)
{
	struct svnic_flow_mask *mask;
	uint32_t i;

	for (i = 0; i < flow->masks; i++)
		if (!memcmp(flow->mask[i]->words, words, sizeof(mask->words)))
			return flow->mask[i];
	if (flow->masks == SVNIC_FLOW_MASKS)
		return NULL;
	mask = calloc(1, sizeof(*mask));
	if (!mask)
		return NULL;
	mask->bucket = calloc(SVNIC_FLOW_BUCKETS, sizeof(*mask->bucket));
	if (!mask->bucket) {
		free(mask);
		return NULL;
	}
	mask->buckets = SVNIC_FLOW_BUCKETS;
	mask->factor = flow->factor;
	memcpy(mask->words, words, sizeof(mask->words));
	flow->mask[flow->masks++] = mask;
	return mask;
}

/*
 * Adds a rule that svnic_flow_check() accepts, in place of one of the same
 * number. That one is there until nothing can fail any more. So its mask counts
 * although it may be the last rule of it.
 */
enum svnic_error svnic_flow_set(struct svnic_flow *flow, uint32_t index,
				const struct svnic_flow_rule *rule)
{
	struct svnic_rss_ctx *ctx = svnic_flow_names(flow, rule);
	struct svnic_flow_entry *entry, *old;
	uint64_t words[SVNIC_FLOW_WORDS];
	void *grown;

	if (svnic_le16(rule->action[0].type) == SVNIC_FLOW_RSS &&
	    rule->action[0].a && !ctx)
		return SVNIC_ERR_NOT_FOUND;
	grown = svnic_flow_grow(flow->entry, &flow->entries, index);
	if (!grown)
		return SVNIC_ERR_NO_SPACE;
	flow->entry = grown;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return SVNIC_ERR_NO_SPACE;
	memcpy(words, &rule->mask, sizeof(words));
	entry->mask = svnic_flow_group(flow, words);
	if (!entry->mask) {
		free(entry);
		return SVNIC_ERR_NO_SPACE;
	}
	entry->mask->rules++;
	if (ctx)
		ctx->rules++;
	old = flow->entry[index];
	if (old)
		svnic_flow_remove(flow, old);

	entry->rule = *rule;
	entry->index = index;
	memcpy(entry->words, &rule->key, sizeof(entry->words));
	svnic_flow_add(entry);
	flow->entry[index] = entry;
	return SVNIC_ERR_NONE;
}

enum svnic_error svnic_flow_del(struct svnic_flow *flow, uint32_t index)
{
	struct svnic_flow_entry *entry = svnic_flow_find(flow, index);

	if (!entry)
		return SVNIC_ERR_NOT_FOUND;
	svnic_flow_remove(flow, entry);
	return SVNIC_ERR_NONE;
}

/* The action of the lowest rule that matches a frame with @key, or NULL. */
const struct svnic_flow_action *
svnic_flow_match(const struct svnic_flow *flow,
		 const struct svnic_flow_key *key)
{
	const struct svnic_flow_entry *entry, *best = NULL;
	uint64_t words[SVNIC_FLOW_WORDS], masked[SVNIC_FLOW_WORDS];
	struct svnic_flow_mask *mask;
	uint32_t i, j;

	memcpy(words, key, sizeof(words));
	for (i = 0; i < flow->masks; i++) {
		mask = flow->mask[i];
		for (j = 0; j < SVNIC_FLOW_WORDS; j++)
			masked[j] = words[j] & mask->words[j];
		entry = *svnic_flow_slot(mask, masked);
		if (entry && (!best || entry->index < best->index))
			best = entry;
	}
	return best ? &best->rule.action[0] : NULL;
}
