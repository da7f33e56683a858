/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * svnic: limits for the requests and the offences of a VF. Pure decisions, like
 * policy.h; the caller passes the current time.
 */
#ifndef _SVNIC_GUARD_H
#define _SVNIC_GUARD_H

#include <linux/types.h>

#include <svnic/svnic_mbx.h>

/* Costs for the budget of a VF, tokens. */
#define SVNIC_COST_REQUEST	1
#define SVNIC_COST_RESET	4

/**
 * enum svnic_offence - kinds of misbehaviour that are counted
 * @SVNIC_OFFENCE_NONE: refused request that is no offence
 * @SVNIC_OFFENCE_MALFORMED: message that no correct driver sends
 * @SVNIC_OFFENCE_FORBIDDEN: request that the VF has no permission for; counted,
 *	but not punished, because correct drivers send it too
 * @SVNIC_OFFENCE_QUEUE: queue that the device had to stop
 * @SVNIC_OFFENCES: number of kinds
 */
enum svnic_offence {
	SVNIC_OFFENCE_NONE,
	SVNIC_OFFENCE_MALFORMED,
	SVNIC_OFFENCE_FORBIDDEN,
	SVNIC_OFFENCE_QUEUE,
	SVNIC_OFFENCES,
};

/**
 * struct svnic_guard - budget and offences of a VF; not changed by its reset
 * @paid_until: time at which the budget is full again, ns
 * @window: start of the window in which offences are counted, ns
 * @barred_until: time from which it may be made ready after a stop, ns
 * @points: points of the offences in the window
 * @stops: recent times that it was stopped
 */
struct svnic_guard {
	u64	paid_until;
	u64	window;
	u64	barred_until;
	u32	points;
	u32	stops;
};

bool svnic_guard_charge(struct svnic_guard *guard, unsigned int cost, u64 now,
			u64 *wait);
enum svnic_offence svnic_guard_judge(enum svnic_mbx_status status);
bool svnic_guard_offence(struct svnic_guard *guard, enum svnic_offence offence,
			 unsigned int count, u64 now);
void svnic_guard_stop(struct svnic_guard *guard, u64 now);
u64 svnic_guard_pause(const struct svnic_guard *guard, u64 now);
void svnic_guard_clear(struct svnic_guard *guard);

#endif /* _SVNIC_GUARD_H */
