// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: rates of vports (section 10.7). A rate is a clock that
 * each octet sent moves on by its cost: while the clock is behind the time,
 * there is something left to send. So a frame costs a multiplication, and when
 * a vport may go on is known at once.
 */
#include "svnic_core_priv.h"

#define SVNIC_SEC		1000000000ULL	/* nanoseconds */
#define SVNIC_MSEC		1000000ULL

/*
 * How far a clock may lag: what is saved up beyond that is lost. A vport that
 * had nothing to send saves little; one that had waits for the device, which
 * may be late.
 */
#define SVNIC_MAX_IDLE		(4 * SVNIC_MSEC)
#define SVNIC_MAX_LATE		(20 * SVNIC_MSEC)
#define SVNIC_SHARE_LATE	(50 * SVNIC_MSEC)
#define SVNIC_WIRE_LATE		(10 * SVNIC_MSEC)

/* What a vport had beyond its guarantee counts, but not for long. */
#define SVNIC_SHARE_AHEAD	(50 * SVNIC_MSEC)

static uint64_t svnic_ago(const struct svnic_core *core, uint64_t nsecs)
{
	return core->now > nsecs ? core->now - nsecs : 0;
}

static void svnic_clock_floor(struct svnic_clock *clock, uint64_t at)
{
	if (clock->at >= at)
		return;
	clock->at = at;
	clock->part = 0;
}

void svnic_clock_add(struct svnic_clock *clock, uint64_t octets, uint64_t cost)
{
	uint64_t sum;

	/* Hours for a frame are long enough. */
	if (__builtin_mul_overflow(octets, cost, &sum) || sum > INT64_MAX)
		sum = INT64_MAX;
	sum += clock->part;
	clock->at += sum >> SVNIC_CLOCK_SHIFT;
	clock->part = sum & ((1u << SVNIC_CLOCK_SHIFT) - 1);
}

/* Cost of an octet at @rate octets per second; 0 if there is no rate. */
static uint64_t svnic_rate_cost(uint64_t rate, bool up)
{
	if (!rate)
		return 0;
	return ((SVNIC_SEC << SVNIC_CLOCK_SHIFT) + (up ? rate - 1 : 0)) / rate;
}

/* The vport had nothing to send until now. */
void svnic_rate_idle(struct svnic_core *core, struct svnic_vport_sched *sched)
{
	svnic_clock_floor(&sched->max, svnic_ago(core, SVNIC_MAX_IDLE));
}

/* The vport sent; @owed: because of its guarantee. */
void svnic_rate_sent(struct svnic_core *core, struct svnic_vport_sched *sched,
		     uint64_t octets, bool owed)
{
	uint64_t ahead;

	if (sched->max_cost) {
		svnic_clock_floor(&sched->max,
				  svnic_ago(core, SVNIC_MAX_LATE));
		svnic_clock_add(&sched->max, octets, sched->max_cost);
	}
	if (!sched->share_cost)
		return;
	svnic_clock_floor(&sched->share, svnic_ago(core, SVNIC_SHARE_LATE));
	ahead = core->now + SVNIC_SHARE_AHEAD;
	if (!owed && sched->share.at > ahead)
		return;
	svnic_clock_add(&sched->share, octets, sched->share_cost);
	if (!owed && sched->share.at > ahead)
		sched->share.at = ahead;
}

void svnic_rate_wire(struct svnic_core *core, uint64_t octets)
{
	svnic_clock_floor(&core->sched.wire, svnic_ago(core, SVNIC_WIRE_LATE));
	svnic_clock_add(&core->sched.wire, octets, core->sched.wire_cost);
}

/* Octets per second, 0 if it is not known. */
static uint64_t svnic_rate_link(const struct svnic_core *core)
{
	return core->config.link_speed * 125000ULL;
}

void svnic_rate_init(struct svnic_core *core)
{
	core->sched.wire_cost = svnic_rate_cost(svnic_rate_link(core), false);
}

/* The scheduler follows what was set. */
static void svnic_rate_apply(struct svnic_core *core, struct svnic_fn *fn,
			     const struct svnic_rate_state *rate)
{
	struct svnic_vport_sched *sched = &fn->sched;
	struct svnic_rate_state *old = &fn->s.rate;

	uint64_t max = svnic_rate_cost(rate->max, true);
	uint64_t share = svnic_rate_cost(rate->share, false);

	core->share_pool += rate->share - old->share;
	*old = *rate;

	/* What was sent at another rate is no matter any more. */
	if (max != sched->max_cost)
		sched->max.at = core->now;
	if (share != sched->share_cost)
		sched->share.at = core->now;
	sched->max_cost = max;
	sched->share_cost = share;
	svnic_sched_change(core, fn, rate->priority,
			   ((1u << SVNIC_CLOCK_SHIFT) + rate->weight / 2) /
			   rate->weight);
}

void svnic_rate_defaults(struct svnic_core *core, struct svnic_fn *fn)
{
	static const struct svnic_rate_state rate = {
		.weight = SVNIC_RATE_WEIGHT_DEFAULT,
	};

	svnic_rate_apply(core, fn, &rate);
}

enum svnic_error svnic_rate_set(struct svnic_core *core, struct svnic_fn *fn,
				const struct svnic_vport_rate *rate)
{
	uint64_t link = svnic_rate_link(core);
	struct svnic_rate_state new = {
		.share = svnic_le64(rate->share),
		.max = svnic_le64(rate->max),
		.weight = svnic_le32(rate->weight),
		.priority = rate->priority,
	};
	unsigned int i;

	for (i = 0; i < sizeof(rate->rsvd); i++)
		if (rate->rsvd[i])
			return SVNIC_ERR_PARAM;
	if (!new.weight || new.weight > SVNIC_RATE_WEIGHT_MAX ||
	    new.priority >= SVNIC_RATE_PRIORITIES)
		return SVNIC_ERR_PARAM;
	if (new.max && new.share > new.max)
		return SVNIC_ERR_PARAM;
	if (link && (new.share > link || new.max > link))
		return SVNIC_ERR_PARAM;
	if (link && core->share_pool - fn->s.rate.share + new.share > link)
		return SVNIC_ERR_NO_SPACE;

	svnic_rate_apply(core, fn, &new);
	return SVNIC_ERR_NONE;
}

void svnic_rate_get(const struct svnic_fn *fn, struct svnic_vport_rate *rate)
{
	memset(rate, 0, sizeof(*rate));
	rate->share = svnic_le64(fn->s.rate.share);
	rate->max = svnic_le64(fn->s.rate.max);
	rate->weight = svnic_le32(fn->s.rate.weight);
	rate->priority = fn->s.rate.priority;
}
