// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: rates of vports (section 10.7). A rate is a clock that each
 * byte sent advances by the time that a byte takes at this rate. While the
 * clock is not ahead of the time, the vport has sent less than its rate. So a
 * frame needs one multiplication, and the clock is the time at which the vport
 * may send again.
 */
#include "svnic_core_priv.h"

#define SVNIC_SEC		1000000000ULL	/* nanoseconds */
#define SVNIC_MSEC		1000000ULL

/*
 * How far a clock may be behind the time; credit beyond that is lost. A vport
 * that had nothing to send keeps little credit (IDLE). A vport that had frames
 * keeps more (LATE), since it may have waited for the device.
 */
#define SVNIC_MAX_IDLE		(4 * SVNIC_MSEC)
#define SVNIC_MAX_LATE		(20 * SVNIC_MSEC)
#define SVNIC_SHARE_LATE	(50 * SVNIC_MSEC)
#define SVNIC_WIRE_LATE		(10 * SVNIC_MSEC)

/*
 * How far the clock of a guarantee may be ahead of the time because of bytes
 * sent without the guarantee.
 */
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

void svnic_clock_add(struct svnic_clock *clock, uint64_t bytes, uint64_t cost)
{
	uint64_t sum;

	/* This is 2.4 hours for one frame, or that much virtual time. */
	if (__builtin_mul_overflow(bytes, cost, &sum) || sum > INT64_MAX)
		sum = INT64_MAX;
	sum += clock->part;
	clock->at += sum >> SVNIC_CLOCK_SHIFT;
	clock->part = sum & ((1u << SVNIC_CLOCK_SHIFT) - 1);
}

/*
 * ns per byte at @rate bytes per second, as a fixed point number, rounded up if
 * @up; 0 if there is no rate.
 */
static uint64_t svnic_rate_cost(uint64_t rate, bool up)
{
	if (!rate)
		return 0;
	return ((SVNIC_SEC << SVNIC_CLOCK_SHIFT) + (up ? rate - 1 : 0)) / rate;
}

/* The vport has frames to send, and had none before. */
void svnic_rate_idle(struct svnic_core *core, struct svnic_vport_sched *sched)
{
	svnic_clock_floor(&sched->max, svnic_ago(core, SVNIC_MAX_IDLE));
}

/* The vport has sent @bytes; @owed: in a turn of rank SHARE. */
void svnic_rate_sent(struct svnic_core *core, struct svnic_vport_sched *sched,
		     uint64_t bytes, bool owed)
{
	uint64_t ahead;

	if (sched->max_cost) {
		svnic_clock_floor(&sched->max,
				  svnic_ago(core, SVNIC_MAX_LATE));
		svnic_clock_add(&sched->max, bytes, sched->max_cost);
	}
	if (!sched->share_cost)
		return;
	svnic_clock_floor(&sched->share, svnic_ago(core, SVNIC_SHARE_LATE));
	ahead = core->now + SVNIC_SHARE_AHEAD;
	if (!owed && sched->share.at > ahead)
		return;
	svnic_clock_add(&sched->share, bytes, sched->share_cost);
	if (!owed && sched->share.at > ahead)
		sched->share.at = ahead;
}

void svnic_rate_wire(struct svnic_core *core, uint64_t bytes)
{
	svnic_clock_floor(&core->sched.wire, svnic_ago(core, SVNIC_WIRE_LATE));
	svnic_clock_add(&core->sched.wire, bytes, core->sched.wire_cost);
}

/* Speed of the link in bytes per second, 0 if it is not known. */
static uint64_t svnic_rate_link(const struct svnic_core *core)
{
	return core->config.link_speed * 125000ULL;
}

void svnic_rate_init(struct svnic_core *core)
{
	core->sched.wire_cost = svnic_rate_cost(svnic_rate_link(core), false);
}

/* Applies the rates that were set to the scheduler. */
static void svnic_rate_apply(struct svnic_core *core, struct svnic_fn *fn,
			     const struct svnic_rate_state *rate)
{
	struct svnic_vport_sched *sched = &fn->sched;
	struct svnic_rate_state *old = &fn->s.rate;

	uint64_t max = svnic_rate_cost(rate->max, true);
	uint64_t share = svnic_rate_cost(rate->share, false);

	core->share_pool += rate->share - old->share;
	*old = *rate;

	/* Bytes sent before, at another rate, do not count any more. */
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
