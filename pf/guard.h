/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * svnic: how much a VF may ask of the PF, and how often it may break rules.
 * Pure decisions, like policy.h; what time it is comes in.
 */
#ifndef _SVNIC_GUARD_H
#define _SVNIC_GUARD_H

#include <linux/types.h>

#include <svnic/svnic_mbx.h>

/* What it costs a VF, in tokens. */
#define SVNIC_COST_REQUEST	1
#define SVNIC_COST_RESET	4

/**
 * enum svnic_offence - what a VF does that is counted
 * @SVNIC_OFFENCE_NONE: it was refused something
 * @SVNIC_OFFENCE_MALFORMED: a message that no driver sends
 * @SVNIC_OFFENCE_FORBIDDEN: a request for what the VF may not have: counted,
 *	but no offence, since honest drivers ask
 * @SVNIC_OFFENCE_QUEUE: a queue that the device had to stop
 * @SVNIC_OFFENCES: how many kinds there are
 */
enum svnic_offence {
	SVNIC_OFFENCE_NONE,
	SVNIC_OFFENCE_MALFORMED,
	SVNIC_OFFENCE_FORBIDDEN,
	SVNIC_OFFENCE_QUEUE,
	SVNIC_OFFENCES,
};

/**
 * struct svnic_guard - what a VF has used up; no reset makes it good
 * @paid_until: until when its budget is spent, ns
 * @window: when the offences began to be counted, ns
 * @barred_until: when it may be made ready after it was stopped, ns
 * @points: weight of the offences since
 * @stops: times it was stopped in a row
 */
struct svnic_guard {
	u64	paid_until;
	u64	window;
	u64	barred_until;
	u32	points;
	u32	stops;
};

bool svnic_guard_spend(struct svnic_guard *guard, unsigned int cost, u64 now,
		       u64 *wait);
enum svnic_offence svnic_guard_judge(enum svnic_mbx_status status);
bool svnic_guard_offence(struct svnic_guard *guard, enum svnic_offence offence,
			 unsigned int count, u64 now);
void svnic_guard_stop(struct svnic_guard *guard, u64 now);
u64 svnic_guard_pause(const struct svnic_guard *guard, u64 now);
void svnic_guard_forgive(struct svnic_guard *guard);

#endif /* _SVNIC_GUARD_H */
