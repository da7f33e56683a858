// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: decisions about VFs that ask too much or break rules (spec 8.2).
 * Touches no register, takes no lock and does not know what time it is.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "guard.h"

/*
 * The budget of a VF. A driver that starts asks for each of its VLANs. The
 * specification asks for no less than 16 requests a second.
 */
#define SVNIC_BUDGET_RATE	64	/* a second */
#define SVNIC_BUDGET_BURST	128

/* Points of offences in a window that make a VF a nuisance. */
#define SVNIC_OFFENCE_WINDOW	(10 * NSEC_PER_SEC)
#define SVNIC_OFFENCE_POINTS	200

/*
 * What no correct driver does, whatever its user and the administrator want. A
 * queue that stops costs the device more than a message does the PF.
 */
static const u32 svnic_offence_points[SVNIC_OFFENCES] = {
	[SVNIC_OFFENCE_MALFORMED]	= 1,
	[SVNIC_OFFENCE_QUEUE]		= 4,
};

/*
 * A VF that was stopped is made ready again by a reset, which may be that of a
 * new tenant, who shall not wait long. One that is stopped again soon after
 * waits longer.
 */
#define SVNIC_STOP_PAUSE	NSEC_PER_SEC
#define SVNIC_STOP_DOUBLINGS	6
#define SVNIC_STOP_MEMORY	(300 * NSEC_PER_SEC)

/**
 * svnic_guard_spend - may a VF have something now?
 * @guard: the VF's guard
 * @cost: what that costs, SVNIC_COST_*
 * @now: the time, ns
 * @wait: how long to wait if it may not, ns
 *
 * A bucket of tokens, kept as the time at which it will be full again. It is
 * not filled by a reset: a guest can have that as often as it likes.
 *
 * Return: true if it may, which is paid for then.
 */
bool svnic_guard_spend(struct svnic_guard *guard, unsigned int cost, u64 now,
		       u64 *wait)
{
	const u64 token = NSEC_PER_SEC / SVNIC_BUDGET_RATE;
	u64 until = max(guard->paid_until, now) + cost * token;
	u64 bound = now + SVNIC_BUDGET_BURST * token;

	if (until > bound) {
		*wait = until - bound;
		return false;
	}
	guard->paid_until = until;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_guard_spend);

/**
 * svnic_guard_judge - what is a request that was refused?
 * @status: what it was answered with
 *
 * To ask for more than there is, or before a version was agreed on with a PF
 * driver that is new, is nothing.
 *
 * Return: what it is counted as.
 */
enum svnic_offence svnic_guard_judge(enum svnic_mbx_status status)
{
	switch (status) {
	case SVNIC_MBX_ERR_OPCODE:
	case SVNIC_MBX_ERR_LENGTH:
	case SVNIC_MBX_ERR_PARAM:
		return SVNIC_OFFENCE_MALFORMED;
	case SVNIC_MBX_ERR_PERM:
		return SVNIC_OFFENCE_FORBIDDEN;
	default:
		return SVNIC_OFFENCE_NONE;
	}
}
EXPORT_SYMBOL_IF_KUNIT(svnic_guard_judge);

/**
 * svnic_guard_offence - a VF has broken rules
 * @guard: the VF's guard
 * @offence: which
 * @count: how often
 * @now: the time, ns
 *
 * Return: true if that is enough.
 */
bool svnic_guard_offence(struct svnic_guard *guard, enum svnic_offence offence,
			 unsigned int count, u64 now)
{
	u64 points = (u64)svnic_offence_points[offence] * count;

	if (now - guard->window >= SVNIC_OFFENCE_WINDOW) {
		guard->window = now;
		guard->points = 0;
	}
	guard->points = min(guard->points + points, SVNIC_OFFENCE_POINTS);
	return points && guard->points == SVNIC_OFFENCE_POINTS;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_guard_offence);

/**
 * svnic_guard_stop - a VF is stopped
 * @guard: the VF's guard
 * @now: the time, ns
 *
 * With that its offences are paid for. That it was stopped is not forgotten
 * before some minutes have passed without another time.
 */
void svnic_guard_stop(struct svnic_guard *guard, u64 now)
{
	u32 doublings;

	if (now >= guard->barred_until + SVNIC_STOP_MEMORY)
		guard->stops = 0;
	doublings = min(guard->stops, SVNIC_STOP_DOUBLINGS);
	guard->barred_until = now + (SVNIC_STOP_PAUSE << doublings);
	guard->stops++;
	guard->points = 0;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_guard_stop);

/**
 * svnic_guard_pause - how long is a VF not to be made ready?
 * @guard: the VF's guard
 * @now: the time, ns
 *
 * Return: ns, 0 if it may be made ready.
 */
u64 svnic_guard_pause(const struct svnic_guard *guard, u64 now)
{
	return guard->barred_until - min(guard->barred_until, now);
}
EXPORT_SYMBOL_IF_KUNIT(svnic_guard_pause);

/**
 * svnic_guard_forgive - the administrator says that a VF begins anew
 * @guard: the VF's guard
 */
void svnic_guard_forgive(struct svnic_guard *guard)
{
	guard->points = 0;
	guard->stops = 0;
	guard->barred_until = 0;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_guard_forgive);
